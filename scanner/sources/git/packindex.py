"""Pack index files, version 1 and 2 (gitformat-pack): object ids, offsets and checksums of a pack."""

from __future__ import annotations

import hashlib
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path

_MAGIC = b"\xfftOc"


class BadIndex(Exception):
    """The index is cut short or contradicts itself."""


class PackIndex:
    """Object ids in order, with the offset of each in the pack and, from version 2 on, the CRC-32 of its packed bytes."""

    def __init__(self, path: Path, hash_size: int) -> None:
        self.hash_size = hash_size
        data = path.read_bytes()
        made = hashlib.new("sha1" if hash_size == 20 else "sha256", memoryview(data)[:-hash_size], usedforsecurity=False).digest()
        self.sound = made == data[-hash_size:]  # else nothing in it vouches for anything
        self.pack_checksum = data[-2 * hash_size : -hash_size]
        v2 = data[:4] == _MAGIC
        if v2 and data[4:8] != b"\0\0\0\2":
            raise BadIndex("a version that is not known")
        at = 8 if v2 else 0
        self.fanout = _words(data[at : at + 1024], 256)
        if any(a > b for a, b in zip(self.fanout, self.fanout[1:], strict=False)):
            raise BadIndex("the fan-out table does not ascend")
        self.count = self.fanout[255]
        at += 1024
        if v2:
            self._read_v2(data, at)
        else:
            self._read_v1(data, at)

    def _read_v2(self, data: bytes, at: int) -> None:
        n, size = self.count, self.hash_size
        self.oids = data[at : at + n * size]
        at += n * size
        self.crcs: array[int] | None = _words(data[at : at + 4 * n], n)
        at += 4 * n
        short = _words(data[at : at + 4 * n], n)
        at += 4 * n
        self.offsets = array("Q", short)
        large = [i for i, offset in enumerate(short) if offset & 0x80000000]
        if large:
            table = array("Q", data[at : at + 8 * len(large)])
            if sys.byteorder == "little":
                table.byteswap()
            for i in large:
                number = short[i] & 0x7FFFFFFF
                if number >= len(table):
                    raise BadIndex("a large offset that is not there")
                self.offsets[i] = table[number]

    def _read_v1(self, data: bytes, at: int) -> None:
        n, step = self.count, 4 + self.hash_size
        table = data[at : at + n * step]
        if len(table) < n * step:
            raise BadIndex("cut short")
        self.crcs = None
        self.offsets = array("Q", (int.from_bytes(table[i : i + 4], "big") for i in range(0, n * step, step)))
        self.oids = b"".join(table[i + 4 : i + step] for i in range(0, n * step, step))

    def oid(self, number: int) -> bytes:
        """The binary object id in place `number`."""
        return self.oids[number * self.hash_size : (number + 1) * self.hash_size]

    def each(self) -> Iterator[bytes]:
        """Every object id, in order."""
        size, oids = self.hash_size, self.oids
        return (oids[at : at + size] for at in range(0, len(oids), size))

    def bucket(self, first: int) -> range:
        """The places of the ids that begin with the byte `first`."""
        return range(self.fanout[first - 1] if first else 0, self.fanout[first])

    def find(self, oid: bytes) -> int | None:
        """The place of an object id, or None."""
        places = self.bucket(oid[0])
        at = bisect_left(places, oid, key=self.oid)
        return places[at] if at < len(places) and self.oid(places[at]) == oid else None


def _words(data: bytes, count: int) -> array[int]:
    if len(data) < 4 * count:
        raise BadIndex("cut short")
    words = array("I", data)
    if sys.byteorder == "little":
        words.byteswap()
    return words
