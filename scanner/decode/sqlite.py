"""SQLite databases: every row by table and column, and what was deleted; no SQL is run."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.decode import sqlitefree, tables
from scanner.decode.content import Content, Part
from scanner.decode.formats import recognise
from scanner.decode.limits import Stop
from scanner.decode.marked import Marked, shown
from scanner.decode.sqlitefile import Broken, Cell, File, Value, cell, parsed
from scanner.decode.sqlitenames import columns
from scanner.model.content import Inside, Unseen

_BLOB_LEAST, _TEXT_MOST = 16, 1 << 16
_CARVED_MOST = 2 << 20  # bytes of free space in which rows are looked for; all of it is searched as it is
_DAMAGED = "a page is damaged"
_FREE = "deleted"


def read(content: Content) -> Iterator[Part | Unseen]:
    """Rows table by table, then the free space."""
    try:
        database = Database(content, File(content.file()))
    except Broken:
        raise Stop("unreadable", "its header is damaged") from None
    yield from database.parts()


class Table:
    """A table or an index of the schema."""

    def __init__(self, kind: str, name: str, root: int, sql: str) -> None:
        self.kind, self.name, self.root = kind, shown(name), root
        self.columns = [shown(column) for column in columns(sql)] if kind == "table" else []


class Database:
    """Reads a database once; every page belongs to one tree, one chain, or to nobody."""

    def __init__(self, content: Content, file: File) -> None:
        self._content, self._file = content, file
        self._used: set[int] = set()
        self._flaws: list[Unseen] = []
        self._carved = 0

    def parts(self) -> Iterator[Part | Unseen]:
        """Everything."""
        if self._file.claimed > self._file.count:
            yield Unseen("truncated", "it ends too early")
        schema, found = Table("table", "sqlite_schema", 1, ""), list[Table]()
        schema.columns = ["type", "name", "tbl_name", "rootpage", "sql"]
        yield from self._rows(schema, found)
        for table in found:
            if table.kind == "table":
                yield from self._rows(table, None)
            else:  # an index has nothing that its table has not; its pages are not free, though
                for _ in self._cells(table):
                    pass
        yield from self._free(frozenset(len(table.columns) for table in found if len(table.columns) > 1))
        yield from self._flaws

    def owners(self) -> dict[int, Table]:
        """The table of each page that has rows; nothing is told."""
        schema, found = Table("table", "sqlite_schema", 1, ""), list[Table]()
        for _ in self._rows(schema, found):
            pass
        owned: dict[int, Table] = {}
        for table in found:
            before = set(self._used)
            for _ in self._cells(table):
                pass
            if table.kind == "table":
                owned.update(dict.fromkeys(self._used - before, table))
        return owned

    def _cells(self, table: Table) -> Iterator[Cell]:
        """The rows of a tree in the order of its pages, from left to right."""
        waiting = [table.root]
        while waiting:
            number = waiting.pop()
            self._content.budget.hurry()
            if number in self._used:
                self._flaw(table, number)
                continue
            self._used.add(number)
            try:
                data = self._file.page(number)
                page = parsed(data, number, self._file.usable)
            except Broken:
                self._flaw(table, number)
                continue
            below = list[int]()
            for at in page.cells:
                try:
                    left, one = cell(self._file, data, page, at, self._used)
                except Broken:
                    self._flaw(table, number)
                    continue
                if left:
                    below.append(left)
                if one is not None:
                    yield one
            waiting += [page.right, *reversed(below)] if page.right else reversed(below)

    def _flaw(self, table: Table, number: int) -> None:
        if len(self._flaws) < 100:
            self._flaws.append(Unseen("unreadable", _DAMAGED, Inside(field=table.name, record=f"page {number}")))

    def _rows(self, table: Table, schema: list[Table] | None) -> Iterator[Part]:
        marked = Marked()
        for number, one in enumerate(self._cells(table), 1):
            try:
                values = self._file.values(one.payload)
            except Broken:
                self._flaw(table, number)
                continue
            if schema is not None:
                _enlist(values, schema)
            yield from told(table, str(one.rowid if one.rowid is not None else number), values, marked)
        yield from marked.rest()

    def _free(self, counts: frozenset[int]) -> Iterator[Part]:
        """Pages of the free list, pages that nobody has, and what is free in the others."""
        freed = set(self._file.free()) if self._file.freelist else set()
        for number in range(1, self._file.count + 1):
            self._content.budget.hurry()
            try:
                data = self._file.page(number)
            except Broken:
                continue
            if number in self._used and number not in freed:
                try:
                    page = parsed(data, number, self._file.usable)
                except Broken:  # a page of a long value
                    continue
                spaces = list(sqlitefree.gaps(data, page, self._file.usable))
            else:
                spaces = [(0, len(data))]
            for start, end in spaces:
                if sqlitefree.has_text(data[start:end]):
                    yield from self._deleted(data[start:end], number, counts)

    def _deleted(self, data: bytes, number: int, counts: frozenset[int]) -> Iterator[Part]:
        where = Inside(field=_FREE, record=f"page {number}")
        yield Part(data, where, raw=True)
        self._carved += len(data)
        if counts and self._carved <= _CARVED_MOST:
            marked = Marked(where)
            for row in sqlitefree.rows(data, self._file.encoding, counts):
                yield from marked.add("".join(line for _, line in tables.lines([], row)))
            yield from marked.rest()


def _enlist(values: list[Value], schema: list[Table]) -> None:
    """A row of the schema as a table or an index; views and triggers have no pages."""
    if len(values) == 5:
        kind, name, _, root, sql = values
        if kind in ("table", "index") and isinstance(root, int) and root > 0:
            schema.append(Table(str(kind), str(name), root, sql if isinstance(sql, str) else ""))


def told(table: Table, record: str, values: list[Value], marked: Marked) -> Iterator[Part]:
    """A row as text; long texts, blobs, and texts in a format of their own as parts."""
    cells = [""] * len(values)
    for column, one in enumerate(values):
        field = f"{table.name}.{table.columns[column] if column < len(table.columns) else column + 1}"
        if isinstance(one, bytes):
            if len(one) >= _BLOB_LEAST:
                yield Part(one, Inside(field=field, record=record))
        elif isinstance(one, str) and _is_document(one):
            yield Part(one.encode("utf-8", "replace"), Inside(field=field, record=record))
        elif one is not None:
            cells[column] = str(one)
    for column, line in tables.lines(table.columns, cells):
        name = table.columns[column] if column < len(table.columns) else str(column + 1)
        yield from marked.add(line, Inside(field=f"{table.name}.{name}", record=record))


def _is_document(text: str) -> bool:
    return len(text) > _TEXT_MOST or (len(text) >= _BLOB_LEAST and recognise(text[:1000].encode("utf-8", "replace")) is not None)
