"""What SQLite has deleted and not overwritten: the free space of pages, and rows that can still be told in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.decode.sqlitefile import Broken, Page, value, varint, width

_TEXT = re.compile(rb"[\x20-\x7e]{8}|(?:[\x20-\x7e]\0){8}")
_HEADER_MOST = 200
_CLOBBERED = 4  # bytes of a freed cell that the chain of free blocks is written over


def has_text(data: bytes) -> bool:
    """Whether anything in it could be read."""
    return _TEXT.search(data) is not None


def gaps(data: bytes, page: Page, usable: int) -> Iterator[tuple[int, int]]:
    """The parts of a page that hold no row: before its cells, and the chain of blocks that were freed."""
    inner = page.kind < 8
    start = page.header + (12 if inner else 8) + 2 * len(page.cells)
    if start < page.content <= usable:
        yield start, page.content
    block, seen = page.freeblock, set[int]()
    while 0 < block <= usable - 4 and block not in seen:
        seen.add(block)
        size = int.from_bytes(data[block + 2 : block + 4], "big")
        if size < 4 or block + size > usable:
            return
        yield block, block + size
        block = int.from_bytes(data[block : block + 2], "big")


def rows(data: bytes, encoding: str, counts: frozenset[int]) -> Iterator[list[str]]:
    """The texts of what looks like a record with as many columns as a table has, wherever it begins."""
    for first in range(_CLOBBERED, min(_CLOBBERED + 3, len(data))):
        if freed := _without_first(data, first, encoding, counts):
            yield freed
            break
    at = 0
    while at < len(data) - 3:
        end = at + data[at]
        if 2 <= data[at] <= _HEADER_MOST and end <= len(data) and (made := _record(data, at + 1, end, encoding, counts)):
            yield made[0]
            at = made[1]
        else:
            at += 1


def _record(data: bytes, at: int, end: int, encoding: str, counts: frozenset[int]) -> tuple[list[str], int] | None:
    kinds = []
    try:
        while at < end:
            kind, at = varint(data, at)
            kinds.append(kind)
        sizes = [width(kind) for kind in kinds]
    except Broken:
        return None
    if at != end or len(kinds) not in counts or end + sum(sizes) > len(data):
        return None
    return _texts(data, end, kinds, encoding)


def _without_first(data: bytes, at: int, encoding: str, counts: frozenset[int]) -> list[str] | None:
    """A freed cell whose first serial type is lost, and was that of a key that takes no space."""
    for count in sorted(counts, reverse=True):
        kinds, end = list[int](), at
        try:
            while len(kinds) < count - 1:
                kind, end = varint(data, end)
                kinds.append(kind)
            if end + sum(width(kind) for kind in kinds) > len(data):
                continue
        except Broken:
            continue
        if made := _texts(data, end, kinds, encoding):
            return made[0]
    return None


def _texts(data: bytes, at: int, kinds: list[int], encoding: str) -> tuple[list[str], int] | None:
    """The values, if one of them is a text that can be read."""
    made, sure = list[str](), False
    for kind in kinds:
        piece, at = data[at : at + width(kind)], at + width(kind)
        one = value(kind, piece, encoding)
        if isinstance(one, str):
            if not one.isprintable() and not one.replace("\n", "").replace("\r", "").replace("\t", "").isprintable():
                return None
            sure = sure or len(one) >= 4
        made.append("" if one is None or isinstance(one, bytes) else str(one))
    return (made, at) if sure else None
