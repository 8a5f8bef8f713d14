"""Files that are one record each: Markdown with or without front matter, and HTML pages. Lines are those of the file."""

from __future__ import annotations

import re
from typing import Any

from scanner.decode.limits import Stop
from scanner.decode.notes.events import yaml_text_events
from scanner.decode.notes.markup import read_html
from scanner.decode.notes.render import Named, Note, Section, date_of, is_local, named_in, shown
from scanner.decode.notes.walk import Record, Walker, first, values
from scanner.notemaps import Kind, NoteMap

_MATTER_MOST = 1 << 20
_FENCE = re.compile(rb"---[ \t]*\r?\n")
_END = re.compile(rb"^(?:---|\.\.\.)[ \t]*\r?$", re.MULTILINE)
_KEY = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_ -]{0,60}):")
_HEX = re.compile(r"([0-9a-f]{32})(?:_all)?$")
_HEADING = re.compile(r"#{1,2} {1,5}([^\n]{1,500})")


def front_matter(data: bytes) -> tuple[bytes, int]:
    """(the front matter of a Markdown file, where the text behind it begins); empty and 0 where there is none."""
    mark = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    fence = _FENCE.match(data, mark)
    end = _END.search(data, fence.end(), fence.end() + _MATTER_MOST) if fence else None
    if fence is None or end is None:
        return b"", 0
    return data[fence.end() : end.start()], min(len(data), end.end() + 1)


def markdown_note(data: bytes, path: str, mapping: NoteMap) -> Note:
    """A Markdown file: what its front matter says, field by field, and the rest as the body."""
    matter, start = front_matter(data)
    said = _said(matter)
    kind = _kind(said, mapping)
    roles = kind.roles
    body = data[start:].decode("utf-8", "replace")
    own = first(said, roles.get("id", ())) or _hex(path, mapping)
    note = _note(kind, own, path, first(said, roles.get("author", ())), first(said, roles.get("date", ())))
    titles = {path.partition(".")[0] for path in roles.get("title", ())}
    for key, text, line in _fields(matter.decode("utf-8", "replace")):
        note.sections.append(Section("record.title" if key in titles else f"record.{key}", text, line=line))
    note.sections.append(Section("record.body", body, line=data.count(b"\n", 0, start)))
    note.files += named_in(body)
    for place in roles.get("attachments", ()):
        for value in values(said, place):
            note.files += (Named(item, path=item) for item in _texts(value) if is_local(item))
    return note


def html_note(data: bytes, path: str, mapping: NoteMap) -> Note:
    """An HTML page: its text as a reader sees it, with lines of its own."""
    page = read_html(data.decode("utf-8", "replace"))
    own = page.id or _hex(path, mapping)
    note = _note(mapping.kinds[0], own, path, None, None)
    note.sections.append(Section("record.body", page.text, ("html",)))
    note.files += (Named(link, path=link, must=False) for link in page.links if is_local(link))
    note.files += (Named(f"embedded {number}", data=data) for number, data in enumerate(page.embedded, 1))
    return note


def _note(kind: Kind, own: str | None, path: str, author: str | None, date: str | None) -> Note:
    id = own or path.rpartition(".")[0] or path
    return Note(kind.name, shown(id), 1, author[:200] if author else None, date_of(date), own=own, runs=kind.runs)


def _hex(path: str, mapping: NoteMap) -> str | None:
    stem = path.rsplit("/", 1)[-1].rpartition(".")[0]
    if mapping.named == "stem":
        return stem or None
    match = _HEX.search(stem) if mapping.named == "name-hex" else None
    return match[1] if match else None


def _kind(said: dict[str, Any], mapping: NoteMap) -> Kind:
    name = first(said, mapping.kind_in) or ""
    return mapping.kind(name) or mapping.kind(name.lower()) or mapping.kind("note") or mapping.kinds[0]


def _said(matter: bytes) -> dict[str, Any]:
    """The front matter as values; what of it is no YAML is only searched."""
    found: dict[str, Any] = {}
    try:
        for record in Walker(NoteMap("matter", "", ())).walk(yaml_text_events(matter)):
            if isinstance(record, Record):
                found.update(record.value)
    except Stop:
        pass
    return found


def _fields(matter: str) -> list[tuple[str, str, int]]:
    """(key, its lines as they stand, lines of the file before them) for each key at the top of a front matter."""
    found: list[tuple[str, list[str], int]] = []
    for number, line in enumerate(matter.split("\n"), 1):
        match = _KEY.match(line)
        if match or not found:
            found.append((match[1] if match else "front-matter", [line], number))
        else:
            found[-1][1].append(line)
    return [(key, "\n".join(lines), number) for key, lines, number in found]


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) and value else []
