"""One repository from its first count to its matches: deal out the store, read the rest meanwhile, then say who introduced what."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from scanner import canon
from scanner.model.content import Origin, Target
from scanner.pipeline.attribute import Attribution
from scanner.pipeline import files as reading
from scanner.pipeline.examine import placed
from scanner.pipeline.files import seen_as
from scanner.pipeline.gitread import FILES, Answer, GitReader
from scanner.pipeline.scanned import Scanned
from scanner.pipeline.settings import Settings
from scanner.pipeline.sightings import Sightings
from scanner.pipeline.tally import Tally
from scanner.pipeline.workers import Died, Pool
from scanner.sources.git.catfile import CatFile
from scanner.sources.git.environ import GitFailed, environment
from scanner.sources.git.gitdir import metadata, ref_names
from scanner.sources.git.history import History, Walk
from scanner.sources.git.layout import Layout, discover
from scanner.sources.git.lfs import lfs_path
from scanner.sources.git.store import Batch, Store, Unread
from scanner.sources.git.worktree import Tracked, present, tracked

_FILES_AT_ONCE = 400
_SMALL = 16 << 20  # bytes of content below which starting processes costs more than it saves
_PER_WORKER = 12  # batches


class GitScan:
    """The scan of one repository."""

    def __init__(self, id: str, path: Path, settings: Settings) -> None:
        self.id, self.settings = id, settings
        self.layout: Layout = discover(path)
        self.env: Mapping[str, str] = environment(trust_owner=settings.trust_owner)
        self.tally = Tally(id, "git")
        self.sightings = Sightings()
        self.store = Store(self.layout, self.env, walk=settings.walk, verify=settings.verify)
        self._named: set[bytes] = set()
        self._submodules: set[tuple[bytes, bytes]] = set()
        self._commits: set[str] = set()
        self._opaque: list[tuple[bytes, str]] = []
        self._lfs: list[tuple[bytes, str]] = []
        self._unread: list[Unread] = list(self.store.refused)
        self._interrupted = False
        self._files: list[bytes] = []

    def run(self, uri: str) -> Scanned:
        """Count, read, attribute."""
        index = self._index()
        files = self._files = present(self.layout, index.files)
        self.tally.expected = self.store.count + len(files)
        self.settings.progress.start(f"git {uri}", self.tally.expected)
        reader = GitReader(self.store, self.settings.rules, self.settings.cache, self.settings.engine, files)
        reader.engine.sieve.spots(b"")  # compiled and cached before the processes part
        batches = [*self.store.batches(self.settings.workers * _PER_WORKER), *_file_batches(files)]
        workers = self.settings.workers if sum(batch.weight for batch in batches) > _SMALL else 1
        pool: Pool[Batch, Answer] = Pool(reader, batches, workers)
        self._walk = Walk(self.layout.root, self.env)  # after the workers have parted: it has a thread
        try:
            self._own_files(reader)
            self._collect(pool)
        except KeyboardInterrupt:
            self._interrupted = True
            pool.stop()
        finally:
            self.settings.progress.stop()
        return self._told(uri, reader, index)

    # -- reading -------------------------------------------------------------------------------------------------------

    def _index(self) -> Tracked:
        try:
            return tracked(self.layout, self.env)
        except GitFailed:
            origin = Origin(self.id, "git", path=canon.text(os.fsencode(self.layout.git_dir.name)) + "/index", field="index")
            self.tally.gap(origin, "unreadable", "the index is damaged, so tracked files in the work tree were not found", counted=False)
            return Tracked({}, {})

    def _collect(self, pool: Pool[Batch, Answer]) -> None:
        for batch, answer in pool.results():
            if not isinstance(answer, Died):
                self._take(answer)
            elif halves := batch.halves():
                pool.again(halves)
            elif batch.way == FILES:
                origin = self._file_origin(self._files[batch.start])
                self.tally.gap(origin, "tool-error", "a worker process ended while it read this file")
            else:
                for oid in self.store.ids(batch):
                    self._unread.append(Unread(oid, "tool-error", "a worker process ended while it read this object"))

    def _take(self, answer: Answer) -> None:
        self.settings.progress.advance(answer.objects + len(answer.opaque) + len(answer.unread) + len(answer.not_files), answer.bytes)
        self.tally.read(answer.objects, answer.bytes)
        self.sightings.add(answer)
        for path, seen in answer.files:
            self.sightings.add_file(self._file_origin(path), seen)
        for path, reason, detail in answer.not_files:
            self.tally.gap(self._file_origin(path), reason, seen_as(detail) if reason == "unsupported-format" else detail)
        self._unread += answer.unread
        self._opaque += answer.opaque
        self._lfs += answer.lfs
        self._named |= answer.named
        self._submodules |= answer.submodules
        self._commits.update(oid.hex() for oid in answer.commits)

    def _file_origin(self, path: bytes) -> Origin:
        return Origin(self.id, "git", path=canon.text(path))

    def _own_files(self, reader: GitReader) -> None:
        """Config, refs, reflogs, index and whatever else lies in the repository's own folder."""
        for names in ref_names(self.layout):
            self.tally.expected += 1
            self._search(reader, Origin(self.id, "git", field="ref-name"), names)
        for item, folder, word in metadata(self.layout):
            self.tally.expected += 1
            shown = canon.text(os.fsencode(folder.name) + b"/" + item.path if folder != self.layout.root else item.path)
            origin = Origin(self.id, "git", path=shown, field=word)
            if item.refused:
                self.tally.gap(origin, "unreadable", f"it cannot be listed: {item.refused}")
            else:
                self._own_file(reader, origin, os.path.join(os.fsencode(folder), item.path))

    def _own_file(self, reader: GitReader, origin: Origin, path: bytes) -> None:
        share = reading.Answer()
        reading.examine_file(reader.engine, path, path, share)
        self.tally.read(share.objects, share.bytes)
        for _, seen in share.found:
            self.sightings.add_file(origin, seen)
        for _, reason, detail in share.gaps:
            self.tally.gap(origin, reason, detail)

    def _search(self, reader: GitReader, origin: Origin, data: bytes) -> None:
        for seen in placed(reader.engine, data):
            self.sightings.add_file(origin, seen)
        self.tally.read(1, len(data))

    # -- telling -------------------------------------------------------------------------------------------------------

    def _told(self, uri: str, reader: GitReader, index: Tracked) -> Scanned:
        from scanner.sources.git.people import People

        people = People(self.layout, self.env)
        try:
            self._lfs_contents(reader)
            missing = self.store.missing(self._named) if not self._interrupted else set()
            past = self._history(index)
            self._gaps(past, missing, index)
            staged = {oid: path for path, oid in sorted(index.files.items(), reverse=True)}
            with CatFile(self.layout.root, self.env) as slow:
                attribution = Attribution(self.id, reader.engine, past, slow, people, staged)
                matches = [attribution.match(key, secret) for key, secret in sorted(self.sightings.secrets.items(), key=lambda s: s[0])]
            target = Target(self.id, "git", uri, people.head(), "all-objects")
            return Scanned(target, self.tally, matches, self._notes(past), self._interrupted)
        finally:
            people.close()
            self._walk.close()

    def _history(self, index: Tracked) -> History:
        wanted = {oid.hex() for oid in self.sightings.blobs()}
        wanted |= {oid.hex() for oid, _ in (*self._opaque, *self._lfs)} | {oid.hex() for _, oid in self._submodules}
        names = self.sightings.names()
        if self._interrupted or not (wanted or names or self.sightings.secrets):
            return History()
        return self._walk.history(wanted, names, self._commits, self.settings.workers)

    def _lfs_contents(self, reader: GitReader) -> None:
        """Content that LFS pointers stand for: searched when it was fetched, else a gap."""
        gone = []
        for oid, content in sorted(self._lfs, key=lambda item: item[1]):
            path = lfs_path(self.layout.common_dir, content)
            if path.is_file():
                self.tally.expected += 1
                self._own_file(reader, Origin(self.id, "git", path=f"lfs/objects/{content}", object=oid.hex(), field="lfs"), os.fsencode(path))
            else:
                gone.append((oid, content))
        self._lfs = gone

    def _gaps(self, past: History, missing: set[bytes], index: Tracked) -> None:
        def path(oid: str) -> str | None:
            known = past.of.get(oid)
            return canon.text(known.path) if known else None

        for oid, form in self._opaque:
            self.tally.gap(Origin(self.id, "git", path=path(oid.hex()), object=oid.hex()), "unsupported-format", seen_as(form))
        for oid, _ in self._lfs:
            detail = "an LFS pointer whose content was not fetched; run `git lfs fetch --all`"
            self.tally.gap(Origin(self.id, "git", path=path(oid.hex()), object=oid.hex()), "lfs-missing", detail, counted=False)
        for unread in self._unread:
            origin = Origin(self.id, "git", object=unread.oid.hex() if unread.oid else None)
            self.tally.gap(origin, unread.reason, unread.detail, counted=unread.oid is not None)
        self._missing_gaps(missing)
        modules = {canon.text(place): oid.decode() if isinstance(oid, bytes) else oid for place, oid in index.submodules.items()}
        for name, oid in sorted(self._submodules):
            place = path(oid.hex()) or canon.text(name)
            modules.setdefault(place, oid.hex())
        for place, oid in sorted(modules.items()):
            detail = "a submodule is a repository of its own; scan it by itself"
            self.tally.gap(Origin(self.id, "git", path=place, object=oid), "submodule", detail, counted=False)

    def _missing_gaps(self, missing: set[bytes]) -> None:
        cut = {oid.decode("ascii", "replace") for oid in self.layout.shallow}
        reason, detail = "missing-object", "a tree, commit or tag names it, and the object store does not have it"
        if self.layout.promisor:
            reason, detail = "partial-clone", "the clone is partial and has not fetched it; run `git fetch --refetch` or clone again without --filter"
        absent = {oid.hex() for oid in missing}
        if cut and absent:
            reason, detail = "shallow-clone", "the history was cut off here; run `git fetch --unshallow`"
        for oid in sorted(absent):
            self.tally.gap(Origin(self.id, "git", object=oid), reason, detail, counted=False)
        for number in self.layout.lost_alternates:
            detail = f"alternate object folder number {number} is not there"
            self.tally.gap(Origin(self.id, "git", path="objects/info/alternates"), "missing-object", detail, counted=False)
        if self.layout.grafts:
            detail = f"info/grafts changes the parents of {self.layout.grafts} commits; objects were read all the same"
            self.tally.gap(Origin(self.id, "git", path="info/grafts"), "grafts", detail, counted=False)

    def _notes(self, past: History) -> list[str]:
        notes = []
        if self.layout.replaced:
            notes.append(f"{self.layout.replaced} replace refs: the original objects were scanned, and the replacements too")
        if self.layout.shallow and not any(gap.reason == "shallow-clone" for gap in self.tally.gaps):
            notes.append(f"{len(self.layout.shallow)} commits are marked shallow, and their parents are there and were scanned")
        if len(self.layout.object_dirs) > 1:
            notes.append(f"{len(self.layout.object_dirs) - 1} alternate object folders were scanned too")
        if not past.complete:
            notes.append("Git could not show the whole history, so some findings may name a later commit than the first")
        return notes


def _file_batches(files: list[bytes]) -> list[Batch]:
    return [
        Batch(FILES, 0, start, min(start + _FILES_AT_ONCE, len(files)), _FILES_AT_ONCE << 14) for start in range(0, len(files), _FILES_AT_ONCE)
    ]

