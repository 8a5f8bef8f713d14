"""What the next commit would bring in, or what one commit holds, file by file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from scanner import canon
from scanner.decode.limits import DEFAULT, Limits
from scanner.detect.engine import Engine
from scanner.model.content import Origin, Target
from scanner.model.evidence import Match
from scanner.pipeline.contents import Contents
from scanner.pipeline.scanned import Scanned
from scanner.pipeline.tally import Tally
from scanner.sources.git import narrow
from scanner.sources.git.catfile import CatFile
from scanner.sources.git.narrow import MODULE, Entry

_SUBMODULE = "a submodule is a repository of its own; scan it by itself"


class FileScan:
    """Reads blobs by what index or tree say of them, and files of the work tree where they are asked for."""

    def __init__(
        self, id: str, at: Path, env: Mapping[str, str], engine: Engine, excluded: Callable[[str], str | None],
        limits: Limits = DEFAULT, entries: Sequence[Entry] | None = None,
    ) -> None:  # fmt: skip
        self.id, self.at, self.env, self._excluded = id, at, env, excluded
        self.tally = Tally(id, "git")
        self.slow = CatFile(at, env)
        self.contents = Contents(id, engine, self.slow, self.tally, lambda: narrow.common_dir(at, env), limits)
        self._staged = entries  # where that was asked already
        self._entries: Sequence[Entry] = ()
        self._others: list[bytes] = []  # named, and not changed by the next commit

    def staged(self, uri: str) -> Scanned:
        """Everything that is staged."""
        self._entries = self._changed()
        self._read(self._entries)
        return self.scanned(uri, "staged")

    def tree(self, uri: str, commit: str) -> Scanned:
        """Every file of a commit."""
        self._read(narrow.files_of(self.at, self.env, commit))
        return self.scanned(uri, "tree", commit)

    def chosen(self, uri: str, paths: Sequence[bytes]) -> Scanned:
        """These paths, counted from the top: what is staged of them, else the files as they stand."""
        self._entries = self._changed()
        changed = {entry.path: entry for entry in self._entries if entry.status != "U"}
        wanted = dict.fromkeys(paths)
        self._read([changed[path] for path in wanted if path in changed])
        self._others = [path for path in wanted if path not in changed]
        self._read_files(self._others)
        return self.scanned(uri, "files" if self._others else "staged")

    def _changed(self) -> Sequence[Entry]:
        return narrow.staged(self.at, self.env) if self._staged is None else self._staged

    def scanned(self, uri: str, scope: str, head: str | None = None) -> Scanned:
        """What this came to so far."""
        return Scanned(Target(self.id, "git", uri, head, scope), self.tally, self.contents.matches)

    def unread(self) -> bool:
        """Whether there were files to read, and not one of them was; submodules and what is left out are none."""
        modules = sum(gap.reason == "submodule" for gap in self.tally.gaps)
        return self.tally.expected > self.tally.skipped + modules and not self.tally.scanned and not self.tally.bytes

    def known(self, matches: Sequence[Match]) -> list[Match]:
        """Those matches that are not new: the last commit has them in the same file, or in one that the next commit takes away.

        In a merge, what the other side has in the same file is not new either. Nothing is known where a file was named that the next
        commit does not change: then somebody asks about files, not about a commit.
        """
        other = narrow.commit_of(self.at, self.env, "MERGE_HEAD") if matches else None
        if not matches or (self._others and other is None):
            return []
        before = [(entry.path, entry.old) for entry in self._entries if entry.status in "MT" and entry.old_mode != MODULE]
        if other is not None:
            before += [(entry.path, entry.oid) for entry in narrow.indexed(self.at, self.env, self._others)]
            before += [(entry.path, entry.oid) for entry in narrow.files_of(self.at, self.env, other) if entry.mode != MODULE]
        gone = [entry.old for entry in self._entries if entry.status == "D" and entry.old_mode != MODULE]
        return self._found_in(matches, {_outer(match): list(gone) for match in matches}, before)

    def _found_in(self, matches: Sequence[Match], where: dict[str | None, list[str]], before: Sequence[tuple[bytes, str]]) -> list[Match]:
        for path, oid in before:
            where.get(canon.text(path), []).append(oid)
        read: dict[str, set[tuple[str, bytes]]] = {}
        found = []
        for match in matches:
            for oid in where[_outer(match)]:
                if oid not in read:
                    read[oid] = self.contents.secrets(oid)
                if (match.hit.rule.id, match.hit.value) in read[oid] and match.origin.field is None:
                    found.append(match)
                    break
        return found

    def _read(self, entries: Sequence[Entry]) -> None:
        entries = [entry for entry in entries if entry.status != "D"]
        self.tally.expected += len(entries)
        for entry in entries:
            if entry.mode == MODULE:
                origin = Origin(self.id, "git", path=canon.text(entry.path), object=entry.oid)
                self.tally.gap(origin, "submodule", _SUBMODULE)
            elif self._excluded(canon.text(entry.path)):
                self.tally.skipped += 1
            elif not entry.oid.strip("0"):  # unmerged: the index has no single content of it
                self.contents.file(entry.path, narrow.top(self.at, self.env) + b"/" + entry.path)
            else:
                self.contents.blob(entry.path, entry.oid)
        self.contents.names([entry.path for entry in entries if entry.status == "A"])

    def _read_files(self, paths: Sequence[bytes]) -> None:
        self.tally.expected += len(paths)
        top = narrow.top(self.at, self.env) if paths else b""
        absent = []
        for path in paths:
            full = top + b"/" + path
            if self._excluded(canon.text(path)):
                self.tally.skipped += 1
            elif (stands := narrow.stands(full)) == "file":
                self.contents.file(path, full)
            elif stands == "nothing":
                absent.append(path)
            else:
                reason = "submodule" if stands == "repository" else "unreadable"
                self.tally.gap(Origin(self.id, "git", path=canon.text(path)), reason, f"it is a {stands}, not a file")
        if absent:  # a sparse checkout
            index = {entry.path: entry for entry in narrow.indexed(self.at, self.env, absent) if entry.mode != MODULE}
            for path in absent:
                if path in index:
                    self.contents.blob(path, index[path].oid)
                else:
                    origin = Origin(self.id, "git", path=canon.text(path))
                    self.tally.gap(origin, "unreadable", "it is neither in the work tree nor in the index")
        self.contents.names(list(paths))


def _outer(match: Match) -> str | None:
    """The file that a match is in, whatever the file holds."""
    return match.paths[0] if match.paths else match.origin.path
