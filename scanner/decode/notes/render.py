"""A record as a text to search: title and body as a reader sees them, everything else as JSON, and where each part stands."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scanner import canon
from scanner.decode.notes.markup import is_html, read_html
from scanner.decode.notes.walk import Record, first, values
from scanner.notemaps import NoteMap

_NAME_MOST = 200
_BETWEEN = "\n\n"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BASIC = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")
_INLINE = frozenset({"text", "link", "emoji", "mention", "user", "usergroup", "channel", "inlineCard", "equation"})
_EMBED = re.compile(r"!\[[^\[\]\n]{0,500}\]\(\s{0,5}<?([^()<>\s]{1,1000})|!\[\[([^\[\]|#\n]{1,500})")
_LINK = re.compile(r"(?<!!)\[[^\[\]\n]{0,500}\]\(\s{0,5}<?([^()<>\s]{1,1000})")


@dataclass(frozen=True, slots=True)
class Section:
    """One field's text."""

    field: str  # "record.body"
    text: str = dataclasses.field(repr=False)
    steps: tuple[str, ...] = ()
    line: int = 0  # lines of the file before it, where the file is the record
    again: bool = False  # it stands elsewhere too, with less of a line to itself
    paths: tuple[str, ...] = ()  # of values that were written here as JSON: the field of each line

    def at(self, line: int) -> str:
        """The field that a line of it stands in, down to the last key."""
        return self.paths[min(line, len(self.paths)) - 1] if self.paths else self.field


@dataclass(frozen=True, slots=True)
class Named:
    """A file that a record names, or brings along."""

    name: str
    path: str = ""  # in the export
    data: str = field(default="", repr=False)  # base64
    address: str = ""  # where it is kept instead
    must: bool = True  # False: it need not be in the export


@dataclass(slots=True)
class Note:
    """A record by its name, with its texts and files."""

    kind: str
    id: str
    number: int
    author: str | None
    date: str | None
    sections: list[Section] = field(default_factory=list)
    files: list[Named] = field(default_factory=list)
    media: list[str] = field(default_factory=list)  # hashes of the files that the body shows
    whole: bool = True
    counted: bool = True  # False: what stands outside of all records
    own: str | None = None  # the id that the record has itself
    runs: bool = False

    @property
    def text(self) -> str:
        """All sections, one below the other."""
        return _BETWEEN.join(section.text for section in self.sections)

    def section(self, offset: int) -> tuple[Section, int]:
        """The section that an offset (in bytes) of the text falls into, and where it begins."""
        start = 0
        for section in self.sections:
            end = start + len(section.text.encode("utf-8", "replace")) + len(_BETWEEN)
            if offset < end:
                return section, start
            start = end
        return self.sections[-1], start


def note_of(record: Record, mapping: NoteMap) -> Note:
    """What a record says, by its mapping."""
    kind = record.kind
    if kind is None:
        note = Note("", "", 0, None, None, whole=record.whole, counted=False)
        note.sections += _rest(record.value, "export", frozenset())
        return note
    said = first(record.value, mapping.kind_in) if mapping.kind_in else None
    if said and (other := mapping.kind(said) or mapping.kind(said.lower())):
        kind = other
    roles = kind.roles
    own = record.known.get("id") or first(record.value, roles.get("id", ())) or record.key
    note = Note(
        kind.name, name_of(record, mapping), record.number,
        _short(record.known.get("author") or first(record.value, roles.get("author", ()))),
        date_of(record.known.get("date") or first(record.value, roles.get("date", ()))),
        whole=record.whole, own=own, runs=kind.runs,
    )  # fmt: skip
    taken = set[str]()
    for role in ("title", "body"):
        for path in roles.get(role, ()):
            for value in values(record.value, path):
                texts = value if isinstance(value, list) else [value]
                if texts and all(isinstance(text, str) for text in texts):
                    taken.add(path)
                    for text in texts:
                        _prose(text, f"record.{role}", note)
                elif isinstance(value, dict | list):
                    note.sections.append(Section(f"record.{role}", "".join(_flat(value)).strip()))
    for path in roles.get("attachments", ()):
        if "{" in path:
            if (name := _filled(path, record.value)) and not note.files:
                note.files.append(Named(name, path=name))
            continue
        for value in values(record.value, path):
            note.files += _files(value, mapping)
            taken |= {f"{path}.{data}" for data in mapping.attachment.get("data", ())}
    note.sections += _rest(record.value, "record", frozenset(taken))
    note.sections = [section for section in note.sections if section.text]
    return note


def name_of(record: Record, mapping: NoteMap) -> str:
    """How a record is called: by its id, else by its kind and number; a part with the name of what it is a part of."""
    assert record.kind is not None  # noqa: S101 what stands outside has no name
    id = record.known.get("id") or first(record.value, record.kind.roles.get("id", ())) or record.key
    name = shown(id) if id else f"{record.kind.name} {record.number}"
    if record.kind.part and record.owner is not None and record.owner.kind:
        return f"{name_of(record.owner, mapping)}/{name}"
    return name


def shown(id: str) -> str:
    """An id as it may be printed."""
    id = id[:_NAME_MOST]
    return id if id.isprintable() else canon.text(id.encode("utf-8", "surrogatepass"))


def _short(text: str | None) -> str | None:
    return " ".join(text.split())[:_NAME_MOST] or None if text else None


def date_of(text: str | None) -> str | None:
    """A time as ISO 8601; None for what is none."""
    if not text:
        return None
    text = text.strip()[:60]
    if basic := _BASIC.fullmatch(text):
        return "{}-{}-{}T{}:{}:{}Z".format(*basic.groups())
    try:
        if re.fullmatch(r"[0-9]{9,13}(?:\.[0-9]{1,9})?", text):
            seconds = float(text) / (1000 if len(text.partition(".")[0]) > 10 else 1)
            return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if _DAY.fullmatch(text):
            return text
        moment = datetime.fromisoformat(text.replace(" UTC", "Z"))
        if moment.tzinfo is None:
            return moment.strftime("%Y-%m-%dT%H:%M:%S")
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return None


def _prose(text: str, name: str, note: Note) -> None:
    """A text that people wrote, in Markdown or HTML."""
    if is_html(text):
        read = read_html(text)
        note.sections.append(Section(name, read.text, ("html",)))
        note.files += (Named(link, path=link, must=False) for link in read.links if is_local(link))
        note.files += (Named(f"embedded {number}", data=data) for number, data in enumerate(read.embedded, 1))
        note.media += read.media
        return
    note.sections.append(Section(name, text))
    note.files += named_in(text)


def named_in(text: str) -> Iterator[Named]:
    """The files that a Markdown text shows or links to."""
    if "](" not in text and "![[" not in text:
        return
    for match in _EMBED.finditer(text):
        link = match[1] or match[2] or ""
        if is_local(link):
            yield Named(link, path=link)
    for match in _LINK.finditer(text):
        if is_local(match[1]):
            yield Named(match[1], path=match[1], must=False)


def is_local(link: str) -> bool:
    """Whether a link names a file beside the note."""
    return not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]{1,20}:|//|#|\?", link)


def _filled(pattern: str, value: dict[str, Any]) -> str | None:
    """The path of a file whose parts are fields of the record: `attachments|{id}|{version}`; None where one of them is not there."""
    parts = []
    for part in pattern.split("|"):
        text = first(value, (part[1:-1],)) if part.startswith("{") and part.endswith("}") else part
        if not text or "/" in text or text == "..":
            return None
        parts.append(text)
    return "/".join(parts)


def _files(value: Any, mapping: NoteMap) -> Iterator[Named]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, list):
            yield from _files(item, mapping)
        elif isinstance(item, str) and item.strip():
            yield Named(item, path=item) if is_local(item) else Named(item, address=item)
        elif isinstance(item, dict):
            said = {word: first(item, paths) or "" for word, paths in mapping.attachment.items()}
            name = said.get("name") or said.get("path") or said.get("address") or ""
            path = said.get("path", "")
            if path and not is_local(path):
                said["address"], path = path, ""
            if name or path or said.get("data"):
                data, address = said.get("data", ""), said.get("address", "")
                yield Named(name, path or ("" if data or address else name), data, address)


def _flat(value: Any) -> Iterator[str]:
    """The prose of a structured body (Atlassian documents, blocks): texts side by side, blocks on lines of their own."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _flat(item)
    elif isinstance(value, dict):
        kind = value.get("type")
        for key in ("text", "url", "content", "elements", "children", "rich_text", "plain_text", "value"):
            if key in value:
                yield from _flat(value[key])
        if kind not in _INLINE and any(key in value for key in ("content", "elements", "children", "type")):
            yield "\n"


def _rest(value: dict[str, Any], path: str, taken: frozenset[str]) -> Iterator[Section]:
    """Everything else, as JSON that keeps names and structure; texts that JSON would have to escape stand below, as they are."""
    writer = _Writer(taken)
    writer.map(value, "", path, "")
    if writer.lines:
        yield Section(path, "\n".join(writer.lines), paths=tuple(writer.paths))
    yield from writer.apart


class _Writer:
    """Writes values as indented JSON, and which field each line is of."""

    def __init__(self, taken: frozenset[str]) -> None:
        self.lines: list[str] = []
        self.paths: list[str] = []
        self.apart: list[Section] = []
        self._taken = taken

    def map(self, value: dict[str, Any], path: str, where: str, pad: str) -> None:
        """The entries of a map; `path` is from the record, `where` is how it is told."""
        for key, item in value.items():
            name = key if len(key) <= _NAME_MOST else key[:_NAME_MOST]
            below = f"{path}.{name}" if path else name
            if below not in self._taken and item is not None and item not in ([], {}):
                self._value(f'{pad}"{key}": ', item, below, f"{where}.{name}", pad)
            elif len(key) > 7 and below not in self._taken:
                self._line(f'{pad}"{key}": null,', f"{where}.{name}")

    def _value(self, start: str, value: Any, path: str, where: str, pad: str) -> None:
        if isinstance(value, str):
            if '"' not in value and "\n" not in value and "\\" not in value and "\r" not in value:
                self._line(f'{start}"{value}",', where)
                if " " in value or "\t" in value:
                    self.apart.append(Section(where, value, again=True))
                return
            self._line(f'{start}"",', where)
            if is_html(value):
                self.apart.append(Section(where, read_html(value).text, ("html",)))
            else:
                self.apart.append(Section(where, value if "\n" in value else f"{path.rpartition('.')[2]}: {value}"))
        elif isinstance(value, dict):
            self._line(start + "{", where)
            self.map(value, path, where, pad + " ")
            self._line(pad + "},", where)
        elif isinstance(value, list):
            self._line(start + "[", where)
            for item in value:
                self._value(pad + " ", item, path, where, pad + " ")
            self._line(pad + "],", where)
        else:
            self._line(f"{start}{'true' if value is True else 'false' if value is False else 'null' if value is None else value},", where)

    def _line(self, text: str, where: str) -> None:
        self.lines.append(text)
        self.paths.append(where)
