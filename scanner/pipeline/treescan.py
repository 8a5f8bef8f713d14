"""A folder, a file or standard input: every file read once, in worker processes where there are many."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from scanner import canon
from scanner.model.content import Origin, Target
from scanner.model.evidence import Match
from scanner.pipeline.engines import Searcher
from scanner.pipeline.files import Answer, examine_file
from scanner.pipeline.scanned import Scanned
from scanner.pipeline.settings import Settings
from scanner.pipeline.sightings import Secret, matched
from scanner.pipeline.tally import Tally
from scanner.pipeline.workers import Died, Pool
from scanner.sources.files import listing

_AT_ONCE = 250
_FEW = 600  # files that one process reads before another would have started
_PICTURE = 125  # files that are read in the time of one picture, at the least
_PICTURES = (b".png", b".jpg", b".jpeg", b".webp", b".gif", b".tif", b".tiff", b".bmp", b".heic", b".avif")
_FOREIGN = (b".git",)

Range = tuple[int, int]


class FileReader(Searcher):
    """Reads and searches files by their places in a list."""

    def __init__(self, root: bytes, files: list[bytes], settings: Settings) -> None:
        super().__init__(settings)
        self.root, self.files = root, files

    def __call__(self, share: Range) -> Answer:
        answer = Answer(leaves=[] if self._settings.leaves else None)
        for path in self.files[slice(*share)]:
            examine_file(self.engine, os.path.join(self.root, path) if path else self.root, path, answer, self._settings.limits)
        return answer


def scan_tree(
    id: str, path: Path, uri: str, surface: str, settings: Settings, excluded: Callable[[str], str | None],
    chosen: Callable[[str], bool] = lambda path: True,
) -> Scanned:  # fmt: skip
    """Every file below a folder that is `chosen`, or the one file named; repositories' own folders (`.git`) are Git targets, not files."""
    tally = Tally(id, surface, leaves=settings.leaves)
    files: list[bytes] = []
    single = not path.is_dir()
    for item in [] if single else listing(path):
        if item.refused:
            tally.gap(_origin(id, surface, item.path), "unreadable", f"the folder cannot be listed: {item.refused}", counted=False)
        elif item.path.split(b"/")[0] in _FOREIGN or not chosen(canon.text(item.path)):
            continue
        elif excluded(canon.text(item.path)):
            tally.skip(canon.text(item.path))
        else:
            files.append(item.path)
    files = [b""] if single else sorted(files)
    tally.expected += len(files)
    settings.progress.start(uri, tally.expected)
    reader = FileReader(os.fsencode(path), files, settings)
    reader.engine.sieve.spots(b"")
    weights = [1 if settings.limits.looking.mode == "never" else _weight(file or os.fsencode(path.name)) for file in files]
    pool: Pool[Range, Answer] = Pool(reader, _shares(weights), settings.workers if sum(weights) > _FEW else 1)
    matches: list[Match] = []
    interrupted = False
    name = os.fsencode(path.name)
    try:
        for share, answer in pool.results():
            if not isinstance(answer, Died):
                _take(answer, tally, matches, id, surface, name)
                settings.progress.advance(answer.objects + sum(own for *_, own in answer.gaps), answer.octets)
            elif share[1] - share[0] > 1:
                middle = sum(share) // 2
                pool.again([(share[0], middle), (middle, share[1])])
            else:
                tally.gap(_origin(id, surface, files[share[0]] or name), "tool-error", "a worker process ended while it read this file")
    except KeyboardInterrupt:
        interrupted = True
        pool.stop()
    finally:
        settings.progress.stop()
    return Scanned(Target(id, surface, uri, None, "files" if single else "tree"), tally, matches, [], interrupted)


def _weight(path: bytes) -> int:
    """About how many usual files take as long as this one; a name is enough for that."""
    return _PICTURE if path.lower().endswith(_PICTURES) else 1


def _shares(weights: Sequence[int]) -> list[Range]:
    """The files in stretches that take about as long as each other."""
    shares, start, held = [], 0, 0
    for number, weight in enumerate(weights, 1):
        held += weight
        if held >= _AT_ONCE:
            shares.append((start, number))
            start, held = number, 0
    return [*shares, (start, len(weights))] if start < len(weights) else shares


def _origin(id: str, surface: str, path: bytes) -> Origin:
    return Origin(id, surface, path=canon.text(path))


def _take(answer: Answer, tally: Tally, matches: list[Match], id: str, surface: str, name: bytes) -> None:
    tally.read(answer.objects, answer.octets, answer.leaves or ())
    for path, unseen, own in answer.gaps:
        tally.unseen(_origin(id, surface, path or name), unseen, counted=own)
    for path, seen in answer.found:
        matches.append(matched(seen, _origin(id, surface, path or name), Secret(seen.hit)))
