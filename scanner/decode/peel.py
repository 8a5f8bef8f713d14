"""What a content holds, layer by layer: every reading of it as a Chunk, and what could not be read as Unseen."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple

from scanner.decode.content import STEP, Content, Part, Readable
from scanner.decode.formats import Format, recognise
from scanner.decode.limits import Stop
from scanner.decode.offsets import Offsets
from scanner.model.content import WHOLE, Inside, Span, Unseen


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes ready to search, or pieces of what is too large to be held; it knows how it came to be and where it stands."""

    data: bytes | Iterator[bytes] = field(repr=False)  # pieces are read before the next chunk is asked for
    at: Layer
    over: bytes | None = field(default=None, repr=False)  # in whose lines its findings are placed, by `back`; None: in its own
    back: Offsets | None = None
    locate: Callable[[Span], Inside] | None = None  # where a span of the data stands, seen from the layer
    misread: tuple[Span, ...] | None = None  # as in Part
    quiet: Callable[[], None] | None = None


class Layer(NamedTuple):
    """Where a reading is: the steps that led to it, its place as a person would name it, and which part of which part it is."""

    steps: tuple[str, ...] = ()
    inside: Inside = WHOLE
    way: tuple[int, ...] = ()

    def below(self, part: Part, form: Format, number: int) -> Layer:
        """The layer of a part."""
        way = self.way if part.raw else (*self.way, number)
        return Layer((*self.steps, part.step or form.name), part.inside.within(self.inside), way)


def peel(content: Content, form: Format, at: Layer = Layer()) -> Iterator[Chunk | Unseen]:  # noqa: B008 it is frozen
    """Everything in a content of this format, in order; the content's own bytes only where a reader left them."""
    budget = content.budget
    if len(at.steps) >= budget.limits.depth:
        yield Unseen("archive-too-deep", f"{form.title} inside {budget.limits.depth} other layers", at.inside)
        return
    spent = budget.spent
    parts: Iterator[Part | Unseen] = iter(())
    try:
        parts = form.read(content)
        for number, part in enumerate(parts):
            if isinstance(part, Unseen):
                yield replace(part, inside=part.inside.within(at.inside))
                continue
            budget.member()
            yield from of_part(part, content, at.below(part, form, number))
            if budget.over:
                raise budget.over
    except Exception as problem:
        yield replace(flaw(problem), inside=at.inside)
    finally:
        if isinstance(parts, Generator):
            parts.close()
    if form.forwards and not content.is_held:
        yield from _left(content, at, everything=budget.spent == spent)


def of_part(part: Part, content: Content, at: Layer) -> Iterator[Chunk | Unseen]:
    """One part as a chunk, and then what it holds itself."""
    budget = content.budget
    if isinstance(part.data, bytes):
        budget.spend(len(part.data))
        yield from _held(part.data, part, content, at)
        return
    stream = Metered(part.data, content)
    held = stream.upto(budget.limits.held)
    if len(held) < budget.limits.held:
        yield from _held(held, part, content, at)
    else:
        yield from of_large(Content(stream, budget, head=held), at)
    if stream.flaw:
        yield replace(stream.flaw, inside=at.inside)


def _held(data: bytes, part: Part, content: Content, at: Layer) -> Iterator[Chunk | Unseen]:
    if data or part.inside.member or part.quiet:
        yield Chunk(data, at, content.whole() if part.back else None, part.back, part.locate, part.misread, part.quiet)
    if inner := part.form or recognise(data):
        yield from peel(Content(data, content.budget), inner, at)


def of_large(content: Content, at: Layer) -> Iterator[Chunk | Unseen]:
    """What is too large to be held, as it goes by."""
    inner = recognise(content.head)
    if inner is None:
        yield Chunk(content.pieces(), at)
    elif inner.forwards:
        yield from peel(content, inner, at)
    else:
        try:
            yield Chunk(content.kept(), at)
            yield from peel(content, inner, at)
        finally:
            content.close()


def _left(content: Content, at: Layer, *, everything: bool) -> Iterator[Chunk]:
    """What the reader of a large content did not get to; all of it where it was not in this format after all."""
    try:
        pieces = content.again() if everything else content.pieces()
        if first := next(pieces, b""):
            yield Chunk(chain([first], pieces), at)
    except Exception:  # it was told already
        return


class Metered:
    """A part that is larger than may be held: counts what comes, and ends where it is damaged or grows beyond its limit."""

    def __init__(self, source: Readable, container: Content) -> None:
        self._source, self._container, self._size = source, container, 0
        self.flaw: Unseen | None = None

    def read(self, size: int, /) -> bytes:
        if self.flaw:
            return b""
        try:
            data = self._source.read(size)
            self._size += len(data)
            self._container.budget.spend(len(data))
            limits = self._container.budget.limits
            if self._size > limits.part and self._size > limits.ratio * self._container.weight:
                raise Stop("archive-too-large", f"it is more than {limits.ratio} times as large as what it was made from")
        except Exception as problem:
            self.flaw = flaw(problem)
            return b""
        return data

    def upto(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at its end."""
        parts, missing = [], size
        while missing and (data := self.read(min(missing, STEP))):
            parts.append(data)
            missing -= len(data)
        return b"".join(parts)


def flaw(problem: Exception) -> Unseen:
    """What is said of a reader that could not go on."""
    if isinstance(problem, Stop):
        return Unseen(problem.reason, problem.detail)
    if isinstance(problem, EOFError):
        return Unseen("truncated", "it ends too early")
    if isinstance(problem, (MemoryError, RecursionError, ImportError)):
        return Unseen("tool-error", "the program that reads this format failed")
    return Unseen("unreadable", "it is damaged, or not what its beginning says")
