"""Matches as the detector would hand them over, with secrets grown from a seed."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from scanner.model.content import Origin, Span
from scanner.model.evidence import Hit, Match
from scanner.model.rule import Rule

ALNUM = string.ascii_letters + string.digits


def grow(seed: int, length: int = 24, alphabet: str = ALNUM) -> str:
    """A made-up secret."""
    return "".join(random.Random(seed).choices(alphabet, k=length))


def a_rule(pattern: str = r"(?P<secret>[A-Za-z0-9]{8,})", **changes: Any) -> Rule:
    """A rule of which only the pattern and the id matter here."""
    rule = Rule("acme-key", "acme", "An Acme key", "token", "high", pattern, (), advice="Rotate it.")
    return replace(rule, **changes)


def a_match(before: bytes, raw: bytes, after: bytes = b"", value: bytes | None = None, rule: Rule | None = None, **changes: Any) -> Match:
    """A match of `before + raw + after`, of which `raw` is the secret as written."""
    text = before + raw + after
    parts = changes.pop("parts", ())
    steps = changes.pop("steps", ())
    origin = changes.pop("origin", Origin("t1", "git", "app/settings.env", "ab" * 20))
    hit = Hit(
        rule or a_rule(),
        Span(100, 100 + len(text)),
        Span(100 + len(before), 100 + len(before) + len(raw)),
        value or raw,
        parts,
        steps=steps,
    )
    return Match(hit, origin, text, **{"line_text": text, "line": 3, "end_line": 3, "column": 1, "end_column": 9, **changes})


@pytest.fixture
def secret() -> Callable[..., str]:
    """A maker of secrets."""
    return grow


@pytest.fixture
def rule() -> Callable[..., Rule]:
    """A maker of rules."""
    return a_rule


@pytest.fixture
def match() -> Callable[..., Match]:
    """A maker of matches."""
    return a_match
