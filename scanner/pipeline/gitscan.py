"""One repository from its first count to its matches: deal out the store, read the rest meanwhile, then say who introduced what."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from scanner import canon
from scanner.model.content import Origin, Target, Unseen
from scanner.model.rule import Ruleset
from scanner.pipeline import files as reading
from scanner.pipeline.attribute import Attribution
from scanner.pipeline.earlier import KIND, PER_WORKER, SMALL, After, Earlier, Glance, glance, noted
from scanner.pipeline.examine import placed
from scanner.pipeline.gitgaps import EMPTY, Gaps, Lack, cut_off
from scanner.pipeline.gitread import FILES, WORDS, Answer, GitReader
from scanner.pipeline.scanned import Scanned
from scanner.pipeline.settings import Settings
from scanner.pipeline.sightings import Sightings
from scanner.pipeline.tally import Tally
from scanner.pipeline.workers import Died, Pool
from scanner.sources.files import Listed, listing
from scanner.sources.git.catfile import CatFile
from scanner.sources.git.environ import GitFailed, environment, git
from scanner.sources.git.gitdir import LEFT_OVER, loose_refs, metadata, other_tips
from scanner.sources.git.history import History, Walk
from scanner.sources.git.kinds import COMMIT
from scanner.sources.git.layout import Layout, discover
from scanner.sources.git.lfs import lfs_path
from scanner.sources.git.people import People
from scanner.sources.git.store import Batch, Store, Unread
from scanner.sources.git.worktree import Tracked, present, sound, tracked

_FILES_AT_ONCE = 400


class GitScan:
    """The scan of one repository."""

    def __init__(self, id: str, path: Path, settings: Settings, earlier: Earlier | None = None) -> None:
        self.id, self.settings = id, settings
        self.earlier = earlier or Earlier()
        self.layout: Layout = discover(path)
        self.env: Mapping[str, str] = environment(trust_owner=settings.trust_owner, root=self.layout.root)
        self.tally = Tally(id, "git", leaves=settings.leaves)
        self._open()
        self._walk = Walk(self.layout.root, self.env)  # goes on while the packs are opened
        self.sightings = Sightings()
        known = self.earlier.own
        self.store = Store(self.layout, self.env, walk=settings.walk, verify=settings.verify, known=known)
        self.after: After | None = After() if settings.remember else None
        self._named: set[bytes] = set()
        self._submodules: set[tuple[bytes, bytes]] = set()
        self._commits: set[str] = set()
        self._opaque: list[tuple[bytes, Unseen, bool]] = []
        self._lfs: list[tuple[bytes, str]] = []
        self._unread: list[Unread] = list(self.store.refused)
        self._interrupted = False
        self._files: list[bytes] = []
        self._tips: set[bytes] = set()  # what refs and heads stand for
        self._people: People | None = None
        self._risky: set[Batch] = set()  # shares that a worker has died of

    def run(self, uri: str) -> Scanned:
        """Count, read, attribute."""
        index = self._index()
        files = self._files = present(self.layout, index.files)
        self.tally.expected = self.store.count + len(files)
        self.settings.progress.start(f"git {uri}", self.tally.expected)
        if self.after is not None:
            self._leave(self.after)
        reader = GitReader(self.store, self.settings, files)
        reader.engine.sieve.spots(b"")  # compiled and cached before the processes part
        batches = [*self.store.batches(self.settings.workers * PER_WORKER), *_file_batches(files)]
        self._unread += self.store.endless
        if self.store.endless:
            self._walk.close()
        workers = self.settings.workers if sum(batch.weight for batch in batches) > SMALL else 1
        self._cut = cut_off(self.layout, self.env)
        if self.layout.shallow and not self.store.missing(self._cut):  # where all of a shallow history is there, Git need not stop
            self._walk.close()
            self._walk = Walk(self.layout.root, {**self.env, "GIT_SHALLOW_FILE": ""})
        pool: Pool[Batch, Answer] = Pool(reader, batches, workers)
        try:
            self._own_files(reader)
            self._people = People(self.layout, self.env)
            self.settings.meanwhile()
            self._collect(pool)
        except KeyboardInterrupt:
            self._interrupted = True
            pool.stop()
        finally:
            self.settings.progress.stop()
        return self._told(uri, reader, index)

    # -- reading -------------------------------------------------------------------------------------------------------

    def _index(self) -> Tracked:
        origin = Origin(self.id, "git", path=canon.text(os.fsencode(self.layout.git_dir.name)) + "/index", field="index")
        try:
            found = tracked(self.layout, self.env)
        except GitFailed:
            self.tally.gap(origin, "unreadable", "the index is damaged, so tracked files in the work tree were not found", counted=False)
            return Tracked({}, {})
        if not sound(self.layout):
            self.tally.gap(origin, "unreadable", "the index is not what its checksum says, so tracked files may be missing", counted=False)
        return found

    def _collect(self, pool: Pool[Batch, Answer]) -> None:
        for batch, answer in pool.results():
            if not isinstance(answer, Died):
                self._take(answer)
            elif halves := batch.halves():
                pool.again(halves)
            elif batch not in self._risky:
                self._risky.add(batch)  # once may be chance: memory was short, or somebody ended it
                pool.again([self._apart(batch)])
            elif batch.way == FILES:
                origin = self._file_origin(self._files[batch.start])
                self.tally.gap(origin, "tool-error", "a worker process ended while it read this file")
            else:
                for oid in self.store.ids(batch):
                    self._unread.append(Unread(oid, "tool-error", "a worker process ended while it read this object"))

    def _apart(self, batch: Batch) -> Batch:
        """A share of deltas that hang together as objects that do not."""
        if batch.way != "pack":
            return batch
        ids = tuple(self.store.ids(batch))
        return replace(batch, way="ids", start=0, stop=len(ids), ids=ids)

    def _take(self, answer: Answer) -> None:
        unread = sum(own for *_, own in (*answer.opaque, *answer.not_files)) + len(answer.unread)
        self.settings.progress.advance(answer.objects + unread, answer.octets)
        self.tally.read(answer.objects, answer.octets, answer.leaves)
        self.sightings.add(answer)
        for path, seen in answer.files:
            self.sightings.add_file(self._file_origin(path), seen)
        for path, unseen, own in answer.not_files:
            self.tally.unseen(self._file_origin(path), unseen, counted=own)
        self._unread += answer.unread
        self._opaque += answer.opaque
        self._lfs += answer.lfs
        self._named |= answer.named
        self._submodules |= answer.submodules
        if self.after is not None:
            noted(self.after, answer)
        self._commits.update(oid.hex() for oid in answer.commits)

    def _file_origin(self, path: bytes) -> Origin:
        return Origin(self.id, "git", path=canon.text(path))

    def _own_files(self, reader: GitReader) -> None:
        """Config, refs, reflogs, index and whatever else lies in the repository's own folder."""
        self._tips = other_tips(self.layout)
        for refs in loose_refs(self.layout):
            self._tips |= refs.ids
            self.tally.expected += 1
            self._search(reader, Origin(self.id, "git", field="ref-name"), refs.names)
            for item, folder in refs.odd:
                self._listed(reader, item, folder, "ref-name")
        for item, folder, word in metadata(self.layout):
            self._listed(reader, item, folder, word)

    def _listed(self, reader: GitReader, item: Listed, folder: Path, word: str) -> None:
        self.tally.expected += 1
        shown = canon.text(os.fsencode(folder.name) + b"/" + item.path if folder != self.layout.root else item.path)
        origin = Origin(self.id, "git", path=shown, field=word)
        if item.refused:
            self.tally.gap(origin, "unreadable", f"it cannot be listed: {item.refused}")
        elif word == LEFT_OVER:
            detail = "an interrupted Git command left it, compressed and unfinished; run `git gc --prune=now`"
            self.tally.gap(origin, "unsupported-format", detail)
        else:
            self._own_file(reader, origin, os.path.join(os.fsencode(folder), item.path))

    def _own_file(self, reader: GitReader, origin: Origin, path: bytes) -> None:
        share = reading.Answer(leaves=[] if self.settings.leaves else None)
        try:
            reading.examine_file(reader.engine, path, path, share, self.settings.limits)
        except Exception:
            self.tally.gap(origin, "tool-error", "it could not be examined")
            return
        self.tally.read(share.objects, share.octets, [("meta", id, size, origin.path) for _, id, size, _ in share.leaves or ()])
        for _, seen in share.found:
            self.sightings.add_file(origin, seen)
        for _, unseen, own in share.gaps:
            self.tally.unseen(origin, unseen, counted=own)

    def _search(self, reader: GitReader, origin: Origin, data: bytes) -> None:
        for seen in placed(reader.engine, data):
            self.sightings.add_file(origin, seen)
        self.tally.read(1, len(data), [("meta", canon.digest(data), len(data), origin.path)])

    def _open(self) -> None:
        """Git's own word on whether it opens the repository; without it the objects are read all the same."""
        try:
            git(["rev-parse", "--git-dir"], self.layout.root, self.env)
        except GitFailed:
            detail = "Git cannot open the repository: who introduced what, and tracked files, may be missing; run `git fsck`"
            origin = Origin(self.id, "git", path=canon.text(os.fsencode(self.layout.git_dir.name)))
            self.tally.gap(origin, "tool-error", detail, counted=False)

    # -- what earlier nights have read ---------------------------------------------------------------------------------

    def glance(self) -> Glance:
        """What the fresh rules see, by themselves, in everything there is; the scan itself is for another one to do."""
        self._walk.close()
        if self.earlier.fresh is None:
            return Glance(frozenset(), quiet=True)
        seen = glance(self.store, self.settings, self.earlier.fresh, self.earlier.own)
        return seen if not seen.quiet or self._quiet_outside(self.earlier.fresh) else replace(seen, quiet=False)

    def _quiet_outside(self, rules: Ruleset) -> bool:
        """Whether these rules see nothing in what is no object: refs, config, tracked files."""
        files = present(self.layout, self._index().files)
        reader = GitReader(self.store, replace(self.settings, rules=rules, leaves=False), files)
        closed = reader.engine.closed
        if any(reader(batch).files for batch in _file_batches(files)):
            return False
        self._own_files(reader)
        return not self.sightings.secrets and reader.engine.closed == closed

    def _leave(self, after: After) -> None:
        """Leave out what was read before, and count it; what it named then is named still."""
        left, after.lost = self.earlier.left(self.store.ids_of_all())
        if self.earlier.fresh is not None and left:
            seen = self.earlier.glance or glance(self.store, self.settings, self.earlier.fresh, left)
            for oid in seen.ids:
                left.pop(oid, None)
        after.objects.update(left)
        if left or self.earlier.own:
            self.store.leave(left)
        if not after.lost:
            self._named |= self.earlier.missing
            self._submodules |= self.earlier.submodules
        self._commits.update(oid.hex() for oid, (kind, _) in left.items() if kind & KIND == COMMIT)
        leaves = ((WORDS[kind & KIND], oid.hex(), size, None) for oid, (kind, size) in left.items())
        self.tally.read(len(left), sum(size for _, size in left.values()), leaves)
        self.settings.progress.advance(len(left))

    # -- telling -------------------------------------------------------------------------------------------------------

    def _told(self, uri: str, reader: GitReader, index: Tracked) -> Scanned:
        people = self._people = self._people or People(self.layout, self.env)
        self.settings.foresee(value for _, value in self.sightings.secrets)
        try:
            self._lfs_contents(reader)
            past = self._known_history(index)
            missing = set() if self._interrupted else self.store.missing(self._expected(index))
            if self.after is not None:
                self.after.missing, self.after.submodules, self.after.told = missing, self._submodules, past.complete
            lack = Lack(self._unread, self._opaque, self._lfs, self._submodules, missing, self._cut)
            gaps = Gaps(self.layout, self.tally, past)
            gaps.tell(lack, index)
            staged = {oid: path for path, oid in sorted(index.files.items(), reverse=True)}
            with CatFile(self.layout.root, self.env) as slow:
                attribution = Attribution(self.id, reader.engine, past, slow, people, staged, self._tips)
                matches = [attribution.match(key, secret) for key, secret in sorted(self.sightings.secrets.items(), key=lambda s: s[0])]
            target = Target(self.id, "git", uri, people.head(), "all-objects")
            return Scanned(target, self.tally, matches, gaps.notes(lack), self._interrupted, self.after)
        finally:
            people.close()
            self._walk.close()

    def _known_history(self, index: Tracked) -> History:
        """The history, or an empty one if somebody does not want to wait for it."""
        try:
            return self._history(index)
        except KeyboardInterrupt:
            self._interrupted = True
            return History(complete=False)

    def _history(self, index: Tracked) -> History:
        wanted = {oid.hex() for oid in self.sightings.blobs()}
        wanted |= {oid.hex() for oid, _, _ in self._opaque} | {oid.hex() for oid, _ in self._lfs}
        wanted |= {oid.hex() for _, oid in self._submodules}
        names = self.sightings.names()
        if self._interrupted or not (wanted or names or self.sightings.secrets):
            return History()
        if self.store.endless:  # nor would Git finish walking through them
            return History(complete=False)
        return self._walk.history(wanted, names, self._commits, self.settings.workers)

    def _expected(self, index: Tracked) -> set[bytes]:
        """Every object that something names; what is empty Git knows without having it."""
        return (self._named | self._tips | {bytes.fromhex(oid) for oid in index.files.values()}) - EMPTY - {bytes(self.store.size)}

    def _lfs_contents(self, reader: GitReader) -> None:
        """Content that LFS pointers stand for: searched when it was fetched, else a gap."""
        gone, known = [], set()
        for oid, content in sorted(self._lfs, key=lambda item: item[1]):
            path = lfs_path(self.layout.common_dir, content)
            if path.is_file():
                self.tally.expected += 1
                origin = Origin(self.id, "git", path=f"lfs/objects/{content}", object=oid.hex(), field="lfs")
                self._own_file(reader, origin, os.fsencode(path))
                known.add(os.fsencode(path))
            else:
                gone.append((oid, content))
        self._lfs = gone
        top = os.fsencode(self.layout.common_dir / "lfs")
        for item in sorted(listing(self.layout.common_dir / "lfs"), key=lambda entry: entry.path) if os.path.isdir(top) else ():
            if os.path.join(top, item.path) not in known:
                self._listed(reader, Listed(b"lfs/" + item.path, item.size, item.refused), self.layout.common_dir, "lfs")


def _file_batches(files: list[bytes]) -> list[Batch]:
    starts = range(0, len(files), _FILES_AT_ONCE)
    return [Batch(FILES, 0, start, min(start + _FILES_AT_ONCE, len(files)), _FILES_AT_ONCE << 14) for start in starts]
