"""PNG pictures (W3C PNG, third edition): what their chunks say, what stands behind their end, and what they show."""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from typing import NamedTuple

from scanner.decode import cropped, exif, metadata
from scanner.decode.content import Content, Part
from scanner.decode.limits import Stop
from scanner.decode.pictures import guarded, held, shown
from scanner.model.content import Inside, Unseen

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHUNKS_MOST = 200_000
_XMP = b"XML:com.adobe.xmp"
_RAW = b"Raw profile type "  # ImageMagick writes other formats' blocks in hexadecimal
_DRAWING = frozenset((  # chunks without a text
    b"IHDR", b"IDAT", b"IEND", b"PLTE", b"tRNS", b"cHRM", b"gAMA", b"sRGB", b"sBIT", b"bKGD", b"hIST", b"pHYs", b"tIME", b"sPLT", b"fdAT",
    b"fcTL", b"acTL", b"cICP",
))  # fmt: skip


class Chunk(NamedTuple):
    """One chunk, and where the next begins."""

    kind: bytes
    data: bytes
    end: int


def read(content: Content) -> Iterator[Part | Unseen]:
    """Its texts, what is behind its end, then what it shows."""
    data = held(content)
    end = 0
    for chunk in chunks(data):
        end = chunk.end
        if chunk.kind not in _DRAWING:
            yield from guarded(_texts(chunk), Inside(field=f"png.{_name(chunk.kind)}"))
        if chunk.kind == b"IEND":
            break
    else:
        yield Unseen("truncated", "it ends before its end chunk")
        end = len(data)
    if rest := data[end:]:
        if (b"IDAT" in rest or rest.endswith(cropped.END)) and not rest.startswith(SIGNATURE):
            yield from cropped.rest(data, rest, content.budget)
        else:
            yield from metadata.behind(rest)
    yield from shown(content, *size(data))


def size(data: bytes) -> tuple[int, int]:
    """Width and height as its header has them."""
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def chunks(data: bytes, at: int = len(SIGNATURE)) -> Iterator[Chunk]:
    """The chunks as far as there are any."""
    for _ in range(_CHUNKS_MOST):
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        if len(kind) < 4 or not kind.isalpha() or at + 12 + length > len(data):
            return
        at += 12 + length
        yield Chunk(kind, data[at - length - 4 : at - 4], at)
    raise Stop("archive-too-large", f"it has more than {_CHUNKS_MOST:,} chunks")


def _name(kind: bytes) -> str:
    return kind.decode("ascii", "replace")


def _texts(chunk: Chunk) -> Iterator[Part | Unseen]:
    kind, data, _ = chunk
    keyword, _, rest = data.partition(b"\0")
    if kind == b"eXIf":
        yield from exif.texts(data.removeprefix(b"Exif\0\0"))
    elif kind == b"iCCP":
        yield Part(keyword, Inside(field="icc.name"))
        yield from metadata.icc(metadata.inflated(rest[1:]))
    elif kind == b"tEXt":
        yield from _text(kind, keyword, rest)
    elif kind == b"zTXt":
        yield from _text(kind, keyword, metadata.inflated(rest[1:]))
    elif kind == b"iTXt":
        flags, after = rest[:2], rest[2:].split(b"\0", 2)
        text = after[2] if len(after) == 3 else b""
        yield from _text(kind, keyword, metadata.inflated(text) if flags[:1] == b"\1" else text)
    elif data:
        yield Part(data, Inside(field=f"png.{_name(kind)}"))


def _text(kind: bytes, keyword: bytes, text: bytes) -> Iterator[Part | Unseen]:
    if keyword == _XMP:
        yield from metadata.xmp(text)
    elif keyword.startswith(_RAW):
        yield from _raw(keyword.removeprefix(_RAW), text)
    else:
        yield Part(keyword + b": " + text, Inside(field=f"png.{_name(kind)}"))


def _raw(kind: bytes, text: bytes) -> Iterator[Part | Unseen]:
    """`\\nexif\\n  1234\\n0a0b…`: a name, a size, and the block in hexadecimal."""
    try:
        block = binascii.unhexlify(b"".join(text.split(None, 2)[2:]).translate(None, b"\r\n \t"))
    except binascii.Error:
        raise Stop("unreadable", "a block of metadata in it is damaged") from None
    if kind.lower() in (b"exif", b"app1") and not block.startswith(b"http"):
        yield from exif.texts(block.removeprefix(b"Exif\0\0"))
    elif kind.lower() in (b"iptc", b"8bim"):
        yield from metadata.photoshop(block) if block.startswith(b"8BIM") else metadata.iptc(block)
    elif kind.lower() in (b"icc", b"icm"):
        yield from metadata.icc(block)
    elif kind.lower() in (b"xmp", b"app1"):
        yield from metadata.xmp(block.rpartition(b"ns.adobe.com/xap/1.0/\0")[2])
    else:
        yield Part(block, Inside(field="png.raw-profile"))


