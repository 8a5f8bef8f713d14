"""An image searched by several processes: this one unpacks it, and others search what comes out, told in the order in which it came.

Contents wait for their worker in memory that all share, as much of it as `_HELD` and one share more. What comes of an image is the same,
whatever the number of workers: shares are told in order, and one with which more would be spent than may be is searched once more here,
with what is left.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from scanner.decode.content import STEP, Content, Part, Pieces
from scanner.decode.formats import Format
from scanner.decode.limits import Budget, Stop
from scanner.decode.peel import Chunk, Layer, Metered, flaw, of_large, of_part
from scanner.detect.engine import Engine
from scanner.model.content import Unseen
from scanner.pipeline.examine import Placed
from scanner.pipeline.opened import Missed, Names, Opened, looked, opened
from scanner.pipeline.workers import Died, Pool

_SHARE, _ITEMS = 1 << 20, 100  # bytes and contents that are worth a task
_LARGE = 32 << 20  # bytes of a content that is searched here, while it is unpacked
_HELD = 48 << 20
_MUCH = Stop("archive-too-large", "what it holds is larger than may be read of one file")
_DIED = "a worker process ended while it read this"


class Item(NamedTuple):
    """One content in the shared memory."""

    at: Layer
    place: int
    size: int
    form: Format | None


class Share(NamedTuple):
    """Contents for one task, with the number of the first."""

    first: int
    items: tuple[Item, ...]


@dataclass(slots=True)
class Told:
    """What came of a share, or of what was searched here."""

    count: int = 1  # of numbers
    found: list[Placed] = field(default_factory=list, repr=False)
    unseen: list[Unseen] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    octets: int = 0  # spent
    members: int = 0
    over: Stop | None = None


class _Reader:
    """Searches shares, in every process with the engine that was there when it parted."""

    def __init__(self, engine: Engine, memory: int, budget: Budget, weight: int) -> None:
        self._engine, self._memory, self._budget, self._weight = engine, memory, budget, weight

    def __call__(self, share: Share) -> Told:
        return self.searched(share, self._budget.beside())

    def searched(self, share: Share, budget: Budget) -> Told:
        """What the contents hold; where the budget is used up by it, as far as it goes."""
        before, members = budget.spent, budget.members
        content = Content(b"", budget)
        content.size = self._weight
        told = Told(len(share.items))
        told.found = looked(self._engine, budget, self._chunks(share, content), told.unseen.append, told.names.append)
        told.octets, told.members, told.over = budget.spent - before, budget.members - members, budget.over
        return told

    def _chunks(self, share: Share, content: Content) -> Iterator[Chunk | Unseen]:
        try:
            for item in share.items:
                content.budget.member()
                data = Pieces(self._pieces(item)) if item.size >= content.budget.limits.held else b"".join(self._pieces(item))
                yield from of_part(Part(data, item.at.inside, form=item.form), content, item.at)
                if content.budget.over:
                    return
        except Stop:  # nothing more may be spent, which is told
            return

    def _pieces(self, item: Item) -> Iterator[bytes]:
        at, end = item.place, item.place + item.size
        while at < end:
            piece = os.pread(self._memory, min(STEP, end - at), at)
            yield piece
            at += len(piece)


def opened_by(workers: int, engine: Engine, content: Content, form: Format) -> Opened:
    """As `opened`, for what holds very many contents and is not one itself; by so many processes, where they can share memory."""
    if workers < 2 or sys.platform != "linux":
        return opened(engine, content, form)
    engine.sieve.spots(b"")  # made before the processes part
    memory = os.memfd_create("leakseal")
    try:
        return _Dealing(workers, engine, content, memory).run(form)
    finally:
        os.close(memory)


class _Over(Exception):
    """More was spent than may be."""

    def __init__(self, stop: Stop) -> None:
        super().__init__()
        self.stop = stop


class _Dealing:
    """One image on its way through the processes."""

    def __init__(self, workers: int, engine: Engine, content: Content, memory: int) -> None:
        self._engine, self._content, self._memory = engine, content, memory
        self._sure = content.budget.beside()  # what was spent on all that was told
        self._reader = _Reader(engine, memory, self._sure.beside(), content.weight)
        self._pool: Pool[Share, Told] = Pool(self._reader, [], workers, ahead=True)
        self._number = self._next = 0  # of what is dealt next, and told next
        self._parts: list[tuple[Layer, bytes, Format | None]] = []  # of the next share
        self._done: dict[int, tuple[Share | None, Told]] = {}
        self._live: dict[int, tuple[int, int, int]] = {}  # by its first number: the next share's, and place and size in the memory
        self._risky: set[int] = set()  # contents that a worker has died of
        self._missed, self._names, self._found = Missed(), Names(engine), list[Placed]()

    def run(self, form: Format) -> Opened:
        """Unpack it, deal it out, and tell what came of it."""
        try:
            self._unpack(form)
            for share, told in self._pool.results():
                self._take(share, told)
        except _Over as problem:
            self._missed.add(flaw(problem.stop))
        finally:
            self._pool.stop()
        return Opened([*self._found, *self._names.told()], self._missed.told())

    # -- unpacking -----------------------------------------------------------------------------------------------------

    def _unpack(self, form: Format) -> None:
        budget, parts = self._content.budget, form.read(self._content)
        try:
            for number, part in enumerate(parts):
                if isinstance(part, Unseen):
                    self._here(Told(unseen=[part]))
                    continue
                budget.member()
                self._part(part, Layer().below(part, form, number))
                if budget.over:
                    raise budget.over
        except _Over:
            raise
        except Exception as problem:
            self._here(Told(unseen=[flaw(problem)]))
        finally:
            if isinstance(parts, Generator):
                parts.close()
        self._deal()

    def _part(self, part: Part, at: Layer) -> None:
        budget, before = self._content.budget, self._content.budget.spent
        if part.back or part.locate or part.quiet or part.raw or part.misread is not None:
            self._search(of_part(part, self._content, at), before)
        elif isinstance(part.data, bytes):
            budget.spend(len(part.data))
            self._add(at, part.data, part.form)
        else:
            stream, most = Metered(part.data, self._content), max(_LARGE, budget.limits.held)
            if len(data := stream.upto(most)) < most:
                self._add(at, data, part.form)
            else:
                self._search(of_large(Content(stream, budget, head=data), at), before)
            if stream.flaw:
                self._here(Told(unseen=[replace(stream.flaw, inside=at.inside)]))

    def _search(self, chunks: Iterable[Chunk | Unseen], before: int) -> None:
        """Search here what is too large to be handed on."""
        budget, told = self._content.budget, Told(members=1)
        self._deal()
        members = budget.members
        told.found = looked(self._engine, budget, chunks, told.unseen.append, told.names.append)
        told.octets, told.members = budget.spent - before, 1 + budget.members - members
        self._here(told)

    def _here(self, told: Told) -> None:
        self._deal()
        self._done[self._number] = None, told
        self._number += 1
        self._tell()

    # -- dealing out ---------------------------------------------------------------------------------------------------

    def _add(self, at: Layer, data: bytes, form: Format | None) -> None:
        if sum(len(one) for _, one, _ in self._parts) + len(data) > _SHARE or len(self._parts) >= _ITEMS:
            self._deal()
        self._parts.append((at, data, form))

    def _deal(self) -> None:
        """Put the next share where workers read it, and take what is done; where much waits, until it is less."""
        if not self._parts:
            return
        size = sum(len(data) for _, data, _ in self._parts)
        start = place = self._room(size)
        items = []
        for at, data, form in self._parts:
            items.append(Item(at, place, len(data), form))
            for written in range(0, len(data), STEP):
                place += os.pwrite(self._memory, data[written : written + STEP], place)
        self._parts.clear()
        self._live[self._number] = self._number + len(items), start, size
        self._pool.add(Share(self._number, tuple(items)))
        self._number += len(items)
        seconds = 0.0
        while True:
            for share, told in self._pool.done(seconds):
                self._take(share, told)
            if not self._pool.working or sum(size for _, _, size in self._live.values()) <= _HELD:
                return
            seconds = 1.0

    def _room(self, size: int) -> int:
        """The first place in the memory where so much is free."""
        place = 0
        for start, length in sorted((start, length) for _, start, length in self._live.values()):
            if start - place >= size:
                break
            place = start + length
        return place

    # -- telling -------------------------------------------------------------------------------------------------------

    def _take(self, share: Share, told: Told | Died[Share]) -> None:
        if not isinstance(told, Died):
            self._done[share.first] = share, told
            self._tell()
        elif middle := len(share.items) // 2:
            self._pool.again([Share(share.first, share.items[:middle]), Share(share.first + middle, share.items[middle:])])
        elif share.first not in self._risky:
            self._risky.add(share.first)  # once may be chance: memory was short, or somebody ended it
            self._pool.again([share])
        else:
            item = share.items[0]
            self._done[share.first] = None, Told(unseen=[Unseen("tool-error", _DIED, item.at.inside)], octets=item.size, members=1)
            self._tell()

    def _tell(self) -> None:
        """Everything that is done, as far as nothing before it is not."""
        while self._next in self._done:
            share, told = self._done.pop(self._next)
            if not self._sure.take(told.octets, told.members):
                told = self._reader.searched(share, self._sure) if share else replace(told, over=_MUCH)
            self._found += told.found
            for unseen in told.unseen:
                self._missed.add(unseen)
            for name in told.names:
                self._names.add(name)
            if told.over:
                raise _Over(told.over)
            self._next += told.count
            while self._live and next(iter(self._live.values()))[0] <= self._next:
                del self._live[next(iter(self._live))]
