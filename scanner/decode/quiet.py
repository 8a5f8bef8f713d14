"""Pieces of text that came to nothing once an encoding was undone: versions of a file repeat most of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_LOCAL = frozenset({"percent", "unescape", "html", "quoted-printable", "utf-7"})  # how these read depends on the piece alone
_MOST = 100_000  # pieces that are kept, some 10 MB


class Piece(NamedTuple):
    """A part of a text, and how many bytes it had in the reading."""

    low: int
    high: int
    made: int


class Quiet:
    """Which pieces hold no hit and nothing further that is encoded, for one set of rules; only digests are kept."""

    def __init__(self) -> None:
        self._made: dict[bytes, int] = {}
        self.spared = 0  # bytes that readings of the pieces left out so far would have had

    def others(self, kind: str, data: bytes, pieces: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Those of the pieces that are not known to come to nothing."""
        for low, high in pieces:
            made = self._made.get(_key(kind, data, low, high)) if kind in _LOCAL else None
            if made is None:
                yield low, high
            else:
                self.spared += made

    def add(self, kind: str, data: bytes, pieces: Iterable[Piece]) -> None:
        """These came to nothing."""
        if kind not in _LOCAL:
            return
        if len(self._made) >= _MOST:
            self._made.clear()
        self._made.update((_key(kind, data, low, high), made) for low, high, made in pieces)


def _key(kind: str, data: bytes, low: int, high: int) -> bytes:
    return hashlib.blake2b(data[low:high], digest_size=16, person=kind.encode()).digest()
