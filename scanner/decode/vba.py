"""The source text of macros in Office documents (MS-OVBA 2.4.1): modules that are stored compressed."""

from __future__ import annotations

import re
from collections.abc import Iterator

_CHUNK = 4096
_TEXT_MOST = 16 << 20
_OFFSET = re.compile(rb"\x31\0\x04\0\0\0(..)\0\0", re.DOTALL)  # MODULEOFFSET in the `dir` stream
_BEGINS = re.compile(rb"\x01..\0Attribut", re.DOTALL)  # how nearly every module does, compressed


def sources(stream: bytes, offsets: set[int]) -> Iterator[bytes]:
    """The texts in a module's stream, wherever one begins that can be decompressed."""
    starts = {at for at in offsets if stream[at : at + 1] == b"\x01"} | {match.start() for match in _BEGINS.finditer(stream)}
    for at in sorted(starts):
        if text := decompressed(stream, at):
            yield text


def module_offsets(directory: bytes) -> set[int]:
    """Where the texts begin in the streams of the modules, as the project's directory says."""
    return {int.from_bytes(match[1], "little") for match in _OFFSET.finditer(decompressed(directory, 0))}


def decompressed(data: bytes, at: int) -> bytes:
    """What is compressed from there on, as far as it goes; nothing where there is no such thing."""
    made = bytearray()
    if data[at : at + 1] != b"\x01":
        return b""
    at += 1
    while at + 2 < len(data) and len(made) < _TEXT_MOST:
        header = int.from_bytes(data[at : at + 2], "little")
        if header >> 12 & 7 != 3:
            break
        end = min(len(data), at + (header & 0xFFF) + 3)
        if header & 0x8000:
            _chunk(data, at + 2, end, made)
        else:
            made += data[at + 2 : at + 2 + _CHUNK]
        at = end
    return bytes(made)


def _chunk(data: bytes, at: int, end: int, made: bytearray) -> None:
    start = len(made)
    while at < end:
        flags, at = data[at], at + 1
        for bit in range(8):
            if at >= end or len(made) - start > _CHUNK:
                return
            if not flags >> bit & 1:
                made.append(data[at])
                at += 1
                continue
            token, at = int.from_bytes(data[at : at + 2], "little"), at + 2
            bits = max(4, (len(made) - start - 1).bit_length())
            length, back = (token & 0xFFFF >> bits) + 3, (token >> 16 - bits) + 1
            if back > len(made) - start:
                return
            for _ in range(length):
                made.append(made[-back])
