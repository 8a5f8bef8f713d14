"""The engine of a run: it finds what the rules describe, and what may be encoded text, in one pass."""

from __future__ import annotations

from pathlib import Path

from scanner.decode.encodings import MARKS, THIN
from scanner.detect import engine as detect
from scanner.detect.engine import Engine
from scanner.model.rule import Ruleset


def engine(rules: Ruleset, cache: Path | None, kind: str = "auto") -> Engine:
    """The engine for these rules, with the marks of every encoding."""
    return detect.engine(rules, cache, kind, [mark.pattern for mark in MARKS], THIN)
