"""What is left of a picture that was cropped by an editor which did not cut the file (aCropalypse, CVE-2023-21036)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from scanner.decode.content import Part
from scanner.decode.limits import Budget
from scanner.model.content import Inside, Unseen

_WINDOW = 32_768  # bytes that deflate may refer back to, and that were lost
_LEAST = 20_000  # bytes of pixels; less may be chance
_MOST = 192 << 20
_TRIES_MOST = 4 << 20  # bits at which the stream may go on
_PROBE = 4_096
_WIDEST = 12_000  # pixels
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
    yield Part(_picture(pixels[start:], width, channels), _HERE, "uncropped")
    yield Unseen("truncated", f"{_LOST}; its lower part was read, the rest was written over", _HERE)


def _stream(tail: bytes) -> bytes:
    """The compressed bytes: first those of a chunk whose beginning is lost, then whole IDAT chunks."""
    parts, at = [], tail.find(b"IDAT")
    parts.append(tail[: max(0, at - 8)])  # before it, the checksum of the chunk that was cut, and the length of this one
    while at >= 4 and tail[at : at + 4] == b"IDAT":
        size = int.from_bytes(tail[at - 4 : at])
        parts.append(tail[at + 4 : at + 4 + size])
        at += size + 12
    return b"".join(parts)


def _pixels(stream: bytes, budget: Budget) -> bytes | None:
    """What inflates from the first bit at which a block of deflate begins."""
    words = [_shifted(stream, bit) for bit in range(8)]
    for at in range(0, min(len(stream), _TRIES_MOST // 8)):
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
    return b"".join(parts) if one.eof else b""


def _rows(pixels: bytes) -> tuple[int, int, int] | None:
    """Where the first whole row begins, how wide rows are, and how many bytes a pixel has: each row begins with a filter's number."""
    size = len(pixels)
    for channels in (4, 3):
        for width in range(64, min(_WIDEST, size // ((_ROWS + 1) * channels)) + 1):
            stride = 1 + width * channels
            start = size % stride  # the last row is whole
            starts = pixels[start::stride]
            if len(starts) > _ROWS and max(starts[-_ROWS:]) <= 4 and sum(b > 4 for b in starts) * 50 < len(starts) and any(starts):
                return start, width, channels
    return None


def _picture(rows: bytes, width: int, channels: int) -> bytes:
    """A PNG file of these rows."""
    stride = 1 + width * channels
    height = len(rows) // stride
    body = bytearray(rows[: height * stride])
    for at in range(0, len(body), stride):
        if body[at] > 4:
            body[at] = 0
    header = struct.pack(">2L5B", width, height, 8, 6 if channels == 4 else 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(body), 1)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(part).to_bytes(4) + kind + part + zlib.crc32(kind + part).to_bytes(4) for kind, part in chunks
    )
