"""The table: hostile values stay text, the page is honoured, long lists are cut and say so."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.content import Gap, Origin
from scanner.model.evidence import Location
from scanner.model.report import Coverage, Run
from scanner.report import PIPED, Page, render
from tests.report.samples import HOSTILE, clean, finding, report, reports

TERMINAL = Page(80, escapes=True, color=True, links={"t1": "https://forge.example/app/blob/{commit}/"})
OURS = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;(id=[0-9]+)?;[!-~]*\x1b\\")


def table(value, page: Page = PIPED) -> str:
    stream = io.BytesIO()
    render(value, "table", stream, page)
    return stream.getvalue().decode(page.encoding)


@given(reports, st.sampled_from([PIPED, TERMINAL, Page(40), Page(80, escapes=True), Page(200, True, True), Page(80, encoding="ascii")]))
def test_no_value_moves_the_cursor_or_colours_anything(value, page):
    said = table(value, page)
    assert OURS.sub("", said).replace("\n", "").isprintable()
    assert page.escapes or "\x1b" not in said
    assert table(value, page) == said


@pytest.mark.parametrize(
    ("path", "shown"),
    [("a\nb", r"a\nb:3"), ("\x1b[31mx", r"\x1b[31mx:3"), ("[red]x[/red]", "[red]x[/red]:3"), ("a\"b'c", "a\"b'c:3"), ("100%", "100%:3"),
     ("a,b", "a,b:3"), ("\udcff", r"\xff:3"), ("\\xff", r"\xff:3"), ("\u202egnp", r"\u202egnp:3"), (":smile:", ":smile::3")],
)  # fmt: skip
def test_a_hostile_path_is_shown_as_text(path, shown):
    value = clean(findings=(finding(location=Location(path=path, line=3)),), gaps=(Gap(Origin("t1", "git", path), "timeout", path),))
    assert f"    {shown}\n" in table(value)


@pytest.mark.parametrize("hostile", HOSTILE, ids=ascii)
def test_no_hostile_value_changes_the_number_of_lines(hostile):
    changes = {"title": hostile, "preview": hostile, "rule": hostile, "advice": "x" + hostile, "acceptance": hostile}
    plain = {**dict.fromkeys(changes, "x"), "preview": "x" if hostile else ""}
    lines = [len(table(report(findings=(finding(**values),))).split("\n")) for values in (changes, plain)]
    assert lines[0] == lines[1]


def test_a_pipe_gets_ids_and_paths_whole():
    path, id = "d/" * 3000 + "x", "f" * 500
    said = table(report(findings=(finding(id=id, location=Location(path=path, line=1)),)))
    assert f"{path}:1" in said
    assert f"id {id}\n" in said


def test_a_terminal_is_never_overrun_by_what_is_not_copied():
    value = report(findings=(finding(location=Location(path="d/" * 300 + "x", line=1), title="word " * 50),))
    said = OURS.sub("", table(value, Page(80, escapes=True)))
    assert max(len(line) for line in said.split("\n") if "leakseal accept" not in line) <= 80


def test_a_million_characters_in_one_value_are_cut_on_a_terminal():
    said = table(report(findings=(finding(preview="x" * 10**6),)), TERMINAL)
    assert "999,600 more characters" in said


def test_the_first_two_hundred_are_shown_and_the_rest_is_counted():
    many = report(findings=tuple(finding(id=f"{n:016x}", severity=("high", "low")[n % 2]) for n in range(5000)))
    said = table(many, TERMINAL)
    assert OURS.sub("", said).count("    id ") == 200
    assert "and 4,800 more open findings; " in OURS.sub("", said).replace("\n", " ")
    assert "5,000 open findings" in said


def test_a_place_is_a_link_only_where_its_target_has_a_base():
    said = table(report(), TERMINAL)
    assert f"https://forge.example/app/blob/{'9c0ffee1' * 5}/deploy/app.env#L3" in said
    assert said.count("\x1b]8;id=") == 2  # not the commit message, not the other target
    assert "\x1b]8" not in table(report(), replace(TERMINAL, links={}))


def test_no_color_keeps_weight_but_no_colour():
    said = table(report(), Page(80, escapes=True, color=False))
    assert "\x1b[1m" in said
    assert not re.search(r"\x1b\[[0-9;]*\b(3[0-7]|9[0-7])m", said)


def test_an_ascii_terminal_gets_ascii():
    assert "Kova\\u010d" in table(report(), Page(80, encoding="ascii"))


@pytest.mark.parametrize(
    ("value", "last"),
    [
        (clean(), "clean: everything in scope was read, and nothing is open"),
        (clean(findings=(finding(disposition="accepted"),)), "clean: everything in scope was read, and nothing is open"),
        (clean(gaps=report().gaps[:1]), "incomplete: 1 gap; nothing is open in what was read"),
        (clean(gaps=report().gaps, gaps_allowed=True), "incomplete: 5 gaps, allowed by --allow-gaps; nothing is open in what was read"),
        (clean(coverage=(("git", Coverage(3, 0, 2)),)), "incomplete: the numbers of git do not add up; nothing is open in what was read"),
        (clean(findings=(finding(),)), "1 open finding"),
        (report(), "4 open findings; also incomplete: 5 gaps"),
    ],
)
def test_the_verdict_says_what_the_exit_code_says(value, last):
    lines = table(value).split("\n")
    assert last in lines
    assert ("leakseal accept" in lines[-2]) == bool(value.open)


@pytest.mark.parametrize(
    ("started", "expires"),
    [("2025-01-02T03:04:05Z", "2025-04-02"), (None, "YYYY-MM-DD"), ("yesterday", "YYYY-MM-DD"), ("9999-12-31T00:00:00Z", "YYYY-MM-DD")],
)
def test_the_next_step_can_be_pasted(started, expires):
    value = report(run=Run("leakseal 0.1.0", started), findings=(finding(id="a b;rm"),))
    assert table(value).endswith(f"leakseal accept 'a b;rm' --owner NAME --reason WHY --ticket WHERE --expires {expires}\n")


def test_advice_is_given_once_for_each_rule():
    assert table(report()).count("Revoke it.") == 1
