"""Documents of an export: their layouts, their records, and what stands against being read."""

from __future__ import annotations

import json
import resource
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.decode.content import HEAD, Content
from scanner.decode.limits import DEFAULT, Budget, Stop
from scanner.decode.notes.census import Census, Lost
from scanner.decode.notes.documents import layout_of, notes_of
from scanner.decode.notes.events import json_events
from scanner.decode.notes.markup import is_html, read_html
from scanner.decode.notes.render import Note, date_of, named_in, note_of
from scanner.decode.notes.walk import DEPTH_MOST, Walker
from scanner.model.content import Unseen
from scanner.notemaps import Kind, NoteMap, shipped
from tests.decode.notes import exports
from tests.decode.notes.exports import Made


@dataclass
class Read:
    """What a document came to."""

    layout: str
    notes: list[Note] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    stop: Stop | None = None

    def said(self) -> list[tuple[str, str, str, str | None, str | None]]:
        """(id, title, body, author, date) of every record but comments."""
        return [
            (note.id, _text(note, "record.title"), _text(note, "record.body"), note.author, note.date)
            for note in self.notes
            if note.counted and "/" not in note.id
        ]


def _text(note: Note, name: str) -> str:
    return "\n".join(section.text for section in note.sections if section.field == name)


def read(data: bytes, path: str = "export.json", *, named: bool = False) -> Read:
    """A document, with everything that is told of it."""
    layout = layout_of(data[:HEAD], path, shipped(), pages=True, named=named)
    assert layout is not None
    census, found = Census(), Read(layout.mapping.name)
    try:
        for note in notes_of(Content(data, Budget(DEFAULT, len(data))), path, layout, census):
            (found.unseen if isinstance(note, Unseen) else found.notes).append(note)  # type: ignore[attr-defined]
    except Stop as problem:
        found.stop = Stop(problem.reason, problem.detail)
    found.lost = census.lost(cut=found.stop is not None)
    return found


RECORDS = (Made("T-1", "First", "one\ntwo"), Made("T-2", "Second: \"quoted\"", "a\\b {x}"), Made("T-3", "Third", "ü € 😀"))
NUMBERED = tuple(Made(str(number), made.title, made.body) for number, made in enumerate(RECORDS, 1))


# -- what stays quiet --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (b'{"name": "app", "version": "1.0.0", "dependencies": {}}', "package.json"),
        (b'[{"id": 1}, {"id": 2}]', "fixtures.json"),
        (b"version: 1\nrules: []\n", "leakseal.yaml"),
        (b"a,b\n1,2\n", "table.csv"),
        (b"<?xml version='1.0'?><project/>", "pom.xml"),
        (b"# Read me\n", "README.md"),
        (b"plain text", "x.txt"),
        (b"", "empty.json"),
        (b"\x00\x01", "x.bin"),
    ],
)
def test_what_shows_no_sign_is_no_export(data, path):
    assert layout_of(data, path, shipped()) is None


# -- each layout -------------------------------------------------------------------------------------------------------


def _untyped(value):
    return {key: part for key, part in value.items() if key != "type"}


COLUMNS = ("Issue key", "Summary", "Description", "Reporter", "Updated")
DAY = "2024-05-06T07:08:09Z"
WRITERS: dict[str, tuple[str, str, Callable[[tuple[Made, ...]], bytes], tuple[Made, ...]]] = {
    "json": ("state-hub", "e.json", exports.as_json, RECORDS),
    "json lines": ("state-hub", "e.jsonl", exports.as_lines, RECORDS),
    "yaml": ("state-hub", "e.yaml", exports.as_yaml, RECORDS),
    "jira": ("jira", "e.json", exports.as_jira, RECORDS),
    "jira csv": ("jira-csv", "e.csv", lambda records: exports.as_csv(records, COLUMNS), RECORDS),
    "issues": ("issues", "e.json", exports.as_issues, NUMBERED),
    "any json": ("any", "e.json", lambda records: json.dumps([_untyped(made.value) for made in records]).encode(), NUMBERED),
    "any csv": ("any", "e.csv", lambda records: exports.as_csv(records, ("id", "title", "body", "author", "updated")), RECORDS),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"], ids=["little", "big"])
def test_an_export_in_utf_16_is_read_as_well(name, mark):
    layout, path, write, records = WRITERS[name]
    text = write(records).decode()
    found = read(mark + text.encode("utf-16-le" if mark[0] == 0xFF else "utf-16-be"), path, named=True)
    assert (found.layout, found.stop) == (layout, None)
    assert [said[2] for said in found.said()] == [made.body for made in records]


@pytest.mark.parametrize("name", WRITERS)
def test_a_layout_is_told_by_its_content_and_read(name):
    layout, path, write, records = WRITERS[name]
    found = read(write(records), path, named=True)
    assert (found.layout, found.stop, found.unseen, found.lost) == (layout, None, [], [])
    assert found.said() == [(made.id, made.title, made.body, made.author, DAY) for made in records]


def test_enex_brings_title_author_and_the_text_as_it_is_read():
    found = read(exports.as_enex([Made("", "A & B", "x <y>", files={"a.bin": b"12"})]), "e.enex")
    note = found.notes[0]
    assert (found.layout, note.author, note.date, _text(note, "record.title")) == ("enex", "Anna Beispiel", DAY, "A & B")
    assert "x <y>" in _text(note, "record.body")
    assert [(file.name, file.data.strip()) for file in note.files if file.data] == [("a.bin", "MTI=")]
    assert note.media == ["c20ad4d76fe97759aa27a0c99bff6710"]


def test_confluence_bodies_are_told_by_their_page():
    found = read(exports.as_confluence([Made("101", "Deploy", "x & y")]), "entities.xml")
    assert found.layout == "confluence"
    assert [(note.id, _text(note, "record.title"), _text(note, "record.body")) for note in found.notes if note.counted] == [
        ("101", "Deploy", ""), ("101", "", "x & y"),
    ]  # fmt: skip


def test_a_markdown_note_keeps_the_lines_of_its_file():
    data = exports.as_markdown(Made("N-7", "Title", "one\n![shot](img/a.png)\n[log](b.log)\n![[c.png]] [x](https://h/)\n", kind="note"))
    note = read(data, "notes/x.md").notes[0]
    body = note.sections[-1]
    assert (note.id, note.kind, note.author) == ("N-7", "note", "Anna Beispiel")
    assert data.split(b"\n")[body.line] == b"one"
    assert all(data.split(b"\n")[s.line].decode() == s.text.split("\n")[0] for s in note.sections)
    assert [(file.path, file.must) for file in note.files] == [("img/a.png", True), ("c.png", True), ("b.log", False)]


def test_a_notion_page_is_called_by_the_digits_of_its_name():
    digits = "0123456789abcdef" * 2
    assert read(b"# Plan\n\ntext", f"Space {digits}/Plan {digits}.md").notes[0].id == digits
    page = f'<html><head><title>Plan</title></head><body><article id="{digits}"><p>a</p></article></body></html>'.encode()
    assert read(page, "x.html").notes[0].id == digits


def test_comments_and_revisions_are_called_by_what_they_belong_to():
    value = {
        "format": "state-hub-export",
        "tasks": [{"comments": [{"id": "C-9", "body": "x"}, {"body": "y"}], "revisions": [{"revision": 3, "body": "old"}], "id": "T-1"}],
    }
    assert [note.id for note in read(json.dumps(value).encode()).notes if note.counted] == ["T-1", "T-1/C-9", "T-1/comment 2", "T-1/3"]


def test_every_value_of_a_record_is_in_its_text_whatever_it_is_called():
    value = {"id": "T-1", "type": "task", "odd": {"deep": [{"k": "v-one"}, 17, None, True]}, "list": ["v-two"], "multi": "v\n\"three\""}
    text = read(json.dumps(value).encode(), "t.json").notes[0].text
    assert all(part in text for part in ('"k": "v-one"', "17", "v-two", 'v\n"three"', "odd", "deep"))


def test_a_field_is_named_down_to_its_last_key():
    value = {"id": "T-1", "type": "task", "fields": {"a": {"b": 1, "c": [{"d": "here"}]}, "e": "there"}}
    note = read(json.dumps(value).encode(), "t.json").notes[0]
    section = next(section for section in note.sections if section.paths)
    lines = section.text.split("\n")
    told = {word: section.at(next(n for n, line in enumerate(lines, 1) if word in line)) for word in ("here", "there", '"b"')}
    assert told == {"here": "record.fields.a.c.d", "there": "record.fields.e", '"b"': "record.fields.a.b"}


def test_a_key_that_stands_twice_loses_nothing():
    data = b'{"format": "state-hub-export", "tasks": [{"id": "T-1", "body": "one", "body": "two"}]}'
    for document in (data, data.replace(b'"format"', b'"type": "task", "format"')):
        assert {"one", "two"} <= {section.text for section in read(document).notes[0].sections}


def test_structured_bodies_are_read_as_prose():
    body = {"type": "doc", "content": [
        {"type": "paragraph", "content": [{"type": "text", "text": "half"}, {"type": "text", "marks": [{"type": "em"}], "text": "half"}]},
        {"type": "paragraph", "content": [{"type": "text", "text": "next"}]},
    ]}  # fmt: skip
    issue = {"key": "P-1", "fields": {"summary": "s", "description": body}}
    assert "halfhalf\nnext" in _text(read(json.dumps({"issues": [issue]}).encode()).notes[0], "record.body")


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2024-05-06", "2024-05-06"),
        ("2024-05-06T09:08:09+02:00", DAY),
        ("2024-05-06T07:08:09.123Z", DAY),
        ("2024-05-06 07:08:09 UTC", DAY),
        ("20240506T070809Z", DAY),
        ("1714979289.000200", DAY),
        ("1714979289000", DAY),
        ("2024-05-06T07:08:09", "2024-05-06T07:08:09"),
        ("yesterday", None),
        ("99999999999999999999", None),
        ("", None),
    ],
)
def test_times_are_told_in_one_way(text, date):
    assert date_of(text) == date


# -- the law -----------------------------------------------------------------------------------------------------------

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs", "Cn")), min_size=1, max_size=12)
prose = st.lists(words, min_size=1, max_size=4).map("\n".join).filter(lambda text: not is_html(text))
records = st.lists(
    st.builds(Made, id=st.uuids().map(str), title=words, body=prose, author=words, kind=st.sampled_from(["note", "task", "workstream"])),
    min_size=1, max_size=5, unique_by=lambda made: made.id,
)  # fmt: skip


@pytest.mark.parametrize("write", [exports.as_json, exports.as_lines, exports.as_yaml], ids=["json", "lines", "yaml"])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=records)
def test_what_is_written_is_read(write, made):
    found = read(write(made), "e.yaml" if write is exports.as_yaml else "e.json")
    assert found.stop is None
    assert sorted(found.said()) == sorted((one.id, one.title, one.body, " ".join(one.author.split()), DAY) for one in made)


@settings(max_examples=60)
@given(data=st.binary(max_size=200), path=st.sampled_from(["a.json", "a.jsonl", "a.yaml", "a.csv", "a.xml", "a.md", "a.html"]))
def test_any_bytes_end_in_notes_or_in_a_stop(data, path):
    for prefix in (b"", b"{", b'[{"id":1,', b"---\nid: ", b"<?xml version='1.0'?><a>", b"a,b\n"):
        if layout_of(prefix + data, path, shipped(), pages=True, named=True):
            read(prefix + data, path, named=True)


@settings(max_examples=60)
@given(st.text(alphabet="<>/!-=\"'ab &;[]CDT", max_size=60))
def test_text_outside_of_tags_is_never_lost_from_html(text):
    read_html(text)
    assert "kept" in read_html(f"{text.replace('<', '')}<p>kept</p>").text


# -- what is missing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ids", "missing"),
    [
        (["T-1", "T-2", "T-4"], ["T-3"]),
        (["T-1", "T-2", "T-3"], []),
        (["T-1", "T-900", "T-5000"], []),  # too far apart to be a run
        (["T-1", "T-3"], []),  # too few
        (["a", "b", "c"], []),
        (["007", "008", "010"], ["009"]),
        (["T-1", "T-2", "T-2", "T-4"], ["T-3"]),
        (["A-1", "A-2", "A-3", "B-7", "B-9", "B-8"], []),
        (["T-5", "T-1", "T-2", "T-4"], ["T-3"]),
    ],
)
def test_an_id_that_is_missing_from_a_run_of_numbers_is_told(ids, missing):
    found = read(exports.as_json(Made(id, "t", "b") for id in ids))
    assert [(one.unseen.reason, one.unseen.inside.record) for one in found.lost] == [("missing-object", id) for id in missing]


def test_a_missing_revision_is_told_with_its_record():
    task = {"id": "T-1", "revisions": [{"revision": n, "body": "x"} for n in (1, 2, 4)]}
    other = {"id": "T-2", "revisions": [{"revision": 9, "body": "x"}]}
    found = read(json.dumps({"format": "state-hub-export", "tasks": [task, other]}).encode())
    assert [one.unseen.inside.record for one in found.lost] == ["T-1/3"]


def test_of_very_many_missing_ids_only_the_first_are_told_one_by_one():
    found = read(exports.as_json(Made(f"T-{n}", "", "b") for n in [*range(1000), *range(1900, 2000)]))
    assert (len(found.lost), sum(one.objects for one in found.lost)) == (101, 900)


@pytest.mark.parametrize("write", [exports.as_json, exports.as_lines, exports.as_yaml], ids=["json", "lines", "yaml"])
def test_an_export_that_says_how_much_it_has_is_held_to_it(write):
    found = read(write(RECORDS, counts={"tasks": 5, "notes": 0}), "e.yaml" if write is exports.as_yaml else "e.json")
    assert [(one.unseen.reason, one.objects) for one in found.lost] == [("missing-object", 2)]
    assert read(write(RECORDS, counts={"tasks": 3}), "e.yaml" if write is exports.as_yaml else "e.json").lost == []


@pytest.mark.parametrize("cut", [20, 60, 120, 200])
def test_a_truncated_export_keeps_what_was_read_and_names_the_record_that_is_cut(cut):
    whole = exports.as_json(RECORDS)
    found = read(whole[:-cut])
    assert found.stop is not None
    assert found.stop.reason == "truncated"
    assert [note.id for note in found.notes if note.whole and note.counted] == [made.id for made in RECORDS][: 2 if cut < 150 else 1]


def test_a_line_that_is_damaged_costs_no_other():
    lines = exports.as_lines(RECORDS).split(b"\n")
    lines[2] = lines[2][:-4]
    found = read(b"\n".join(lines))
    assert [note.id for note in found.notes if note.counted] == ["T-1", "T-3"]
    assert [(one.reason, one.inside.record) for one in found.unseen] == [("unreadable", "line 3")]
    assert any("Second" in note.text for note in found.notes)  # it is searched as it is


# -- hostile -----------------------------------------------------------------------------------------------------------


def test_aliases_are_not_expanded():
    steps = zip("abcdefgh", "bcdefghi", strict=True)
    laughs = "a: &a [lol, lol, lol]\n" + "".join(f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in steps)
    found = read(f"format: state-hub-export\n{laughs}tasks:\n- id: T-1\n  body: *i\n  title: seen\n".encode(), "e.yaml")
    assert found.stop is None
    assert sum(len(note.text) for note in found.notes) < 2000
    assert "seen" in found.notes[0].text


def test_front_matter_that_is_a_bomb_is_searched_as_it_stands():
    bomb = b"---\nid: N-1\ntype: note\n" + b"a: &a [x,x]\nb: &b [*a,*a]\n" + b"k: [" * 5000 + b"\n---\nbody\n"
    note = read(bomb, "n.md").notes[0]
    assert (note.id, note.sections[-1].text) == ("N-1", "body\n")
    assert read(b"---\n" + b"a: b\n" * 300_000 + b"---\nbody\n", "n.md").notes[0].text.count("a: b") == 300_000


@pytest.mark.parametrize("depth", [100, DEPTH_MOST * 50])
@pytest.mark.parametrize("form", ["json", "yaml", "lines"])
def test_deep_nesting_is_read_or_told(depth, form):
    deep = "[" * depth + '"leaf"' + "]" * depth
    text = f'{{"format": "state-hub-export", "tasks": [{{"id": "T-1", "type": "task", "body": "b", "x": {deep}}}]}}'
    if form == "lines":
        text = f'{{"type": "export", "counts": 1}}\n{{"id": "T-1", "type": "task", "x": {deep}}}\n'
    found = read(text.encode(), "e.yaml" if form == "yaml" else "e.json")
    if depth == 100:
        assert (found.stop, found.unseen) == (None, [])
        assert any("leaf" in note.text for note in found.notes)
    else:
        assert found.stop is not None or found.unseen


@pytest.mark.parametrize(
    "data",
    [
        b"<!ENTITY a 'lol'><!ENTITY b '&a;&a;'>",
        b"<!ENTITY b SYSTEM 'file:///etc/passwd'>",
        b"<!ENTITY % x SYSTEM 'http://example.org/x.dtd'> %x;",
    ],
)
def test_entities_are_neither_expanded_nor_fetched(data):
    data = b"<?xml version='1.0'?><!DOCTYPE en-export [" + data + b"]><en-export><note><title>&b;</title></note></en-export>"
    found = read(data, "e.enex", named=True)
    assert found.stop is not None
    assert found.stop.reason == "unreadable"


def test_a_record_that_is_too_large_to_be_held_comes_in_parts_and_counts_once(monkeypatch):
    monkeypatch.setattr("scanner.decode.notes.documents.Walker", partial(Walker, most=5000))
    value = {"id": "T-1", "author": "Anna", "x": [f"word-{n}" for n in range(1000)], "y": {"z": ["last"]}}
    found = read(json.dumps({"format": "state-hub-export", "tasks": [value, {"id": "T-2"}]}).encode())
    parts = [note for note in found.notes if note.id == "T-1"]
    assert len(parts) > 3
    assert [note.whole for note in parts] == [False] * (len(parts) - 1) + [True]
    assert {note.author for note in parts} == {"Anna"}
    text = "".join(note.text for note in found.notes)
    assert all(f'"word-{n}"' in text for n in range(1000))
    assert '"last"' in text


class Endless:
    """A million records that were never written down."""

    def __init__(self, number: int) -> None:
        self._rows = (f'{{"id": {n}, "title": "t", "body": "the body of {n}", "author": "a"}},'.encode() for n in range(1, number))
        self._left, self._last = b'{"format": "state-hub-export", "notes": [', b'{"id": %d}]}' % number
        self._done = False

    def read(self, size: int, /) -> bytes:
        while len(self._left) < size and not self._done:
            row = next(self._rows, None)
            self._left += self._last if row is None else row
            self._done = row is None
        data, self._left = self._left[:size], self._left[size:]
        return data


def test_a_million_records_are_read_in_bounded_memory():
    number = 1_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    mapping = next(one for one in shipped() if one.name == "state-hub")
    census, walker, seen = Census(), Walker(mapping), 0
    for record in walker.walk(json_events(Endless(number))):
        assert not isinstance(record, Unseen)
        if record.kind is not None:
            seen += 1
            census.count("note", str(record.value["id"]), "", runs=True)
            if seen % 1000 == 0:
                assert note_of(record, mapping).id == str(seen)
    assert (seen, census.lost(cut=False)) == (number, [])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 << 10  # kilobytes


def test_a_text_that_is_too_long_ends_the_reading(monkeypatch):
    monkeypatch.setattr("scanner.decode.notes.events.TEXT_MOST", 100_000)
    found = read(b'{"format": "state-hub-export", "notes": [{"id": 1}, {"id": 2, "body": "' + b"x" * 300_000 + b'"}]}')
    assert found.stop is not None
    assert found.stop.reason == "archive-too-large"
    assert found.notes[0].id == "1"


def test_several_documents_in_one_yaml_file_are_several_records():
    found = read(b"type: task\nid: T-1\nbody: a\n---\ntype: note\nid: N-1\nbody: b\n", "e.yaml")
    assert [(note.kind, note.id) for note in found.notes if note.counted] == [("task", "T-1"), ("note", "N-1")]


def test_records_in_a_map_are_called_by_their_keys():
    kinds = (Kind("note", ("data.notes.*",), {"body": ("body",)}),)
    mapping = NoteMap("own", "", ("json",), signs=(("data.notes",),), kinds=kinds)
    data = b'{"data": {"notes": {"n1": {"body": "a", "x": {"y": 1}}, "n2": {"body": "b"}}, "more": {"z": {"body": "c"}}}}'
    layout = layout_of(data, "x.json", (mapping,))
    assert layout is not None
    notes = [note for note in notes_of(Content(data, Budget(DEFAULT)), "x.json", layout, Census()) if isinstance(note, Note)]
    assert [(note.id, note.counted) for note in notes] == [("n1", True), ("n2", True), ("", False)]


@pytest.mark.parametrize("text", ["<", "<!--", '<a b="', "&", "<a", "<a x", "![", "](", "<![CDATA[", "<title>"])
def test_markup_that_never_ends_takes_one_pass(text):
    text *= 50_000
    assert read_html(text).text is not None
    assert list(named_in(f"]({text}")) is not None
