"""Hops 3 to 6 for one content: read it in every encoding, search it in windows of bounded size, say where the hits stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from scanner.decode.encodings import holds_text, open_end
from scanner.decode.limits import DEFAULT
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
BETWEEN_NAMES = b"\n\x01\n\x01\n"  # no pattern reaches from one name into the next


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
        found, marks = _search(engine, data, 0, len(data))
        return open_ones(reread(engine, data, marks, found, aside))
    every, everywhere = list[Hit](), list[tuple[int, int]]()
    for start in range(0, len(data), WINDOW):
        left = max(0, start - engine.margin)
        part = data[left : start + WINDOW + engine.margin]
        low, high = start - left, min(start - left + WINDOW, len(part))
        found, marks = _search(engine, part, low if start else 0, high)
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
    """The hits of a content of any size as they are found; holds one window and its margins."""
    aside, margin = Aside(DEFAULT) if aside is None else aside, engine.margin
    buffer, low, lines_before = b"", 0, 0
    columns_before = begin = 0  # of the buffer in the content
    held: dict[Hit, Placed] = {}  # by place in the content: one window's hit may be what another's has read or paired
    for part, last in _ahead(_windows(pieces)):
        buffer += part
        end = len(buffer) if last else open_end(buffer)
        waits = len(buffer) <= _WAIT
        high = len(buffer) if last else max(low, min(len(buffer) - margin, end if waits else len(buffer)))
        lines = Lines(buffer, lines_before, columns_before)
        found, marks = _search(engine, buffer, low, high)
        if not waits and holds_text(marks, end):
            aside.miss(_TORN, f"base64@{begin + end}-{begin + len(buffer)}")
        for hit in reread(engine, buffer, marks, found, aside):
            there = moved(hit, begin)
            held[there] = Placed(there, *_text_and_place(buffer, hit, lines))
        tell(aside, lines, begin)
        kept = settle(held)
        sure = begin + high - (0 if last else margin)
        yield from (held[hit] for hit in open_ones(kept) if hit.secret.end <= sure or last)
        held = {hit: held[hit] for hit in kept if hit.secret.end > sure}
        cut = max(0, high - margin)
        if cut and buffer[cut - 1 : cut + 1] == b"\r\n":
            cut -= 1  # a line end is not torn apart
        ended = line_ends(buffer[:cut])
        tail = max(buffer.rfind(b"\n", 0, cut), buffer.rfind(b"\r", 0, cut)) + 1
        columns_before = len(buffer[tail:cut].decode("utf-8", "replace")) + (0 if ended else columns_before)
        lines_before += ended
        buffer, low, begin = buffer[cut:], high - cut, begin + cut


def _windows(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= WINDOW:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def _ahead(parts: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    previous = next(parts)
    for part in parts:
        yield previous, False
        previous = part
    yield previous, True


def _search(engine: Engine, data: bytes, low: int, high: int) -> Looked:
    """Hits of a window as it is and of its wide readings, as spans of the window; also what is sure to be no secret, and its marks."""
    looked = engine.look(data, low, high)
    if 0 not in data:
        return looked
    wide = wide_hits(engine, data, low, high)
    return looked._replace(hits=settle([*looked.hits, *wide])) if wide else looked


def names_with_hits(engine: Engine, names: list[bytes]) -> list[tuple[bytes, Placed]]:
    """Those names that hold a secret."""
    text = BETWEEN_NAMES.join(names)
    if not text or not engine.find(text):
        return []
    return [(name, seen) for name in names for seen in placed(engine, name)]


def match_at(seen: Placed, origin: Origin) -> Match:
    """A match at its own place; `paths` has the file that it is in, whatever the file holds."""
    place, paths = seen.place, (origin.path,) if origin.path else ()
    found = Match(seen.hit, origin.at(seen.inside), seen.text, place.text, paths=paths, reachable=seen.inside.reachable)
    if seen.inside.field == "path-name" or place == NOWHERE:  # a name has no lines
        return found
    return replace(found, line=place.line, end_line=place.end_line, column=place.column, end_column=place.end_column)


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
