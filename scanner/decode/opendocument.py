"""OpenDocument (ISO/IEC 26300): texts, sheets, slides and drawings; the archive's members, and their text as a person reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from scanner.decode import tables, xmlread, zips
from scanner.decode.content import STEP, Content, Part
from scanner.decode.limits import Stop
from scanner.decode.marked import Marked, shown
from scanner.decode.officetext import Line
from scanner.decode.shelf import Shelf
from scanner.decode.xmlread import Event, local
from scanner.model.content import WHOLE, Inside, Unseen

_MANIFEST = "META-INF/manifest.xml"
_NOTES = frozenset({"annotation", "note"})
_PARAGRAPHS = frozenset({"p", "h"})
_WRITTEN_OTHERWISE = re.compile(r"[&<>\"'\n]|[^\x00-\x7f]")
_SPACES_MOST = 1000
_COLUMNS_MOST = 16384


def fits(data: bytes) -> bool:
    """Whether a ZIP archive says in its first member, as it must, that it is such a document."""
    return data.startswith(b"PK\3\4") and data[30:100].startswith(b"mimetypeapplication/vnd.oasis.opendocument")


def read(content: Content) -> Iterator[Part | Unseen]:
    """Every member as it is stored, then the text of those that have some."""
    shelf = Shelf()
    try:
        for part in zips.read(content):
            name = part.inside.member
            if isinstance(part, Part) and name and name.endswith((".xml", ".rdf")):
                yield replace(part, data=shelf.keep(name, part.data), raw=True)
            else:
                yield part
        locked = _locked(shelf)
        for name in locked:
            yield Unseen("encrypted-archive", "a member is encrypted", Inside(member=name))
        for name in shelf.names():
            if name not in locked and name != _MANIFEST:
                yield from _text(content, shelf, name)
    finally:
        shelf.close()


def fits_flat(data: bytes) -> bool:
    """Whether the root of XML is that of a whole document."""
    return re.search(rb"<office:document[\s>]", data[:4096]) is not None


def flat(content: Content) -> Iterator[Part | Unseen]:
    """A document that is one file of XML."""
    yield from _lines(content, iter(lambda: content.read(STEP), b""), WHOLE)


def _locked(shelf: Shelf) -> list[str]:
    """The members that the manifest calls encrypted."""
    names, entry = [], ""
    try:
        for event in xmlread.events(shelf.pieces(_MANIFEST)):
            if event.kind == "start" and event.name == "file-entry":
                entry = event.get("full-path")
            elif event.kind == "start" and event.name == "encryption-data":
                names.append(shown(entry))
    except Stop:  # a document without a manifest that can be read; its members say themselves whether they can
        pass
    return names


def _text(content: Content, shelf: Shelf, name: str) -> Iterator[Part | Unseen]:
    yield from _lines(content, shelf.pieces(name), Inside(member=name))


def _lines(content: Content, pieces: Iterable[bytes], where: Inside) -> Iterator[Part | Unseen]:
    marked, reader = Marked(where), _Text()
    try:
        for number, event in enumerate(xmlread.events(pieces)):
            if not number & 0xFFF:
                content.budget.hurry()
            for line in reader.take(event):
                yield from marked.add(line.text, Inside(field=line.field or None, record=line.record or None))
        yield from marked.rest()
    except Stop as problem:
        yield from marked.rest()
        yield Unseen(problem.reason, problem.detail, where)


class _Table:
    """A table that is read: its name, the row and the cell that come next, and what its first row says."""

    def __init__(self, name: str) -> None:
        self.name, self.row, self.column = name, 0, 0
        self.header: list[str] = []
        self.cells: list[str] = []
        self.cell: list[str] = []


class _Text:
    """Takes the events of a member's XML one by one, and yields lines."""

    def __init__(self) -> None:
        self._open: list[Event] = []
        self._own: list[list[str]] = []
        self._paragraphs: list[list[str]] = []
        self._tables: list[_Table] = []
        self._notes = 0  # that are open

    def take(self, event: Event) -> Iterator[Line]:
        """One event."""
        if event.kind == "start":
            yield from self._start(event)
        elif event.kind == "text" and self._own:
            (self._paragraphs or self._own)[-1].append(event.text)
        elif event.kind == "end":
            yield from self._end(self._open.pop(), "".join(self._own.pop()))

    def _start(self, event: Event) -> Iterator[Line]:
        name = event.name
        self._open.append(event)
        self._own.append([])
        if name in _PARAGRAPHS:
            self._paragraphs.append([])
        elif name in _NOTES:
            self._notes += 1
        elif name == "table":
            hidden = " (hidden)" if event.get("display") == "false" else ""
            self._tables.append(_Table(shown(event.get("name")) + hidden))
        elif self._paragraphs and name in ("tab", "line-break", "s"):
            count = event.get("c")
            spaces = min(int(count), _SPACES_MOST) if count.isdecimal() and len(count) < 9 else 1
            self._paragraphs[-1].append({"tab": "\t", "line-break": "\n"}.get(name, " " * spaces))
        for key, value in event.attributes.items():
            if len(value) >= 8 and _WRITTEN_OTHERWISE.search(value):
                yield Line(f"{local(key)}: {value}\n", f"{name}@{shown(local(key))}"[:80])

    def _end(self, event: Event, own: str) -> Iterator[Line]:
        name = event.name
        if name in _PARAGRAPHS and self._paragraphs:
            yield from self._paragraph("".join(self._paragraphs.pop()))
        elif name in ("table-cell", "covered-table-cell") and self._tables:
            self._ended_cell(event)
        elif name == "table-row" and self._tables:
            yield from self._ended_row(event)
        elif name == "table" and self._tables:
            self._tables.pop()
        elif name in _NOTES:
            self._notes -= 1
        elif own.strip():
            label = shown(event.get("name") or name)
            yield Line(f"{label}: {own}\n", label)

    def _paragraph(self, text: str) -> Iterator[Line]:
        """In a cell it is held for the row; notes and comments of the cell stand by themselves."""
        if self._tables and not self._notes:
            self._tables[-1].cell.append(text)
        elif text:
            yield Line(text + "\n")

    def _ended_cell(self, event: Event) -> None:
        table = self._tables[-1]
        text = "\n".join(table.cell) or event.get("string-value")
        table.cell = []
        if len(table.cells) <= table.column < _COLUMNS_MOST:
            table.cells += [""] * (table.column - len(table.cells) + 1)
        if table.column < _COLUMNS_MOST:
            table.cells[table.column] = text
        else:
            table.cells.append(text)
        table.column += _number(event.get("number-columns-repeated"))

    def _ended_row(self, event: Event) -> Iterator[Line]:
        table = self._tables[-1]
        for column, line in tables.lines(table.header, table.cells):
            yield Line(line, f"sheet {table.name}" if table.name else "", f"{_letters(column)}{table.row + 1}")
        if not table.header and len(table.cells) > 1 and all(map(tables.wordy, table.cells)):
            table.header = table.cells
        table.cells, table.column = [], 0
        table.row += _number(event.get("number-rows-repeated"))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and 0 < len(text) < 9 else 1


def _letters(column: int) -> str:
    """The name of a column: A, B, …, Z, AA, …"""
    made = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        made = chr(65 + rest) + made
    return made
