"""Time by stage, from what the profiler counted."""

from __future__ import annotations

import math

import pytest

from benchmarks.profile import Entry, Function, spent, stage_of, table

FIND: Function = ("/x/scanner/detect/engine.py", 1, "find")
SPOTS: Function = ("/x/scanner/detect/prefilter.py", 1, "spots")
LIBRARY: Function = ("/x/lib/site-packages/re2/__init__.py", 1, "match")
BUILTIN: Function = ("~", 0, "<built-in method scan>")


@pytest.mark.parametrize("file", ["~", "/usr/lib/python3.11/json/decoder.py", "/x/site-packages/scanner/thing.py"])
def test_what_is_not_ours_has_no_stage(file: str) -> None:
    assert stage_of((file, 1, "decode")) is None


@pytest.mark.parametrize(
    ("file", "function", "stage"),
    [
        ("sources/git/pack.py", "_inflate", "inflate"),
        ("sources/git/pack.py", "_read_headers", "open pack"),
        ("sources/git/pack.py", "_made", "delta"),
        ("sources/git/pack.py", "walk", "walk"),
        ("sources/git/references.py", "tree", "trees"),
        ("detect/prefilter.py", "spots", "prefilter"),
        ("detect/dsn/url.py", "url", "confirm"),
        ("sources/git/history.py", "history", "history"),
        ("findings/seal.py", "fingerprints", "fingerprints"),
        ("report/json_v1.py", "render", "report"),
        ("something/new.py", "render", "other"),
    ],
)
def test_each_function_has_the_stage_of_its_file(file: str, function: str, stage: str) -> None:
    assert stage_of(("/x/scanner/" + file, 1, function)) == stage


def test_a_library_is_paid_by_whoever_called_it() -> None:
    stats: dict[Function, Entry] = {
        FIND: (1, 1, 1.0, 8.0, {}),
        SPOTS: (2, 2, 0.5, 3.5, {}),
        LIBRARY: (3, 3, 1.0, 5.0, {FIND: (3, 3, 1.0, 5.0)}),
        BUILTIN: (5, 5, 7.0, 7.0, {LIBRARY: (3, 3, 4.0, 4.0), SPOTS: (2, 2, 3.0, 3.0)}),
    }
    found = {one.stage: (one.seconds, one.calls) for one in spent(stats)}
    assert found == {"confirm": (6.0, 1), "prefilter": (3.5, 2)}
    assert math.isclose(sum(seconds for seconds, _ in found.values()), sum(entry[2] for entry in stats.values()))


def test_functions_that_call_each_other_do_not_hang() -> None:
    other: Function = ("~", 0, "b")
    stats: dict[Function, Entry] = {
        BUILTIN: (1, 1, 1.0, 2.0, {other: (1, 1, 1.0, 2.0)}),
        other: (1, 1, 1.0, 2.0, {BUILTIN: (1, 1, 1.0, 2.0)}),
    }
    assert [(one.stage, one.seconds) for one in spent(stats)] == [("other", 2.0)]


def test_an_empty_profile_is_a_table_too() -> None:
    assert table([]).splitlines()[-1] == "| all | 0.00 | 100% | 0 |"
