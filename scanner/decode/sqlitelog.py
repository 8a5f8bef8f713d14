"""Write-ahead logs and journals of SQLite: the rows of the pages in them, named by the database beside them or by the log itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO, cast

from scanner.decode import tables
from scanner.decode.content import Content, Part
from scanner.decode.limits import Stop
from scanner.decode.marked import Marked
from scanner.decode.sqlite import Database, Table, told
from scanner.decode.sqlitefile import LEAF_TABLE, Broken, File, Value, parsed, record, varint
from scanner.model.content import Inside

_HEAD, _FRAME = 32, 24
_BASE_MOST = 256 << 20  # bytes of a database that is walked through for the names of its columns
_Names = Mapping[int, Table]


def wal(content: Content) -> Iterator[Part]:
    """The pages in a write-ahead log, whether or not they have reached the database."""
    file = content.file()
    head = file.read(_HEAD)
    size = int.from_bytes(head[8:12], "big")
    if not 512 <= size <= 65536:
        raise Stop("unreadable", "its header is damaged")
    names = _names(content, file, size, head[16:24])
    file.seek(_HEAD)
    yield from _loose(content, file, size, _FRAME, 0, names)


def journal(content: Content) -> Iterator[Part]:
    """The pages in a rollback journal, as they were before a change."""
    file = content.file()
    head = file.read(28)
    size, sector = int.from_bytes(head[24:28], "big"), int.from_bytes(head[20:24], "big")
    file.seek(sector if 28 <= sector <= 65536 else 512)
    yield from _loose(content, file, size, 4, 4, {})


def _names(content: Content, log: BinaryIO, size: int, salt: bytes) -> _Names:
    """The table of each page, as the database stands with what the log has of it; nothing where neither has the schema."""
    pages: dict[int, int] = {}
    at = _HEAD
    while len(frame := log.read(_FRAME)) == _FRAME and frame[8:16] == salt:
        content.budget.hurry()
        at += _FRAME
        pages[int.from_bytes(frame[:4], "big")] = at
        at += size
        log.seek(at)
    base = content.budget.limits.beside()
    try:
        return Database(content, File(cast(BinaryIO, _Overlaid(log, pages, size, base)))).owners()
    except Broken:
        return {}
    finally:
        if base:
            base.close()


class _Overlaid:
    """A database as if what its log has of it had been written to it; read like a file."""

    def __init__(self, log: BinaryIO, pages: Mapping[int, int], size: int, base: BinaryIO | None) -> None:
        self._log, self._pages, self._size, self._base, self._at = log, pages, size, base, 0
        self._end = min(base.seek(0, 2), _BASE_MOST) if base else 0

    def seek(self, at: int, whence: int = 0) -> int:
        """To a place, or to its end."""
        self._at = at if whence == 0 else max(self._end, min(max(self._pages, default=0) * self._size, _BASE_MOST))
        return self._at

    def read(self, size: int) -> bytes:
        """So many bytes; zeros where nobody has any."""
        made = b""
        while len(made) < size:
            number, inside = self._at // self._size + 1, self._at % self._size
            most = min(size - len(made), self._size - inside)
            if number in self._pages:
                self._log.seek(self._pages[number] + inside)
                piece = self._log.read(most)
            elif self._base and self._at < self._end:
                self._base.seek(self._at)
                piece = self._base.read(most)
            else:
                piece = b""
            if not piece:
                break
            made += piece
            self._at += len(piece)
        return made


def _loose(content: Content, file: BinaryIO, size: int, before: int, after: int, names: _Names) -> Iterator[Part]:
    """Pages one behind the other, with something before and after each; the texts of the rows in them."""
    if not 512 <= size <= 65536:
        raise Stop("unreadable", "its header is damaged")
    while True:
        at = file.tell()
        frame = file.read(before + size + after)
        if len(frame) < before + 8:
            return
        content.budget.hurry()
        data, number = frame[before : before + size].ljust(size, b"\0"), int.from_bytes(frame[:4], "big")
        table, marked = names.get(number), Marked(Inside(field="page", record=f"page {number}"))
        named = Marked()
        for rowid, row in _rows(data, first=number == 1):
            if table is not None and len(row) <= len(table.columns):
                yield from told(table, str(rowid), row, named)
            else:
                texts = ["" if one is None or isinstance(one, bytes) else str(one) for one in row]
                yield from marked.add("".join(line for _, line in tables.lines([], texts)))
        yield from named.rest()
        yield from marked.rest()
        file.seek(at + before + size + after)


def _rows(data: bytes, *, first: bool) -> Iterator[tuple[int, list[Value]]]:
    try:
        page = parsed(data, 1 if first else 2, len(data))
    except Broken:
        return
    for start in page.cells if page.kind == LEAF_TABLE else ():
        try:
            size, at = varint(data, start)
            rowid, at = varint(data, at)
            yield rowid, record(data[at : at + size], "utf-8")
        except Broken:
            continue
