"""Text that is written in another way, read: around each mark of an encoding the text as it would be without it, with the way back."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from scanner.decode.encodings import LOGS, LONG, WRITTEN, stretch, unpacked
from scanner.decode.formats import Format, recognise
from scanner.decode.marks import BETWEEN, MARKS, PACKED, TAR
from scanner.decode.offsets import Offsets, Run
from scanner.decode.quiet import Piece, Quiet
from scanner.decode.units import Units
from scanner.model.content import Span

_LEFT, _RIGHT = 512, 512  # bytes of the text around a mark that are read with it
_LINE_LEFT, _LINE_RIGHT = 2048, 8192  # and up to its line's ends, if that is not further
_AT_ONCE = 256 << 10  # bytes of text in one reading
_SAMPLE = 16 << 10  # bytes of that by which a long log is judged to be broken or not
_OVERLAP = 4096  # of readings that follow each other in one long piece
_BESIDE, _BEHIND = 200, 64  # text around a stretch, on its own lines
_LEAST_FILE = 40  # characters: an empty gzip file has 27, and its name is a word in the sources of what reads it
_TEXT = 24  # bytes around a mark that must be text
_NEAR = 8  # a hit that ends so near to what was decoded may be one because of it
_PICTURES = frozenset({"png", "jpeg", "gif", "webp", "tiff", "heif", "bmp", "svg"})  # data URIs: what they show is not text
_BINARY = re.compile(rb"[\0-\x06\x10-\x1a\x1c-\x1f]")
Spots = Sequence[tuple[int, int]]  # (mark's number, offset where it ends)


@dataclass(frozen=True, slots=True)
class Reading:
    """Pieces of a text as they read once one encoding is undone."""

    kind: str
    data: bytes = field(repr=False)
    back: Offsets
    stretches: tuple[Span, ...] = ()  # what was decoded as a whole, by place in the text
    pieces: Sequence[Piece] = ()  # of the text, where single characters were decoded

    def concerns(self, span: Span) -> bool:
        """Whether something stands there, or right beside it, that was not written so."""
        return self.back.is_changed(Span(max(0, span.start - _NEAR), min(len(self.data), span.end + _NEAR)))

    def step(self, span: Span) -> str:
        """The step for a hit, of which `span` is the place in the text: what was decoded, and where it begins and ends."""
        starts = [stretch.start for stretch in self.stretches]
        whole = self.stretches[bisect_right(starts, span.start) - 1] if starts and bisect_right(starts, span.start) else span
        return f"{self.kind}@{whole.start}-{whole.end}" if whole.end >= span.end else f"{self.kind}@{span.start}-{span.end}"


@dataclass(frozen=True, slots=True)
class Packed:
    """A stretch that holds a file of a known format."""

    kind: str
    span: Span
    data: bytes = field(repr=False)
    form: Format

    @property
    def step(self) -> str:
        """What was decoded, and where it begins and ends."""
        return f"{self.kind}@{self.span.start}-{self.span.end}"


def readings(data: bytes, marks: Spots, *, logs: bool = False, quiet: Quiet | None = None) -> Iterator[Reading | Packed]:
    """Every reading of a text that has these marks: those of stretches in order of place, then of characters by encoding.

    Pieces that are known to be `quiet` are left out.
    """
    written: dict[str, list[int]] = {}
    stretches: list[tuple[int, str]] = []
    for number, end in marks:
        kind = MARKS[number].kind
        if kind in WRITTEN:
            if (logs or kind not in LOGS) and not _BINARY.search(data, max(0, end - _TEXT), end + _TEXT):
                written.setdefault(kind, []).append(end)
        else:
            stretches.append((end, kind))
    yield from _stretches(data, sorted(stretches))
    for kind, ends in written.items():
        around = _pieces(data, sorted(ends), LONG.get(kind, 0))
        for pieces in _batches(quiet.others(kind, data, around) if quiet else around):
            if reading := _written(data, kind, WRITTEN[kind], pieces):
                yield reading
            elif quiet:
                quiet.add(kind, data, [Piece(low, high, 0) for low, high in pieces])


def log_readings(data: bytes) -> Iterator[Reading]:
    """The readings that only logs need, and that no mark tells of: lines that a terminal has broken, joined."""
    from scanner.decode.unwrap import is_wrapped, wrapped

    parts = [(at, min(at + _AT_ONCE, len(data))) for at in range(0, len(data), _AT_ONCE)]
    for low, high in parts:
        sample = data[low:high] if len(data) <= _AT_ONCE else data[low : low + _SAMPLE]
        if is_wrapped(sample) and (reading := _written(data, "wrapped", wrapped, [(max(0, low - _OVERLAP), high)])):
            yield reading


# -- stretches ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Draft:
    """A reading that is being put together."""

    parts: list[bytes] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    size: int = 0
    end: int = 0

    def add(self, text: bytes, was: int, took: int = 1, made: int = 1) -> None:
        """Text that comes from the content's bytes from `was` on."""
        if text:
            self.runs.append(Run(self.size, was, took, made))
            self.parts.append(text)
            self.size += len(text)

    def between(self, was: int) -> None:
        """A new piece begins."""
        if self.size:
            self.add(BETWEEN, was, 0, 1)

    def reading(self, kind: str) -> Reading:
        """What it came to."""
        return Reading(kind, b"".join(self.parts), Offsets(self.runs, self.end), tuple(self.spans))


def _stretches(data: bytes, marks: Iterable[tuple[int, str]]) -> Iterator[Reading | Packed]:
    drafts: dict[str, _Draft] = {}
    done = 0
    for end, kind in marks:
        if end <= done:
            continue
        encoding, lines = stretch(data, kind, end)
        if not lines or lines[0][0] < done:
            continue
        text = unpacked(encoding, data, lines)
        span = Span(lines[0][0], lines[-1][1])
        form = recognise(text)
        if form is None and kind == PACKED and not text.startswith(b"\xef\xbb\xbf"):
            continue
        if (form is None and kind == TAR) or (form is not None and span.end - span.start < _LEAST_FILE):
            continue
        done = span.end
        if form is not None:
            if form.name not in _PICTURES:
                yield Packed(encoding, span, text, form)
            continue
        draft = drafts.setdefault(encoding, _Draft())
        if draft.size >= _AT_ONCE or span.start < draft.end:
            yield draft.reading(encoding)
            draft = drafts[encoding] = _Draft()
        _stretch(draft, data, lines, text, 3 if encoding == "base64" else 1)
    for encoding, draft in drafts.items():
        yield draft.reading(encoding)


def _stretch(draft: _Draft, data: bytes, lines: list[tuple[int, int]], text: bytes, made: int) -> None:
    """One stretch in its place, so that the name of what it is the value of stands before it."""
    start, end = lines[0][0], lines[-1][1]
    left = max(data.rfind(b"\n", max(0, start - _BESIDE), start) + 1, start - _BESIDE, draft.end, 0)
    before = data[left:start]
    if made == 1 and before[-1:] in (b"x", b"X") and before[-2:-1] in (b"0", b"\\"):
        before = before[:-2]  # as in 0x and in bytea
    right = data.find(b"\n", end, end + _BEHIND)
    right = right if right >= 0 else min(len(data), end + _BEHIND)
    draft.between(left)
    draft.add(before, left)
    took, at = (4, 0) if made == 3 else (2, 0)
    if any((b - a) % took for a, b in lines[:-1]):
        draft.add(text, start, end - start, 1 << 62)
    else:
        for a, b in lines:
            size = -(-(b - a) // took) * made
            draft.add(text[at : at + size], a, took, made)
            at += size
    tail = end
    while tail < right and data[tail : tail + 1] == b"=":
        tail += 1
    draft.end = max(draft.end, right)
    draft.add(data[tail:right], tail)
    draft.spans.append(Span(start, end))


# -- characters --------------------------------------------------------------------------------------------------------


def _pieces(data: bytes, ends: Sequence[int], more: int = 0) -> Iterator[tuple[int, int]]:
    """The text around the marks, and so much more after them; where it overlaps in one piece."""
    low = high = 0
    for end in ends:
        left = _line_start(data, max(0, end - max(_LEFT, more)))
        if left > high:
            if high:
                yield low, high
            low = left
        if end + max(_RIGHT, more) > high:
            high = _line_end(data, min(len(data), end + max(_RIGHT, more)))
    if high:
        yield low, high


def _line_start(data: bytes, at: int) -> int:
    low = max(0, at - _LINE_LEFT)
    return max(low, data.rfind(b"\n", low, at) + 1)


def _line_end(data: bytes, at: int) -> int:
    high = min(len(data), at + _LINE_RIGHT)
    found = data.find(b"\n", at, high)
    return high if found < 0 else found


def _batches(pieces: Iterable[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Pieces in readings of bounded size; a piece that is longer is read in parts that overlap."""
    batch: list[tuple[int, int]] = []
    size = 0
    for low, high in pieces:
        at = low
        while at < high:
            stop = high if high - at <= _AT_ONCE + _OVERLAP else at + _AT_ONCE
            batch.append((max(low, at - _OVERLAP), stop))
            size += stop - at
            at = stop
            if size >= _AT_ONCE:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


def _written(data: bytes, kind: str, units: Units, pieces: Sequence[tuple[int, int]]) -> Reading | None:
    draft, changed, read = _Draft(), False, list[Piece]()
    for low, high in pieces:
        before = draft.size
        draft.between(low)
        at = low
        for unit in units(data, low, high):
            draft.add(data[at : unit.start], at)
            draft.add(unit.text, unit.start, unit.took, unit.made)
            at, changed = unit.end, True
        draft.add(data[at:high], at)
        draft.end = high
        read.append(Piece(low, high, draft.size - before))
    return replace(draft.reading(kind), pieces=read) if changed else None
