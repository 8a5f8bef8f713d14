"""The text of a part of an office document: runs joined to paragraphs, cells to rows, properties with their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from scanner.decode import tables
from scanner.decode.marked import shown
from scanner.decode.xmlread import Event, local

_PARAGRAPHS = frozenset({"p", "si", "is", "text"})  # of DrawingML and WordprocessingML; shared and inline strings, comments
_SPOKEN = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_TEXT = frozenset({"t", "delText"})
_WRITTEN_OTHERWISE = re.compile(r"[&<>\"'\n]|[^\x00-\x7f]")  # an attribute that does not stand in the XML as it reads
_CELL_MOST = 10_000  # lines of one cell; those beyond stand by themselves
_STRINGS_MOST = 64 << 20  # characters of shared strings that are held; what is beyond is searched, and not put into cells


class Line(NamedTuple):
    """A line of text, and where it stands."""

    text: str
    field: str = ""
    record: str = ""


class _Paragraph:
    """A paragraph as it reads, and as it read before the changes that are tracked in it."""

    def __init__(self) -> None:
        self.now: list[str] = []
        self.before: list[str] = []
        self.code: list[str] = []
        self.changed = False

    def lines(self) -> list[str]:
        """What it says, in one line or several."""
        made = ["".join(self.now)]
        if self.changed:
            made.append("".join(self.before))
        if self.code:
            made.append("".join(self.code))
        return [line for line in dict.fromkeys(made) if line]


class Text:
    """Takes the events of a part's XML one by one, and yields lines."""

    def __init__(self, strings: list[str] | None = None) -> None:
        self._strings, self._held = strings, 0  # where to put shared strings, if these are they
        self._open: list[Event] = []
        self._own: list[list[str]] = []  # text of the open elements that is in none of their children
        self._paragraphs: list[_Paragraph] = []
        self._tables: list[list[list[str]]] = []  # of each open table: the first row, and the row that is read
        self._cells: list[list[str]] = []
        self._inserted = self._chosen = self._instead = 0
        self._said: set[str] = set()  # in the newer of two versions of the same thing

    def take(self, event: Event) -> Iterable[Line]:
        """One event."""
        if event.kind == "start":
            return self._start(event)
        if event.kind == "end":
            return self._end(self._open.pop(), "".join(self._own.pop()))
        if event.kind == "text" and self._own:
            self._heard(event.text)
        return ()

    def end(self) -> Iterator[Line]:
        """Nothing more comes."""
        return iter(())

    def _start(self, event: Event) -> Iterator[Line]:
        name = event.name
        self._open.append(event)
        self._own.append([])
        if name in _PARAGRAPHS:
            self._paragraphs.append(_Paragraph())
        elif name == "tbl":
            self._tables.append([[], []])
        elif name == "tc":
            self._cells.append([])
        elif name in _SPOKEN and self._paragraphs and (name != "tab" or self._inside("r")):
            self._speak(_SPOKEN[name])
        self._count(name, 1)
        for key, value in event.attributes.items():
            if len(value) >= 8 and _WRITTEN_OTHERWISE.search(value):
                yield Line(f"{local(key)}: {value}\n", f"{name}@{shown(local(key))}"[:80])

    def _count(self, name: str, by: int) -> None:
        if name == "ins":
            self._inserted += by
        elif name == "Choice":
            self._chosen += by
        elif name == "Fallback":
            self._instead += by
        elif name == "AlternateContent" and by < 0:
            self._said.clear()

    def _inside(self, name: str) -> bool:
        return len(self._open) > 1 and self._open[-2].name == name

    def _heard(self, text: str) -> None:
        name = self._open[-1].name
        if self._paragraphs and name in _TEXT:
            if not self._inside("rPh"):  # how a word is pronounced
                self._speak(text, deleted=name == "delText")
        elif self._paragraphs and name in ("instrText", "delInstrText"):
            self._paragraphs[-1].code.append(text)
        else:
            self._own[-1].append(text)

    def _speak(self, text: str, *, deleted: bool = False) -> None:
        at = self._paragraphs[-1]
        if not deleted:
            at.now.append(text)
        if not self._inserted:
            at.before.append(text)
        at.changed = at.changed or deleted or bool(self._inserted)

    def _end(self, event: Event, own: str) -> Iterator[Line]:
        name = event.name
        self._count(name, -1)
        if name in _PARAGRAPHS:
            yield from self._paragraph(self._paragraphs.pop(), own)
        elif name == "tc" and self._cells:
            text = "\n".join(self._cells.pop())
            if self._tables:
                self._tables[-1][1].append(text)
            else:
                yield Line(text + "\n")
        elif name == "tr" and self._tables:
            header, row = self._tables[-1]
            self._tables[-1] = [header or row, []]
            yield from (Line(line) for _, line in tables.lines(header, row))
        elif name == "tbl" and self._tables:
            yield from (Line(line) for _, line in tables.lines([], self._tables.pop()[1]))
        elif own.strip():
            yield from self._leaf(event, own)

    def _paragraph(self, paragraph: _Paragraph, own: str) -> Iterator[Line]:
        lines = paragraph.lines() + ([own] if own.strip() else [])
        if self._strings is not None:
            self._share("".join(paragraph.now))
        if self._chosen:
            self._said.update(lines)
        elif self._instead:
            lines = [line for line in lines if line not in self._said]
        if self._cells and len(self._cells[-1]) < _CELL_MOST:
            self._cells[-1] += lines
        else:
            yield from (Line(line + "\n") for line in lines)

    def _share(self, text: str) -> None:
        self._held += len(text)
        if self._strings is not None and self._held <= _STRINGS_MOST:
            self._strings.append(text)

    def _leaf(self, event: Event, own: str) -> Iterator[Line]:
        """A property: its own name, or that of the element around a value that only has a type."""
        around = self._open[-1] if self._open else event
        name = shown((around.get("name") if around.name == "property" else "") or event.name)
        yield Line(f"{name}: {own}\n", name)


class Sheet(Text):
    """The same for a sheet of a workbook: a row's cells are read together, with the strings that they refer to."""

    def __init__(self, strings: list[str], called: str) -> None:
        super().__init__()
        self._shared, self._field = strings, f"sheet {called}" if called else "sheet"
        self._row: list[tuple[str, str]] = []  # (reference, text)
        self._header: dict[str, str] = {}  # column -> what the first row that has text says
        self._cell: list[str] = []

    def _paragraph(self, paragraph: _Paragraph, own: str) -> Iterator[Line]:
        if self._open and self._open[-1].name == "c":
            self._cell.append("".join(paragraph.now))
            return
        yield from super()._paragraph(paragraph, own)

    def _leaf(self, event: Event, own: str) -> Iterator[Line]:
        around = self._open[-1] if self._open else event
        if around.name == "c" and event.name == "v":
            self._cell.append(self._string(own) if around.get("t") == "s" else own)
        elif around.name == "c" and event.name == "f":
            yield Line(f"={own}\n", self._field, shown(around.get("r")))
        else:
            yield from super()._leaf(event, own)

    def _string(self, number: str) -> str:
        place = int(number) if number.strip().isdecimal() and len(number) < 12 else -1
        return self._shared[place] if 0 <= place < len(self._shared) else ""

    def _end(self, event: Event, own: str) -> Iterator[Line]:
        yield from super()._end(event, own)
        if event.name == "c":
            self._row.append((event.get("r"), "".join(self._cell)))
            self._cell = []
        elif event.name == "row":
            yield from self._ended()

    def end(self) -> Iterator[Line]:
        """The last row, if it was not ended."""
        return self._ended()

    def _ended(self) -> Iterator[Line]:
        row, self._row = self._row, []
        columns = [reference.rstrip("0123456789") for reference, _ in row]
        cells = [text for _, text in row]
        header = [self._header.get(column, "") for column in columns]
        for column, line in tables.lines(header, cells):
            yield Line(line, self._field, shown(row[column][0]))
        if not self._header and all(map(tables.wordy, cells)) and len(cells) > 1:
            self._header = dict(zip(columns, (text[:80] for text in cells), strict=True))

