"""CSV and XML as the same events as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from scanner.decode.limits import Stop
from scanner.decode.notes.events import END, KEY, LIST, MAP, TEXT_MOST, VALUE, Bytes, Event, text_lines

_STEP = 1 << 16
_COLUMNS_MOST = 10_000
_UNFINISHED = (3, 5, 6, 20)  # expat: no element, unclosed token, partial character, unclosed CDATA


def csv_events(source: Bytes, delimiter: str) -> Iterator[Event]:
    """Each row as a map from the names in the first one; a column that stands twice has several values."""
    import csv

    csv.field_size_limit(TEXT_MOST)
    lines = _Rows(source)
    names: list[str] = []
    try:
        for row in csv.reader(lines, delimiter=delimiter):
            lines.taken = 0
            if not row:
                continue
            if len(row) > _COLUMNS_MOST:
                raise Stop("archive-too-large", f"a row has more than {_COLUMNS_MOST:,} columns")
            if not names:
                names = [name.strip() or f"column {number}" for number, name in enumerate(row, 1)]
                yield LIST, None
                continue
            yield MAP, None
            for number, value in enumerate(row):
                if value:
                    yield KEY, names[number] if number < len(names) else f"column {number + 1}"
                    yield VALUE, value
            yield END, None
    except csv.Error:
        raise Stop("unreadable", "it is no CSV from some place on") from None
    if names:
        yield END, None


class _Rows:
    """The lines of a table, as long as no row of them grows too large."""

    def __init__(self, source: Bytes) -> None:
        self._lines, self.taken = text_lines(source), 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line, whole = next(self._lines)
        self.taken += len(line)
        if not whole or self.taken > TEXT_MOST:
            raise Stop("archive-too-large", f"a row of it is larger than {TEXT_MOST >> 20} MiB")
        return line.decode("utf-8", "replace").replace("\0", "\ufffd")


class _Element:
    """An open element: a map once it has attributes or children, else its text."""

    __slots__ = ("is_map", "size", "text")

    def __init__(self) -> None:
        self.is_map, self.text, self.size = False, list[str](), 0


class _Xml:
    """What expat tells, as events."""

    def __init__(self, *, keyed: bool) -> None:
        self.events: list[Event] = []
        self._open: list[_Element] = []
        self._keyed = keyed
        self.parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = self._start, self._end, self._text
        parser.CommentHandler = self._comment
        parser.EntityDeclHandler = self._entity

    def _entity(self, *_: Any) -> None:
        raise Stop("unreadable", "it declares entities of its own, which are not expanded")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = attributes.pop("name", None) if self._keyed else None
        if self._open and not self._open[-1].is_map:
            self._open[-1].is_map = True
            self.events.append((MAP, None))
        if not self._open:
            self.events.append((MAP, None))
        self.events.append((KEY, name or tag))
        element = _Element()
        self._open.append(element)
        if attributes:
            element.is_map = True
            self.events.append((MAP, None))
            for key, value in attributes.items():
                self.events += [(KEY, f"@{key}"), (VALUE, value)]

    def _end(self, _tag: str) -> None:
        element = self._open.pop()
        text = "".join(element.text)
        if not element.is_map:
            self.events.append((VALUE, text))
        else:
            if text.strip():
                self.events += [(KEY, "#"), (VALUE, text)]
            self.events.append((END, None))
        if not self._open:
            self.events.append((END, None))

    def _text(self, text: str) -> None:
        element = self._open[-1]
        if element.is_map and text.isspace():
            return
        element.size += len(text)
        if element.size > TEXT_MOST:
            raise Stop("archive-too-large", f"a text in it is larger than {TEXT_MOST >> 20} MiB")
        element.text.append(text)

    def _comment(self, text: str) -> None:
        if self._open and text.strip():
            if not self._open[-1].is_map:
                self._open[-1].is_map = True
                self.events.append((MAP, None))
            self.events += [(KEY, "comment"), (VALUE, text)]


def xml_events(source: Bytes, *, keyed: bool) -> Iterator[Event]:
    """Each element as a map of its attributes (`@name`), children and text (`#`), or as its text where it has nothing else."""
    reader = _Xml(keyed=keyed)
    fed = 0
    try:
        while piece := source.read(_STEP):
            fed += len(piece)
            reader.parser.Parse(piece, False)
            if fed - reader.parser.CurrentByteIndex > TEXT_MOST:
                raise Stop("archive-too-large", f"a tag in it is larger than {TEXT_MOST >> 20} MiB")
            events, reader.events = reader.events, []
            yield from events
        reader.parser.Parse(b"", True)
    except expat.ExpatError as problem:
        yield from reader.events
        if problem.code in _UNFINISHED:
            raise Stop("truncated", "it ends in the middle of an element") from None
        raise Stop("unreadable", "it is no XML from some place on") from None
    except (LookupError, ValueError):  # of an encoding that nobody knows
        raise Stop("unreadable", "its encoding is not known") from None
    yield from reader.events
