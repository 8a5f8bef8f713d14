"""What a repository does not hold, or not in a form that can be read: told as gaps and notes, with paths where the history knows them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scanner import canon
from scanner.model.content import Origin, Unseen
from scanner.pipeline.tally import Tally
from scanner.sources.git.catfile import CatFile, Missing
from scanner.sources.git.gitdir import modules
from scanner.sources.git.history import History
from scanner.sources.git.kinds import WHOLE_LIMIT, Damaged
from scanner.sources.git.layout import Layout
from scanner.sources.git.store import Unread
from scanner.sources.git.worktree import Tracked

# The empty tree and the empty blob, by SHA-1 and SHA-256: Git knows them without having them.
EMPTY = frozenset(map(bytes.fromhex, (
    "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)))  # fmt: skip
_PARENT = re.compile(rb"(?m)^parent ([0-9a-f]{64}|[0-9a-f]{40})$")
_SUBMODULE = "a submodule is a repository of its own; scan it by itself"


@dataclass(slots=True)
class Lack:
    """What the reading of one repository came upon."""

    unread: list[Unread] = field(default_factory=list)
    opaque: list[tuple[bytes, Unseen, bool]] = field(default_factory=list)  # (object, what of it, whether that stands for the object)
    lfs: list[tuple[bytes, str]] = field(default_factory=list)  # (pointer, content that is not here)
    submodules: set[tuple[bytes, bytes]] = field(default_factory=set)  # (path component, commit)
    missing: set[bytes] = field(default_factory=set)  # named, and not there
    cut: set[bytes] = field(default_factory=set)  # parents of shallow commits


class Gaps:
    """Writes the gaps of one repository into its tally."""

    def __init__(self, layout: Layout, tally: Tally, past: History) -> None:
        self.layout, self.tally, self.past = layout, tally, past

    def tell(self, lack: Lack, index: Tracked) -> None:
        """All of them."""
        for oid, unseen, own in lack.opaque:
            self.tally.unseen(Origin(self.tally.target, "git", path=self._path(oid), object=oid.hex()), unseen, counted=own)
        for oid, _ in lack.lfs:
            self._gap("lfs-missing", "an LFS pointer whose content was not fetched; run `git lfs fetch --all`", oid=oid)
        for unread in lack.unread:
            self._gap(unread.reason, unread.detail, oid=unread.oid, counted=unread.oid is not None)
        for oid in sorted(lack.missing):
            self._gap(*self._why(oid, lack.cut), oid=oid)
        self._modules(index.submodules, sorted(lack.submodules))
        for number in self.layout.lost_alternates:
            self._gap("missing-object", f"alternate object folder number {number} is not there", path="objects/info/alternates")
        if self.layout.grafts:
            detail = f"info/grafts changes the parents of {self.layout.grafts} commits; objects were read all the same"
            self._gap("grafts", detail, path="info/grafts")
        if self.layout.reftable:
            self._gap("unsupported-format", "refs and reflogs are kept in reftables, which are not read", path="reftable")

    def _why(self, oid: bytes, cut: set[bytes]) -> tuple[str, str]:
        if oid in cut:
            return "shallow-clone", "the history was cut off here; run `git fetch --unshallow`"
        if self.layout.promisor:
            return "partial-clone", "the clone is partial and has not fetched it; run `git fetch --refetch` or clone again without --filter"
        return "missing-object", "a ref, the index, a tree, a commit or a tag names it, and the object store does not have it"

    def _modules(self, staged: Mapping[bytes, str], seen: Sequence[tuple[bytes, bytes]]) -> None:
        places = {canon.text(place): oid for place, oid in staged.items()}
        for name, oid in seen:
            places.setdefault(self._path(oid) or canon.text(name), oid.hex())
        for place, id in sorted(places.items()):
            self._gap("submodule", _SUBMODULE, path=place, oid=bytes.fromhex(id))
        for name in modules(self.layout):
            self._gap("submodule", _SUBMODULE, path=canon.text(os.fsencode(self.layout.common_dir.name) + b"/modules/" + name))

    def _path(self, oid: bytes) -> str | None:
        known = self.past.of.get(oid.hex())
        return canon.text(known.path) if known else None

    def _gap(self, reason: str, detail: str, *, path: str | None = None, oid: bytes | None = None, counted: bool = False) -> None:
        place = path if path is not None or oid is None else self._path(oid)
        origin = Origin(self.tally.target, "git", path=place, object=oid.hex() if oid else None)
        self.tally.gap(origin, reason, detail, counted=counted)

    def notes(self, lack: Lack) -> list[str]:
        """What a reader must know besides."""
        layout, notes = self.layout, []
        if layout.replaced:
            notes.append(f"{layout.replaced} replace refs: the original objects were scanned, and the replacements too")
        if layout.shallow and not lack.missing & lack.cut:
            notes.append(f"{len(layout.shallow)} commits are marked shallow, and their parents are there and were scanned")
        if len(layout.object_dirs) > 1:
            notes.append(f"{len(layout.object_dirs) - 1} alternate object folders were scanned too")
        if not self.past.complete:
            notes.append("Git could not show the whole history, so some findings may name a later commit than the first")
        return notes


def cut_off(layout: Layout, env: Mapping[str, str]) -> set[bytes]:
    """The parents of the commits at which a shallow history ends."""
    found: set[bytes] = set()
    with CatFile(layout.root, env) as slow:
        for oid in layout.shallow:
            try:
                _, size, _ = slow.ask(oid.decode("ascii", "replace"))
                header = b"".join(slow.pieces()).partition(b"\n\n")[0] if size <= WHOLE_LIMIT else b""
            except (Missing, Damaged):
                continue
            found.update(bytes.fromhex(parent.decode()) for parent in _PARENT.findall(header))
    return found
