"""One document of an export: which layout it has, and its records as notes."""

from __future__ import annotations

import json
import re
from codecs import getincrementaldecoder
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from scanner.decode.content import Content
from scanner.decode.limits import Stop
from scanner.decode.notes import events, tables
from scanner.decode.notes.census import Census
from scanner.decode.notes.events import END, KEY, MAP, Event
from scanner.decode.notes.pages import html_note, markdown_note
from scanner.decode.notes.render import Note, name_of, note_of
from scanner.decode.notes.walk import Record, Walker, first, values
from scanner.model.content import Inside, Unseen
from scanner.notemaps import NoteMap

_EVENTS_MOST = 4000  # of a document's beginning, by which its layout is told
_TEXT_MOST = 60
_CSV = (".csv", ".tsv")
_MARKDOWN = (".md", ".markdown", ".mdown", ".mkd")
_YAML = (".yaml", ".yml")
_COMMENTS = re.compile(rb"(?:<!--(?:[^-]|-(?!->))*-->\s*)+")  # before the root of XML, as Jira writes
_BACKUP = re.compile(rb"<\?xml[^>]{0,100}>\s*<!--\s*_{2,9} Exported on")  # Jira's, whose comment is longer than the beginning of a file
ANY, FOLDER = "any", "markdown"  # the mappings for what shows no sign of any layout: named by the user, and pages of Markdown


@dataclass(frozen=True, slots=True)
class Layout:
    """How a document is written, and what its fields mean."""

    form: str  # json | lines | yaml | csv | tsv | xml | markdown | html
    mapping: NoteMap


def layout_of(head: bytes, path: str, mappings: Sequence[NoteMap], *, pages: bool = False, named: bool = False) -> Layout | None:
    """The layout of a document by its beginning; None for one that shows no sign of any, but for `pages`, or if it was `named` as notes."""
    head = _in_utf8(head)
    form = _form(head, path)
    if form is None:
        return None
    reads = {"lines": "json", "tsv": "csv"}.get(form, form)
    able = [mapping for mapping in mappings if reads in mapping.reads]
    signs = _signs(head, form, path)
    for mapping in able:
        if mapping.files and _covers(mapping.files, path):
            return Layout(form, mapping)
        if any(all(sign in signs for sign in wanted) for wanted in mapping.signs):
            return Layout(form, mapping)
    if form == "markdown" and pages:
        return next((Layout(form, mapping) for mapping in able if mapping.name == FOLDER), None)
    return next((Layout(form, mapping) for mapping in able if mapping.name == ANY and (named or (pages and form == "html"))), None)


def _in_utf8(data: bytes) -> bytes:
    """A text that says that it is UTF-16, as UTF-8."""
    name = _wide(data)
    return data.decode(name, "replace").encode("utf-8", "replace") if name else data


def _wide(data: bytes) -> str | None:
    return {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}.get(data[:2]) if data[2:4] != b"\0\0" else None


def _covers(glob: str, path: str) -> bool:
    from fnmatch import fnmatchcase

    return fnmatchcase(path, glob)


def _form(head: bytes, path: str) -> str | None:
    text = _COMMENTS.sub(b"", head.removeprefix(b"\xef\xbb\xbf").lstrip(), count=1)
    low, name = text[:100].lower(), path.lower()
    if text[:1] in (b"{", b"["):
        return "lines" if _is_lines(text, name) else "json"
    if low.startswith((b"<!doctype html", b"<html")):
        return "html"
    if low.startswith((b"<?xml", b"<en-export", b"<!doctype en-export", b"<hibernate-generic", b"<rss")):
        return "html" if b"<html" in text[:500].lower() else "xml"
    if name.endswith(_MARKDOWN):
        return "markdown"
    if name.endswith(_CSV):
        return "tsv" if name.endswith(".tsv") else "csv"
    if name.endswith(_YAML):
        return "yaml"
    if re.match(rb"---[ \t]*\r?\n[A-Za-z0-9_-]{1,60}:", text):
        return "markdown" if re.search(rb"\n---[ \t]*\r?\n", text) else "yaml"
    return "yaml" if re.match(rb"(?:[ #][^\n]*\n)*[a-z][a-z0-9_-]{1,40}:(?: |\r?\n)", text) else None


def _is_lines(text: bytes, name: str) -> bool:
    line, end, rest = text.partition(b"\n")
    if not end:
        return name.endswith((".jsonl", ".ndjson"))
    if rest.lstrip()[:1] not in (b"{", b"["):
        return False
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return name.endswith((".jsonl", ".ndjson"))


class _Head:
    """The beginning of a document as something to read."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int, /) -> bytes:
        data, self._data = self._data[:size], self._data[size:]
        return data


def _signs(head: bytes, form: str, path: str) -> set[str]:
    """Every path that stands in the beginning, and `path=value` for short texts."""
    found: set[str] = set()
    if form == "markdown":
        from scanner.decode.notes.pages import front_matter

        matter, _ = front_matter(head)
        stream: Iterable[Event | Unseen] = events.yaml_text_events(matter) if matter else ()
    elif form == "html":
        from scanner.decode.notes.markup import read_html

        page = read_html(head.decode("utf-8", "replace"))
        found |= {"article.id"} if page.id else set()
        found |= {f"meta={name.decode()}" for name in re.findall(rb'name="(confluence[a-z-]{0,40}|ajs-[a-z-]{1,40})"', head)}
        stream = ()
    else:
        stream = _stream(_Head(head), form, keyed=False) if form != "yaml" else events.yaml_text_events(head)
    found |= {f"name={one}" for one in _told_by_name(path)} | ({"comment=Exported on"} if _BACKUP.match(head) else set())
    stack: list[str] = []
    key = ""
    try:
        for event in islice(stream, _EVENTS_MOST):
            if isinstance(event, Unseen):
                break
            kind, value = event
            if kind == KEY:
                prefix = stack[-1] if stack else ""
                key = f"{prefix}.{value}" if prefix else str(value)
                if len(key) <= 200:
                    found.add(key)
            elif kind in (MAP, events.LIST):
                stack.append(key if stack else "")
            elif kind == END:
                stack.pop()
                key = stack[-1] if stack else ""
            elif isinstance(value, str) and len(value) <= _TEXT_MOST:
                found.add(f"{key}={value}")
    except Stop:
        pass
    finally:
        if isinstance(stream, Generator):
            stream.close()
    return found


def _told_by_name(path: str) -> Iterator[str]:
    stem = path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    if re.search(r"[^ ] [0-9a-f]{32}(?:_all)?$", stem):
        yield "hex32"


def _stream(source: events.Bytes, form: str, *, keyed: bool) -> Iterator[Event | Unseen]:
    if form == "json":
        return events.json_events(source)
    if form == "lines":
        return events.json_line_events(source)
    if form == "xml":
        return tables.xml_events(source, keyed=keyed)
    return tables.csv_events(source, "\t" if form == "tsv" else ",")


def notes_of(content: Content, path: str, layout: Layout, census: Census) -> Iterator[Note | Unseen]:
    """The notes of a document, as they end; raises Stop where it cannot be read to its own end, after what was read."""
    mapping = layout.mapping
    if layout.form in ("markdown", "html"):
        note = (markdown_note if layout.form == "markdown" else html_note)(_in_utf8(content.whole()), path, mapping)
        census.count(note.kind, note.own, "", runs=note.runs)
        yield note
        return
    walker = Walker(mapping)
    if layout.form == "yaml":
        stream: Iterable[Event | Unseen] = events.yaml_events(_Hurried(content), content.budget.hurry)
    else:
        stream = _stream(_Hurried(content), layout.form, keyed=mapping.keyed)
    try:
        for record in walker.walk(stream):
            if isinstance(record, Unseen):
                yield record
                continue
            note = note_of(record, mapping)
            _take(record, note, mapping, census)
            yield note
    except Stop as problem:
        if walker.cut is None:
            raise
        census.cut[note_of(walker.cut, mapping).kind] += 1
        raise Cut(problem, name_of(walker.cut, mapping)) from None


class Cut(Stop):
    """A document ended, or was damaged, in the middle of this record."""

    def __init__(self, problem: Stop, record: str) -> None:
        super().__init__(problem.reason, problem.detail)
        self.inside = Inside(record=record)


class _Hurried:
    """A content read forwards from its beginning, whatever was read of it before; in UTF-8."""

    def __init__(self, content: Content) -> None:
        self._budget, self._file = content.budget, content.file()
        name = _wide(content.head)
        self._decoder = getincrementaldecoder(name)("replace") if name else None

    def read(self, size: int, /) -> bytes:
        self._budget.hurry()
        data = self._file.read(size)
        if self._decoder is None:
            return data
        text = ""
        while data and not text:
            text = self._decoder.decode(data)
            data = b"" if text else self._file.read(size)
        return text.encode("utf-8", "replace")


def _take(record: Record, note: Note, mapping: NoteMap, census: Census) -> None:
    """Count a record, or take in what the export says about its own size."""
    if record.kind is None or note.kind == "export":
        note.counted = False
        for path, kind in mapping.counts:
            for said in values(record.value, path):
                number = first({"": said}, ("",))
                if number is not None and re.fullmatch(r"[0-9]{1,12}", number):
                    census.announced(kind, int(number))
    elif note.whole:
        owner = note.id.rpartition("/")[0]
        census.count(note.kind, note.own, f"{owner}/" if record.kind.part and owner else "", runs=note.runs)


__all__ = ["Cut", "Layout", "layout_of", "notes_of"]
