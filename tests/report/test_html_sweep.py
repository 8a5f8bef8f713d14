"""The page of a sweep: hostile values stay text, ages are counted to the last night, and nothing unread is called clean."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.report.html.sweep import age, rendered
from scanner.report.html.swept import Sweep
from scanner.report.html.trend import HIGH, WIDE, trend
from tests.report.sweeps import SEEN, quiet, swept
from tests.report.test_html import ADDRESSES, NASTY, Read


def page(sweep: Sweep) -> Read:
    said = "".join(rendered(sweep))
    assert said == "".join(rendered(sweep))
    return Read(said)


@pytest.mark.parametrize("nasty", NASTY, ids=ascii)
def test_a_hostile_word_changes_nothing_but_text(nasty):
    plain, hostile = page(swept(9, 7, "word")), page(swept(9, 7, nasty))
    assert plain.shape() == hostile.shape()
    assert plain.code == hostile.code
    assert {values[name] for _, values in hostile.tags for name in values if name in ADDRESSES} <= {"data:,", "#findings"}


@pytest.mark.parametrize(
    ("sweep", "result", "said"),
    [
        (quiet(), "clean", "Everything in 2 repositories was read, and nothing is open"),
        (swept(8), "leaks", "8 open findings in 4 of 12 repositories, 2 new; 2 of 12 repositories could not be read; 5 gaps"),
        (swept(0), "incomplete", "Nothing is open in what was read; 2 of 12 repositories could not be read; 5 gaps"),
        (quiet(nights=()), "incomplete", "Nothing is open in what was read; no night has been recorded"),
        (quiet(nights=(replace(quiet().nights[0], status="interrupted"),)), "incomplete",
         "Nothing is open in what was read; the last night did not come to its end"),
        (quiet(gaps=swept(0).gaps[:1]), "incomplete", "Nothing is open in what was read; 1 gap"),
        (quiet(repositories=(replace(quiet().repositories[0], result="incomplete"),)), "incomplete", "Nothing is open in what was read"),
    ],
)  # fmt: skip
def test_the_verdict_never_says_clean_of_what_was_not_read(sweep, result, said):
    read = page(sweep)
    assert sweep.result == result
    assert said in read.text
    assert f"verdict verdict-{result}" in [values.get("class") for tag, values in read.tags if tag == "h1"]


@pytest.mark.parametrize(
    ("first", "words"),
    [(SEEN[0], "last night"), (SEEN[1], "up to a week"), ("2025-09-23T02:00:00Z", "up to a week"),
     ("2025-09-22T02:00:00Z", "up to a month"),
     (SEEN[3], "up to three months"), (SEEN[4], "up to a year"),
     (SEEN[5], "more than a year"), ("", "more than a year")],
)  # fmt: skip
def test_an_age_is_counted_to_the_last_night(first, words):
    assert age(first, SEEN[0]) == words


def test_findings_and_repositories_stand_worst_first():
    entries = [values for tag, values in page(swept(40)).tags if tag == "li" and "entry" in (values.get("class") or "")]
    findings = [values["data-severity"] for values in entries if "data-severity" in values]
    assert findings == ["critical"] * 10 + ["high"] * 20 + ["medium"] * 10
    results = [values["data-result"] for values in entries if "data-result" in values]
    assert results == sorted(results, key=("leaks", "not-read", "incomplete", "clean").index) and len(results) == 12


def test_everything_an_operator_needs_stands_in_the_page():
    said = " ".join(page(swept(40)).text)
    for words in ("shop/api-04: config/env.0004.yaml:5:3", "payments", "password: it asks for one", "2025-09-30T02:00:00Z (new)",
                  "2025-09-01T02:00:00Z", "done, exit code 1", "17,286", "17.3 s, of which 1.2 s to fetch", "52,060",
                  "vendor/3.zip", "too slow", "more than a year"):  # fmt: skip
        assert words in said, words


def test_a_trend_stays_in_its_frame_and_reaches_its_edges():
    drawn = trend(swept(40).nights)
    across = [x for line in drawn.lines for x, _ in line.points]
    down = [y for line in drawn.lines for _, y in line.points]
    assert (min(across), max(across), min(down), drawn.top) == (0, WIDE, 0, 40)
    assert max(down) <= HIGH
    assert drawn.said == "From 31 to 40 open findings in 30 nights"
    assert trend(quiet().nights).lines[0].points == ((WIDE // 2, HIGH),)


def test_long_lists_are_cut_and_counted(monkeypatch):
    monkeypatch.setattr("scanner.report.html.sweep.MOST", 10)
    said = " ".join(page(swept(40)).text)
    assert "And 30 more" in said and "And 2 more" in said
