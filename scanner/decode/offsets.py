"""How offsets of a reading map back to the content that it was read from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from scanner.model.content import Span


class Run(NamedTuple):
    """From `at` of the reading on, units of `made` bytes come from units of `took` bytes, which begin at `was` of the content."""

    at: int
    was: int
    took: int = 1
    made: int = 1


class Offsets:
    """The map of one reading; spans are widened to whole units, so that what they map to holds all that they were made from."""

    def __init__(self, runs: Sequence[Run], end: int) -> None:
        self._runs = runs  # sorted by `at`; the first begins at 0
        self._starts = [run.at for run in runs]
        self._end = end  # of the part of the content that was read

    def back(self, span: Span) -> Span:
        """A span of the reading as a span of the content."""
        first = self._run(span.start)
        start = first.was + (span.start - first.at) // first.made * first.took
        if span.end == span.start:
            return Span(min(start, self._end), min(start, self._end))
        last = self._run(span.end - 1)
        end = last.was + -(-(span.end - last.at) // last.made) * last.took
        return Span(min(start, self._end), max(min(start, self._end), min(end, self._end)))

    def is_changed(self, span: Span) -> bool:
        """Whether a span of the reading reads otherwise in the content, or something was left out inside of it."""
        first = max(0, bisect_right(self._starts, span.start) - 1)
        last = max(first, bisect_right(self._starts, max(span.start, span.end - 1)) - 1)
        return first != last or self._runs[first].took != 1 or self._runs[first].made != 1

    def _run(self, offset: int) -> Run:
        return self._runs[max(0, bisect_right(self._starts, offset) - 1)]


def all_of(start: int, end: int) -> Offsets:
    """The map of a reading whose every byte depends on all of a part of the content, as where it was compressed."""
    return Offsets((Run(0, start, max(1, end - start), 1 << 62),), end)
