"""Numbers of nights as lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scanner.report.html.swept import Night

WIDE, HIGH = 1000, 160
KINDS = (("trend-open", "open findings"), ("trend-fresh", "of them new"), ("trend-gaps", "gaps"))


@dataclass(frozen=True, slots=True)
class Line:
    """One number over the nights."""

    kind: str
    label: str
    points: tuple[tuple[int, int], ...]  # x, y from the upper left corner


@dataclass(frozen=True, slots=True)
class Trend:
    """Lines in one frame, which goes from nothing to `top`."""

    lines: tuple[Line, ...]
    top: int
    said: str


def trend(nights: Sequence[Night]) -> Trend:
    """Open findings, new ones and gaps."""
    series = [[(night.open, night.opened, night.gaps)[n] for night in nights] for n in range(3)]
    top = max((value for values in series for value in values), default=0) or 1
    lines = tuple(
        Line(kind, label, tuple((_across(n, len(values)), HIGH - round(value * HIGH / top)) for n, value in enumerate(values)))
        for (kind, label), values in zip(KINDS, series, strict=True)
    )
    said = f"From {series[0][0]:,} to {series[0][-1]:,} open findings in {len(nights):,} nights" if nights else "No night"
    return Trend(lines, top, said)


def _across(number: int, of: int) -> int:
    return WIDE // 2 if of == 1 else round(number * WIDE / (of - 1))
