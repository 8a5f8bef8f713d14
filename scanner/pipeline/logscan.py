"""Logs: each with the files that its rotation left, oldest first; a secret is told once for each log, where it is seen first."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from io import BufferedReader
from pathlib import Path
from typing import NamedTuple, cast

from scanner import canon
from scanner.decode.content import Content
from scanner.decode.limits import Budget
from scanner.model.content import Origin, Target, Unseen
from scanner.model.evidence import Match
from scanner.pipeline.engines import Searcher
from scanner.pipeline.examine import Placed, match_at
from scanner.pipeline.files import CHANGED, counted, refused
from scanner.pipeline.opened import Opened, examined, flowed
from scanner.pipeline.scanned import Scanned
from scanner.pipeline.settings import Settings
from scanner.pipeline.tally import Tally
from scanner.pipeline.workers import Died, Pool
from scanner.sources.files import Changed, large_file, listing
from scanner.sources.logs import Log, logs

_PATHS_MOST = 50
Sightings = dict[tuple[str, bytes], tuple[bytes, Placed, int, list[bytes]]]  # (rule, secret): first file, place, times, files


class Part(NamedTuple):
    """One file of a log, and what came of it."""

    path: bytes
    done: Opened
    size: int = 0
    digest: str = ""


class LogReader(Searcher):
    """Reads logs by their places in a list."""

    def __init__(self, root: bytes, found: list[Log], settings: Settings) -> None:
        super().__init__(settings)
        self.root, self.logs = root, found

    def __call__(self, number: int) -> list[Part]:
        """Each file of a log."""
        return [self._file(path) for path in self.logs[number].files]

    def _file(self, path: bytes) -> Part:
        done, size, digest = Opened(), 0, ""
        full = os.path.join(self.root, path) if path else self.root
        limits = self._settings.limits
        try:
            kind = os.stat(full, follow_symlinks=not path).st_mode
            if stat.S_ISLNK(kind):  # as in a folder of files: what it leads to is read where it stands
                data = os.readlink(full)
                return Part(path, examined(self.engine, data, limits), len(data), canon.digest(data))
            if not stat.S_ISREG(kind):
                return Part(path, Opened(unseen=[Unseen("unreadable", "it is neither a file nor a link")]))
            with large_file(full if path else os.path.realpath(full)) as (file, size):
                flowed(self.engine, Content(file, Budget(limits, size), size=size), done, logs=True)
                if self._settings.leaves:
                    file.seek(0)
                    digest = f"sha256:{hashlib.file_digest(cast(BufferedReader, file), 'sha256').hexdigest()}"
        except Changed:
            done.unseen.insert(0, CHANGED)
        except OSError as problem:
            done.unseen.insert(0, refused(problem))
        return Part(path, done, size, digest)


def scan_logs(
    id: str, path: Path, uri: str, settings: Settings, excluded: Callable[[str], str | None],
    chosen: Callable[[str], bool] = lambda path: True,
) -> Scanned:  # fmt: skip
    """Every log below a folder that is `chosen`, or the one file named, or the journal or archive that it is."""
    tally = Tally(id, "logs", leaves=settings.leaves)
    single = not path.is_dir()
    files: list[bytes] = [b""] if single else []
    for item in [] if single else listing(path):
        shown = canon.text(item.path)
        if item.refused:
            tally.gap(Origin(id, "logs", path=shown), "unreadable", f"the folder cannot be listed: {item.refused}", counted=False)
        elif not chosen(shown):
            continue
        elif excluded(shown):
            tally.skip(shown)
        else:
            files.append(item.path)
    found = logs(files)
    tally.expected += len(files)
    settings.progress.start(uri, tally.expected)
    reader = LogReader(os.fsencode(path), found, settings)
    reader.engine.sieve.spots(b"")
    pool: Pool[int, list[Part]] = Pool(reader, list(range(len(found))), settings.workers)
    matches: dict[int, list[Match]] = {}
    interrupted, name = False, os.fsencode(path.name)
    try:
        for number, answer in pool.results():
            if isinstance(answer, Died):
                for lost in found[number].files:
                    detail = "a worker process ended while it read this log"
                    tally.gap(Origin(id, "logs", path=canon.text(lost or name)), "tool-error", detail)
                continue
            matches[number] = _taken(id, answer, tally, name)
            settings.progress.advance(len(answer), sum(part.size for part in answer))
    except KeyboardInterrupt:
        interrupted = True
        pool.stop()
    finally:
        settings.progress.stop()
    told = [match for number in sorted(matches) for match in matches[number]]
    return Scanned(Target(id, "logs", uri, None, "files" if single else "tree"), tally, told, [], interrupted)


def _taken(id: str, answer: list[Part], tally: Tally, name: bytes) -> list[Match]:
    """The matches of one log."""
    seen: Sightings = {}
    for path, done, size, digest in answer:
        shown = canon.text(path or name)
        tally.read(done.read, size, [("file", digest, size, shown)] if done.read else [])
        for unseen, own in counted(done.unseen):
            tally.unseen(Origin(id, "logs", path=shown), unseen, counted=own)
        gather(seen, path or name, done)
    return matched(seen, id)


def gather(seen: Sightings, path: bytes, done: Opened) -> None:
    """Take in what one file of a log has."""
    here: dict[tuple[str, bytes], Placed] = {}
    for placed in done.found:
        here.setdefault((placed.hit.rule.id, placed.hit.value), placed)
    for key, placed in here.items():
        first, place, times, paths = seen.get(key, (path, placed, 0, []))
        seen[key] = first, place, times + max(1, done.times[key]), [*paths, path]


def matched(seen: Sightings, id: str, surface: str = "logs") -> list[Match]:
    """One match for each secret."""
    found = []
    for path, placed, times, paths in seen.values():
        match = match_at(placed, Origin(id, surface, path=canon.text(path)))
        named = tuple(sorted({canon.text(one) for one in paths}))
        found.append(replace(match, occurrences=times, paths=named[:_PATHS_MOST]))
    return found
