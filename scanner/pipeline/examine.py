"""Hops 3 to 6 for one content: read it in every encoding, search it in windows of bounded size, say where the hits stand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from scanner.decode.text import WIDTH, narrowed, wide_readings
from scanner.detect.engine import Engine
from scanner.detect.overlap import open_ones, settle
from scanner.findings.locate import Lines, Place, line_ends
from scanner.model.content import WHOLE, Inside, Origin, Span
from scanner.model.evidence import Hit, Match

WINDOW = 4 << 20
NOWHERE = Place(0, 0, 0, 0, b"")  # of what has no lines that a person could count
BETWEEN_NAMES = b"\n\x01\n\x01\n"  # no pattern reaches from one name into the next


class Placed(NamedTuple):
    """A hit, the text of its construct, and where it stands: on which lines, and of what inside of the content."""

    hit: Hit
    text: bytes
    place: Place
    inside: Inside = WHOLE


def hits(engine: Engine, data: bytes) -> tuple[Hit, ...]:
    """Every hit in a content that is held whole, in order of place."""
    if len(data) <= WINDOW:
        return open_ones(_search(engine, data, 0, len(data)))
    found: list[Hit] = []
    for start in range(0, len(data), WINDOW):
        left = max(0, start - engine.margin)
        part = data[left : start + WINDOW + engine.margin]
        low, high = start - left, min(start - left + WINDOW, len(part))
        found += (moved(hit, left) for hit in _search(engine, part, low if start else 0, high))
    return open_ones(settle(found))


def placed(engine: Engine, data: bytes) -> list[Placed]:
    """The hits of a content with their places."""
    return with_places(data, hits(engine, data)) if data else []


def with_places(data: bytes, found: Iterable[Hit]) -> list[Placed]:
    """Hits in order of place, each with its text and its place."""
    lines = Lines(data)
    return [Placed(hit, *_text_and_place(data, hit, lines)) for hit in found]


def streamed(engine: Engine, pieces: Iterable[bytes]) -> Iterator[Placed]:
    """The hits of a content of any size as they are found; holds one window and its margins."""
    margin = engine.margin
    buffer, low, lines_before = b"", 0, 0
    columns_before = begin = 0  # of the buffer in the content
    held: dict[Hit, Placed] = {}  # by place in the content: one window's hit may be what another's has read or paired
    for part, last in _ahead(_windows(pieces)):
        buffer += part
        high = len(buffer) if last else max(low, len(buffer) - margin)
        lines = Lines(buffer, lines_before, columns_before)
        for hit in _search(engine, buffer, low, high):
            held[moved(hit, begin)] = Placed(hit, *_text_and_place(buffer, hit, lines))
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


def _search(engine: Engine, data: bytes, low: int, high: int) -> tuple[Hit, ...]:
    """Hits of a window as it is and of its wide readings, as spans of the window; also what is sure to be no secret."""
    found = engine.read(data, low, high)
    if 0 not in data:
        return found
    wide: list[Hit] = []
    for reading in wide_readings(data):
        for hit in engine.read(reading.data, max(0, reading.forth(low)), reading.forth(high)):
            wide.append(read_back(hit, reading.data, reading.back, reading.step))
    return settle([*found, *wide]) if wide else found


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


def names_with_hits(engine: Engine, names: list[bytes]) -> list[tuple[bytes, Placed]]:
    """Those names that hold a secret."""
    text = BETWEEN_NAMES.join(names)
    if not text or not engine.find(text):
        return []
    return [(name, seen) for name in names for seen in placed(engine, name)]


def match_at(seen: Placed, origin: Origin) -> Match:
    """A match at its own place; `paths` has the file that it is in, whatever the file holds."""
    place, paths = seen.place, (origin.path,) if origin.path else ()
    found = Match(seen.hit, origin.at(seen.inside), seen.text, place.text, paths=paths)
    if seen.inside.field == "path-name" or place == NOWHERE:  # a name has no lines
        return found
    return replace(found, line=place.line, end_line=place.end_line, column=place.column, end_column=place.end_column)


def moved(hit: Hit, by: int) -> Hit:
    """The same hit, further on in the content."""
    partners = tuple(replace(partner, span=_shifted(partner.span, by)) for partner in hit.partners)
    return replace(hit, span=_shifted(hit.span, by), secret=_shifted(hit.secret, by), partners=partners)


def _shifted(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)


def _text_and_place(data: bytes, hit: Hit, lines: Lines) -> tuple[bytes, Place]:
    text = data[hit.span.start : hit.span.end] if hit.text is None else hit.text
    if not hit.steps or hit.steps[0] not in WIDTH:
        return text, lines.place(hit.span)
    narrow, width = narrowed(data, hit.steps[0], hit.span.start), WIDTH[hit.steps[0]]
    return text, Lines(narrow).place(Span(hit.span.start // width, hit.span.end // width))
