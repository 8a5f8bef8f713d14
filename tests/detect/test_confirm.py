"""A rule is asked only as far round an anchor as its pattern can reach, and says the same as if it had looked everywhere."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from scanner import shipped
from scanner.cli.options import named
from scanner.detect.checks import CHECKS
from scanner.detect.confirm import Confirmer
from scanner.detect.engine import Engine, engine
from scanner.detect.parsers import PARSERS
from scanner.detect.password import is_secret_password
from scanner.model.rule import Rule
from scanner.rulepack.load import digest, load
from scanner.rulepack.neutral import KINDS
from scanner.rulepack.sample import grow


@cache
def searcher() -> Engine:
    return engine(load([shipped.shipped("rules")], known=named()), None)


@cache
def asked(rule: Rule) -> tuple[Confirmer, Confirmer]:
    """The rule as it is, and as one whose pattern has no bound, and of whose secrets nothing is known."""
    return Confirmer(rule, CHECKS, PARSERS), Confirmer(replace(rule, reach=0, core=""), CHECKS, PARSERS)


def differing(data: bytes) -> list[tuple[str, int]]:
    """Where the two do not say the same; by place, as a failing test must not show content."""
    said = []
    for number, end in searcher().sieve.spots(data):
        rule = searcher()._rules[number].rule
        start = max(0, end - rule.before)
        window = data[start : end + rule.after]
        near, everywhere = (one.confirm(window, end - start) for one in asked(rule))
        if near != everywhere:
            said.append((rule.id, end))
    return said


@pytest.mark.parametrize("pattern, reach", [("abc", 3), (r"\bab?c{2,5}\b", 7), ("(?:ab|c){3}d?", 7), ("ab+", 0), ("a.*b", 0)])
def test_a_rule_knows_how_wide_its_pattern_can_match(pattern: str, reach: int) -> None:
    from scanner.rulepack.build import _reach

    assert _reach(pattern) == reach


def test_what_follows_from_the_pattern_is_no_part_of_the_digest() -> None:
    rule = searcher().rules.rules[0]
    follows = replace(rule, reach=rule.reach + 1, core="[0-9]{9}")
    assert digest([rule]) == digest([follows]) != digest([replace(rule, before=rule.before + 1)])


def test_most_rules_have_a_bound() -> None:
    rules = searcher().rules.rules
    assert sum(rule.reach > 0 for rule in rules) > 0.9 * len(rules)


@pytest.mark.parametrize("part", range(8))
def test_every_sample_is_read_alike_near_and_everywhere(part: int) -> None:
    random = Random(part)
    noise = [grow_one(random) for grow_one in KINDS.values()]
    for rule in searcher().rules.rules[part::8]:
        for sample in rule.hits + rule.misses:
            text = grow(sample.shape, part)
            around = (random.choice(noise)[: random.randrange(80)].encode() for _ in range(2))
            data = next(around) + random.choice((b"\n", b" ", b"")) + text + random.choice((b"\n", b" ", b"")) + next(around)
            assert differing(data) == []


@cache
def shapes() -> tuple[str, ...]:
    return tuple(sample.shape for rule in searcher().rules.rules for sample in rule.hits)


@limits(max_examples=60)
@given(st.lists(st.integers(0, 1 << 30), min_size=1, max_size=6), st.sampled_from((b"\n", b" ", b",", b"")))
def test_samples_beside_each_other_are_read_alike(seeds: list[int], between: bytes) -> None:
    assert differing(between.join(grow(shapes()[seed % len(shapes())], seed & 7) for seed in seeds)) == []


def test_many_passwords_before_one_do_not_hide_it() -> None:
    """The tries round a spot were once spent on what stands before it."""
    before = b"".join(b"a.password = settings.one\n" for _ in range(40))
    value = grow("{alnum:16}", 4)
    found = searcher().find(before + b"DB_HOST=db.internal\nDB_USERNAME=shop\nDB_PASSWORD=" + value + b"\n")
    assert [hit.value == value for hit in found] == [True]
    assert found[0].rule.id == "connection-settings"


def test_a_password_that_was_asked_about_before_is_told_the_same_again() -> None:
    value = grow("{alnum:12}7", 3)
    for one, answer in ((b"password", False), (b"  password ", False), (value, True), (value * 20, True), (b"ab", False)):
        assert [is_secret_password(one), is_secret_password(one)] == [answer, answer]
