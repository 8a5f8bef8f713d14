"""Where anchors end in a content and what came of each, so that a content made of copies of it need not be searched again.

A pack stores most contents as a delta: copies out of another content and a little that is new. Whether an anchor ends at an
offset depends on `width` bytes before it and one after; where those lie inside one copy, the answer is the other content's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

_WORTH = 8192  # bytes of a copy below which searching again is cheaper than asking what is known
MOST = 20_000  # spots that are worth keeping


Taken = tuple[int, int, bytes]  # where a part of the other half stands, and what must not be shown of it


class Result(NamedTuple):
    """A confirmed match by offsets from its anchor's end."""

    start: int
    end: int
    secret_start: int
    secret_end: int
    value: bytes
    parts: tuple[tuple[str, str | int], ...]
    confidence: float | None = None  # None: the rule's own
    severity: str | None = None
    partners: tuple[Taken, ...] = ()


class Copied(NamedTuple):
    """`length` bytes at `start` are those at `source` of the base."""

    start: int
    length: int
    source: int


Spotted = tuple[int, int, tuple[Result, ...]]  # (end, anchor's number, what the rule says)


@dataclass(slots=True)
class Trace:
    """Every spot and mark of a content in order, and whether the content has a NUL byte."""

    size: int
    nul: bool
    spots: list[Spotted] = field(repr=False)
    marks: list[tuple[int, int]] = field(default_factory=list)  # (mark's number, end)

    def ends(self) -> list[int]:
        """The offsets of the spots."""
        return [spot[0] for spot in self.spots]

    def marked(self, stretch: Stretch) -> list[tuple[int, int]]:
        """The marks of an inherited stretch, by the offsets of the content that inherits them."""
        shift = stretch.copy.start - stretch.copy.source if stretch.copy else 0
        return [(number, end + shift) for number, end in self.marks if stretch.low < end + shift <= stretch.high]


class Stretch(NamedTuple):
    """A part of the content: spots that end in `low` < end <= `high`; where `copy` is set they are the base's, moved."""

    low: int
    high: int
    copy: Copied | None


def stretches(size: int, base_size: int, copies: Sequence[tuple[int, int, int]], width: int) -> Iterator[Stretch]:
    """The content in parts that are searched or inherited, without overlap or hole."""
    done = 0
    for stretch in copies:
        start, length, source = copy = Copied(*stretch)
        low = 0 if start == source == 0 else start + width  # a window at both beginnings is cut off in the same way
        high = size if start + length == size and source + length == base_size else start + length - 1
        low = max(low, done)
        if high - low < _WORTH:
            continue
        if low > done:
            yield Stretch(done, low, None)
        yield Stretch(low, high, copy)
        done = high
    if done < size:
        yield Stretch(done, size, None)


def inherited(base: Trace, ends: list[int], stretch: Stretch) -> list[Spotted]:
    """The base's spots that lie in an inherited stretch, by the base's offsets."""
    assert stretch.copy is not None  # noqa: S101 only inherited stretches are asked for
    shift = stretch.copy.start - stretch.copy.source
    return base.spots[bisect_right(ends, stretch.low - shift) : bisect_right(ends, stretch.high - shift)]


__all__ = ["MOST", "Copied", "Result", "Stretch", "Trace", "inherited", "stretches"]
