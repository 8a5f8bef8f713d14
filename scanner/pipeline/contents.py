"""Contents one by one, where Git has said which: blobs by id, files by path, texts as they are; each is read or is a gap."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from scanner import canon
from scanner.detect.engine import Engine
from scanner.model.content import Origin
from scanner.model.evidence import Match
from scanner.pipeline.examine import Placed, placed, streamed
from scanner.pipeline.files import Answer, Counted, examine_file, seen_as
from scanner.pipeline.tally import Tally
from scanner.sources.git.catfile import CatFile, Missing
from scanner.sources.git.kinds import BLOB, WHOLE_LIMIT, Damaged
from scanner.sources.git.lfs import MOST, lfs_path, pointed

_LFS = "an LFS pointer whose content is not here; run `git lfs fetch`"
_HEAD = 64
_BETWEEN_NAMES = b"\n\x01\n\x01\n"  # no pattern reaches from one name into the next


class Contents:
    """Searches what it is given, and keeps the matches and the count."""

    def __init__(self, id: str, engine: Engine, slow: CatFile, tally: Tally, common: Callable[[], Path]) -> None:
        self.id, self.engine, self.slow, self.tally = id, engine, slow, tally
        self.matches: list[Match] = []
        self._common = common  # where LFS keeps its content; asked only when there is a pointer

    def blob(self, path: bytes, oid: str) -> None:
        """The content of a blob that stands, or is to stand, at this path."""
        origin = Origin(self.id, "git", path=canon.text(path), object=oid)
        try:
            found, head, size = self._read(oid)
        except Missing:
            self.tally.gap(origin, "missing-object", "Git does not have its content")
        except Damaged:
            self.tally.gap(origin, "corrupt-object", "its bytes do not make a file's content")
        else:
            self.matches += (match_at(seen, origin) for seen in found)
            self._count(origin, head, size)

    def file(self, path: bytes, full: bytes) -> None:
        """A file of the work tree."""
        share, origin = Answer(), Origin(self.id, "git", path=canon.text(path))
        examine_file(self.engine, full, path, share)
        self.matches += (match_at(seen, origin) for _, seen in share.found)
        self.tally.read(share.objects, share.octets)
        for _, reason, detail in share.gaps:
            self.tally.gap(origin, reason, detail)

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
            return {(seen.hit.rule.id, seen.hit.value) for seen in self._read(oid)[0]}
        except (Missing, Damaged):
            return set()

    def _named(self, path: bytes, seen: Placed) -> Match:
        return Match(seen.hit, Origin(self.id, "git", path=canon.text(path), field="path-name"), seen.text, seen.place.text)

    def _read(self, oid: str) -> tuple[list[Placed], bytes, int]:
        """(hits, beginning, size); raises Missing or Damaged."""
        kind, size, _ = self.slow.ask(oid)
        if kind != BLOB:
            raise Damaged
        if size > WHOLE_LIMIT:
            counted = Counted(self.slow.pieces())
            return list(streamed(self.engine, counted)), counted.head, size
        data = b"".join(self.slow.pieces())
        return placed(self.engine, data), data[: max(_HEAD, MOST)], size

    def _count(self, origin: Origin, head: bytes, size: int) -> None:
        from scanner.decode.opaque import opaque

        if form := opaque(head):
            self.tally.bytes += size
            self.tally.gap(origin, "unsupported-format", seen_as(form))
            return
        self.tally.read(1, size)
        if size <= MOST and (content := pointed(head)):
            self._fetched(origin, content)

    def _fetched(self, origin: Origin, content: str) -> None:
        path = lfs_path(self._common(), content)
        if not path.is_file():
            self.tally.gap(origin, "lfs-missing", _LFS, counted=False)
            return
        self.tally.expected += 1
        self.file(os.fsencode(origin.path or ""), os.fsencode(path))


def match_at(seen: Placed, origin: Origin) -> Match:
    """A match at its own place."""
    place = seen.place
    return Match(
        seen.hit, origin, seen.text, place.text, place.line, place.end_line, place.column, place.end_column,
        paths=(origin.path,) if origin.path else (),
    )  # fmt: skip


def names_with_hits(engine: Engine, names: list[bytes]) -> list[tuple[bytes, Placed]]:
    """Those names that hold a secret."""
    text = _BETWEEN_NAMES.join(names)
    if not text or not engine.find(text):
        return []
    return [(name, seen) for name in names for seen in placed(engine, name)]
