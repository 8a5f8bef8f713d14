"""Word, Excel and PowerPoint (ECMA-376): the archive's members, and their text as a person reads it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from scanner.decode import xmlread, zips
from scanner.decode.content import Content, Part
from scanner.decode.limits import Stop
from scanner.decode.marked import Marked, shown
from scanner.decode.officetext import Line, Sheet, Text
from scanner.decode.shelf import Shelf
from scanner.model.content import Inside, Unseen

_FIRST = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"word/", b"xl/", b"ppt/", b"customXml/", b"visio/")
_TEXTS = (".xml", ".rels")


def fits(data: bytes) -> bool:
    """Whether a ZIP archive begins as an office document does; others would be read just as well, and more slowly."""
    length = int.from_bytes(data[26:28], "little")
    return data.startswith(b"PK\3\4") and data[30 : 30 + length].startswith(_FIRST)


def read(content: Content) -> Iterator[Part | Unseen]:
    """Every member as it is stored, then the text of those that have some."""
    shelf = Shelf()
    try:
        for part in zips.read(content):
            name = part.inside.member
            if isinstance(part, Part) and name and name.lower().endswith(_TEXTS):
                yield replace(part, data=shelf.keep(name, part.data), raw=True)
            else:
                yield part
        sheets = _sheets(shelf)
        strings: list[str] = []
        for name in sorted(shelf.names(), key=lambda name: (name in sheets, name)):  # shared strings before what refers to them
            gathered = Text(strings) if name.endswith("sharedStrings.xml") else Sheet(strings, sheets[name]) if name in sheets else Text()
            yield from _text(content, shelf, name, gathered)
    finally:
        shelf.close()


def _text(content: Content, shelf: Shelf, name: str, reader: Text) -> Iterator[Part | Unseen]:
    where = Inside(member=name)
    marked = Marked(where)
    try:
        for line in _lines(content, shelf, name, reader):
            yield from marked.add(line.text, Inside(field=line.field or None, record=line.record or None))
        yield from marked.rest()
    except Stop as problem:
        yield from marked.rest()
        yield Unseen(problem.reason, problem.detail, where)


def _lines(content: Content, shelf: Shelf, name: str, reader: Text) -> Iterator[Line]:
    for number, event in enumerate(xmlread.events(shelf.pieces(name))):
        if not number & 0xFFF:
            content.budget.hurry()
        yield from reader.take(event)
    yield from reader.end()


def _sheets(shelf: Shelf) -> dict[str, str]:
    """The sheets of a workbook: the name of the member -> what the sheet is called, and whether it is hidden."""
    found = {name: "" for name in shelf.names() if name.startswith("xl/worksheets/") and name.endswith(".xml")}
    if "xl/workbook.xml" not in shelf.names():
        return found
    targets = {event.get("Id"): event.get("Target") for event in _elements(shelf, "xl/_rels/workbook.xml.rels", "Relationship")}
    for event in _elements(shelf, "xl/workbook.xml", "sheet"):
        path = posixpath.normpath(posixpath.join("/xl", targets.get(event.get("id"), "")))[1:]
        if path in found:
            hidden = " (hidden)" if event.get("state").endswith("idden") else ""
            found[path] = shown(event.get("name")) + hidden
    return found


def _elements(shelf: Shelf, name: str, element: str) -> Iterator[xmlread.Event]:
    try:
        for event in xmlread.events(shelf.pieces(name)):
            if event.kind == "start" and event.name == element:
                yield event
    except Stop:  # told where its text is read
        return
