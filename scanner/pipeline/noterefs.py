"""Which files of an export belong to which record, and which of those that a record names are not there."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from scanner.decode.notes.render import Named, Note
from scanner.model.content import Origin

_REFERENCES_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Owner:
    """The record that a file belongs to."""

    record: str
    author: str | None
    date: str | None
    origin: Origin  # where the record is


@dataclass(frozen=True, slots=True)
class _Reference:
    named: str
    folder: str
    outer: str  # the bundle, where the file is in one
    must: bool
    owner: Owner


class References:
    """The files that are there, and those that records name; joined when all is read."""

    def __init__(self) -> None:
        self._there: dict[str, set[str]] = {}  # bundle -> paths in it
        self._named: dict[tuple[str, str, str], _Reference] = {}
        self.forgotten = 0  # references beyond what may be held

    def file(self, outer: str, path: str) -> None:
        """A file is there."""
        self._there.setdefault(outer, set()).add(path)

    def names(self, note: Note, files: Iterable[Named], origin: Origin, outer: str, path: str) -> None:
        """A record of the document at this path names these files."""
        owner = Owner(note.id, note.author, note.date, origin)
        folder = posixpath.dirname(path)
        for file in files:
            if len(self._named) >= _REFERENCES_MOST:
                self.forgotten += 1
            elif file.path:
                key = (outer, folder, file.path)
                had = self._named.get(key)
                if had is None or (file.must and not had.must):
                    self._named[key] = _Reference(file.path, folder, outer, file.must, had.owner if had else owner)

    def joined(self) -> tuple[dict[tuple[str, str], Owner], list[Owner]]:
        """((bundle, path) -> whose it is, the record of each file that is named and not there)."""
        owners: dict[tuple[str, str], Owner] = {}
        missing: list[Owner] = []
        by_name: dict[str, dict[str, str | None]] = {}
        for outer, paths in self._there.items():
            names = by_name.setdefault(outer, {})
            for path in paths:
                name = posixpath.basename(path)
                names[name] = None if name in names else path
        for reference in self._named.values():
            found = self._found(reference, by_name)
            if found is not None:
                owners.setdefault((reference.outer, found), reference.owner)
            elif reference.must:
                missing.append(reference.owner)
        return owners, missing

    def _found(self, reference: _Reference, by_name: dict[str, dict[str, str | None]]) -> str | None:
        there = self._there.get(reference.outer, set())
        bare = reference.named.partition("#")[0].partition("?")[0]
        for name in dict.fromkeys((reference.named, unquote(reference.named), bare, unquote(bare))):
            for path in (posixpath.join(reference.folder, name), name, f"attachments/{name}", f"{name}.md"):
                if (plain := posixpath.normpath(path.lstrip("/"))) in there:
                    return plain
            if "/" not in name and (only := by_name.get(reference.outer, {}).get(name)):
                return only
        return None
