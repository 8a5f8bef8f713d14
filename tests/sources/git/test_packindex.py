"""Pack indexes that no test can afford a pack for, and those that contradict themselves."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import pytest

from scanner.sources.git.packindex import BadIndex, PackIndex

IDS = sorted(hashlib.sha1(b"%d" % number).digest() for number in range(40))


def index(offsets: list[int], *, ids: list[bytes] = IDS, large: list[int] | None = None) -> bytes:
    """A version 2 index."""
    data = bytearray(b"\xfftOc" + struct.pack(">I", 2))
    data += b"".join(struct.pack(">I", sum(oid[0] <= first for oid in ids)) for first in range(256))
    data += b"".join(ids) + bytes(4 * len(ids)) + b"".join(struct.pack(">I", offset) for offset in offsets)
    data += b"".join(struct.pack(">Q", offset) for offset in large or []) + bytes(20)
    return bytes(data) + hashlib.sha1(data).digest()


def read(tmp_path: Path, data: bytes) -> PackIndex:
    path = tmp_path / "pack-x.idx"
    path.write_bytes(data)
    return PackIndex(path, 20)


def test_every_id_is_found_and_no_other(tmp_path: Path) -> None:
    found = read(tmp_path, index([12 + number for number in range(40)]))
    assert [found.find(oid) for oid in IDS] == list(range(40))
    assert found.find(bytes(20)) is None and found.find(b"\xff" * 20) is None
    assert found.sound


def test_offsets_beyond_two_gibibytes(tmp_path: Path) -> None:
    large = [5 << 30, 2 << 30, 1 << 40]
    offsets = [12] * 37 + [0x80000002, 0x80000000, 0x80000001]
    found = read(tmp_path, index(offsets, large=large))
    assert list(found.offsets[37:]) == [1 << 40, 5 << 30, 2 << 30]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xfftOc",
        index([12] * 40)[:900],
        index([12] * 40)[:1500],
        index([12] * 39 + [0x80000009], large=[5 << 30]),
        index([12] * 40).replace(struct.pack(">I", 2), struct.pack(">I", 3), 1),
        b"\xfftOc" + struct.pack(">I", 2) + struct.pack(">I", 9) + bytes(1020) + bytes(2000),
        b"\xfftOc" + struct.pack(">I", 2) + b"\xff" * 1024,
    ],
    ids=["empty", "magic", "fan-out", "ids", "large offset", "version", "descending", "too many"],
)
def test_what_is_no_index(tmp_path: Path, data: bytes) -> None:
    with pytest.raises((BadIndex, ValueError)):
        read(tmp_path, data)


def test_one_changed_bit_is_noticed(tmp_path: Path) -> None:
    data = bytearray(index([12] * 40))
    data[1500] ^= 1
    assert not read(tmp_path, bytes(data)).sound
