"""Hops 3 to 6 for one content: read it in every encoding, search it in windows of bounded size, say where the hits stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from scanner.decode.encodings import holds_text, open_end
from scanner.decode.limits import DEFAULT
from scanner.decode.marks import BETWEEN
from scanner.decode.readings import Spots
from scanner.decode.text import WIDTH, narrowed
from scanner.detect.engine import Engine, Looked
from scanner.detect.overlap import open_ones, settle
from scanner.findings.locate import Lines, Place, line_ends
from scanner.model.content import WHOLE, Inside, Origin, Span, Unseen
from scanner.model.evidence import Hit, Match
from scanner.pipeline.reread import Aside, reread, wide_hits

WINDOW = 4 << 20
_WAIT = 16 << 20  # bytes that are held for the end of a stretch that is encoded
_TORN = Unseen("truncated", f"a stretch of base64 is longer than {_WAIT >> 20} MiB; its end was not decoded")
_STEP = re.compile(r"([a-z0-9-]{1,32})@([0-9]{1,20})-([0-9]{1,20})")
NOWHERE = Place(0, 0, 0, 0, b"")  # of what has no lines that a person could count


class Placed(NamedTuple):
    """A hit, the text of its construct, and where it stands: on which lines, and of what inside of the content."""

    hit: Hit
    text: bytes
    place: Place
    inside: Inside = WHOLE


def hits(engine: Engine, data: bytes, aside: Aside | None = None) -> tuple[Hit, ...]:
    """Every hit in a content that is held whole, in order of place; `aside` is told what else its text holds."""
    aside = Aside(DEFAULT) if aside is None else aside
    if len(data) <= WINDOW:
        found, marks = _search(engine, data, 0, len(data), aside)
        return open_ones(reread(engine, data, marks, found, aside))
    every, everywhere = list[Hit](), list[tuple[int, int]]()
    for start in range(0, len(data), WINDOW):
        left = max(0, start - engine.margin)
        part = data[left : start + WINDOW + engine.margin]
        low, high = start - left, min(start - left + WINDOW, len(part))
        found, marks = _search(engine, part, low if start else 0, high, aside)
        every += (moved(hit, left) for hit in found)
        everywhere += ((number, end + left) for number, end in marks)
    return open_ones(reread(engine, data, everywhere, settle(every), aside))


def placed(engine: Engine, data: bytes, aside: Aside | None = None) -> list[Placed]:
    """The hits of a content with their places."""
    found = with_places(data, hits(engine, data, aside)) if data else []
    if aside is not None:
        tell(aside, Lines(data))
    return found


def tell(aside: Aside, lines: Lines, begin: int = 0) -> None:
    """Where the files stand that a text encloses; the text begins at `begin` of the content."""
    for item in sorted(aside.take(), key=lambda item: item.span.start):
        steps = (_further(item.steps[0], begin), *item.steps[1:])
        aside.open(item._replace(steps=steps, span=_shifted(item.span, begin)), lines.place(item.span))


def with_places(data: bytes, found: Iterable[Hit]) -> list[Placed]:
    """Hits in order of place, each with its text and its place."""
    lines = Lines(data)
    return [Placed(hit, *_text_and_place(data, hit, lines)) for hit in found]


def streamed(engine: Engine, pieces: Iterable[bytes], aside: Aside | None = None) -> Iterator[Placed]:
    """The hits of a content of any size as they are found; holds one window and its margins.

    A piece without bytes says that the next may be long in coming: what stands on whole lines is then told at once.
    """
    stream = Stream(engine, Aside(DEFAULT) if aside is None else aside)
    for parts, flush in windows(pieces):
        yield from stream.more(parts)
        if flush:
            yield from stream.early()
    yield from stream.more((), last=True)


class Stream:
    """A content that comes in pieces, searched window by window."""

    def __init__(self, engine: Engine, aside: Aside) -> None:
        self.engine, self.aside = engine, aside
        self._buffer, self._low = b"", 0
        self._lines = self._columns = self._begin = 0  # before the buffer, in the content
        self.sure = 0  # every secret that ends before was told
        self._held: dict[Hit, Placed] = {}  # by place in the content: one window's hit may be what another's has read or paired
        self._told: set[tuple[str, bytes, int]] = set()  # what was told early

    def more(self, parts: Sequence[bytes], *, last: bool = False) -> Iterator[Placed]:
        """Search what is new, and tell what no later window can change."""
        margin, self._buffer = self.engine.margin, b"".join((self._buffer, *parts))
        buffer, low, begin = self._buffer, self._low, self._begin
        end = len(buffer) if last else open_end(buffer)
        waits = len(buffer) <= _WAIT
        high = len(buffer) if last else max(low, min(len(buffer) - margin, end if waits else len(buffer)))
        found, marks = self._search(low, high)
        if not waits and holds_text(marks, end):
            self.aside.miss(_TORN, f"base64@{begin + end}-{begin + len(buffer)}")
        self._held.update(found)
        kept = settle(self._held)
        sure = begin + high - (0 if last else margin)
        self.sure = sure
        yield from self._fresh([hit for hit in open_ones(kept) if hit.secret.end <= sure or last])
        self._held = {hit: self._held[hit] for hit in kept if hit.secret.end > sure}
        self._cut(max(0, high - margin), high)

    def early(self) -> Iterator[Placed]:
        """What stands on the lines that are there, although more may come that belongs to them."""
        whole = self._buffer.rfind(b"\n") + 1
        found, _ = self._search(self._low, whole)
        told = [hit for hit in open_ones(settle({**self._held, **found})) if hit.secret.end <= self._begin + whole]
        self._held.update(found)
        yield from self._fresh(told, early=True)

    def _search(self, low: int, high: int) -> tuple[dict[Hit, Placed], Spots]:
        buffer, begin = self._buffer, self._begin
        lines = Lines(buffer, self._lines, self._columns)
        raw, marks = _search(self.engine, buffer, low, high, self.aside)
        found: dict[Hit, Placed] = {}
        for hit in reread(self.engine, buffer, marks, raw, self.aside):
            there = moved(hit, begin)
            inside = said(buffer, hit.span.start) if self.aside.logs and hit.confidence else WHOLE
            found[there] = Placed(there, *_text_and_place(buffer, hit, lines), inside)
        tell(self.aside, lines, begin)
        return found, marks

    def _fresh(self, hits: Sequence[Hit], *, early: bool = False) -> Iterator[Placed]:
        """What was not told before; of a log each secret once, where it is seen first."""
        for hit in hits:
            key = (hit.rule.id, hit.value, hit.secret.start)
            if key in self._told:
                continue
            if early:
                self._told.add(key)
            if self.aside.logs:
                self.aside.times[hit.rule.id, hit.value] += 1
                if self.aside.times[hit.rule.id, hit.value] > 1 and not self.aside.all_places:
                    continue
            yield self._held[hit]

    def _cut(self, cut: int, high: int) -> None:
        """Let go of what is no longer needed."""
        buffer = self._buffer
        if cut and buffer[cut - 1 : cut + 1] == b"\r\n":
            cut -= 1  # a line end is not torn apart
        if b"\r" in buffer:
            ended = line_ends(buffer[:cut])
            tail = max(buffer.rfind(b"\n", 0, cut), buffer.rfind(b"\r", 0, cut)) + 1
        else:
            ended, tail = buffer.count(b"\n", 0, cut), buffer.rfind(b"\n", 0, cut) + 1
        self._columns = len(buffer[tail:cut].decode("utf-8", "replace")) + (0 if ended else self._columns)
        self._lines += ended
        self._buffer, self._low, self._begin = buffer[cut:], high - cut, self._begin + cut
        if self._told:
            self._told = {key for key in self._told if key[2] >= self._begin - WINDOW}


def said(data: bytes, at: int) -> Inside:
    """What the log itself says of the record in which a place is."""
    from scanner.decode import logline  # a hook reads no logs

    record = logline.told(data, at)
    return Inside(record=record.source, date=record.date)


def windows(pieces: Iterable[bytes]) -> Iterator[tuple[list[bytes], bool]]:
    """The pieces of each window, and whether nothing may follow for long."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= WINDOW or (not piece and size):
            yield held, not piece
            held, size = [], 0
    yield held, False


def _search(engine: Engine, data: bytes, low: int, high: int, aside: Aside) -> Looked:
    """Hits of a window as it is and of its wide readings, as spans of the window; also what is sure to be no secret, and its marks."""
    looked = engine.look(data, low, high)
    if 0 not in data:
        return looked
    wide = wide_hits(engine, data, low, high, aside)
    return looked._replace(hits=settle([*looked.hits, *wide])) if wide else looked


def names_with_hits(engine: Engine, names: list[bytes]) -> list[tuple[bytes, Placed]]:
    """Those names that hold a secret."""
    text = BETWEEN.join(names)
    if not text or not engine.find(text):
        return []
    return [(name, seen) for name in names for seen in placed(engine, name)]


def match_at(seen: Placed, origin: Origin) -> Match:
    """A match at its own place; `paths` has the file that it is in, whatever the file holds."""
    place, paths = seen.place, (origin.path,) if origin.path else ()
    found = Match(seen.hit, origin.at(seen.inside), seen.text, place.text, paths=paths, reachable=seen.inside.reachable)
    if seen.inside.field == "path-name" or place == NOWHERE:  # a name has no lines
        return found
    return replace(
        found, line=place.line, end_line=place.end_line, column=place.column, end_column=place.end_column, date=seen.inside.date
    )  # fmt: skip


def moved(hit: Hit, by: int) -> Hit:
    """The same hit, further on in the content."""
    partners = tuple(replace(partner, span=_shifted(partner.span, by)) for partner in hit.partners)
    steps = (_further(hit.steps[0], by), *hit.steps[1:]) if hit.steps else ()
    return replace(hit, span=_shifted(hit.span, by), secret=_shifted(hit.secret, by), partners=partners, steps=steps)


def _further(step: str, by: int) -> str:
    """A step that says where in the content it was taken, further on."""
    found = _STEP.fullmatch(step)
    return f"{found[1]}@{int(found[2]) + by}-{int(found[3]) + by}" if found else step


def _shifted(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)


def _text_and_place(data: bytes, hit: Hit, lines: Lines) -> tuple[bytes, Place]:
    text = data[hit.span.start : hit.span.end] if hit.text is None else hit.text
    if not hit.steps or hit.steps[0] not in WIDTH:
        return text, lines.place(hit.span)
    narrow, width = narrowed(data, hit.steps[0], hit.span.start), WIDTH[hit.steps[0]]
    return text, Lines(narrow).place(Span(hit.span.start // width, hit.span.end // width))
