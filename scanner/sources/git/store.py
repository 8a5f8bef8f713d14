"""A repository's whole object store: count it, deal it out in batches, read every object once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from scanner import canon
from scanner.sources.git.catfile import CatFile, Missing
from scanner.sources.git.environ import git
from scanner.sources.git.kinds import BLOB, WHOLE_LIMIT, Damaged
from scanner.sources.git.layout import Layout
from scanner.sources.git.loose import KINDS, LooseTooLarge, loose_ids, loose_path, read_loose, stream_loose
from scanner.sources.git.pack import OFS_DELTA, Pack
from scanner.sources.git.packindex import BadIndex

_LOOSE_BATCH = 2000
_ASKING = 50  # headers of a pack are read in the time in which Git is asked for one object
_SMALLEST_BATCH = 4 << 20
_LARGEST_BATCH = 1 << 38
_ENDLESS = "a delta that is made, in the end, of itself"
_UNUSED = {20: hashlib.sha1(usedforsecurity=False), 32: hashlib.sha256(usedforsecurity=False)}
KIND_NAMES = {number: name for name, number in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Batch:
    """A share of the object store by numbers only, so that dealing it out costs nothing: places `start` to `stop` of a list."""

    way: str  # pack (ranks of unit roots) | loose | git (places in a list of ids) | ids (places in its own list)
    place: int  # which pack, or which objects folder
    start: int
    stop: int
    weight: int
    ids: tuple[bytes, ...] = ()  # only where the share has shown itself to be dangerous

    def halves(self) -> tuple[Batch, ...]:
        """The batch in two parts, or nothing if it cannot be divided."""
        if self.stop - self.start < 2:
            return ()
        middle, weight = (self.start + self.stop) // 2, self.weight // 2
        return (replace(self, stop=middle, weight=weight), replace(self, start=middle, weight=weight))


class Large(NamedTuple):
    """Content too large to hold: read it in pieces, once; reading may raise Damaged or OSError."""

    pieces: Iterator[bytes]
    size: int


class Lineage(NamedTuple):
    """How a pack stores an object: as a delta against the one before it in this depth-first walk that has the rank `parent`."""

    rank: int
    parent: int
    depth: int
    delta: bytes | None  # None where the object does not stand as a delta, or not against content that is at hand
    base: bytes | None


class Read(NamedTuple):
    """One object and its content."""

    oid: bytes
    kind: int
    data: bytes | Large
    lineage: Lineage | None = None


class Unread(NamedTuple):
    """An object, or a whole pack, that could not be read, with a Gap's reason and detail."""

    oid: bytes | None
    reason: str
    detail: str


class Store:
    """All objects that the repository and its alternates hold, each id once."""

    def __init__(
        self, layout: Layout, env: Mapping[str, str], *, walk: str = "fast", verify: bool = False, known: Collection[bytes] = ()
    ) -> None:  # fmt: skip
        self.layout, self.env, self.verify = layout, env, verify
        self._known = known  # packs with nothing else need not be opened
        self.size = layout.hash_size
        self.packs: list[Pack] = []
        self.loose: list[tuple[Path, list[bytes]]] = []
        self.by_git: list[bytes] = []  # counted as Git lists them
        self._all_loose, self._all_by_git = self.loose, self.by_git
        self.refused: list[Unread] = []
        self.endless: list[Unread] = []  # Git would not finish reading them
        if walk == "git":
            self._by_git_alone()
        else:
            self._open()
        self.skip = self._repeats()
        self._repeated, self._all_loose, self._all_by_git = list(self.skip), self.loose, self.by_git
        self.asked = list(self.by_git)  # what only Git is asked for
        self.count = len(self.by_git) + sum(map(len, self.packs)) - sum(map(sum, self.skip)) + sum(len(ids) for _, ids in self.loose)

    # -- counting ------------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        for folder in self.layout.object_dirs:
            for path in self._indexed(folder):
                self._open_pack(path)
            ids, closed = loose_ids(folder, self.size)
            self.loose.append((folder, ids))
            self.refused += (Unread(None, "unreadable", f"the folder {name} of loose objects is closed to us") for name in closed)
        self.packs.sort(key=lambda pack: (-len(pack), pack.path.name))
        if self.refused:  # Git may still know how to read what we do not
            self.by_git = sorted(self.missing(set(self._ids_by_git(tolerant=True))))

    def _by_git_alone(self) -> None:
        """Git lists the objects; what it does not list without a word is looked for here."""
        self.by_git = sorted(self._ids_by_git())
        for folder in self.layout.object_dirs:
            for path in self._indexed(folder):
                self._open_pack(path)
        self.packs.clear()

    def _indexed(self, objects: Path) -> list[Path]:
        """The packs of an objects folder that have an index; what is not a pair is noted."""
        try:
            names = set(os.listdir(objects / "pack"))
        except FileNotFoundError:
            return []
        except OSError as problem:
            self.refused.append(Unread(None, "unreadable", f"the folder of packs is closed to us: {problem.strerror}"))
            return []
        found = []
        for name in sorted(names):
            stem, _, ending = name.rpartition(".")
            if ending == "pack" and f"{stem}.idx" in names:
                found.append(objects / "pack" / name)
            elif ending == "pack":
                self.refused.append(Unread(None, "corrupt-object", f"{_named(stem)} has no index, so its objects cannot be found"))
            elif ending == "idx" and f"{stem}.pack" not in names:
                self.refused.append(Unread(None, "missing-object", f"{_named(stem)} has an index, but the pack is gone"))
        return found

    def _open_pack(self, path: Path) -> None:
        name = _named(path.stem)
        try:
            pack = Pack(path, self.size, self._known)
        except OSError as problem:
            self.refused.append(Unread(None, "unreadable", f"{name} cannot be opened: {problem.strerror}"))
            return
        except (BadIndex, ValueError) as problem:
            self.refused.append(Unread(None, "corrupt-object", f"{name} cannot be walked: {problem}"))
            return
        self.packs.append(pack)
        flaws = (
            (not pack.index.sound, "its index is not what its checksum says"),
            (not pack.matches, "it does not end as its index says"),
            (pack.declared != len(pack), f"it holds {pack.declared} objects, and its index names {len(pack)}"),
        )
        self.refused += (Unread(None, "corrupt-object", f"{name} is damaged: {flaw}") for there, flaw in flaws if there)

    def _ids_by_git(self, *, tolerant: bool = False) -> list[bytes]:
        from scanner.sources.git.environ import GitFailed

        try:
            out = git(["cat-file", "--batch-all-objects", "--batch-check=%(objectname)", "--unordered"], self.layout.root, self.env)
        except GitFailed:
            if tolerant:
                return []
            raise
        return [bytes.fromhex(line.decode()) for line in out.split()]

    def _repeats(self) -> list[bytearray]:
        """For every pack a mark on each object that a pack before it has too; loose lists lose theirs."""
        marks = [bytearray(len(pack)) for pack in self.packs]
        places = [(folder, set(ids)) for folder, ids in self.loose]
        if len(self.packs) + sum(1 for _, ids in places if ids) < 2:
            return marks
        ranks = [_rank_of_place(pack) for pack in self.packs]
        buckets = [_by_first_byte(ids) for _, ids in places]
        for first in range(256):
            seen: set[bytes] = set()
            for number, pack in enumerate(self.packs):
                for place in pack.index.bucket(first):
                    oid = pack.index.oid(place)
                    if oid in seen:
                        marks[number][ranks[number][place]] = 1
                    seen.add(oid)
            for (_, ids), bucket in zip(places, buckets, strict=True):
                mine = bucket.get(first, ())
                ids.difference_update(seen.intersection(mine))
                seen.update(mine)
        self.loose = [(folder, sorted(ids)) for folder, ids in places]
        return marks

    def missing(self, oids: Collection[bytes]) -> set[bytes]:
        """Those of `oids` that the store does not have."""
        left: dict[int, set[bytes]] = {}
        for oid in oids:
            left.setdefault(oid[0], set()).add(oid)
        for ids in (*(ids for _, ids in self._all_loose), self._all_by_git):
            for oid in ids:
                left.get(oid[0], set()).discard(oid)
        for pack in self.packs:
            for first, wanted in left.items():
                if wanted:
                    wanted.difference_update(map(pack.index.oid, pack.index.bucket(first)))
        return set().union(*left.values()) if left else set()

    # -- choosing ------------------------------------------------------------------------------------------------------

    def ids_of_all(self) -> set[bytes]:
        """Every object."""
        packed = {oid for pack in self.packs for oid in pack.index.each()}
        return packed.union(self._all_by_git, *(ids for _, ids in self._all_loose))

    def leave(self, known: Container[bytes]) -> None:
        """Deal out only what is not known; `count` stays that of everything."""
        self.loose = [(folder, [oid for oid in ids if oid not in known]) for folder, ids in self._all_loose]
        self.by_git = [oid for oid in self._all_by_git if oid not in known]
        for number, pack in enumerate(self.packs):
            left, repeated = bytearray(oid in known for oid in pack.index.each()), self._repeated[number]
            if pack.closed:  # its ranks are its places
                wanted = [place for place, done in enumerate(left) if not done and not repeated[place]]
                if (len(wanted) + 15) * _ASKING <= len(pack):  # Git has to be started too
                    self.by_git += map(pack.index.oid, wanted)
                    self.skip[number] = bytearray(b"\1") * len(pack)
                    continue
                pack.uncover()
                repeated = self._repeated[number] = bytearray(repeated[place] for place in pack.order)
            self.skip[number] = bytearray(left[place] or repeated[rank] for rank, place in enumerate(pack.order))
            pack.need(self.skip[number])

    # -- dealing out ---------------------------------------------------------------------------------------------------

    def batches(self, shares: int) -> list[Batch]:
        """The whole store in at least `shares` batches if it is large, heaviest first."""
        self.asked = list(self.by_git)
        self.endless.clear()
        opened = [(number, pack) for number, pack in enumerate(self.packs) if not pack.closed]
        estimate = sum(sum(pack.size) for _, pack in opened) * 8
        limit = min(max(_SMALLEST_BATCH, estimate // max(1, shares)), _LARGEST_BATCH)  # headers may lie
        found: list[Batch] = []
        for number, pack in opened:
            found += _gather(number, pack.units(limit), limit)
            lost = [rank for rank in pack.unreached() if not self.skip[number][rank]]
            circular = pack.circular() if lost else set()
            self.asked += (pack.oid(rank) for rank in lost if rank not in circular)
            self.endless += (Unread(pack.oid(rank), "corrupt-object", _ENDLESS) for rank in lost if rank in circular)
        for place, (_, ids) in enumerate(self.loose):
            found += _slices("loose", place, ids)
        found += _slices("git", 0, self.asked)
        return sorted(found, key=lambda batch: -batch.weight)

    def ids(self, batch: Batch) -> list[bytes]:
        """The objects of a batch, without reading them."""
        if batch.way == "loose":
            return self.loose[batch.place][1][batch.start : batch.stop]
        if batch.way in ("git", "ids"):
            return list((batch.ids or self.asked)[batch.start : batch.stop])
        pack, skip = self.packs[batch.place], self.skip[batch.place]
        return [pack.oid(rank) for root in pack.roots(batch.start, batch.stop) for rank in pack.members(root) if not skip[rank]]

    # -- reading -------------------------------------------------------------------------------------------------------

    def read(self, batch: Batch) -> Iterator[Read | Unread]:
        """Every object of a batch, as itself or as Unread."""
        with CatFile(self.layout.root, self.env) as slow:
            if batch.way == "pack":
                items = self._read_pack(self.packs[batch.place], self.skip[batch.place], batch, slow)
            elif batch.way == "loose":
                folder, ids = self.loose[batch.place]
                items = self._read_loose(folder, ids[batch.start : batch.stop], slow)
            else:
                items = (self._ask(oid, slow) for oid in self.ids(batch))
            yield from map(self._verified, items) if self.verify else items

    def _read_pack(self, pack: Pack, skip: bytearray, batch: Batch, slow: CatFile) -> Iterator[Read | Unread]:
        vouched, kinds = pack.vouched, pack.kind
        for root in pack.roots(batch.start, batch.stop):
            for rank, data, large, depth, delta, base in pack.walk(root):
                if skip[rank]:
                    continue
                oid, kind = pack.oid(rank), kinds[rank]
                if data is not None:
                    right = vouched or self._hash(kind, data) == oid
                    related = kind == BLOB and (delta is not None or pack.child[rank] >= 0)
                    lineage = Lineage(rank, pack.base[rank], depth, delta, base) if related else None
                    yield Read(oid, kind, data, lineage) if right else self._ask(oid, slow)
                elif large and pack.stored[rank] < OFS_DELTA and pack.intact(rank):
                    pieces, size = pack.stream(rank), pack.size[rank]
                    yield Read(oid, kind, Large(pieces if vouched else self._hashed(oid, kind, size, pieces), size))
                else:
                    yield self._ask(oid, slow)
        pack.release()

    def _read_loose(self, folder: Path, ids: list[bytes], slow: CatFile) -> Iterator[Read | Unread]:
        for oid in ids:
            path = loose_path(folder, oid)
            try:
                kind, data = read_loose(path)
            except LooseTooLarge as large:
                yield Read(oid, large.kind, Large(self._hashed(oid, large.kind, large.size, stream_loose(path)), large.size))
            except (OSError, Damaged):
                yield self._ask(oid, slow)
            else:
                # no index vouches for a loose object, so its own name does
                yield Read(oid, kind, data) if self._hash(kind, data) == oid else self._ask(oid, slow)

    def _ask(self, oid: bytes, slow: CatFile) -> Read | Unread:
        """What Git says when our own way failed."""
        try:
            kind, size, answered = slow.ask(oid.hex())
            if answered != oid:
                raise Damaged
            return Read(oid, kind, Large(slow.pieces(), size) if size > WHOLE_LIMIT else b"".join(slow.pieces()))
        except (Damaged, Missing):
            return Unread(oid, "corrupt-object", "its bytes do not make an object, for Git neither")

    def _started(self, kind: int, size: int) -> hashlib._Hash:
        made = _UNUSED[self.size].copy()  # several times as fast as a new one
        made.update(KIND_NAMES[kind] + b" %d\0" % size)
        return made

    def _hash(self, kind: int, data: bytes) -> bytes:
        made = self._started(kind, len(data))
        made.update(data)
        return made.digest()

    def _hashed(self, oid: bytes, kind: int, size: int, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The same pieces; raises Damaged at their end if they are not what `oid` says."""
        made = self._started(kind, size)
        for piece in pieces:
            made.update(piece)
            yield piece
        if made.digest() != oid:
            raise Damaged

    def _verified(self, item: Read | Unread) -> Read | Unread:
        if isinstance(item, Unread):
            return item
        if isinstance(item.data, Large):
            return item._replace(data=Large(self._hashed(item.oid, item.kind, item.data.size, item.data.pieces), item.data.size))
        if self._hash(item.kind, item.data) == item.oid:
            return item
        return Unread(item.oid, "corrupt-object", "its content does not have the id that it stands under")


def _named(stem: str) -> str:
    """A pack by its file name."""
    return canon.text(os.fsencode(stem))


def _by_first_byte(ids: Iterable[bytes]) -> dict[int, list[bytes]]:
    found: dict[int, list[bytes]] = {}
    for oid in ids:
        found.setdefault(oid[0], []).append(oid)
    return found


def _rank_of_place(pack: Pack) -> list[int]:
    ranks = [0] * len(pack)
    for rank, place in enumerate(pack.order):
        ranks[place] = rank
    return ranks


def _gather(place: int, units: list[tuple[int, int]], limit: int) -> Iterator[Batch]:
    """Units in batches of about `limit`, each a range of ranks."""
    start, weight = 0, 0
    for rank, heavy in sorted(units):
        weight += heavy
        if weight >= limit:
            yield Batch("pack", place, start, rank + 1, weight)
            start, weight = rank + 1, 0
    if weight:
        yield Batch("pack", place, start, sorted(units)[-1][0] + 1, weight)


def _slices(way: str, place: int, ids: list[bytes]) -> Iterator[Batch]:
    for start in range(0, len(ids), _LOOSE_BATCH):
        stop = min(start + _LOOSE_BATCH, len(ids))
        yield Batch(way, place, start, stop, (stop - start) << 14)
