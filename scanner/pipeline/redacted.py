"""A text without its secrets: what is found is masked as the text goes by, and what goes out was searched a second time."""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from scanner.decode.limits import DEFAULT
from scanner.decode.unwrap import settled
from scanner.detect.engine import Engine
from scanner.model.content import Span
from scanner.pipeline.examine import Placed, Stream, windows
from scanner.pipeline.reread import Aside, Enclosed

MASK = b"********"


class Left(Exception):
    """A secret was still there after the masking."""


class Torn(Exception):
    """Something was not read, so nobody knows whether it may stay."""


def redacted(engine: Engine, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The text with a mask of fixed length for each secret; raises Left or Torn before any byte in doubt goes out."""
    return _checked(engine, _masked(engine, pieces))


def _masked(engine: Engine, pieces: Iterable[bytes]) -> Iterator[bytes]:
    copy = _Copy(engine, pieces)
    yield from copy.run(copy.mask)
    copy.settle()


def _checked(engine: Engine, pieces: Iterable[bytes]) -> Iterator[bytes]:
    copy = _Copy(engine, pieces)
    yield from copy.run(_refuse)
    copy.settle()


def _refuse(span: Span) -> None:
    raise Left


class _Copy:
    """The bytes that were searched and not yet handed on, and where in them secrets stand."""

    def __init__(self, engine: Engine, pieces: Iterable[bytes]) -> None:
        self._engine, self._pieces = engine, pieces
        self._waiting: deque[bytes] = deque()
        self._at = 0  # of the first waiting byte in the text
        self._spans: list[tuple[int, int]] = []
        self.aside = Aside(DEFAULT, open=self._enclosed, logs=True, all_places=True)

    def run(self, found: Callable[[Span], None]) -> Iterator[bytes]:
        """Hands on what is sure, masked where `found` has taken note of something."""
        self._found = found
        stream = Stream(self._engine, self.aside)
        for parts, pauses in windows(self._pieces):
            self._waiting.append(b"".join(parts))
            self._note(stream.more(parts))
            yield from self._sure(stream.sure - self._engine.margin)
            if pauses:
                self._note(stream.early())
                yield from self._lines()
        self._note(stream.more((), last=True))
        yield from self._sure(None)

    def _note(self, found: Iterable[Placed]) -> None:
        for seen in found:
            for span in (seen.hit.secret, *(partner.span for partner in seen.hit.partners if partner.hidden)):
                self._found(span)

    def mask(self, span: Span) -> None:
        """Take note of a secret; raises Left if a part of it went out at a pause."""
        if span.start < self._at:
            raise Left
        insort(self._spans, (span.start, span.end))

    def settle(self) -> None:
        """Raises Torn where something was not read."""
        for unseen in self.aside.unseen:
            raise Torn(unseen.detail)

    def _enclosed(self, item: Enclosed, _place: object) -> None:
        """A file inside of the text is masked as a whole, unless it is clean."""
        from scanner.decode.content import Content
        from scanner.decode.limits import Budget
        from scanner.decode.peel import Layer
        from scanner.pipeline.opened import opened

        content = Content(item.packed.data, Budget(DEFAULT, len(item.packed.data)))
        more = opened(self._engine, content, item.packed.form, Layer(item.steps, way=(0,) * len(item.steps)))
        if more.found or any(one.reason != "unreadable" for one in more.unseen):
            self._found(item.span)

    def _sure(self, upto: int | None) -> Iterator[bytes]:
        """Everything before an offset of the text."""
        while self._waiting and (upto is None or self._at + len(self._waiting[0]) <= upto):
            piece = self._waiting.popleft()
            if self._reaches(self._at + len(piece)) and self._waiting:
                self._waiting[0] = piece + self._waiting[0]
                continue
            yield self._cut(piece)

    def _lines(self) -> Iterator[bytes]:
        """At a pause, the lines that are over; and the pause."""
        data = b"".join(self._waiting)
        cut = self._at + settled(data)
        cut = min([cut, *(start for start, stop in self._spans if start < cut < stop)])
        self._waiting = deque(piece for piece in (data[: cut - self._at], data[cut - self._at :]) if piece)
        yield from self._sure(cut)
        yield b""

    def _reaches(self, end: int) -> bool:
        """Whether a secret stands on both sides of an offset."""
        return any(start < end < stop for start, stop in self._spans)

    def _cut(self, piece: bytes) -> bytes:
        parts, at, stop = [], self._at, self._at + len(piece)
        for start, end in self._spans:
            if start >= stop:
                break
            if end <= at:
                continue
            parts.append(piece[at - self._at : max(at, start) - self._at])
            lines = piece[max(at, start) - self._at : end - self._at].count(b"\n")  # so that the lines keep their numbers
            parts.append(MASK + b"\n" * lines if start >= at else b"")
            at = min(end, stop)
        parts.append(piece[at - self._at :])
        self._spans = [span for span in self._spans if span[1] > stop]
        self._at = stop
        return b"".join(parts)
