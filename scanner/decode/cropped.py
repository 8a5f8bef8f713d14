"""What is left of a picture that was cropped by an editor which did not cut the file (aCropalypse, CVE-2023-21036)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from scanner.decode.content import Part
from scanner.decode.limits import Budget
from scanner.model.content import Inside, Unseen

END = b"IEND\xaeB`\x82"
_WINDOW = 32_768  # bytes that deflate may refer back to, and that were lost
_LEAST = 20_000  # bytes of pixels; less may be chance
_MOST = 192 << 20
_TRIES_MOST = 1 << 20  # bits at which the stream may go on: blocks are shorter than that
_LEFT_MOST = 64  # bytes behind the pixels: a checksum, and padding
_PROBE = 4_096
_NARROWEST, _WIDEST = 64, 12_000  # pixels
_FILTERED = 0.2  # share of the rows that have a filter
_ROWS = 24  # that must begin with a filter's number
_HERE = Inside(field="trailing")
_LOST = "behind its end stands the rest of a larger picture, such as one that was cropped"


def rest(data: bytes, tail: bytes, budget: Budget) -> Iterator[Part | Unseen]:
    """The larger picture, as far as its pixels can be made out again; else a gap."""
    yield Part(tail, _HERE, "rest")
    pixels = _pixels(_stream(tail), budget)
    if pixels is None:
        yield Unseen("illegible-image", f"{_LOST}; its pixels could not be made out", _HERE)
        return
    found = _rows(pixels)
    if found is None:
        yield Unseen("illegible-image", f"{_LOST}; its pixels could be read, but not how wide it was", _HERE)
        return
    start, width, channels = found
    for ground in (255, 0):  # rows say how they differ from the one above, and the first of those is lost
        yield Part(_picture(pixels[start:], width, channels, ground), _HERE, "uncropped")
    yield Unseen("truncated", f"{_LOST}; its lower part was read, the rest was written over", _HERE)


def _stream(tail: bytes) -> bytes:
    """The compressed bytes: first those of a chunk whose beginning is lost, then whole IDAT chunks."""
    parts, at = [], tail.find(b"IDAT")
    parts.append(tail[: max(0, at - 8)] if at >= 0 else tail.removesuffix(END)[:-8])  # a checksum and a length stand before it
    while at >= 4 and tail[at : at + 4] == b"IDAT":
        size = int.from_bytes(tail[at - 4 : at])
        parts.append(tail[at + 4 : at + 4 + size])
        at += size + 12
    return b"".join(parts)


def _pixels(stream: bytes, budget: Budget) -> bytes | None:
    """What inflates from the first bit at which a block of deflate begins."""
    words = [_shifted(stream, bit) for bit in range(8)]
    for at in range(min(len(stream), _TRIES_MOST // 8)):
        if at % 512 == 0:
            budget.hurry()
        for bit in range(8):
            byte = words[bit][at : at + 1]
            if not byte or byte[0] & 7 not in (0b100, 0b101) or not _begins(words[bit][at : at + _PROBE]):  # a block with codes of its own
                continue
            made = _inflate(words[bit][at:])
            if len(made) >= _LEAST:
                return made
    return None


def _shifted(stream: bytes, bit: int) -> bytes:
    """The stream from this bit on: deflate counts bits from the lowest."""
    if not bit:
        return stream
    number = int.from_bytes(stream, "little") >> bit
    return number.to_bytes(len(stream), "little")


def _begins(probe: bytes) -> bool:
    one = zlib.decompressobj(-15, zdict=bytes(_WINDOW))
    try:
        return len(one.decompress(probe, _LEAST)) > 64
    except zlib.error:
        return False


def _inflate(stream: bytes) -> bytes:
    one, parts, size = zlib.decompressobj(-15, zdict=bytes(_WINDOW)), [], 0
    data = stream
    try:
        while data and not one.eof and size < _MOST:
            part = one.decompress(data, 1 << 20)
            parts.append(part)
            size += len(part)
            data = one.unconsumed_tail
    except zlib.error:
        return b""
    return b"".join(parts) if one.eof and len(one.unused_data) <= _LEFT_MOST else b""  # else it only looked like a beginning


def _rows(pixels: bytes) -> tuple[int, int, int] | None:
    """Where the first whole row begins, how wide rows are, and how many bytes a pixel has.

    Each row begins with the number of its filter, 0 to 4. A wrong width meets other bytes, or zeros where little is drawn; so the right
    one is the smallest with filters that are not zero.
    """
    found: list[tuple[float, int]] = []
    for stride in range(1 + 3 * _NARROWEST, min(1 + 4 * _WIDEST, len(pixels) // (_ROWS + 1)) + 1):
        if (stride - 1) % 3 and (stride - 1) % 4:
            continue
        filters = pixels[len(pixels) % stride :: stride]  # the last row is whole
        if max(filters[-_ROWS:]) <= 4 and sum(b > 4 for b in filters) * 50 < len(filters):
            lower = filters[len(filters) // 2 :]  # above, much is copied from what was lost, and is zero
            found.append((1 - lower.count(0) / len(lower), stride))
    best = max((share for share, _ in found), default=0)
    for share, stride in found:
        if share >= min(best, _FILTERED):
            start = len(pixels) % stride
            channels = 4 if (stride - 1) % 3 or ((stride - 1) % 4 == 0 and _has_alpha(pixels[start:], stride)) else 3
            return start, (stride - 1) // channels, channels
    return None


def _has_alpha(rows: bytes, stride: int) -> bool:
    """Whether every fourth byte hardly ever differs from its neighbour."""
    counts = [0, 0, 0, 0]
    for at in range(0, min(len(rows), 400 * stride), stride):
        row = rows[at + 5 : at + stride]
        for place in range(4):
            part = row[place::4]
            counts[place] += len(part) - part.count(0)
    return counts[3] * 20 < sum(counts)


def _picture(rows: bytes, width: int, channels: int, ground: int) -> bytes:
    """A PNG file of these rows below one of this brightness."""
    stride = 1 + width * channels
    height = len(rows) // stride
    first = b"\0" + (bytes([ground] * 3 + [255]) if channels == 4 else bytes([ground] * 3)) * width
    body = bytearray(first + rows[: height * stride])
    for at in range(0, len(body), stride):
        if body[at] > 4:
            body[at] = 0
    header = struct.pack(">2L5B", width, height + 1, 8, 6 if channels == 4 else 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(body), 1)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(part).to_bytes(4) + kind + part + zlib.crc32(kind + part).to_bytes(4) for kind, part in chunks
    )
