"""What some commits bring in: every object that their tips lead to and the other side does not have."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from scanner import canon
from scanner.decode.content import Content, Pieces
from scanner.decode.limits import DEFAULT, Budget, Limits
from scanner.detect.engine import Engine
from scanner.model.content import WHOLE, Origin, Target, Unseen
from scanner.model.evidence import Match
from scanner.pipeline.attribute import Attribution
from scanner.pipeline.examine import Placed, names_with_hits, placed
from scanner.pipeline.files import Answer, counted, examine_file
from scanner.pipeline.gitread import NAME
from scanner.pipeline.opened import Opened, examined, flowed
from scanner.pipeline.scanned import Scanned
from scanner.pipeline.sightings import Secret, Sightings
from scanner.pipeline.tally import Tally
from scanner.sources.git import narrow
from scanner.sources.git.catfile import CatFile, Missing
from scanner.sources.git.environ import GitFailed
from scanner.sources.git.history import Walk
from scanner.sources.git.kinds import BLOB, COMMIT, TREE, WHOLE_LIMIT, Damaged
from scanner.sources.git.lfs import MOST, lfs_path, pointed

_AUTHOR = re.compile(rb"^author ([^\n]*?) (-?\d{1,18}) [+-]\d{4}$", re.MULTILINE)
_MISSING = Unseen("missing-object", "a commit or tree names it, and Git does not have it")
_LFS = "an LFS pointer whose content is not here; run `git lfs fetch`"


class RangeScan:
    """Reads the objects that a range brings in, and says which of its commits brought a secret."""

    def __init__(self, id: str, at: Path, env: Mapping[str, str], engine: Engine, limits: Limits = DEFAULT) -> None:
        self.id, self.at, self.env, self.engine, self.limits = id, at, env, engine, limits
        self.tally = Tally(id, "git")
        self.slow = CatFile(at, env)
        self._sightings = Sightings()
        self._paths: dict[str, bytes] = {}  # object -> a path, as far as rev-list tells it
        self._unseen: list[tuple[str, Unseen, bool]] = []  # (object, what of it, whether that stands for the object)
        self._common: Path | None = None

    def run(self, target: Target, tips: Sequence[str], less: Sequence[str], refs: Sequence[bytes] = ()) -> Scanned:
        """Everything that `tips` lead to and `less` (options of git-rev-list(1)) does not; `refs` are names that are new as well."""
        walk = Walk(self.at, self.env, ["--stdin", *less], list(tips))
        try:
            objects = narrow.brought(self.at, self.env, tips, less)
            self.tally.expected = len(objects.ids) + len(objects.absent) + len(refs)
            commits = [oid for oid, path in objects.ids if self._object(oid, path) == COMMIT]
            for oid in objects.absent:
                self._unseen.append((oid, _MISSING, True))
            self._refs(refs)
            matches = self._told(walk, commits)
        finally:
            walk.close()
            self.slow.close()
        for commit in sorted(narrow.cut_off(self.at, self.env).intersection(commits)):
            detail = "the history was cut off here; run `git fetch --unshallow`"
            self.tally.gap(Origin(self.id, "git", object=commit), "shallow-clone", detail, counted=False)
        return Scanned(target, self.tally, matches)

    def _object(self, oid: str, path: bytes) -> int:
        """Search one object; its kind."""
        self._paths[oid] = path
        try:
            kind, size, binary = self.slow.ask(oid)
            if size > WHOLE_LIMIT:
                head, done = b"", Opened()
                flowed(self.engine, Content(Pieces(self.slow.pieces()), Budget(self.limits, size)), done)
            else:
                head = b"".join(self.slow.pieces())
                done = examined(self.engine, head, self.limits) if kind == BLOB else self._text(kind, head)
        except Missing:
            self._unseen.append((oid, _MISSING, True))
            return 0
        except Damaged:
            self._unseen.append((oid, Unseen("corrupt-object", "its bytes do not make an object"), True))
            return 0
        for seen in done.found:
            self._see(seen, kind, binary, again=size <= WHOLE_LIMIT)
        self._unseen += ((oid, unseen, own) for unseen, own in counted(done.unseen))
        self.tally.read(done.read, size)
        if kind == BLOB and size <= MOST and (content := pointed(head)):
            self._fetched(oid, content)
        return kind

    def _text(self, kind: int, data: bytes) -> Opened:
        return Opened(placed(self.engine, data)) if kind != TREE else Opened()

    def _see(self, seen: Placed, kind: int, binary: bytes, *, again: bool = True) -> None:
        """A secret in an object; `again` says whether the place can be found again by reading the object's own bytes."""
        secret = self._sightings.secrets.setdefault((seen.hit.rule.id, seen.hit.value), Secret(seen.hit))
        secret.where.setdefault(kind, set()).add(binary)
        if not again or seen.inside != WHOLE:
            secret.large.setdefault(binary, seen)

    def _fetched(self, oid: str, content: str) -> None:
        self._common = self._common or narrow.common_dir(self.at, self.env)
        path = lfs_path(self._common, content)
        if not path.is_file():
            self._unseen.append((oid, Unseen("lfs-missing", _LFS), True))
            self.tally.expected += 1  # the pointer was read, its content was not
            return
        self.tally.expected += 1
        share, origin = Answer(), Origin(self.id, "git", path=f"lfs/objects/{content}", object=oid, field="lfs")
        examine_file(self.engine, bytes(path), b"", share, self.limits)
        self.tally.read(share.objects, share.octets)
        for _, seen in share.found:
            self._sightings.add_file(origin, seen)
        for _, unseen, own in share.gaps:
            self.tally.unseen(origin, unseen, counted=own)

    def _refs(self, refs: Sequence[bytes]) -> None:
        for ref in refs:
            for seen in placed(self.engine, ref):
                self._sightings.add_file(Origin(self.id, "git", field="ref-name"), seen)
            self.tally.read(1, len(ref))

    def _told(self, walk: Walk, commits: Sequence[str]) -> list[Match]:
        try:
            names = sorted(narrow.added_names(self.at, self.env, commits))
        except GitFailed:
            names = sorted({part for path in self._paths.values() for part in path.split(b"/") if part})
            detail = "Git could not show every commit, so some path names were not read"
            self.tally.gap(Origin(self.id, "git"), "tool-error", detail, counted=False)
        for name, seen in names_with_hits(self.engine, names):
            self._see(seen, NAME, name)
        wanted = {oid.hex() for oid in self._sightings.blobs()} | {oid for oid, _, _ in self._unseen}
        past = walk.history(wanted, self._sightings.names(), (), 1)
        for oid, unseen, own in self._unseen:
            path = past.of[oid].path if oid in past.of else self._paths.get(oid)
            self.tally.unseen(Origin(self.id, "git", path=canon.text(path) if path else None, object=oid), unseen, counted=own)
        attribution = Attribution(self.id, self.engine, past, self.slow, _Authors(self.slow), {})
        found = [attribution.match(key, secret) for key, secret in sorted(self._sightings.secrets.items(), key=lambda item: item[0])]
        return [self._with_path(match) for match in found]

    def _with_path(self, match: Match) -> Match:
        """For a blob that no commit shows (a tag may stand on a tree): the path that rev-list told."""
        path = self._paths.get(match.origin.object or "")
        if match.origin.path is not None or match.origin.field is not None or not path:
            return match
        return replace(match, origin=replace(match.origin, path=canon.text(path)))


class _Authors:
    """Who made a commit, as the commit itself says."""

    def __init__(self, slow: CatFile) -> None:
        self._slow = slow

    def commit(self, id: str) -> tuple[str, str] | None:
        try:
            _, size, _ = self._slow.ask(id)
            data = b"".join(self._slow.pieces()) if size <= WHOLE_LIMIT else b""
            found = _AUTHOR.search(data.partition(b"\n\n")[0])
            if found is None:
                return None
            return found[1].decode("utf-8", "replace"), datetime.fromtimestamp(int(found[2]), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        except (Missing, Damaged, ValueError, OverflowError, OSError):
            return None
