"""All rules beside eighty of them: on real content, with every rule of the list. No test here asserts a time."""

from __future__ import annotations

from benchmarks import rules
from benchmarks.table import EIGHTY, OURS
from scanner import shipped
from scanner.cli.options import named
from scanner.rulepack.load import load
from scanner.rulepack.sample import grow


def test_the_list_has_eighty_rules_and_each_is_still_there() -> None:
    every = load([shipped.shipped("rules")], known=named())
    assert len(rules.eighty(every).rules) == 80 == len(set(rules.LIST.read_text().split()))


def test_the_content_is_as_much_as_was_asked_for_and_the_same_again() -> None:
    first = list(rules.content(3_000_000))
    assert 3_000_000 <= sum(map(len, first)) < 8_000_000
    assert list(rules.content(3_000_000)) == first


def test_both_search_the_same_and_what_costs_is_told() -> None:
    contents = [grow("  open_it({github-token:ghp_});\n", 1), grow("x: {hex:4000}\n", 2)]
    row = rules.measured(contents, 1)
    assert [(one.tool, len(one.seconds), one.said) for one in row.timings] == [(OURS, 1, "1 hits"), (EIGHTY, 1, "1 hits")]
    told = rules.dearest(contents).splitlines()
    assert told[1].startswith("github-pat ")
    assert "the prefilter alone" in told[-1]
