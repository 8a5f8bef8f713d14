"""What stands in every secret that a pattern finds."""

from __future__ import annotations

import re

import pytest

from scanner import shipped
from scanner.cli.options import named
from scanner.detect.prefilter import latin1
from scanner.rulepack.core import core
from scanner.rulepack.load import load
from scanner.rulepack.sample import grow


@pytest.mark.parametrize(
    "pattern",
    [
        "(?P<other>[0-9a-f]{32})",  # no secret
        r"key=(?P<secret>[^\s]{8})",  # any text
        "key=(?P<secret>[a-z]{0,40})",  # may be empty
        "key=(?P<secret>[0-9a-f]{32}|)",
        "key=(?P<secret>(?:[0-9a-f]{32})?)",
        "(?i:key=(?P<secret>[\\xe0-\\xff]{20}))",  # RE2 folds these, `re` does not
    ],
)
def test_a_pattern_without_a_core(pattern: str) -> None:
    assert core(pattern) == ""


@pytest.mark.parametrize(
    "pattern, expected",
    [
        ("key=(?P<secret>[0-9a-f]{32})", "[0-9a-f]{32}"),
        ("key=(?P<secret>[0-9a-f]{32,64})", "[0-9a-f]{32}"),
        ("key=(?P<secret>[0-9a-f]{900})", "[0-9a-f]{64}"),
        ("(?i)key=(?P<secret>[0-9a-f]{32})", "(?i:[0-9a-f]){32}"),
        (r"key=(?P<secret>eyJ[\w\-]{10,200}\.[\w\-]{20})", r"eyJ[0-9A-Za-z_\-]{10}"),
        ("key=(?P<secret>[0-9]{8}(?:-[0-9]{4}){2})", "[0-9]{8}-[0-9]{4}-[0-9]{4}"),
        ("key=(?P<secret>[0-9a-f]{32}|[A-Z]{20})", "(?:[0-9a-f]{32}|[A-Z]{20})"),
        (r"key=(?P<secret>AB\S{2}[0-9]{4})", r"AB[\S\x0b]{2}[0-9]{4}"),  # a vertical tab is a space for `re` only
        ("(?:a=(?P<secret>[0-9]{9})|b)", "[0-9]{9}"),
    ],
)
def test_the_core_of_a_pattern(pattern: str, expected: str) -> None:
    assert core(pattern) == expected


def test_most_rules_have_a_core_and_every_secret_of_theirs_has_it() -> None:
    import re2

    rules = load([shipped.shipped("rules")], known=named()).rules
    lacking = []
    for rule in rules:
        pattern = re2.compile(rule.pattern.encode(), latin1(re2))
        for sample in rule.hits + rule.misses:
            for match in pattern.finditer(grow(sample.shape, 7)):
                secret = match.group(pattern.groupindex[b"secret"])
                if rule.core and secret is not None and not re.search(rule.core.encode(), secret):
                    lacking.append(rule.id)
    assert lacking == []
    assert sum(bool(rule.core) for rule in rules) > 0.9 * len(rules)
