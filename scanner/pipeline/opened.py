"""What a content holds, searched: hops 3 to 6 for its parts, their parts, and the names that they have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from scanner.decode.content import Content
from scanner.decode.formats import Format, recognise
from scanner.decode.limits import Budget, Limits
from scanner.decode.peel import Chunk, Layer, peel
from scanner.detect.engine import Engine
from scanner.findings.locate import Lines, Place
from scanner.model.content import WHOLE, Inside, Span, Unseen
from scanner.pipeline.examine import NOWHERE, Placed, hits, names_with_hits, placed, streamed, tell, with_places
from scanner.pipeline.reread import Aside, Enclosed, read_back

_GAPS_MOST = 100  # told one by one for each content; the others are counted by reason
_NAMES_AT_ONCE = 4000
_KNOWN_MOST = 1000  # places of files in a text that goes on


@dataclass(slots=True)
class Opened:
    """What came of opening one content."""

    found: list[Placed] = field(default_factory=list, repr=False)
    unseen: list[Unseen] = field(default_factory=list)
    times: Counter[tuple[str, bytes]] = field(default_factory=Counter, repr=False)  # of a log: how often each (rule, secret) was seen

    def take(self, more: Opened) -> None:
        """More of the same content."""
        self.found += more.found
        self.unseen += more.unseen

    @property
    def read(self) -> bool:
        """Whether the content itself was understood; what is missing inside of it is told by itself."""
        return all(one.inside != WHOLE for one in self.unseen)


def opened(engine: Engine, content: Content, form: Format, at: Layer = Layer(), *, logs: bool = False) -> Opened:  # noqa: B008 it is frozen
    """Everything found in what the content holds; its own bytes are not searched, unless its reader left them."""
    missed, names, times = Missed(), Names(engine), Counter[tuple[str, bytes]]()
    found = looked(engine, content.budget, peel(content, form, at), missed.add, names.add, times if logs else None)
    return Opened([*found, *names.told()], missed.told(), times)


def looked(
    engine: Engine, budget: Budget, chunks: Iterable[Chunk | Unseen], missed: Callable[[Unseen], None], named: Callable[[str], None],
    times: Counter[tuple[str, bytes]] | None = None,
) -> list[Placed]:  # fmt: skip
    """What is found in these chunks, innermost; `missed` and `named` are told what is not seen, and how what is seen is called.

    `times` is of a log: how often each secret was seen.
    """
    found: list[tuple[tuple[int, ...], Placed]] = []  # each with the way to its layer
    quiet: list[tuple[tuple[int, ...], Callable[[], None]]] = []
    for chunk in chunks:
        if isinstance(chunk, Unseen):
            missed(chunk)
            continue
        text = Text(engine, budget, chunk.at, logs=times is not None)
        found += ((chunk.at.way, seen) for seen in _searched(text, chunk))
        found += (((*chunk.at.way, 0), seen) for seen in text.enclosed.found)
        if times is not None:
            times += text.aside.times
        for unseen in text.unseen():
            missed(unseen)
        if chunk.quiet and not text.unseen():
            quiet.append((chunk.at.way, chunk.quiet))
        if chunk.at.inside.member:
            named(chunk.at.inside.member)
    for way, said in quiet:
        if not any(where[: len(way)] == way for where, _ in found):
            said()
    return _innermost(found)


def examined(engine: Engine, data: bytes, limits: Limits) -> Opened:
    """A content that is held: its own bytes searched, and what it holds."""
    form, text = recognise(data), Text(engine, Budget(limits, len(data)))
    found = placed(engine, data, text.aside)
    return text.done(found) if form is None else held(engine, data, form, limits, text.done(found))


def held(engine: Engine, data: bytes, form: Format, limits: Limits, own: Opened) -> Opened:
    """What a content of this format holds, and of what came of its `own` bytes that which is nowhere in it."""
    done = opened(engine, Content(data, Budget(limits, len(data))), form)
    return Opened(_once(own.found, done.found), [*own.unseen, *done.unseen])


def flowed(engine: Engine, content: Content, done: Opened, *, logs: bool = False) -> None:
    """A content that is too large to be held, or a log: `done` has what is found as soon as it is found."""
    form, text = recognise(content.head), Text(engine, content.budget, logs=logs)
    done.times = text.aside.times
    if form is None:
        try:
            done.found += streamed(engine, content.pieces(), text.aside)
        finally:
            done.take(text.done(()))
        return
    own: list[Placed] = []
    try:
        if not form.forwards:
            own += streamed(engine, content.kept() if form.reader else content.pieces(), text.aside)
        more = opened(engine, content, form, logs=logs)
    finally:
        content.close()
    if content.broken:
        raise content.broken
    done.found += _once(text.done(own).found, more.found)
    done.times += more.times
    done.unseen += [*text.unseen(), *more.unseen]


def _innermost(found: Sequence[tuple[tuple[int, ...], Placed]]) -> list[Placed]:
    """Without what was seen in a layer because a layer below it, in which it was seen too, is stored there as it is."""
    above = {(seen.hit.value, way[:depth]) for way, seen in found for depth in range(len(way))}
    return [seen for way, seen in found if (seen.hit.value, way) not in above]


class Text:
    """What the text of one layer holds that is encoded in it: files are opened where they stand."""

    def __init__(self, engine: Engine, budget: Budget, at: Layer = Layer(), *, logs: bool = False) -> None:  # noqa: B008 it is frozen
        self.engine, self._budget, self._at = engine, budget, at
        self.aside = Aside(budget.limits, len(at.way), self._open, logs=logs)
        self.enclosed = Opened()
        self._known: list[tuple[Span, int]] = []  # where files stand in which something is found, and by how specific a rule
        self._missed = Missed()  # of a text that goes on

    def renew(self, budget: Budget) -> None:
        """Of a text that goes on, what it encloses from now on may cost as much as if it had just begun."""
        self._budget = budget

    def fresh(self, found: Iterable[Placed]) -> list[Placed]:
        """Of a text that goes on, what is new: found in it, and in what it encloses, each secret once."""
        own = [seen for seen in found if not self._is_file(seen)]
        met, self.enclosed = self.enclosed, Opened()
        self._known = self._known[-_KNOWN_MOST:]
        for one in met.unseen:
            self._missed.add(one)
        inside = {seen.hit.value for seen in met.found}
        return [*(seen for seen in own if seen.hit.value not in inside), *(seen for seen in met.found if self._is_first(seen))]

    def _is_first(self, seen: Placed) -> bool:
        self.aside.times[seen.hit.rule.id, seen.hit.value] += 1
        return self.aside.times[seen.hit.rule.id, seen.hit.value] == 1

    def done(self, found: Iterable[Placed]) -> Opened:
        """What was found in the text and in what it encloses; a secret that both have is told where it stands inside.

        What a rule that knows less took for a secret, and is such a file, is none.
        """
        own = [seen for seen in found if not self._is_file(seen)]
        return Opened(_once(own, self.enclosed.found), self.unseen())

    def _is_file(self, seen: Placed) -> bool:
        return any(_covers(span, seen) and seen.hit.rule.specificity <= most for span, most in self._known)

    def unseen(self) -> list[Unseen]:
        """What was not read of what is encoded."""
        own = (replace(one, inside=one.inside.within(self._at.inside)) for one in self.aside.unseen)
        return [*own, *self.enclosed.unseen, *self._missed.told()]

    def _open(self, item: Enclosed, place: Place) -> None:
        """A file that stands in the text: what is found in a member has lines of its own, all else those of the text."""
        way = (*self._at.way, *(0 for _ in item.steps))
        content = Content(item.packed.data, self._budget)
        more = opened(self.engine, content, item.packed.form, Layer((*self._at.steps, *item.steps), self._at.inside, way))
        if not more.found and all(one.reason == "unreadable" for one in more.unseen):
            return  # it only began like one
        self.enclosed.found += (seen if seen.inside.member != self._at.inside.member else seen._replace(place=place) for seen in more.found)
        if more.found:
            self._known.append((item.span, max(seen.hit.rule.specificity for seen in more.found)))
        field = item.steps[0]
        self.enclosed.unseen += (replace(one, inside=replace(one.inside, field=one.inside.field or field)) for one in more.unseen)


def _covers(span: Span, seen: Placed) -> bool:
    return span.start <= seen.hit.secret.end and seen.hit.secret.start < span.end


def _searched(text: Text, chunk: Chunk) -> Iterator[Placed]:
    """What is found in a chunk, with its place in the whole content."""
    steps, inside, _ = chunk.at
    if not isinstance(chunk.data, bytes):
        for seen in streamed(text.engine, chunk.data, text.aside):
            yield seen._replace(hit=replace(seen.hit, steps=(*steps, *seen.hit.steps)), inside=seen.inside.within(inside))
        return
    if text.aside.logs and not chunk.back and not chunk.locate and chunk.misread is None:
        yield from _searched(text, replace(chunk, data=iter([chunk.data])))
        return
    if chunk.misread is None:
        found = hits(text.engine, chunk.data, text.aside)
    else:
        from scanner.pipeline.misread import misread_hits

        found = misread_hits(text.engine, chunk.data, chunk.misread, text.aside)
    tell(text.aside, Lines(chunk.data))
    if chunk.back is not None and chunk.over is not None:
        outer = [replace(read_back(hit, chunk.data, chunk.back.back), steps=()) for hit in found]
        there = with_places(chunk.over, outer)
    else:
        there = with_places(chunk.data, found)
    for hit, seen in zip(found, there, strict=True):
        here = chunk.locate(hit.span).within(inside) if chunk.locate else inside
        place = seen.place if chunk.misread is None else NOWHERE  # a picture has no lines, and what it shows cannot allow anything
        yield seen._replace(hit=replace(seen.hit, steps=(*steps, *hit.steps)), place=place, inside=here)


class Names:
    """Secrets in the names of members, some thousand names at a time, each once."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._names = engine, set[str]()
        self._found: list[Placed] = []

    def add(self, name: str) -> None:
        """One more."""
        self._names.add(name)
        if len(self._names) >= _NAMES_AT_ONCE:
            self.told()

    def told(self) -> list[Placed]:
        """All that was found so far."""
        found: dict[tuple[str, bytes], Placed] = {}
        for name, seen in names_with_hits(self._engine, [member.encode("utf-8", "surrogateescape") for member in sorted(self._names)]):
            inside = Inside(member=name.decode("utf-8", "replace"), field="path-name")
            found.setdefault((seen.hit.rule.id, seen.hit.value), seen._replace(inside=inside))
        self._names.clear()
        self._found += found.values()
        return self._found


class Missed:
    """What was not seen, each place once for each reason; of very many only the first are told one by one."""

    def __init__(self) -> None:
        self._told: dict[tuple[str, Inside], Unseen] = {}
        self._more: Counter[str] = Counter()

    def add(self, unseen: Unseen) -> None:
        """One more."""
        key = (unseen.reason, unseen.inside)
        if len(self._told) < _GAPS_MOST or unseen.inside == WHOLE:
            self._told.setdefault(key, unseen)
        elif key not in self._told:
            self._more[unseen.reason] += 1

    def told(self) -> list[Unseen]:
        """All of them."""
        rest = [Unseen(reason, f"and {count:,} more in it", Inside(member="…")) for reason, count in sorted(self._more.items())]
        return [*self._told.values(), *rest]


def _written(seen: Placed) -> bytes:
    """A secret as it reads, which is not its value where a letter of it was misread."""
    hit = seen.hit
    where = hit.inner if hit.text is not None else None
    return seen.text[where.start : where.end] if where else seen.text[hit.secret.start - hit.span.start : hit.secret.end - hit.span.start]


def _once(own: Iterable[Placed], inner: Sequence[Placed]) -> list[Placed]:
    """A member that is stored as it is stands in the archive's own bytes too; its place in the archive says more."""
    known = {value for seen in inner for value in (seen.hit.value, _written(seen))}
    return [*(seen for seen in own if seen.hit.value not in known), *inner]
