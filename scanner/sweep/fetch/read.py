"""Reading what was fetched: only what is new, what has changed and what there is more to tell of; new rules alone over the rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from scanner import canon
from scanner.model.content import Origin, Target
from scanner.model.evidence import Match
from scanner.model.rule import Ruleset
from scanner.pipeline.logscan import scan_logs
from scanner.pipeline.notescan import NoteScan
from scanner.pipeline.run import veil
from scanner.pipeline.scanned import Scanned
from scanner.pipeline.settings import Settings
from scanner.pipeline.tally import Tally
from scanner.pipeline.treescan import scan_tree
from scanner.sweep.fetch.held import Held, Item, reason_of
from scanner.sweep.fetch.source import Source
from scanner.sweep.forge.hosted import Asset, ForgeError
from scanner.sweep.mirror import NotRead
from scanner.wholefile import whole

Memory = Mapping[str, tuple[str, int, int]]  # key -> (stamp, objects, octets) of what was read to its end, and holds nothing
Excluded = Callable[[str], str | None]


@dataclass(slots=True)
class Fetched:
    """What reading came to: what was scanned, what need not be read again, and whether the next night may get further as it is."""

    done: list[Scanned] = field(default_factory=list)
    memory: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    again: bool = False
    fresh: int = 0  # things that were read


def read_fetched(
    held: Held, before: Memory, settings: Settings, excluded: Excluded, first: int, *, fresh: Ruleset | None = None
) -> Fetched:
    """Everything that is held; what stands in `before` as it stands now is read with the `fresh` rules only, if there are any."""
    if held.source is None:
        return Fetched()
    reading = _Reading(held, held.source, settings, excluded, first)
    for item in held.items:
        reading.item(item, before.get(item.key), fresh)
    return reading.end()


class _Reading:
    """One visit to what is held."""

    def __init__(self, held: Held, source: Source, settings: Settings, excluded: Excluded, first: int) -> None:
        self._held, self._source = held, source
        self._settings, self._excluded, self._first = replace(settings, leaves=False, remember=False), excluded, first
        self._found = Fetched()
        self._by_surface: dict[str, Scanned] = {}
        self._left = self._source.wanted.most  # octets of files
        self._kept: set[Path] = set()
        self._surface("notes")
        if "releases" in self._source.wanted.what:
            self._surface("tree")

    def item(self, item: Item, before: tuple[str, int, int] | None, fresh: Ruleset | None) -> None:
        """One thing: read, or known to hold nothing."""
        tally = self._surface(item.surface).tally
        if item.asset is not None:
            self._kept.add(item.path)
        if self._excluded(item.shown):
            tally.skip(item.shown)
            return
        known = before if before is not None and before[0] == item.stamp else None
        if not self._fits(item, known):
            return
        if known is not None and fresh is not None:
            tried = self._looked(item, replace(self._settings, rules=fresh))
            if tried is None or tried.matches or tried.tally.gaps:
                known = None
        if known is not None:
            _, objects, octets = known
            tally.expected += objects
            tally.read(objects, octets, self._leaves(item, octets))
            self._found.memory[item.key] = known
            return
        done = self._looked(item, self._settings)
        if done is None:
            return
        self._found.fresh += done.tally.expected
        if not done.matches and not done.tally.gaps:
            self._found.memory[item.key] = (item.stamp, done.tally.scanned, done.tally.bytes)
        if self._held.shelf is not None:
            text = self._held.shelf.texts[item.key.partition("/")[0]]
            text.found = bool(done.matches) or (text.found and item.asset is not None)
        own = self._surface(item.surface)
        tally.join(done.tally, lambda origin: _placed(origin, item), self._leaves(item, done.tally.bytes))
        own.matches += (_told(match, item) for match in done.matches)

    def end(self) -> Fetched:
        """All of it, with what could not be listed as gaps."""
        for lack in self._held.lacks:
            tally = self._surface(lack.surface).tally
            tally.expected += 1
            tally.gap(Origin(tally.target, lack.surface, path=lack.shown or None), lack.reason, lack.detail)
        self._surface("notes").notes += self._held.notes
        if self._held.shelf is not None:
            self._held.shelf.tidy(self._kept)
            self._held.shelf.save()
        self._found.done = list(self._by_surface.values())
        return self._found

    def _surface(self, surface: str) -> Scanned:
        if surface not in self._by_surface:
            id = f"t{self._first + len(self._by_surface)}"
            uri = f"{self._source.one.page}/{'issues' if surface == 'notes' else 'releases'}"
            uri = veil([uri], self._settings).text(uri)
            self._by_surface[surface] = Scanned(Target(id, surface, uri, None, "tree"), Tally(id, surface, leaves=True))
        return self._by_surface[surface]

    def _leaves(self, item: Item, octets: int) -> Iterator[tuple[str, str, int, str | None]]:
        yield "text" if item.asset is None else "file", f"{item.key}@{canon.digest(item.stamp.encode('utf-8', 'replace'))}", octets, None

    def _fits(self, item: Item, known: tuple[str, int, int] | None) -> bool:
        """Whether a file is no larger than what is wanted; one that is too large is a gap."""
        if item.asset is None:
            return True
        if not item.asset.url:
            self._gap(item, "unreadable", "it is kept elsewhere, where nobody is asked for it")
            return False
        size = item.asset.size if item.asset.size is not None else known[2] if known else 0
        if size > min(self._source.wanted.largest, self._left):
            self._large(item)
            return False
        self._left -= size
        return True

    def _large(self, item: Item) -> None:
        self._gap(item, "archive-too-large", "it is larger than what is fetched of one file, or of one repository")

    def _looked(self, item: Item, settings: Settings) -> Scanned | None:
        """What a scan of it comes to; nothing if it is not there, which is a gap."""
        if item.asset is not None and not item.path.is_file() and not self._fetched(item, item.asset):
            return None
        tally = self._surface(item.surface).tally
        if item.asset is None:
            done = NoteScan(tally.target, settings, alone=True).run(item.path, item.shown, lambda path: None)
        elif item.surface == "logs":
            done = scan_logs(tally.target, item.path, item.shown, settings, lambda path: None)
        else:
            done = scan_tree(tally.target, item.path, item.shown, item.surface, settings, lambda path: None)
        if done.interrupted:
            raise NotRead("timeout", "it was interrupted")
        return done

    def _fetched(self, item: Item, asset: Asset) -> bool:
        most = min(self._source.wanted.largest, self._left if asset.size is None else asset.size)
        try:
            if self._held.forge is None:
                raise ForgeError("the forge could not be asked for it")
            with _folder(item.path), whole(item.path) as file:
                size = 0
                for piece in self._held.forge.api.file(asset.url, most):
                    file.write(piece)
                    size += len(piece)
                if asset.size is not None and size != asset.size:
                    raise ForgeError("it is shorter than the forge says", reason="truncated")
        except ForgeError as problem:
            self._found.again = self._found.again or problem.reason != "archive-too-large"
            self._gap(item, reason_of(problem.reason), problem.message)
            return False
        except OSError as problem:
            self._found.again = True
            self._gap(item, "unreadable", f"it could not be kept: {problem.strerror}")
            return False
        if asset.size is None:
            self._left -= size
        return True

    def _gap(self, item: Item, reason: str, detail: str) -> None:
        tally = self._surface(item.surface).tally
        tally.expected += 1
        tally.gap(Origin(tally.target, item.surface, path=item.shown, record=item.record or None), reason, detail)


@contextmanager
def _folder(path: Path) -> Iterator[None]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    yield


def _placed(origin: Origin, item: Item) -> Origin:
    """Where something stands, as a person names it."""
    return replace(origin, path=_named(origin.path, item), record=origin.record or item.record or None)


def _named(path: str | None, item: Item) -> str:
    own = canon.text(os.fsencode(item.path.name))
    return item.shown + (path.removeprefix(own) if path else "")


def _told(match: Match, item: Item) -> Match:
    return replace(match, origin=_placed(match.origin, item), paths=tuple(sorted({_named(path, item) for path in match.paths})))
