"""WebP, BMP and TIFF pictures: their texts, what stands behind their end, and what they show."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.decode import exif, metadata
from scanner.decode.content import Content, Part
from scanner.decode.limits import Stop
from scanner.decode.pictures import guarded, held, shown
from scanner.model.content import Inside, Unseen

_CHUNKS_MOST = 100_000
_WIDTH, _HEIGHT = 0x0100, 0x0101


def webp(content: Content) -> Iterator[Part | Unseen]:
    """RIFF chunks (WebP container specification)."""
    data = held(content)
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        yield Unseen("truncated", "it is shorter than its header says")
    size: tuple[int | None, int | None] = (None, None)
    at = 12
    for _ in range(_CHUNKS_MOST):
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body = data[at + 8 : min(at + 8 + length, end)]
        if len(kind) < 4 or at >= end:
            break
        at += 8 + length + length % 2
        size = _webp_size(kind, body) or size
        if kind not in (b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"):
            yield from guarded(_webp_texts(kind, body), Inside(field="webp.chunk"))
    yield from metadata.behind(data[end + end % 2 :])
    yield from shown(content, *size)


def _webp_size(kind: bytes, body: bytes) -> tuple[int, int] | None:
    if kind == b"VP8X" and len(body) >= 10:
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8 " and len(body) >= 10:
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    if kind == b"VP8L" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None


def _webp_texts(kind: bytes, body: bytes) -> Iterator[Part | Unseen]:
    if kind == b"EXIF":
        yield from exif.texts(body.removeprefix(b"Exif\0\0"))
    elif kind == b"XMP ":
        yield from metadata.xmp(body)
    elif kind == b"ICCP":
        yield from metadata.icc(body)
    elif body:
        yield Part(body, Inside(field="webp.chunk"))


def fits_bmp(data: bytes) -> bool:
    """Whether what begins with `BM` has the header of a bitmap."""
    return int.from_bytes(data[14:18], "little") in (12, 16, 40, 52, 56, 64, 108, 124) and int.from_bytes(data[10:14], "little") >= 26


def bmp(content: Content) -> Iterator[Part | Unseen]:
    """A bitmap has no texts, only what lies between its parts and behind them."""
    data = held(content)
    small = int.from_bytes(data[14:18], "little") == 12
    width = int.from_bytes(data[18 : 20 if small else 22], "little")
    height = int.from_bytes(data[20:22] if small else data[22:26], "little", signed=not small)
    bits = int.from_bytes(data[24:26] if small else data[28:30], "little")
    packed = int.from_bytes(data[30:34], "little") not in (0, 3, 6) and not small
    start = int.from_bytes(data[10:14], "little")
    length = int.from_bytes(data[34:38], "little") if packed else (width * bits + 31) // 32 * 4 * abs(height)
    if start + length > len(data):
        yield Unseen("truncated", "it is shorter than its header says")
    yield from metadata.behind(data[start + length :])
    yield from shown(content, width, abs(height))


def tiff(content: Content) -> Iterator[Part | Unseen]:
    """The texts of its directories, then what every page shows."""
    data = held(content)
    width = height = 0
    order = exif.byte_order(data)
    try:
        for entry in exif.entries(data):
            if entry.tag == _WIDTH:
                width = max(width, entry.value(order))
            elif entry.tag == _HEIGHT:
                height = max(height, entry.value(order))
    except Stop as stop:
        yield Unseen(stop.reason, stop.detail)
    yield from guarded(exif.texts(data, whole=True), Inside(field="tiff"))
    yield from shown(content, width or None, height or None)
