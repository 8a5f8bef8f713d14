"""Standard input that may never end: findings are told as they are found, and what is remembered of them is bounded."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from scanner.decode import logline
from scanner.decode.content import HEAD
from scanner.decode.formats import recognise
from scanner.decode.limits import Budget
from scanner.decode.marks import BETWEEN
from scanner.findings.establish import establish, learn
from scanner.findings.mask import Mask
from scanner.findings.suppressions import by_id
from scanner.model.content import Origin, Unseen
from scanner.model.evidence import Finding, Match
from scanner.pipeline.engines import engine
from scanner.pipeline.examine import Placed, Stream, hits, match_at, windows
from scanner.pipeline.opened import Text
from scanner.pipeline.settings import Settings

if TYPE_CHECKING:
    from scanner.pipeline.run import Judging

_KEPT = 5_000  # findings of each disposition that are kept for a report; further ones are only counted
_MASKED = 4_096  # secrets that are masked in texts wherever they stand
INTERRUPTED = Unseen("truncated", "the run was interrupted before its end")


class Recent(Counter[tuple[str, bytes]]):
    """How often each of the last secrets was seen; one that was let go of is told again."""

    most, most_bytes = 16_384, 8 << 20

    def __init__(self) -> None:
        super().__init__()
        self.gone = 0
        self._bytes = 0

    def __setitem__(self, key: tuple[str, bytes], times: int) -> None:
        if key in self:
            super().__delitem__(key)  # so that it stands last
        else:
            self._bytes += len(key[1])
        super().__setitem__(key, times)
        while len(self) > self.most or (self._bytes > self.most_bytes and len(self) > 1):
            oldest = next(iter(self))
            self._bytes -= len(oldest[1])
            self.gone += 1
            super().__delitem__(oldest)


@dataclass(slots=True)
class Live:
    """Who is told of findings at once."""

    write: Callable[[Finding], None]
    stopped: Callable[[], bool]  # whether the input ended because the user said so
    target: str = ""  # the id of the target whose findings are told so
    findings: int = 0
    open: int = 0
    kept: list[Finding] = field(default_factory=list)
    _places: Counter[str] = field(default_factory=Counter)

    def tell(self, finding: Finding) -> None:
        """One more."""
        self.findings += 1
        self.open += finding.disposition not in ("accepted", "example")
        self._places[finding.disposition] += 1
        if self._places[finding.disposition] <= _KEPT:
            self.kept.append(finding)
        self.write(finding)


class Notary:
    """Makes findings of matches as they come; its memory for secrets to be masked is bounded."""

    def __init__(self, settings: Settings, judging: Judging) -> None:
        self._engine, self._judging = engine(settings.rules, settings.cache, settings.engine), judging
        self._accepted = by_id(judging.suppressions)
        self._mask, self._learnt = Mask(), 0
        self._last: deque[Match] = deque(maxlen=256)

    def findings(self, matches: list[Match]) -> Iterator[Finding]:
        """One for each; all of them are known before the first is told, so that none shows in the text of another."""
        if self._learnt > _MASKED:
            self._mask, self._learnt = Mask(), 0
            self._learn(self._last)
        self._learn(matches)
        self._last.extend(matches)
        self._learn(self._in_names(matches))
        for match in matches:
            yield establish(match, self._judging.seal, self._mask, self._accepted, self._judging.today)

    def _learn(self, matches: Iterable[Match]) -> None:
        for match in matches:
            learn(match, self._mask)
            self._learnt += 1

    def _in_names(self, matches: list[Match]) -> list[Match]:
        """Secrets in what a log calls its sources."""
        names = {name for match in matches for name in (match.origin.record, match.origin.field, match.origin.path) if name}
        data = BETWEEN.join(sorted(name.encode("utf-8", "surrogateescape") for name in names))
        return [Match(hit, Origin("", "names"), data[hit.span.start : hit.span.end]) for hit in hits(self._engine, data)]


@dataclass(slots=True)
class Flow:
    """What came of a text that was told as it came."""

    octets: int = 0
    unseen: list[Unseen] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def begun(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """What is there when the input first pauses, as far as it takes to tell what it is; and all of it."""
    head = bytearray()
    for piece in pieces:
        head += piece
        if len(head) >= HEAD or (not piece and head and 0 not in head):
            break
    return bytes(head), chain([bytes(head)], [b""] if head else [], pieces)


def flowing(pieces: Iterable[bytes], head: bytes, origin: Origin, settings: Settings, live: Live, judging: Judging) -> Flow | None:
    """Tell what is found in a text while it comes; None if it is none."""
    if recognise(head) is not None or 0 in head:
        return None
    notary, done = Notary(settings, judging), Flow()
    searcher = engine(settings.rules, settings.cache, settings.engine)
    text = Text(searcher, Budget(settings.limits), logs=origin.surface == "logs" or logline.is_log(head))
    known = text.aside.times = Recent()
    stream = Stream(searcher, text.aside)

    def tell(found: Iterable[Placed]) -> None:
        text.renew(Budget(settings.limits))
        matches = [match_at(seen, origin) for seen in text.fresh(found)]
        for finding in notary.findings(matches) if matches else ():
            live.tell(finding)

    try:
        for parts, pauses in windows(_counted(pieces, done)):
            tell(stream.more(parts))
            if pauses:
                tell(stream.early())
        tell(stream.more((), last=True))
    except KeyboardInterrupt:
        done.unseen.append(INTERRUPTED)
    if live.stopped() and not done.unseen:
        done.unseen.append(INTERRUPTED)
    done.unseen += text.unseen()
    if known.gone:
        done.notes.append(f"{known.gone:,} secrets were let go of to keep memory bounded; one that came again was told again")
    if live.findings > len(live.kept):
        done.notes.append(f"{live.findings - len(live.kept):,} findings were told and are not kept for this report")
    return done


def _counted(pieces: Iterable[bytes], done: Flow) -> Iterator[bytes]:
    for piece in pieces:
        done.octets += len(piece)
        yield piece
