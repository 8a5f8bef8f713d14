"""GIF pictures (GIF89a): their comments and texts, what stands behind their end, and what every frame shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from scanner.decode import metadata
from scanner.decode.content import Content, Part
from scanner.decode.limits import Stop
from scanner.decode.pictures import guarded, held, shown
from scanner.model.content import Inside, Unseen

_BLOCKS_MOST = 1_000_000
_IMAGE, _EXTENSION, _END = 0x2C, 0x21, 0x3B
_COMMENT, _PLAIN_TEXT, _APPLICATION = 0xFE, 0x01, 0xFF


class Block(NamedTuple):
    """An extension: its label, its data; or the end of the picture, with no label."""

    label: int
    data: bytes
    end: int


def read(content: Content) -> Iterator[Part | Unseen]:
    """Its texts, what is behind its end, then what its frames show."""
    data = held(content)
    end = None
    for block in blocks(data):
        end = block.end if block.label == _END else None
        yield from guarded(_texts(block), Inside(field="gif.extension"))
    if end is None:
        yield Unseen("truncated", "it ends before its end marker")
    else:
        yield from metadata.behind(data[end:])
    yield from shown(content, *size(data))


def size(data: bytes) -> tuple[int, int]:
    """Width and height of the screen that its frames are drawn on."""
    return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")


def blocks(data: bytes) -> Iterator[Block]:
    """Its extensions and its end."""
    at = 13 + _colours(data[10:11])
    for _ in range(_BLOCKS_MOST):
        kind = data[at : at + 1]
        if kind == b"\x3b":
            yield Block(_END, b"", at + 1)
            return
        if kind == b"\x2c":
            at, _ = _joined(data, at + 11 + _colours(data[at + 9 : at + 10]))
        elif kind == b"\x21":
            label = data[at + 1] if at + 1 < len(data) else 0
            first = data[at + 2] if at + 2 < len(data) else 0
            if label in (_PLAIN_TEXT, _APPLICATION):  # the first block is a header
                head = data[at + 3 : at + 3 + first]
                at, text = _joined(data, at + 3 + first)
                if label == _APPLICATION:
                    text = head + b"\0" + (_magic(data, at, text) if head.startswith(b"XMP") else text)
            else:
                at, text = _joined(data, at + 2)
            yield Block(label, text, at)
        else:
            return
    raise Stop("archive-too-large", f"it has more than {_BLOCKS_MOST:,} blocks")


def _colours(flags: bytes) -> int:
    """The size of a table of colours."""
    return 3 << (flags[0] & 7) + 1 if flags and flags[0] & 0x80 else 0


def _joined(data: bytes, at: int) -> tuple[int, bytes]:
    """The sub-blocks from here on as one, and where they end."""
    parts = []
    while at < len(data) and (size := data[at]):
        parts.append(data[at + 1 : at + 1 + size])
        at += 1 + size
    return at + 1, b"".join(parts)


def _magic(data: bytes, end: int, text: bytes) -> bytes:
    """XMP is written as it is, so that its letters are taken for sizes; a trailer of descending bytes ends it."""
    start = data.rfind(b"XMP DataXMP", 0, end) + 11
    return data[start : max(start, end - 258)] if start >= 11 else text


def _texts(block: Block) -> Iterator[Part | Unseen]:
    if block.label == _COMMENT:
        yield Part(block.data, Inside(field="gif.comment"))
    elif block.label == _PLAIN_TEXT:
        yield Part(block.data, Inside(field="gif.text"))
    elif block.label == _APPLICATION:
        head, _, body = block.data.partition(b"\0")
        if head.startswith(b"XMP"):
            yield from metadata.xmp(body)
        elif head.startswith(b"ICCRGB"):
            yield from metadata.icc(body)
        elif not head.startswith((b"NETSCAPE", b"ANIMEXTS")):
            yield Part(body, Inside(field="gif.application"))
