"""A rule that could lose what holds it back without a miss being found is told so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.model.rule import Rule, Sample
from scanner.pipeline.rulemutate import noticed, toothless

RULE = Rule(
    "acme-key", "Acme", "Acme key", "token", "high", r"\b(?P<secret>acme_[0-9a-z]{20})\b", ("acme_[0-9a-z]{20}",),
    needs=("acme.example",), checks=("mixed", "entropy:3.0"),
)  # fmt: skip
SHORT = "acme.example acme_{any:abcdefgh12345:19}"
FLAT = "acme.example acme_{any:ab1:20}"
WORDS = "acme.example acme_{lower:20}"
AWAY = "acme_{any:abcdefgh12345:20}"


def lost(*misses: str, rule: Rule = RULE) -> list[str]:
    return [missing.lost for missing in toothless(replace(rule, misses=tuple(map(Sample, misses))))]


def test_nothing_is_lost_unnoticed_where_each_miss_needs_another_part() -> None:
    assert lost(SHORT, FLAT, WORDS, AWAY) == []


@pytest.mark.parametrize("missing, misses", [
    ("the check `mixed`", (SHORT, FLAT, AWAY)),
    ("the check `entropy:3.0`", (SHORT, WORDS, AWAY)),
    ("`needs`", (SHORT, FLAT, WORDS)),
    ("its pattern's strictness", (FLAT, WORDS, AWAY)),
])  # fmt: skip
def test_each_part_that_no_miss_needs_is_named(missing: str, misses: tuple[str, ...]) -> None:
    assert lost(*misses) == [missing]


def test_a_pair_must_need_its_other_half() -> None:
    rule = replace(RULE, needs=(), checks=(), requires=(r"user=(?P<user>\w+)",))
    assert lost(AWAY, "user=me " + SHORT, rule=rule) == []
    assert lost("user=me " + SHORT, rule=rule) == ["`requires`"]


def test_a_parser_must_have_something_to_reject() -> None:
    rule = replace(RULE, pattern=r"(?i)\bbasic\s(?P<secret>[A-Za-z0-9+/]{8,}={0,2})", needs=(), checks=(), parser="basic-auth")
    assert lost("Basic {b64:username:password}", "Basic ab", rule=rule) == []
    assert lost("Basic ab", "none", rule=rule) == ["the parser `basic-auth`"]


def test_a_miss_that_is_found_anyway_or_does_not_grow_proves_nothing() -> None:
    assert lost("acme.example acme_{any:abcdefgh12345:20}", "acme_{nothing:3}") == [
        "the check `mixed`", "the check `entropy:3.0`", "`needs`", "its pattern's strictness",
    ]  # fmt: skip


def test_says_which_kinds_of_strictness_the_misses_need() -> None:
    rule = replace(RULE, needs=(), misses=(Sample("acme_{any:abcdefgh12345:19}"), Sample("xacme_{any:abcdefgh12345:20}")))
    assert noticed(rule) == {"where it ends": True, "how long it is": True, "its characters": False, "its case": False}
