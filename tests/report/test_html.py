"""The page of a report: hostile values stay text, nothing is fetched, and everything stands there without its script."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.content import Gap, Origin
from scanner.model.evidence import Location
from scanner.model.report import Coverage, Run
from scanner.report import PIPED, Page, render
from scanner.report.html.parts import WIDE, bar, parts
from scanner.report.page import Picture
from tests.report.samples import clean, finding, report, reports

VOID = {"meta", "link", "input"}
ADDRESSES = {"src", "href", "action", "formaction", "data", "poster", "srcset", "xlink:href", "ping", "background"}
NASTY = ("<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "</style></title></textarea>", "{{ 7*7 }}{% x %}",
         "javascript:alert(1)", "&lt;b&gt;", "<!--", "]]>", "\u202egnp.exe", "\x00", "\ud800", "\x1b[31m", "a\u2028b",
         "'; DROP", "\ufeff", "#f-x")  # fmt: skip


class Read(HTMLParser):
    """Tags, their attributes and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.code: dict[str, str] = {}
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self.open[-1] if self.open else ""
        if inside in ("script", "style"):
            self.code[inside] = self.code.get(inside, "") + data
        else:
            self.text.append(data)

    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(sorted(values))) for tag, values in self.tags]


def page(value, on: Page = PIPED) -> str:
    stream = io.BytesIO()
    render(value, "html", stream, on)
    return stream.getvalue().decode()


def worded(word: str):
    """A report that has one word in every place where a stranger could put one."""
    at = Location(path=word, line=3, object=word, commit=word, author=word, date=word, field=word, record=word, steps=(word,))
    same = {**dict.fromkeys(("rule", "title", "preview", "advice", "acceptance"), word), "paths": (word, "x"), "parsed": ((word, word),)}
    return report(
        targets=tuple(replace(target, uri=word, scope=word, head=word) for target in report().targets),
        findings=(finding(**same, id="f1", location=at), finding(**same, id=word, disposition="accepted", location=at)),
        gaps=(Gap(Origin("t1", "git", word, field=word), "timeout", word),), notes=(word,), run=Run(word, word, word, 1.0, word),
    )  # fmt: skip


@given(reports)
def test_no_value_brings_a_tag_an_attribute_or_a_control_character(value):
    said = page(value)
    read = Read(said)
    assert not read.open
    assert said == page(value)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", said)
    assert [tag for tag, _ in read.tags].count("script") == 1
    assert not [name for _, values in read.tags for name in values if name.startswith("on") or name in ("style", "srcdoc")]
    named = {value for _, values in read.tags for name, value in values.items() if name in ADDRESSES}
    assert {address for address in named if not re.fullmatch(r"#[a-z]+", address or "")} == {"data:,"}


@pytest.mark.parametrize("nasty", NASTY, ids=ascii)
def test_a_hostile_word_changes_nothing_but_text(nasty):
    plain, hostile = Read(page(worded("word"))), Read(page(worded(nasty)))
    # An id that is no name gives its entry none: that is the only difference.
    shapes = [[(tag, tuple(name for name in names if name != "id")) for tag, names in read.shape()] for read in (plain, hostile)]
    assert shapes[0] == shapes[1]
    assert plain.code == hostile.code


def test_the_policy_allows_this_style_and_this_script_and_nothing_else():
    read = Read(page(report()))
    policy = next(values["content"] for tag, values in read.tags if tag == "meta" and values.get("http-equiv"))
    allowed = dict(part.strip().split(" ", 1) for part in str(policy).split(";"))
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(read.code[kind].encode()).digest()).decode()
        assert allowed.pop(f"{kind}-src") == f"'sha256-{digest}'"
    assert allowed == {"default-src": "'none'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'",
                       "require-trusted-types-for": "'script'"}  # fmt: skip


def test_everything_a_reader_needs_stands_in_the_page():
    said = " ".join(Read(page(report())).text)
    for words in ("4 open findings; also incomplete: 5 gaps", "deploy/app.env:3:14", "postgresql://vergabe:********@", "Rotate the role's",
                  "base64@120-480", "Ana Kovač", "no ref reaches it", "4 times in 2 commits", "deploy/old.env", "ana: fixture, gone soon",
                  "database: vergabe_db", "92,110 ", "missing-object", "needs a password", "2 replace refs were counted",
                  "login.png (box 10,20 300x40)"):  # fmt: skip
        assert words in said, words


@pytest.mark.parametrize(
    ("value", "first", "wanted", "unwanted"),
    [
        (clean(), "Clean", "Everything in scope was read, and nothing is open", "may hold any"),
        (clean(gaps=report().gaps), "Incomplete", "What was not read may hold any", "nothing was found."),
        (clean(coverage=(("git", Coverage(5, 10, 3)),)), "Incomplete", "These numbers do not add up", "nothing was found."),
        (clean(coverage=()), "Clean", "Nothing was in scope.", "may hold any"),
        (clean(findings=(finding(),)), "Open findings", "1 open finding", "may hold any"),
    ],
)
def test_the_verdict_never_says_clean_of_what_was_not_read(value, first, wanted, unwanted):
    read = Read(page(value))
    said = " ".join(read.text)
    assert (said.count(wanted) > 0, unwanted in said) == (True, False)
    assert f"verdict-{value.result}" in next(str(values["class"]) for tag, values in read.tags if tag == "h1")
    assert first in read.text


def test_the_worst_open_finding_comes_first_and_what_is_closed_last():
    entries = [values for tag, values in Read(page(report())).tags if tag == "li" and "entry" in (values.get("class") or "")]
    assert [(values["data-status"], values["data-severity"]) for values in entries] == [
        ("open", "critical"), ("open", "high"), ("open", "medium"), ("open", "low"),
        ("accepted", "critical"), ("accepted", "critical"), ("example", "low"),
    ]  # fmt: skip


def test_long_values_and_long_lists_are_cut_and_counted(monkeypatch):
    monkeypatch.setattr("scanner.report.html.run.MOST", 100)
    said = page(report(findings=tuple(finding(id=f"{n:016x}") for n in range(150)), gaps=report().gaps[1:2] * 120))
    assert said.count('class="entry"') == 100
    assert "And 50 more" in said
    assert "And 20 more" in said
    assert "998,000 more characters" in page(report(findings=(finding(preview="x" * 10**6),)))


def test_a_name_that_stands_twice_is_given_once():
    said = page(report(findings=(finding(id="a1"), finding(id="a1"), finding(id='x" onclick="y'))))
    assert said.count('id="f-a1"') == 1
    assert said.count('class="entry"') == 3


@given(st.dictionaries(st.sampled_from(["read", "left-out", "unread", "astray"]), st.integers(0, 10**12)))
def test_a_bar_is_filled_and_shows_whatever_there_is(shares):
    drawn = parts(shares)
    assert sum(part.width for part in drawn) == (WIDE if any(shares.values()) else 0)
    assert [part.kind for part in drawn] == [kind for kind, share in shares.items() if share]
    assert all(part.width > 0 for part in drawn)
    assert [part.start for part in drawn] == [sum(before.width for before in drawn[:n]) for n in range(len(drawn))]


def test_one_object_of_a_million_that_was_not_read_is_seen():
    drawn = bar("git", Coverage(10**6, 5, 10**6 - 1, unreadable=1))
    assert [part.kind for part in drawn.parts] == ["read", "unread"]
    assert drawn.parts[1].width >= 10
    assert "1 not read" in drawn.said


def test_a_picture_stands_there_only_where_it_was_given():
    picture = Picture(b"\x89PNG made up", 640, 480)
    said = page(report(), replace(PIPED, pictures={("t2", "login.png"): picture}))
    assert said.count("data:image/png;base64," + base64.b64encode(picture.data).decode()) == 1
    assert '<rect x="10" y="20" width="300" height="40"/>' in said
    assert "data:image" not in page(report())
