"""What is read beside a repository: logs, exports of notes and screenshots that the inventory names for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from scanner import canon
from scanner.attest.merkle import encoded, root_of
from scanner.errors import LeaksealError, UnreadableError
from scanner.pipeline.run import Judging, Request, read_all, veil
from scanner.pipeline.scanned import Scanned, lost
from scanner.pipeline.settings import Settings

Beside = Sequence[tuple[str, Path]]  # (surface, a file or folder)
_FIRST = 2  # the repository is target t1


def standing_of(beside: Beside) -> str:
    """A digest of how these files stand: names, sizes and times, without reading any."""
    lines = "".join(f"{surface} {line}" for surface, path in beside for line in _lines(path))
    return canon.digest(lines.encode("utf-8", "surrogateescape"))


def _lines(path: Path) -> Iterator[str]:
    files = [path] if not path.is_dir() else sorted(Path(at) / name for at, _, names in os.walk(path) for name in names)
    for file in files:
        try:
            said = file.lstat()
            yield f"{file}\0{said.st_size} {said.st_mtime_ns} {said.st_ctime_ns} {said.st_ino}\n"
        except OSError as problem:
            yield f"{file}\0{problem.errno}\n"


def scanned_beside(beside: Beside, settings: Settings, judging: Judging, excluded: Callable[[str], str | None]) -> list[Scanned]:
    """Each of them, read whole; one that is not there is a gap, and the others are read."""
    settings = replace(settings, remember=False)
    done: list[Scanned] = []
    for number, (surface, path) in enumerate(beside, _FIRST):
        try:
            done += read_all([Request(str(path), surface)], settings, judging, excluded=excluded, first=number)
        except LeaksealError as problem:
            shown = veil([str(path)], settings).text(str(path))
            done.append(lost(f"t{number}", shown, surface, UnreadableError(problem.message), leaves=settings.leaves))
    return done


def roots_of(done: Sequence[Scanned]) -> dict[str, str]:
    """Surface -> `sha256:` and the Merkle root over its leaves."""
    surfaces = sorted({one.tally.surface for one in done})
    leaves = {name: [leaf for one in done if one.tally.surface == name for leaf in one.tally.leaves or ()] for name in surfaces}
    return {name: "sha256:" + root_of(sorted(map(encoded, leaves[name]))) for name in surfaces}
