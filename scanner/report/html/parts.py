"""What pages are put together from: entries that can be filtered, bars, and text that cannot mislead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from scanner.model.content import Box
from scanner.model.report import Coverage
from scanner.report.page import Picture
from scanner.report.plain import count, printable, size

LONGEST = 2_000  # characters of one value
MOST = 10_000  # entries of one list; the rest is counted
WIDE = 1_000  # units that a bar is drawn in
LEAST = 25  # of them for what there is little of, so that it is seen


def shown(value: object) -> str:
    """A value without control characters and bidirectional overrides, and not longer than a page can bear."""
    text = str(value)
    more = len(text) - LONGEST
    return printable(text) if more <= 0 else f"{printable(text[:LONGEST])}… ({more:,} more characters)"


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of an opened entry: what it is, and one or more values."""

    label: str
    values: tuple[str, ...]
    code: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list that can be filtered, and what opens below it."""

    badge: str  # the word on the left, which is also its colour
    title: str
    place: str
    aside: str
    facts: tuple[Fact, ...]
    keys: Mapping[str, str]  # name -> value, to filter and to sort by
    anchor: str | None = None
    preview: str | None = None
    advice: str = ""
    quiet: bool = False  # needs nobody's attention
    bars: tuple[Bar, ...] = ()
    picture: Picture | None = None
    box: Box | None = None  # in the picture


@dataclass(frozen=True, slots=True)
class Facet:
    """A choice that narrows a list: the values that its entries have, most frequent or worst first."""

    key: str
    label: str
    options: tuple[tuple[str, int], ...]

    @property
    def most(self) -> int:
        """How often the most frequent value stands there."""
        return max((number for _, number in self.options), default=0)


@dataclass(frozen=True, slots=True)
class Sort:
    """An order that a list can be brought into."""

    key: str
    label: str
    falling: bool = False
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a bar."""

    kind: str
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class Bar:
    """What was read of something and what was not, drawn and said."""

    name: str
    parts: tuple[Part, ...]
    said: str
    seen: Coverage


def facets(entries: Iterable[Entry], wanted: Iterable[tuple[str, str, Callable[[str], int] | None]]) -> list[Facet]:
    """For each key and label the values that the entries have; in the given order, or the most frequent first."""
    entries, made = list(entries), []
    for key, label, order in wanted:
        tally = Counter(entry.keys.get(key, "") for entry in entries)
        found = sorted(tally.items(), key=lambda one: (order(one[0]) if order else -one[1], one[0]))
        made.append(Facet(key, label, tuple(found)))
    return made


def bar(name: str, seen: Coverage) -> Bar:
    """Read, left out, not read: each as wide as its share, and never too narrow to be seen."""
    shares = {"read": seen.scanned, "left-out": seen.skipped, "unread": seen.unread, "astray": _astray(seen)}
    return Bar(name, parts(shares), _said(seen), seen)


def parts(shares: Mapping[str, int]) -> tuple[Part, ...]:
    """The stretches of a bar, which fill it."""
    there = {kind: share for kind, share in shares.items() if share}
    if not there:
        return ()
    total = sum(there.values())
    widths = {kind: max(LEAST, share * WIDE // total) for kind, share in there.items()}
    widths[max(widths, key=widths.__getitem__)] += WIDE - sum(widths.values())  # the widest gives, or takes what rounding left
    made, at = [], 0
    for kind, width in widths.items():
        made.append(Part(kind, at, width))
        at += width
    return tuple(made)


def _astray(seen: Coverage) -> int:
    """What was counted, and neither read nor told as not read."""
    return max(0, seen.objects - seen.scanned - seen.skipped - seen.unread)


def _said(seen: Coverage) -> str:
    text = f"{seen.scanned:,} of {count(seen.objects, 'object')} read, {size(seen.bytes)}; {seen.unread:,} not read"
    if seen.skipped:
        text += f"; {seen.skipped:,} left out by configuration"
    return text if seen.balanced else f"{text}; these numbers do not add up"
