"""Contents one by one, where Git has said which: blobs by id, files by path, texts as they are; each is read or is a gap."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from scanner import canon
from scanner.decode.content import Content, Pieces
from scanner.decode.limits import Budget, Limits
from scanner.detect.engine import Engine
from scanner.model.content import Origin
from scanner.model.evidence import Match
from scanner.pipeline.examine import Placed, match_at, names_with_hits, placed
from scanner.pipeline.files import Answer, counted, examine_file
from scanner.pipeline.opened import Opened, examined, flowed
from scanner.pipeline.tally import Tally
from scanner.sources.git.catfile import CatFile, Missing
from scanner.sources.git.kinds import BLOB, WHOLE_LIMIT, Damaged
from scanner.sources.git.lfs import MOST, lfs_path, pointed

_LFS = "an LFS pointer whose content is not here; run `git lfs fetch`"


class Contents:
    """Searches what it is given, and keeps the matches and the count."""

    def __init__(
        self, id: str, engine: Engine, slow: CatFile, tally: Tally, common: Callable[[], Path], limits: Limits
    ) -> None:
        self.id, self.engine, self.slow, self.tally, self.limits = id, engine, slow, tally, limits
        self.matches: list[Match] = []
        self._common = common  # where LFS keeps its content; asked only when there is a pointer

    def blob(self, path: bytes, oid: str) -> None:
        """The content of a blob that stands, or is to stand, at this path."""
        origin = Origin(self.id, "git", path=canon.text(path), object=oid)
        try:
            done, head, size = self._read(oid)
        except Missing:
            self.tally.gap(origin, "missing-object", "Git does not have its content")
        except Damaged:
            self.tally.gap(origin, "corrupt-object", "its bytes do not make a file's content")
        else:
            self.matches += (match_at(seen, origin) for seen in done.found)
            self.tally.read(done.read, size)
            for unseen, own in counted(done.unseen):
                self.tally.unseen(origin, unseen, counted=own)
            if size <= MOST and (content := pointed(head)):
                self._fetched(origin, content)

    def file(self, path: bytes, full: bytes) -> None:
        """A file of the work tree."""
        share, origin = Answer(), Origin(self.id, "git", path=canon.text(path))
        examine_file(self.engine, full, path, share, self.limits)
        self.matches += (match_at(seen, origin) for _, seen in share.found)
        self.tally.read(share.objects, share.octets)
        for _, unseen, own in share.gaps:
            self.tally.unseen(origin, unseen, counted=own)

    def text(self, origin: Origin, data: bytes) -> None:
        """A text that Git hands over by itself."""
        self.matches += (match_at(seen, origin) for seen in placed(self.engine, data))
        self.tally.read(1, len(data))

    def names(self, paths: list[bytes]) -> None:
        """Path names; they are part of what was counted."""
        self.matches += (self._named(path, seen) for path, seen in names_with_hits(self.engine, paths))

    def secrets(self, oid: str) -> set[tuple[str, bytes]]:
        """What stands in another version of a content: (rule, secret), to compare with. Nothing is counted."""
        try:
            return {(seen.hit.rule.id, seen.hit.value) for seen in self._read(oid)[0].found}
        except (Missing, Damaged):
            return set()

    def _named(self, path: bytes, seen: Placed) -> Match:
        return Match(seen.hit, Origin(self.id, "git", path=canon.text(path), field="path-name"), seen.text, seen.place.text)

    def _read(self, oid: str) -> tuple[Opened, bytes, int]:
        """(what it came to, its beginning, its size); raises Missing or Damaged."""
        kind, size, _ = self.slow.ask(oid)
        if kind != BLOB:
            raise Damaged
        if size <= WHOLE_LIMIT:
            data = b"".join(self.slow.pieces())
            return examined(self.engine, data, self.limits), data[:MOST], size
        done = Opened()
        flowed(self.engine, Content(Pieces(self.slow.pieces()), Budget(self.limits, size)), done)
        return done, b"", size

    def _fetched(self, origin: Origin, content: str) -> None:
        path = lfs_path(self._common(), content)
        if not path.is_file():
            self.tally.gap(origin, "lfs-missing", _LFS, counted=False)
            return
        self.tally.expected += 1
        self.file(os.fsencode(origin.path or ""), os.fsencode(path))
