"""Text inside of text, searched: each encoding undone, and in what that gives the next, until nothing is encoded or too much was tried."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from weakref import WeakKeyDictionary

from scanner.decode.encodings import WRITTEN
from scanner.decode.limits import DEFAULT, Limits
from scanner.decode.marks import MARKS
from scanner.decode.offsets import Offsets
from scanner.decode.quiet import Quiet
from scanner.decode.readings import Packed, Reading, Spots, log_readings, readings
from scanner.decode.text import wide_readings
from scanner.detect.engine import Engine, Looked
from scanner.detect.overlap import open_ones, settle
from scanner.findings.locate import Place
from scanner.model.content import Inside, Span, Unseen
from scanner.model.evidence import Hit

_FREE = 4 << 20  # bytes of readings that any text may have
_TIMES = 8  # and of those, times its size
_BEFORE_MARK, _AFTER_MARK = 48, 8
_MARK = 6  # bytes of the mark of a single character
_QUIET: WeakKeyDictionary[Engine, Quiet] = WeakKeyDictionary()
_DEEP = Unseen("archive-too-deep", "text is encoded in more layers than are undone")
_MUCH = Unseen("archive-too-large", "text is encoded in more ways than are tried")


class Enclosed(NamedTuple):
    """A file in a stretch of the text, by the place of the stretch, with the steps that led to it."""

    span: Span
    steps: tuple[str, ...]
    packed: Packed


def _ignore(_item: Enclosed, _place: Place) -> None:
    """Nobody wants to know."""


@dataclass(slots=True)
class Aside:
    """What comes of text besides the hits in it; all that is read of one content draws on the same allowance."""

    limits: Limits
    depth: int = 0  # of the text that is read, in the content
    open: Callable[[Enclosed, Place], None] = _ignore  # told of each file that the text encloses
    all_places: bool = False  # of a log: every place of a secret is told, not only the first
    logs: bool = False  # whether it is a log, whose lines may be broken and have a time
    times: Counter[tuple[str, bytes]] = field(default_factory=Counter, repr=False)  # of a log: how often each secret was seen
    enclosed: list[Enclosed] = field(default_factory=list)
    missed: dict[Unseen, tuple[str, int]] = field(default_factory=dict)  # where it was met first, and how often
    left: int = field(default_factory=lambda: _FREE)  # bytes that may still be read

    def allow(self, size: int) -> None:
        """A text of this size is to be read."""
        self.left += size * _TIMES

    def take(self) -> list[Enclosed]:
        """The files that were met since it was last asked."""
        met, self.enclosed = self.enclosed, []
        return met

    def miss(self, unseen: Unseen, step: str, times: int = 1) -> None:
        """Something encoded was not read; where it stands first is told as a field, and how many more there are."""
        first, before = self.missed.get(unseen, (step, 0))
        self.missed[unseen] = first, before + times

    @property
    def unseen(self) -> list[Unseen]:
        """One for each reason, however many places there are."""
        return [
            replace(one, detail=one.detail if times == 1 else f"{one.detail}; this and {times - 1:,} more", inside=Inside(field=step))
            for one, (step, times) in self.missed.items()
        ]


def reread(engine: Engine, data: bytes, marks: Spots, raw: Iterable[Hit], aside: Aside) -> tuple[Hit, ...]:
    """The hits in a text and in every reading of it, as spans of the text; `raw` are those in the text as it is."""
    if not marks and not aside.logs:
        return tuple(raw)
    aside.allow(len(data))
    way = _way()
    found = _decoded(engine, data, marks, aside, way) if aside.logs else _sparing(engine, data, marks, aside)
    for reading in log_readings(data) if aside.logs else ():
        step = reading.step(reading.back.back(Span(0, len(reading.data))))
        found += _in(engine, reading, _looked(engine, reading), aside, way.on(reading, step))
    return _joined(tuple(raw), found)


def _sparing(engine: Engine, data: bytes, marks: Spots, aside: Aside) -> list[Hit]:
    """The hits in the readings of a text; pieces that came to nothing before are paid for, but not read again."""
    quiet = _QUIET.setdefault(engine, Quiet())
    if aside.depth >= aside.limits.depth:  # nothing is read, and each piece is told
        return _decoded(engine, data, marks, aside, _way())
    spared, left, enclosed, missed = quiet.spared, aside.left, len(aside.enclosed), dict(aside.missed)
    found = _decoded(engine, data, marks, aside, _way(), quiet=quiet)
    spared = quiet.spared - spared
    aside.left -= spared
    if spared and (aside.left < 0 or aside.missed.get(_MUCH) != missed.get(_MUCH)):  # their order decides which of them are read
        aside.left, aside.missed = left, missed
        del aside.enclosed[enclosed:]
        found = _decoded(engine, data, marks, aside, _way())
    return found


class _Way(NamedTuple):
    """How a reading was come by."""

    steps: tuple[str, ...]
    backs: tuple[Offsets, ...]
    depth: int  # how many of the steps undo what was written by one that was undone before
    seen: set[tuple[bytes, int, int]]  # texts and where they were made from: encodings beside each other are undone in either order

    def on(self, reading: Reading, step: str, deeper: int = 1) -> _Way:
        """One step further."""
        return _Way((*self.steps, step), (*self.backs, reading.back), self.depth + deeper, self.seen)

    def is_new(self, reading: Reading, place: Span) -> bool:
        """Whether this text was not made from this place before."""
        for back in reversed(self.backs):
            place = back.back(place)
        key = (hashlib.blake2b(reading.data, digest_size=16).digest(), place.start, place.end)
        if key in self.seen:
            return False
        self.seen.add(key)
        return True


def _way() -> _Way:
    return _Way((), (), 0, set())


def _decoded(
    engine: Engine, data: bytes, marks: Spots, aside: Aside, way: _Way, old: Collection[str] = (), quiet: Quiet | None = None
) -> list[Hit]:
    """The hits in the readings that these marks lead to; encodings that are `old` stood in the text that this one was read from."""
    found: list[Hit] = []
    for reading in readings(data, marks, logs=aside.logs, quiet=quiet):
        if isinstance(reading, Packed):
            aside.enclosed.append(Enclosed(reading.span, (reading.step,), reading))
            continue
        place = reading.back.back(Span(0, len(reading.data)))
        step = reading.step(place)
        further = way.on(reading, step, 0 if reading.kind in old else 1)
        if aside.depth + further.depth > aside.limits.depth:
            aside.miss(_DEEP, further.steps[0])
            continue
        if not way.is_new(reading, place):
            continue
        aside.left -= len(reading.data)
        if aside.left < 0:
            aside.miss(_MUCH, further.steps[0])
            break
        looked = _looked(engine, reading)
        if quiet and not looked.hits and not looked.marks and 0 not in reading.data:
            quiet.add(reading.kind, data, reading.pieces)
        else:
            found += _in(engine, reading, looked, aside, further)
    return found


def _looked(engine: Engine, reading: Reading) -> Looked:
    looked = engine.look(reading.data)
    return looked._replace(marks=[(number, end) for number, end in looked.marks if reading.concerns(_around(end))])


def _in(engine: Engine, reading: Reading, looked: Looked, aside: Aside, way: _Way) -> list[Hit]:
    """The hits in one reading that are there because of it, as spans of the text that was read."""
    found, marks = looked
    if 0 in reading.data:
        found = settle([*found, *wide_hits(engine, reading.data, aside=aside)])
    if marks:
        already = len(aside.enclosed)
        found = _joined(found, _decoded(engine, reading.data, marks, aside, way, _old(reading, marks)))
        for at, item in enumerate(aside.enclosed[already:], already):
            place = reading.back.back(item.span)
            aside.enclosed[at] = item._replace(span=place, steps=(reading.step(place), *item.steps))
    there = []
    for hit in open_ones(found):
        if reading.concerns(hit.span):
            place = reading.back.back(hit.span)
            there.append(read_back(hit, reading.data, reading.back.back, reading.step(place)))
    return there


def _old(reading: Reading, marks: Spots) -> set[str]:
    """Those encodings of single characters of which every mark stood beside what was decoded, and was not made by it."""
    made = {MARKS[number].kind for number, end in marks if reading.back.is_changed(Span(max(0, end - _MARK), end))}
    return {MARKS[number].kind for number, _ in marks} & set(WRITTEN) - made


def _around(end: int) -> Span:
    return Span(max(0, end - _BEFORE_MARK), end + _AFTER_MARK)


def wide_hits(engine: Engine, data: bytes, low: int = 0, high: int | None = None, aside: Aside | None = None) -> list[Hit]:
    """The hits of the wide readings of a content, as spans of the content; what could not be read of them `aside` is told."""
    high = len(data) if high is None else high
    found: list[Hit] = []
    for wide in wide_readings(data):
        looked = engine.look(wide.data, max(0, wide.forth(low)), wide.forth(high))
        within = Aside(aside.limits if aside else DEFAULT)
        hits = reread(engine, wide.data, looked.marks, looked.hits, within)
        found += (read_back(hit, wide.data, wide.back, wide.step) for hit in hits)
        if aside is not None:
            for missed, (_, times) in within.missed.items():
                aside.miss(missed, wide.step, times)
    return found


def read_back(hit: Hit, data: bytes, back: Callable[[Span], Span], *steps: str) -> Hit:
    """A hit in a reading as one in the content that was read, which keeps how it reads."""
    text, inner = hit.text, hit.inner
    if text is None:
        text = data[hit.span.start : hit.span.end]
        inner = Span(hit.secret.start - hit.span.start, hit.secret.end - hit.span.start) if hit.secret.start >= hit.span.start else None
    partners = tuple(replace(partner, span=back(partner.span)) for partner in hit.partners)
    return replace(
        hit, span=back(hit.span), secret=back(hit.secret), partners=partners, text=text, inner=inner, steps=(*steps, *hit.steps)
    )  # fmt: skip


def _joined(raw: Sequence[Hit], more: Sequence[Hit]) -> tuple[Hit, ...]:
    """Hits of a text and of its readings: where both see a secret the text speaks, unless a reading knows better what it is."""
    if not more:
        return tuple(raw)
    seen = sorted((hit for hit in raw if hit.confidence), key=lambda hit: hit.secret.start)
    starts = [hit.secret.start for hit in seen]
    fresh = [hit for hit in more if not _said(hit, seen, starts)]
    return settle([*raw, *fresh]) if fresh else tuple(raw)


def _said(hit: Hit, seen: Sequence[Hit], starts: Sequence[int]) -> bool:
    last = bisect_left(starts, hit.secret.end)
    for other in seen[max(0, last - 4) : last]:  # they do not overlap, but for one that is very long
        if other.secret.end > hit.secret.start and other.rule.specificity >= hit.rule.specificity:
            return True
    return False
