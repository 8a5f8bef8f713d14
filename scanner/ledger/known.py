"""The objects of a repository that were read, as segments: ids in order, a byte of kind, a size."""

from __future__ import annotations

import sys
import zlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from scanner.errors import LeaksealError
from scanner.ledger.rows import Segment

AGAIN = 8  # in a kind's byte: something was found in it, or not understood, so it is read every time
_KIND = 7
_FEW = 8  # segments; more are merged
SKETCH = 64  # of the smallest ids
_MOST = 1 << 32


@dataclass(slots=True)
class Known:
    """Id -> (kind's byte, size) of what was read."""

    of: dict[bytes, tuple[int, int]] = field(default_factory=dict)

    def clean(self) -> set[bytes]:
        """What needs no second look."""
        return {id for id, (kind, _) in self.of.items() if not kind & AGAIN}

    def kind(self, id: bytes) -> int:
        """1 commit, 2 tree, 3 blob, 4 tag."""
        return self.of[id][0] & _KIND


def packed(number: int, objects: Iterable[tuple[bytes, int, int]]) -> Segment:
    """A segment of (id, kind's byte, size)."""
    rows = sorted(objects)
    sizes = array("Q", (min(size, _MOST) for _, _, size in rows))
    if sys.byteorder == "big":
        sizes.byteswap()
    ids = b"".join(id for id, _, _ in rows)
    kinds = zlib.compress(bytes(kind for _, kind, _ in rows), 1)
    return Segment(number, len(rows), len(rows[0][0]) if rows else 20, ids, kinds, zlib.compress(sizes.tobytes(), 1))


def known(segments: Iterable[Segment]) -> Known:
    """What the segments say; a later one wins. Raises LeaksealError for what does not add up."""
    found = Known()
    for one in segments:
        kinds, sizes = _inflated(one.kinds, one.count), array("Q", _inflated(one.sizes, 8 * one.count))
        if sys.byteorder == "big":
            sizes.byteswap()
        if len(one.ids) != one.count * one.width:
            raise _damaged()
        ids = (one.ids[at : at + one.width] for at in range(0, len(one.ids), one.width or 1))
        found.of.update(zip(ids, zip(kinds, sizes, strict=True), strict=True))
    return found


def few(there: Sequence[Segment]) -> bool:
    """Whether one more segment may stand beside these, rather than all in one."""
    return len(there) < _FEW


def sketch(ids: Iterable[bytes]) -> tuple[str, ...]:
    """The smallest ids: of two repositories, the share of marks that both have is about the share of objects that both have."""
    import heapq

    return tuple(id.hex() for id in heapq.nsmallest(SKETCH, ids))


def _inflated(data: bytes, size: int) -> bytes:
    try:
        inflater = zlib.decompressobj()
        found = inflater.decompress(data, size + 1)
    except zlib.error:
        raise _damaged() from None
    if len(found) != size:
        raise _damaged()
    return found


def _damaged() -> LeaksealError:
    return LeaksealError("the ledger's list of objects is damaged", hint="run `leakseal ledger doctor`, then `leakseal sweep --full`")
