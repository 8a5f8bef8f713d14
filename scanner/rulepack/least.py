"""How sure a match must be, by kind of secret: a project's own say over what the packs ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from scanner.model.rule import Ruleset


def demand(rules: Ruleset, least: Mapping[str, float]) -> Ruleset:
    """The rules with these thresholds for their kinds; what a rule is less sure of is no match."""
    if not least:
        return rules
    from scanner.rulepack.load import digest

    changed = tuple(replace(rule, least=least.get(rule.kind, rule.least)) for rule in rules.rules)
    return Ruleset(changed, digest(changed))
