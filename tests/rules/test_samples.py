"""Every rule finds its own samples wherever they stand, and stays quiet on what only looks like one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from scanner import examples, shipped
from scanner.detect.checks import CHECKS, flaw
from scanner.detect.engine import Engine, engine
from scanner.detect.parsers import PARSERS
from scanner.model.rule import Rule
from scanner.pipeline.rulesamples import SEEDS, placed
from scanner.rulepack.build import Known
from scanner.rulepack.load import load
from scanner.rulepack.sample import grow


@cache
def _engine() -> Engine:
    folder = Path(shipped.shipped("rules"))
    return engine(load([folder], known=Known(CHECKS, PARSERS, flaw)), None)


def _rules() -> list[Rule]:
    return list(_engine().rules.rules)


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule.id)
def test_stays_quiet_on_its_misses(rule: Rule) -> None:
    loud = [
        (number, seed)
        for number, sample in enumerate(rule.misses)
        for seed in SEEDS
        for text in placed(sample.shape, seed).values()
        if any(hit.rule.id == rule.id and not examples.known(hit.value) for hit in _engine().find(text))
    ]
    assert loud == []


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule.id)
def test_finds_its_hits_in_a_setting_a_document_and_code(rule: Rule) -> None:
    missed = [
        (number, seed, place)
        for number, sample in enumerate(rule.hits)
        for seed in SEEDS
        for place, text in placed(sample.shape, seed).items()
        if not any(hit.rule.id == rule.id or hit.rule.specificity > rule.specificity for hit in _engine().find(text))
    ]
    assert missed == []


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule.id)
def test_shows_no_part_of_a_secret(rule: Rule) -> None:
    for sample in rule.hits:
        for text in placed(sample.shape, 0).values():
            for hit in _engine().find(text):
                shown = " ".join(str(part) for _, part in hit.parts)
                assert hit.value.decode("latin-1") not in shown, "a named group repeats the secret"


@pytest.mark.parametrize(
    "before, after",
    [
        ("api_key=", "\n"), ("API_KEY: ", "\n"), ('"secretKey": "', '",'), ("client_secret = '", "'"), ("AUTH_TOKEN=", " \\\n"),
        ("<apiKey>", "</apiKey>"), ("token: ", "\r\n"), ("DB_PASSWORD=", "\n"), ("mysql_pwd: ", "\n"), ("password => '", "',"),
        ("tool --password ", " --force"), ('password = b"', '"'),
    ],
)  # fmt: skip
def test_reads_a_secret_from_its_first_to_its_last_character(before: str, after: str) -> None:
    for seed in SEEDS:
        secret = grow("{alnum:27}7", seed)
        hits = _engine().find(before.encode() + secret + after.encode())
        assert [hit.value == secret for hit in hits] == [True]


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule.id)
def test_stays_quiet_on_prose_that_speaks_of_secrets(rule: Rule) -> None:
    prose = b"The quick brown fox jumps over the lazy dog; see key, token, secret, password and the user's login. " * 4
    assert not any(hit.rule.id == rule.id for hit in _engine().find(prose))
