"""HEIC and AVIF pictures (ISO/IEC 23008-12): their EXIF and XMP items, what stands behind their end, and what they show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from scanner.decode import exif, metadata
from scanner.decode.content import Content, Part
from scanner.decode.pictures import guarded, held, shown
from scanner.model.content import Inside, Unseen

_BOXES_MOST = 20_000
_DEEP = 8
_CONTAINERS = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"moov": 0, b"trak": 0, b"udta": 0}  # how many bytes come before their boxes
_ITEMS_MOST = 10_000


class Box(NamedTuple):
    """A box: its kind, where its body begins and ends."""

    kind: bytes
    start: int
    end: int


def read(content: Content) -> Iterator[Part | Unseen]:
    """Its texts, what is behind its last box, then what it shows."""
    data = held(content)
    found = list(boxes(data, 0, len(data)))
    width = height = 0
    for box in found:
        body = data[box.start : box.end]
        if box.kind == b"ispe":
            width, height = max(width, int.from_bytes(body[4:8])), max(height, int.from_bytes(body[8:12]))
        elif box.kind == b"colr" and body[:4] in (b"prof", b"rICC"):
            yield from guarded(metadata.icc(body[4:]), Inside(field="icc"))
        elif box.kind in (b"uuid", b"udta", b"\xa9cmt", b"free", b"skip") and body.strip(b"\0"):
            yield Part(body[16:] if box.kind == b"uuid" else body, Inside(field="heif.box"))
    yield from guarded(_items(data, found), Inside(field="heif.meta"))
    end = max((box.end for box in found), default=0)
    if end > len(data):
        yield Unseen("truncated", "it is shorter than its header says")
    yield from metadata.behind(data[end:])
    yield from shown(content, width or None, height or None)


def boxes(data: bytes, at: int, end: int, deep: int = 0) -> Iterator[Box]:
    """The boxes here, each followed by those inside it."""
    for _ in range(_BOXES_MOST):
        if at + 8 > end:
            return
        size, kind, head = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16]), 16
        elif size == 0:
            size = end - at
        if size < head or not all(32 <= byte < 127 or byte == 0xA9 for byte in kind):
            return
        yield Box(kind, at + head, at + size)
        if kind in _CONTAINERS and deep < _DEEP:
            yield from boxes(data, at + head + _CONTAINERS[kind], min(at + size, end), deep + 1)
        at += size


def _items(data: bytes, found: list[Box]) -> Iterator[Part | Unseen]:
    kinds = {number: kind for box in found if box.kind == b"iinf" for number, kind in _kinds(data, box)}
    base = next((box.start for box in found if box.kind == b"idat"), 0)
    for box in found:
        if box.kind == b"iloc":
            for number, body in _places(data[box.start : box.end], data, base):
                if kinds.get(number) == b"Exif" and len(body) > 4:
                    yield from exif.texts(body[4 + int.from_bytes(body[:4]) :].removeprefix(b"Exif\0\0"))
                elif kinds.get(number) == b"mime":
                    yield from metadata.xmp(body)


def _kinds(data: bytes, info: Box) -> Iterator[tuple[int, bytes]]:
    """Item numbers and types (`infe` boxes)."""
    wide = 4 if data[info.start : info.start + 1] > b"\0" else 2
    for box in boxes(data, info.start + 4 + wide, info.end, _DEEP):
        body = data[box.start : box.end]
        if box.kind == b"infe" and body[:1] in (b"\2", b"\3"):
            size = 4 if body[0] == 3 else 2
            yield int.from_bytes(body[4 : 4 + size]), body[6 + size : 10 + size]


def _places(body: bytes, data: bytes, base: int) -> Iterator[tuple[int, bytes]]:
    """Items with their bytes (`iloc`)."""
    version, sizes = body[0], body[4:6]
    offset_size, length_size, base_size = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4
    index_size = sizes[1] & 15 if version else 0
    wide = 4 if version == 2 else 2
    at = 6 + wide
    for _ in range(min(int.from_bytes(body[6 : 6 + wide]), _ITEMS_MOST)):
        number = int.from_bytes(body[at : at + wide])
        at += wide
        inner = version > 0 and int.from_bytes(body[at : at + 2]) & 15 == 1  # in `idat`
        at += 2 if version else 0
        start = int.from_bytes(body[at + 2 : at + 2 + base_size]) + (base if inner else 0)
        at += 2 + base_size
        parts = []
        for _ in range(min(int.from_bytes(body[at : at + 2]), 64)):
            at += index_size
            first = start + int.from_bytes(body[at + 2 : at + 2 + offset_size])
            length = int.from_bytes(body[at + 2 + offset_size : at + 2 + offset_size + length_size])
            parts.append(data[first : first + length])
            at += offset_size + length_size
        at += 2
        if at > len(body):
            return
        yield number, b"".join(parts)
