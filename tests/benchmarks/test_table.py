"""The table of the benchmarks: ratios, targets, cells. No test here asserts a time."""

from __future__ import annotations

import json

import pytest

from benchmarks.measure import Timing
from benchmarks.table import Row, goals, markdown, raw


def timing(tool: str, *seconds: float, peak: int | None = None, problem: str = "") -> Timing:
    return Timing(tool, ("/secret/place/tool", "scan"), list(seconds), list(seconds), peak, said="said", problem=problem)


def history(*timings: Timing) -> Row:
    return Row("history", "history of it", timings)


@pytest.mark.parametrize(
    "row",
    [
        history(),
        history(timing("leakseal", 1.0)),  # nobody to compare with
        history(timing("leakseal", problem="exit code 2"), timing("kingfisher", 4.0)),  # we failed
        history(timing("leakseal", 1.0), timing("kingfisher", 4.0, problem="exit code 2 in a later run")),  # they failed
        Row("commit", "a commit", (timing("leakseal", 1.0), timing("kingfisher", 4.0))),  # no target against this one
        Row("tree", "a tree", (timing("leakseal", 1.0), timing("gitleaks", 4.0))),
        Row("large", "a blob", (timing("leakseal", 1.0),)),
    ],
    ids=["empty", "alone", "we-failed", "they-failed", "commit", "tree", "large"],
)
def test_no_ratio_without_two_numbers_and_a_target(row: Row) -> None:
    assert goals([row]) == []


def test_a_ratio_is_of_the_shortest_runs() -> None:
    (goal,) = goals([Row("tree", "a tree", (timing("leakseal", 3.0, 1.0), timing("kingfisher", 9.0, 2.0, 5.0)))])
    assert (goal.ours, goal.theirs, goal.ratio, goal.met) == (1.0, 2.0, 0.5, True)


def test_a_history_is_compared_with_git_in_each_order_and_with_the_fastest_scanner() -> None:
    theirs = {"git (by id)": 2.0, "git (by pack)": 1.0, "gitleaks": 30.0, "betterleaks": 4.0}
    row = history(timing("leakseal", 1.0), *(timing(tool, seconds) for tool, seconds in theirs.items()))
    assert [(goal.title, goal.ratio, goal.met) for goal in goals([row])] == [
        ("history of it: leakseal / git (by id)", 0.5, True),
        ("history of it: leakseal / git (by pack)", 1.0, False),
        ("history of it: leakseal / betterleaks, the fastest other scanner", 0.25, False),
    ]


def test_all_rules_are_compared_with_eighty_of_them() -> None:
    (goal,) = goals([Row("rules", "a search", (timing("leakseal", 1.2), timing("leakseal with 80 rules", 1.0)))])
    assert (goal.title, goal.ratio, goal.target, goal.met) == ("a search: leakseal / with 80 of them", 1.2, 1.1, False)


def test_a_commit_has_a_target_against_each_of_two() -> None:
    row = Row("commit", "a commit", (timing("leakseal", 0.1), timing("betterleaks", 0.1), timing("gitleaks", 0.2)))
    assert [(round(goal.ratio, 3), goal.met) for goal in goals([row])] == [(1.0, True), (0.5, False)]


@pytest.mark.parametrize(("kind", "compared"), [("history", 1), ("large", 1), ("tree", 0), ("commit", 0)])
def test_memory_is_a_goal_where_much_is_read(kind: str, compared: int) -> None:
    found = goals([Row(kind, "it", (timing("leakseal", 1.0, peak=500_000_000),))])
    assert [(goal.unit, goal.met) for goal in found] == [("MB", False)] * compared


def test_memory_of_a_failed_run_is_no_number() -> None:
    assert goals([Row("large", "it", (timing("leakseal", peak=1, problem="exit code 2"),))]) == []


def test_every_line_of_a_table_has_as_many_cells() -> None:
    failed = timing("gitleaks", problem="a | b\nc")
    rows = [history(timing("leakseal", 1.0, peak=1), failed), Row("tree", "x|y", (timing("kingfisher", 2.0),))]
    text = markdown(rows, {"Cores": "2"}, "2026-01-02")
    for block in text.split("\n\n"):
        lines = [line.replace("\\|", "") for line in block.splitlines() if line.startswith("|")]
        assert len({line.count("|") for line in lines}) <= 1


def test_the_block_says_when_on_what_and_what_was_not_measured() -> None:
    text = markdown([history(timing("leakseal", 1.0), timing("gitleaks", problem="exit code 126"))], {"Cores": "2 of 2"}, "2026-01-02")
    assert "2026-01-02" in text
    assert "- Cores: 2 of 2" in text
    assert "- history of it, gitleaks: exit code 126" in text
    assert "| history of it | 1.00 | n/a |" in text


def test_samples_are_kept_without_the_paths_of_this_machine() -> None:
    failed = timing("gitleaks", problem="no /secret/place/tool")
    rows = [Row("tree", "a tree", (timing("leakseal", 2.0, 1.0), timing("kingfisher", 4.0), failed))]
    told = raw(rows, {"Cores": "2"}, "2026-01-02", {"/secret": "HIDDEN", "/secret/place": "WORK"})
    assert "/secret" not in json.dumps(told)
    assert told["rows"][0]["tools"][0]["words"] == ["WORK/tool", "scan"]
    assert told["rows"][0]["tools"][0]["seconds"] == [2.0, 1.0]
    assert told["goals"][0]["ratio"] == 0.25
