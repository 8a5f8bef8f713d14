"""Where several rules see the same secret, or the halves of a pair, the most specific one speaks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import groupby

from scanner.model.content import Span
from scanner.model.evidence import Hit


def settle(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Hits in order of place, one for each secret: a hit goes when its secret lies in what a more specific rule has read or paired.

    Among them are hits without any confidence, which a rule has read and is sure to be no secret, so that nothing less specific calls them
    one; `open_ones` leaves them out, once all that can touch them has been seen.
    """
    ranked = sorted(hits, key=_rank)
    kept: list[Hit] = []
    taken = _Spans()
    for _, equals in groupby(ranked, key=lambda hit: hit.rule.specificity):
        secrets = _Spans()
        winners = []
        for hit in equals:
            if not taken.touch(hit.secret) and not secrets.touch(hit.secret):
                secrets.add(hit.secret)
                winners.append(hit)
        for hit in winners:
            for span in (hit.span, hit.secret, *(partner.span for partner in hit.partners)):
                taken.add(span)
        kept += winners
    return tuple(sorted(kept, key=lambda hit: (hit.secret.start, hit.secret.end, hit.rule.id)))


def open_ones(settled: Iterable[Hit]) -> tuple[Hit, ...]:
    """The hits that could be secrets."""
    return tuple(hit for hit in settled if hit.confidence)


def _rank(hit: Hit) -> tuple[int, int, int, str]:
    return (-hit.rule.specificity, -(hit.span.end - hit.span.start), hit.secret.start, hit.rule.id)


class _Spans:
    """A union of spans as disjoint intervals, with touching ones merged."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []

    def touch(self, span: Span) -> bool:
        at = bisect_right(self._starts, span.start)
        if at and self._ends[at - 1] > span.start:
            return True
        return at < len(self._starts) and self._starts[at] < span.end

    def add(self, span: Span) -> None:
        first = bisect_right(self._ends, span.start - 1)
        last = bisect_right(self._starts, span.end)
        start = min([span.start, *self._starts[first : first + 1]]) if first < last else span.start
        end = max([span.end, *self._ends[last - 1 : last]]) if first < last else span.end
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._starts, self._ends, strict=True)
