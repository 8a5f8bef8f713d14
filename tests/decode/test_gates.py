"""A mark with a gate is told where it would be told without one."""

from __future__ import annotations

import random

import pytest

from scanner.decode.marks import GATES, MARKS, THIN
from scanner.detect.prefilter import HyperscanPrefilter, Prefilter

pytest.importorskip("hyperscan", reason="gates are for Hyperscan, which is not installed here")
PATTERNS = [mark.pattern for mark in MARKS]
TEXT = b"password = not that long".hex().encode()
TEXTS = (
    b"", b"no such thing", TEXT, TEXT[:23], b"x" + TEXT, b"g" + TEXT, TEXT.upper() + b"\n" + TEXT, b"0x" + TEXT * 3, b"a" + TEXT,
    random.Random(1).randbytes(200).hex().encode(), b"words and words " * 9000 + TEXT, TEXT + b" " * 70_000 + TEXT,
)  # fmt: skip


@pytest.fixture(scope="module")
def both() -> tuple[Prefilter, Prefilter]:
    return HyperscanPrefilter(PATTERNS, None, THIN, GATES), HyperscanPrefilter(PATTERNS, None, THIN)


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_a_gate_changes_nothing(both: tuple[Prefilter, Prefilter], number: int) -> None:
    gated, plain = both
    assert gated.spots(TEXTS[number]) == plain.spots(TEXTS[number])


def test_there_is_something_behind_each_gate(both: tuple[Prefilter, Prefilter]) -> None:
    assert set(GATES) <= {number for text in TEXTS for number, _ in both[0].spots(text)}
    assert all(MARKS[number].kind == "hex" for number in GATES)
