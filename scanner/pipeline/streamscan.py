"""Standard input: to its end, in bounded memory; told as it comes where that was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from scanner.decode import logline
from scanner.decode.content import Content, Pieces
from scanner.decode.limits import Budget
from scanner.model.content import Origin, Target
from scanner.pipeline.engines import engine
from scanner.pipeline.files import counted
from scanner.pipeline.live import INTERRUPTED, Live, begun, flowing
from scanner.pipeline.logscan import Sightings, gather
from scanner.pipeline.logscan import matched as once
from scanner.pipeline.opened import Opened, flowed
from scanner.pipeline.scanned import Scanned
from scanner.pipeline.settings import Settings
from scanner.pipeline.sightings import Secret, matched
from scanner.pipeline.tally import Tally

if TYPE_CHECKING:
    from scanner.pipeline.run import Judging


def scan_stream(id: str, pieces: Iterable[bytes], settings: Settings, surface: str, judging: Judging) -> Scanned:
    """A text, a log or a file on standard input; what looks like a log is read like one."""
    origin, live = Origin(id, surface, path="-"), settings.live
    if live is not None:
        head, pieces = begun(iter(pieces))
        done = flowing(pieces, head, origin, settings, live, judging)
        if done is not None:
            live.target = id
            tally = Tally(id, surface)
            tally.expected = 1
            return _scanned(tally, Opened(unseen=done.unseen), done.octets, origin, notes=done.notes)
    return _whole(id, pieces, settings, surface, origin, live)


def _whole(id: str, pieces: Iterable[bytes], settings: Settings, surface: str, origin: Origin, live: Live | None) -> Scanned:
    tally, done = Tally(id, surface), Opened()
    tally.expected = 1
    content = Content(Pieces(pieces), Budget(settings.limits))
    logs = surface == "logs" or logline.is_log(content.head)
    try:
        flowed(engine(settings.rules, settings.cache, settings.engine), content, done, logs=logs)
        interrupted = live is not None and live.stopped()
    except KeyboardInterrupt:
        interrupted = True
    if interrupted:
        done.unseen.insert(0, INTERRUPTED)
    scanned = _scanned(tally, done, content.taken, origin)
    if logs:
        seen: Sightings = {}
        gather(seen, b"-", done)
        scanned.matches = once(seen, id, surface)
    else:
        scanned.matches = [matched(seen, origin, Secret(seen.hit)) for seen in done.found]
    return scanned


def _scanned(tally: Tally, done: Opened, octets: int, origin: Origin, notes: Iterable[str] = ()) -> Scanned:
    tally.read(done.read, octets)
    for unseen, own in counted(done.unseen):
        tally.unseen(origin, unseen, counted=own)
    return Scanned(Target(origin.target, origin.surface, "-", None, "files"), tally, [], list(notes), INTERRUPTED in done.unseen)
