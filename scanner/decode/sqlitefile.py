"""The file format of SQLite (sqlite.org/fileformat2.html): pages, trees and records, read without running anything of the file's."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

Value = None | int | float | str | bytes
INNER_INDEX, INNER_TABLE, LEAF_INDEX, LEAF_TABLE = 2, 5, 10, 13
KINDS = (INNER_INDEX, INNER_TABLE, LEAF_INDEX, LEAF_TABLE)
_ENCODINGS = {1: "utf-8", 2: "utf-16-le", 3: "utf-16-be"}
_PAYLOAD_MOST = 1 << 30
_COLUMNS_MOST = 32_767
_SIZES = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)


class Broken(Exception):
    """A page or a record is not what it should be."""


class Cell(NamedTuple):
    """A row as it is stored."""

    rowid: int | None
    payload: bytes


class Page(NamedTuple):
    """A page of a tree: its kind, where its cells start, the page right of all its cells, and where its header begins."""

    kind: int
    cells: tuple[int, ...]
    right: int
    header: int
    content: int  # where the area of cells begins
    freeblock: int


class File:
    """A database file; pages are numbered from 1."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        head = self._read(0, 100)
        size = int.from_bytes(head[16:18], "big")
        self.size = 65536 if size == 1 else size
        if len(head) < 100 or self.size < 512 or self.size & (self.size - 1):
            raise Broken
        self.usable = self.size - head[20]
        if self.usable < 480:
            raise Broken
        self.encoding = _ENCODINGS.get(int.from_bytes(head[56:60], "big"), "utf-8")
        self.freelist = int.from_bytes(head[32:36], "big")
        self.count = -(-file.seek(0, 2) // self.size)
        self.claimed = int.from_bytes(head[28:32], "big")

    def _read(self, at: int, size: int) -> bytes:
        self._file.seek(at)
        return self._file.read(size)

    def page(self, number: int) -> bytes:
        """The bytes of a page; raises Broken where there is none."""
        data = self._read((number - 1) * self.size, self.size) if 0 < number <= self.count else b""
        if len(data) < 8:
            raise Broken
        return data.ljust(self.size, b"\0")

    def free(self) -> Iterator[int]:
        """The pages of the free list, each once."""
        seen, trunk = set[int](), self.freelist
        while 0 < trunk <= self.count and trunk not in seen:
            seen.add(trunk)
            yield trunk
            data = self.page(trunk)
            leaves = min(int.from_bytes(data[4:8], "big"), self.usable // 4 - 2)
            for number in struct.unpack_from(f">{leaves}L", data, 8):
                if 0 < number <= self.count and number not in seen:
                    seen.add(number)
                    yield number
            trunk = int.from_bytes(data[:4], "big")

    def payload(self, page: bytes, at: int, size: int, *, index: bool, used: set[int]) -> bytes:
        """What a cell holds, with the pages that it flows over into; notes these."""
        if size > _PAYLOAD_MOST:
            raise Broken
        most = (self.usable - 12) * 64 // 255 - 23 if index else self.usable - 35
        if size <= most:
            return _exact(page, at, size)
        least = (self.usable - 12) * 32 // 255 - 23
        local = least + (size - least) % (self.usable - 4)
        local = local if local <= most else least
        parts, left = [_exact(page, at, local)], size - local
        number = int.from_bytes(_exact(page, at + local, 4), "big")
        while left > 0:
            if number in used:
                raise Broken
            data = self.page(number)
            used.add(number)
            piece = data[4 : min(self.usable, 4 + left)]
            parts.append(piece)
            left -= len(piece)
            number = int.from_bytes(data[:4], "big")
        return b"".join(parts)

    def values(self, payload: bytes) -> list[Value]:
        """The values of a record; raises Broken where its header lies."""
        return record(payload, self.encoding)


def _exact(data: bytes, at: int, size: int) -> bytes:
    piece = data[at : at + size]
    if len(piece) < size:
        raise Broken
    return piece


def parsed(data: bytes, number: int, usable: int) -> Page:
    """A page of a tree; raises Broken where it is none."""
    header = 100 if number == 1 else 0
    kind = data[header]
    if kind not in KINDS:
        raise Broken
    freeblock, count, content = struct.unpack_from(">3H", data, header + 1)
    inner = kind in (INNER_INDEX, INNER_TABLE)
    start = header + (12 if inner else 8)
    if start + 2 * count > usable:
        raise Broken
    cells = struct.unpack_from(f">{count}H", data, start)
    right = int.from_bytes(data[header + 8 : header + 12], "big") if inner else 0
    return Page(kind, cells, right, header, content or 65536, freeblock)


def cell(file: File, data: bytes, page: Page, at: int, used: set[int]) -> tuple[int, Cell | None]:
    """(the page below on the left, or 0; the row) of a cell."""
    below = 0
    if page.kind in (INNER_INDEX, INNER_TABLE):
        below, at = int.from_bytes(_exact(data, at, 4), "big"), at + 4
        if page.kind == INNER_TABLE:
            return below, None
    size, at = varint(data, at)
    rowid = None
    if page.kind == LEAF_TABLE:
        rowid, at = varint(data, at)
        rowid -= (rowid >> 63) << 64
    return below, Cell(rowid, file.payload(data, at, size, index=page.kind != LEAF_TABLE, used=used))


def varint(data: bytes, at: int) -> tuple[int, int]:
    """(a number of one to nine bytes, where it ends)."""
    value = 0
    for step in range(9):
        if at + step >= len(data):
            raise Broken
        byte = data[at + step]
        if step == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + step + 1
    raise Broken


def width(kind: int) -> int:
    """How many bytes a value of this serial type takes."""
    if kind >= 12:
        return (kind - 12) // 2
    if kind > 9:
        raise Broken
    return _SIZES[kind]


def record(data: bytes, encoding: str) -> list[Value]:
    """The values of a record."""
    end, at = varint(data, 0)
    if end > len(data) or end > 9 * _COLUMNS_MOST:
        raise Broken
    kinds = []
    while at < end:
        kind, at = varint(data, at)
        kinds.append(kind)
    made, at = list[Value](), end
    for kind in kinds:
        size = width(kind)
        made.append(value(kind, data[at : at + size], encoding))
        at += size
    return made


def value(kind: int, data: bytes, encoding: str) -> Value:
    """A value by its serial type."""
    if kind >= 12:
        return data.decode(encoding, "replace") if kind & 1 else data
    if kind == 7:
        return float(struct.unpack(">d", data)[0]) if len(data) == 8 else None
    if kind in (8, 9):
        return kind - 8
    return int.from_bytes(data, "big", signed=True) if kind else None
