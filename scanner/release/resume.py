"""What an interrupted run has read already, so that the next one need not read it again.

Only a target in which nothing was found, nothing was left unread, and no name of which looks like a secret is written down: counts, and
the leaves of its tree. Nothing that was made out of a secret is ever stored, not even sealed; a target with findings is read again. What
is stored counts only for the same program, rules, configuration and policy, for the same content, and for a day.
"""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scanner import cachefile, canon
from scanner.attest.statement import Tool
from scanner.decode.marks import BETWEEN
from scanner.errors import LeaksealError
from scanner.model.content import Target
from scanner.model.evidence import Leaf
from scanner.pipeline.engines import engine
from scanner.pipeline.examine import hits
from scanner.pipeline.run import Request
from scanner.pipeline.scanned import Scanned
from scanner.pipeline.settings import Settings
from scanner.pipeline.tally import Tally
from scanner.release.surfaces import Release, Stand, opened
from scanner.sources.git.standing import standing

_FOLDER = "attest"
_DAY = timedelta(days=1)
_MOST = 1 << 30  # bytes of one target's leaves
_SHAPE = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(slots=True)
class Progress:
    """One run's place in the cache folder, and what was found there."""

    folder: Path
    begun: datetime  # when the first of the runs began that this one goes on with
    _release: Release = field(repr=False)
    _marks: dict[int, str]
    reused: list[str] = field(default_factory=list)  # surfaces that were read before

    def find(self, number: int, request: Request) -> Scanned | None:
        """The target with this number if it was read to its end, and is what it was."""
        stored = _read(self.folder / f"{number}.z", self._marks.get(number, ""))
        found = _restored(stored, number, request) if stored is not None else None
        if found is not None:
            self.reused.append(request.surface or "")
        return found

    def keep(self, number: int, request: Request, done: Scanned) -> None:
        """Store a target that was read to its end."""
        leaves, mark = done.tally.leaves, self._marks.get(number, "")
        if not mark or done.interrupted or done.matches or done.tally.gaps or leaves is None or not done.tally.even:
            return
        if _secret_in({done.target.uri, *done.notes, *(leaf.path or "" for leaf in leaves)}, self._release.settings):
            return
        value = {"mark": mark, "target": _target(done.target), "counts": _counts(done.tally), "notes": done.notes, "leaves": leaves}
        cachefile.write(self.folder / f"{number}.z", zlib.compress(canon.canonical(value), 1))

    def over(self) -> None:
        """The run has come to its end: nothing is kept."""
        shutil.rmtree(self.folder, ignore_errors=True)


def progress(release: Release, tool: Tool, before: Stand, now: datetime, *, fresh: bool = False) -> Progress | None:
    """Where a run of this release goes on, or begins; None where nothing can be kept."""
    cache = release.settings.cache
    if cache is None:
        return None
    folder = cache / _FOLDER / _key(release, tool)
    with suppress(OSError):
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for other in folder.parent.iterdir():  # of runs that nobody went on with
            if other.stat().st_mtime < (now - 2 * _DAY).timestamp():
                shutil.rmtree(other, ignore_errors=True)
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    begun = _begun(folder / "begun", now)
    if begun is None:
        shutil.rmtree(folder, ignore_errors=True)
        begun = now
        if not cachefile.write(folder / "begun", now.strftime(_SHAPE).encode()):
            return None
    return Progress(folder, begun, release, {number: _mark(request, before, release) for number, request in enumerate(before.requests, 1)})


def _begun(path: Path, now: datetime) -> datetime | None:
    try:
        said = datetime.strptime((cachefile.read(path) or b"").decode(), _SHAPE).replace(tzinfo=UTC)
    except ValueError:
        return None
    return said if now - _DAY < said <= now else None


def _key(release: Release, tool: Tool) -> str:
    """Which runs are the same: everything that decides about what is read, and how."""
    settings = release.settings
    how = (settings.engine, settings.walk, settings.verify, settings.trust_owner, repr(settings.limits), repr(settings.mappings))
    made_of = (tool.version, tool.digest, *tool.dependencies)
    who = (os.path.realpath(release.folder), release.policy.digest, settings.rules.digest, release.config)
    return canon.digest(canon.canonical([who, how, made_of])).removeprefix("sha256:")[:32]


def _mark(request: Request, before: Stand, release: Release) -> str:
    """What the content of a target is: of files their digests, of a repository its files by size and times."""
    if request.surface != "git":
        return canon.digest(f"{request.surface}\0{request.name}\0{before.files[request.surface or '']}".encode())
    try:
        said = standing(*opened(Path(request.name), release))
    except LeaksealError:  # the scan will say what is wrong with it
        return ""
    return canon.digest(f"git\0{request.name}\0{before.git}\0{said}".encode())


def _secret_in(names: set[str], settings: Settings) -> bool:
    data = BETWEEN.join(sorted(name.encode("utf-8", "surrogateescape") for name in names))
    return any(True for _ in hits(engine(settings.rules, settings.cache, settings.engine), data))


def _read(path: Path, mark: str) -> Mapping[str, Any] | None:
    data = cachefile.read(path)
    if data is None or not mark:
        return None
    opened = zlib.decompressobj()
    try:
        text = opened.decompress(data, _MOST)
        value = json.loads(text) if opened.eof else None
    except (zlib.error, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and value.get("mark") == mark else None


_COUNTS: Mapping[str, Callable[[Tally], int]] = {
    "expected": lambda tally: tally.expected, "scanned": lambda tally: tally.scanned,
    "bytes": lambda tally: tally.bytes, "skipped": lambda tally: tally.skipped,
}  # fmt: skip


def _counts(tally: Tally) -> dict[str, int]:
    return {name: get(tally) for name, get in _COUNTS.items()}


def _target(target: Target) -> list[str | None]:
    return [target.surface, target.uri, target.head, target.scope]


def _restored(stored: Mapping[str, Any], number: int, request: Request) -> Scanned | None:
    try:
        surface, uri, head, scope = stored["target"]
        if surface != request.surface:
            return None
        target = Target(f"t{number}", surface, uri, head, scope)
        tally = Tally(target.id, surface, leaves=True)
        for name in _COUNTS:
            setattr(tally, name, int(stored["counts"][name]))
        tally.leaves = [Leaf(*leaf) for leaf in stored["leaves"]]
        return Scanned(target, tally, notes=list(stored["notes"]))
    except (KeyError, TypeError, ValueError):
        return None
