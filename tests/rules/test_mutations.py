"""The misses of our rules bite: without a check, a needed word, a parser or its pattern's strictness, a rule finds one of them."""

from __future__ import annotations

import pytest

from scanner import shipped
from scanner.cli.options import named
from scanner.model.rule import Rule
from scanner.pipeline.rulemutate import toothless
from scanner.rulepack.load import load

RULES = load([shipped.shipped("rules")], known=named()).rules


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_its_misses_bite(rule: Rule) -> None:
    assert [f"{missing.lost}: {missing.hint}" for missing in toothless(rule)] == []
