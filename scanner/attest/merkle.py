"""The tree over everything that was counted on a surface, in the shape of RFC 6962."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from scanner.model.evidence import Leaf

_EMPTY = hashlib.sha256(b"").digest()


def encoded(leaf: Leaf) -> bytes:
    """A leaf as it is hashed and ordered: surface, kind, id, size and status, with NULs between them."""
    return f"{leaf.surface}\0{leaf.kind}\0{leaf.id}\0{leaf.size}\0{leaf.status}".encode()


def root(leaves: Iterable[Leaf]) -> str:
    """The Merkle tree hash (RFC 6962, 2.1) over the leaves in bytewise order, as 64 hexadecimal digits."""
    return root_of(sorted(map(encoded, leaves)))


def root_of(leaves: Iterable[bytes]) -> str:
    """The same of leaves that are encoded, and in order."""
    return root_over(hashed(leaves))


def hashed(leaves: Iterable[bytes]) -> list[bytes]:
    """The hashes of encoded leaves: those of several trees need be made only once."""
    sha256 = hashlib.sha256
    return [sha256(b"\0" + leaf).digest() for leaf in leaves]


def root_over(hashes: Sequence[bytes]) -> str:
    """The tree hash over what `hashed` made of leaves in order."""
    sha256 = hashlib.sha256
    level = list(hashes) or [_EMPTY]
    while len(level) > 1:  # splitting at the largest power of two, from above, is pairing from below
        odd = level[-1:] if len(level) % 2 else []
        level = [sha256(b"\1" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)] + odd
    return level[0].hex()
