"""Text inside of text, searched: each encoding undone, and in what that gives the next, until nothing is encoded or too much was tried."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from scanner.decode.limits import DEFAULT, Limits
from scanner.decode.readings import Packed, Reading, Spots, log_readings, readings
from scanner.decode.text import wide_readings
from scanner.detect.engine import Engine
from scanner.detect.overlap import open_ones, settle
from scanner.findings.locate import Place
from scanner.model.content import Inside, Span, Unseen
from scanner.model.evidence import Hit

_FREE = 4 << 20  # bytes of readings that any text may have
_TIMES = 8  # and of those, times its size
_BEFORE_MARK, _AFTER_MARK = 48, 8
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
    unseen: list[Unseen] = field(default_factory=list)
    left: int = _FREE  # bytes that may still be read

    def allow(self, size: int) -> None:
        """A text of this size is to be read."""
        self.left += size * _TIMES

    def take(self) -> list[Enclosed]:
        """The files that were met since it was last asked."""
        met, self.enclosed = self.enclosed, []
        return met

    def miss(self, unseen: Unseen, step: str) -> None:
        """Something encoded was not read; where it stands is told as a field."""
        if len(self.unseen) < 100:
            self.unseen.append(replace(unseen, inside=Inside(field=step)))


def reread(engine: Engine, data: bytes, marks: Spots, raw: Iterable[Hit], aside: Aside) -> tuple[Hit, ...]:
    """The hits in a text and in every reading of it, as spans of the text; `raw` are those in the text as it is."""
    if not marks and not aside.logs:
        return tuple(raw)
    aside.allow(len(data))
    found = _decoded(engine, data, marks, aside, ())
    for reading in log_readings(data) if aside.logs else ():
        found += _in(engine, reading, aside, (reading.step(reading.back.back(Span(0, len(reading.data)))),))
    return _joined(tuple(raw), found)


def _decoded(engine: Engine, data: bytes, marks: Spots, aside: Aside, steps: tuple[str, ...]) -> list[Hit]:
    found: list[Hit] = []
    for reading in readings(data, marks, logs=aside.logs):
        if isinstance(reading, Packed):
            aside.enclosed.append(Enclosed(reading.span, (reading.step,), reading))
            continue
        step = reading.step(reading.back.back(Span(0, len(reading.data))))
        if aside.depth + len(steps) >= aside.limits.depth:
            aside.miss(_DEEP, steps[0] if steps else step)
            break
        aside.left -= len(reading.data)
        if aside.left < 0:
            aside.miss(_MUCH, steps[0] if steps else step)
            break
        found += _in(engine, reading, aside, (*steps, step))
    return found


def _in(engine: Engine, reading: Reading, aside: Aside, steps: tuple[str, ...]) -> list[Hit]:
    """The hits in one reading that are there because of it, as spans of the text that was read."""
    looked = engine.look(reading.data)
    found = looked.hits
    if 0 in reading.data:
        found = settle([*found, *wide_hits(engine, reading.data)])
    marks = [(number, end) for number, end in looked.marks if reading.concerns(_around(end))]
    if marks:
        already = len(aside.enclosed)
        found = _joined(found, _decoded(engine, reading.data, marks, aside, steps))
        for at, item in enumerate(aside.enclosed[already:], already):
            place = reading.back.back(item.span)
            aside.enclosed[at] = item._replace(span=place, steps=(reading.step(place), *item.steps))
    there = []
    for hit in open_ones(found):
        if reading.concerns(hit.span):
            place = reading.back.back(hit.span)
            there.append(read_back(hit, reading.data, reading.back.back, reading.step(place)))
    return there


def _around(end: int) -> Span:
    return Span(max(0, end - _BEFORE_MARK), end + _AFTER_MARK)


def wide_hits(engine: Engine, data: bytes, low: int = 0, high: int | None = None) -> list[Hit]:
    """The hits of the wide readings of a content, as spans of the content."""
    high = len(data) if high is None else high
    found: list[Hit] = []
    for wide in wide_readings(data):
        looked = engine.look(wide.data, max(0, wide.forth(low)), wide.forth(high))
        hits = reread(engine, wide.data, looked.marks, looked.hits, Aside(DEFAULT))
        found += (read_back(hit, wide.data, wide.back, wide.step) for hit in hits)
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
