"""Reading a pack faster than Git prints it: delta trees depth-first, every base inflated once.

Format: gitformat-pack(5). Objects are numbered by their rank in offset order, so the bytes of one end where the next begins.
"""

from __future__ import annotations

import mmap
from array import array
from bisect import bisect_left
from collections.abc import Container, Iterator
from pathlib import Path
from typing import NamedTuple, cast

from dulwich._pack import apply_delta
from dulwich.errors import ApplyDeltaError
from isal import isal_zlib

from scanner.sources.git.delta import sizes
from scanner.sources.git.kinds import BLOB, COMMIT, TAG, TREE, WHOLE_LIMIT, Damaged, TooLarge
from scanner.sources.git.packindex import BadIndex, PackIndex

OFS_DELTA = 6  # and 7 names its base by id; everything below is stored whole
_HELD_LIMIT = 64 << 20  # bytes of delta bases that are kept while their children are read
_FAST_INFLATE = 64 << 10  # compressed bytes that cannot become more than 64 MiB, so that no output limit is needed
_LARGEST = 1 << 34  # bytes of content that an object is reckoned with, whatever its header says
_UNBELIEVABLE = 1 << 63
_TROUBLE = 4000  # bytes whose search takes as long as getting at an object
_DEEPEST = 10_000  # deltas upon deltas; Git itself stops at 4,095
_ROOT, _NONE = -1, -1
BadStream = cast(type[Exception], isal_zlib.error)  # its stub calls it an exception, not a type


class Packed(NamedTuple):
    """One object of a pack; `data` is None where it could not be read this way."""

    rank: int
    data: bytes | None
    large: bool = False
    depth: int = 0  # in its unit's delta tree
    delta: bytes | None = None  # what made it out of `base`, where both are at hand
    base: bytes | None = None


class Pack:
    """One pack and its index; opened again in every process that reads it."""

    def __init__(self, path: Path, hash_size: int, known: Container[bytes] = ()) -> None:
        """Open a pack; one of which every object is `known` stays `closed`: it can be counted and asked, and is not read."""
        self.path = path
        self.hash_size = hash_size
        self.needed: bytearray | None = None  # what is read, and the bases on the way to it; None: everything
        self.index = PackIndex(path.with_suffix(".idx"), hash_size)
        self._map: mmap.mmap | None = None
        self._view: memoryview | None = None
        view = self._open()
        if bytes(view[:4]) != b"PACK" or int.from_bytes(view[4:8], "big") not in (2, 3):
            raise BadIndex("the pack's header is not one")
        end = max(0, len(view) - hash_size)
        self.declared = int.from_bytes(view[8:12], "big")
        self.matches = bytes(view[end:]) == self.index.pack_checksum  # both say which pack the index is of
        self.order = array("I", range(self.index.count))
        self.closed = bool(known) and self.index.sound and all(oid in known for oid in self.index.each())
        if not self.closed:
            self.uncover()

    def uncover(self) -> None:
        """Find out where and how every object stands; from now on `order` says which place of the index has which rank."""
        offsets, end = self.index.offsets, max(0, len(self._open()) - self.hash_size)
        self.order = array("I", sorted(range(self.index.count), key=offsets.__getitem__))
        # what a truncated pack has lost begins, for us, where it ends, and has no bytes
        self.start = array("Q", (min(offsets[i], end) for i in self.order))
        self.start.append(end)
        self.closed = False
        self._read_headers()

    def oid(self, rank: int) -> bytes:
        """The binary object id of the object with this rank."""
        return self.index.oid(self.order[rank])

    def __len__(self) -> int:
        return len(self.order)

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_map": None, "_view": None}

    def _open(self) -> memoryview:
        if self._view is None:
            with self.path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._view = memoryview(self._map)
        return self._view

    @property
    def vouched(self) -> bool:
        """Whether a sound index has a checksum of every object; if not, only an object's own id can say that it is right."""
        return self.index.sound and self.index.crcs is not None

    def release(self) -> None:
        """Let the system take back the pages read so far; they stay in its cache."""
        if self._map is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)

    def _read_headers(self) -> None:
        """Fill kind, size, body offset and base rank of every object; `kind` of a delta becomes that of its root."""
        n = len(self.order)
        self.stored = bytearray(n)  # the type in the pack
        self.kind = bytearray(n)  # 0 where it is not known
        self.size = array("Q", bytes(8 * n))
        self.body = array("Q", bytes(8 * n))
        self.base = array("i", [_ROOT]) * n
        view, start, kinds, bases = self._open(), self.start, self.kind, self.base
        longest = 32 + self.hash_size
        forward = False
        for rank in range(n):
            at = start[rank]
            head = bytes(view[at : min(at + longest, start[rank + 1])])
            try:
                kind, size, used, base = self._header(head, at)
            except (IndexError, Damaged):
                continue
            self.stored[rank], self.size[rank], self.body[rank] = kind, size, at + used
            if kind < OFS_DELTA:
                kinds[rank] = kind
            elif base is not None:
                bases[rank] = base
                kinds[rank] = kinds[base]
                forward = forward or base >= rank or not kinds[base]
        self._link_children()
        if forward:
            self._settle_forward_bases()
        self.release()

    def _header(self, head: bytes, at: int) -> tuple[int, int, int, int | None]:
        """(type, size, bytes used, rank of the base or None); IndexError where the bytes end too early."""
        byte = head[0]
        used, kind, size, shift = 1, byte >> 4 & 7, byte & 15, 4
        while byte & 128:
            byte = head[used]
            used += 1
            size |= (byte & 127) << shift
            shift += 7
        if kind < OFS_DELTA:
            if size >= _UNBELIEVABLE or kind not in (COMMIT, TREE, BLOB, TAG):
                raise Damaged
            return kind, size, used, None
        if size >= _UNBELIEVABLE:
            raise Damaged
        if kind == OFS_DELTA:
            byte = head[used]
            used += 1
            back = byte & 127
            while byte & 128:
                byte = head[used]
                used += 1
                back = (back + 1) << 7 | byte & 127
            base = bisect_left(self.start, at - back)
            return kind, size, used, base if self.start[base] == at - back and back else None
        place = self.index.find(head[used : used + self.hash_size])
        rank = len(self.order) if place is None else bisect_left(self.start, self.index.offsets[place])
        return kind, size, used + self.hash_size, rank if rank < len(self.order) else None

    def _settle_forward_bases(self) -> None:
        """Bases named by id may stand behind their deltas: pass kinds on from the roots (cycles stay unknown)."""
        for rank in self._bases_first():
            if self.stored[rank] >= OFS_DELTA:
                self.kind[rank] = self.kind[self.base[rank]]

    def _link_children(self) -> None:
        """First child and next sibling of every base, later ranks first."""
        self.child = array("i", [_NONE]) * len(self)
        self.sibling = array("i", [_NONE]) * len(self)
        for rank, base in enumerate(self.base):
            if base >= 0:
                self.sibling[rank] = self.child[base]
                self.child[base] = rank

    def need(self, skip: bytearray) -> None:
        """Walk from now on only to what `skip` does not mark."""
        self.needed = bytearray(len(self))
        for first in (rank for rank, left in enumerate(skip) if not left):
            rank = first
            while rank >= 0 and not self.needed[rank]:
                self.needed[rank] = 1
                rank = self.base[rank]

    def unreached(self) -> Iterator[int]:
        """Ranks that no walk comes to: damaged headers, bases outside the pack, cycles."""
        return (rank for rank, kind in enumerate(self.kind) if not kind)

    def circular(self) -> set[int]:
        """Ranks whose bases, followed to the end, come back: deltas made in the end of themselves, on which Git never finishes."""
        state: dict[int, bool] = {}
        for first in self.unreached():
            trail, rank = [], first
            while rank >= 0 and not self.kind[rank] and rank not in state:
                state[rank] = True  # until its end is seen
                trail.append(rank)
                rank = self.base[rank]
            ends = rank < 0 or bool(self.kind[rank]) or not state[rank]
            if ends:
                state.update(dict.fromkeys(trail, False))
        return {rank for rank, circle in state.items() if circle}

    def children(self, rank: int) -> list[int]:
        """The deltas made against this object."""
        found, child = [], self.child[rank]
        while child != _NONE:
            found.append(child)
            child = self.sibling[child]
        return found

    def units(self, limit: int) -> list[tuple[int, int]]:
        """(rank, weight) of the delta trees, cut into pieces of about `limit` bytes of content; sets `cut`."""
        self.cut = bytearray(len(self))
        order = list(self._bases_first())
        bases, stored = self.base, self.stored
        # a delta's content is taken to be as large as its root's, and no header is believed beyond reason
        content = array("Q", (min(size, _LARGEST) for size in self.size))
        for rank in order:
            if stored[rank] >= OFS_DELTA:
                content[rank] = content[bases[rank]]
        weight = array("Q", bytes(8 * len(self)))
        units = []
        for rank in reversed(order):
            mine = weight[rank] + content[rank] + _TROUBLE
            base = bases[rank] if stored[rank] >= OFS_DELTA else _ROOT
            if base < 0 or mine >= limit:
                self.cut[rank] = 1
                units.append((rank, mine))
            else:
                weight[base] += mine
        return units

    def _bases_first(self) -> Iterator[int]:
        needed = self.needed
        stack = [rank for rank in range(len(self) - 1, -1, -1) if self.kind[rank] and self.stored[rank] < OFS_DELTA]
        while stack:
            rank = stack.pop()
            if needed is not None and not needed[rank]:
                continue
            yield rank
            child = self.child[rank]
            while child != _NONE:
                stack.append(child)
                child = self.sibling[child]

    def roots(self, start: int, stop: int) -> Iterator[int]:
        """The unit roots among the ranks `start` to `stop`."""
        return (rank for rank in range(start, stop) if self.cut[rank])

    def members(self, root: int) -> Iterator[int]:
        """The ranks of one unit."""
        stack = [root]
        while stack:
            rank = stack.pop()
            yield rank
            stack += self._below(rank)

    def walk(self, root: int) -> Iterator[Packed]:
        """The objects of one unit, depth-first; the heaviest branch last, so that few bases are alive at once."""
        data, large, _ = self._try(root, None)
        yield Packed(root, data, large)
        frames = [(data, self._below(root), data is None and not large, 1)]
        held = len(data or b"")
        while frames:
            base, children, damaged, depth = frames[-1]
            if not children:
                frames.pop()
                held -= len(base or b"")
                continue
            rank = children.pop()
            if not children:  # the last child: its base is not needed any more once it is made
                frames.pop()
                held -= len(base or b"")
            # a damaged base spoils all that is built on it: nothing is gained by trying each of a thousand
            data, large, delta = (None, False, None) if damaged else self._try(rank, base)
            yield Packed(rank, data, large, depth, delta, base)
            base = delta = None
            if self.child[rank] != _NONE and (below := self._below(rank)):
                kept = data if held + len(data or b"") <= _HELD_LIMIT else None
                held += len(kept or b"")
                frames.append((kept, below, data is None and not large, depth + 1))
            data = None

    def _below(self, rank: int) -> list[int]:
        needed = self.needed
        found = [child for child in self.children(rank) if not self.cut[child] and (needed is None or needed[child])]
        if len(found) > 1:  # leaves go first, so that this base is let go before a deep branch is entered
            found.sort(key=lambda child: self.child[child] == _NONE)
        return found

    def _try(self, rank: int, base: bytes | None) -> tuple[bytes | None, bool, bytes | None]:
        """(content or None, whether it is too large, the delta that made it out of `base`)."""
        try:
            if base is None or self.stored[rank] < OFS_DELTA:
                return self.content(rank), False, None
            delta = self._inflate(rank)
            return _made(base, delta), False, delta
        except TooLarge:
            return None, True, None
        except (Damaged, BadStream, ApplyDeltaError, ValueError, IndexError, MemoryError):
            return None, False, None

    def content(self, rank: int) -> bytes:
        """The object's content, by way of all its bases."""
        chain = []
        while self.stored[rank] >= OFS_DELTA:
            chain.append(rank)
            rank = self.base[rank]
            if rank < 0 or len(chain) > _DEEPEST:
                raise Damaged
        data = self._inflate(rank)
        while chain:
            data = _made(data, self._inflate(chain.pop()))
        return data

    def _inflate(self, rank: int) -> bytes:
        """The inflated bytes of a packed object, checked against the index's CRC-32 and the header's size."""
        view, size, body, end = self._open(), self.size[rank], self.body[rank], self.start[rank + 1]
        crcs = self.index.crcs
        if crcs is not None and isal_zlib.crc32(view[self.start[rank] : end]) != crcs[self.order[rank]]:
            raise Damaged
        if size > WHOLE_LIMIT:
            raise TooLarge
        if end - body <= _FAST_INFLATE:
            data: bytes = isal_zlib.decompress(view[body:end], 15, size or 1)
        else:
            data = isal_zlib.decompressobj().decompress(view[body:end], size + 1)
        if len(data) != size:
            raise Damaged
        return data

    def stream(self, rank: int, step: int = 1 << 20) -> Iterator[bytes]:
        """The content of a large object that is stored whole, in pieces of at most `step` bytes; raises Damaged."""
        if self.stored[rank] >= OFS_DELTA:
            raise Damaged
        view, total = self._open(), 0
        inflater = isal_zlib.decompressobj()
        at, end = self.body[rank], self.start[rank + 1]
        try:
            while at < end and not inflater.eof:
                packed = view[at : min(at + step, end)]
                at += len(packed)
                piece = inflater.decompress(packed, step)
                while piece:
                    total += len(piece)
                    if total > self.size[rank]:
                        raise Damaged
                    yield piece
                    tail = inflater.unconsumed_tail
                    piece = inflater.decompress(tail, step) if tail or len(piece) == step else b""
                if at % (64 << 20) < step:
                    self.release()
        except BadStream as problem:
            raise Damaged from problem
        if total != self.size[rank]:
            raise Damaged

    def intact(self, rank: int, step: int = 1 << 20) -> bool:
        """Whether the packed bytes of an object have the index's CRC-32; they are read in steps and let go."""
        if self.index.crcs is None:
            return True
        view, crc = self._open(), 0
        for at in range(self.start[rank], self.start[rank + 1], step):
            crc = isal_zlib.crc32(view[at : min(at + step, self.start[rank + 1])], crc)
            if at % (64 << 20) < step:
                self.release()
        return bool(crc == self.index.crcs[self.order[rank]])


def _made(base: bytes, delta: bytes) -> bytes:
    """What a delta makes out of its base; raises TooLarge before anything of that size is made."""
    if sizes(delta)[0] > WHOLE_LIMIT:
        raise TooLarge
    pieces: list[bytes] = apply_delta(base, delta)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
