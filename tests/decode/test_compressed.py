"""Compressed streams as the real tools make them, and as an attacker does."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import random
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.decode.conftest import LIMITS, Peeled
from tests.decode.makers import out

Peel = Callable[..., Peeled]
TEXT = b"".join(b"line %d of a log that says little\n" % n for n in range(9000))
SKIPPED = struct.pack("<2L", 0x184D2A53, 5) + b"aside"
TOOLS = {  # program and options: the step that undoes it
    "xz": "unxz", "xz -0 --check=none": "unxz", "xz -T2 --block-size=64KiB": "unxz", "xz --format=lzma": "unlzma",
    "xz --x86 --lzma2=preset=1": "unxz", "bzip2": "bunzip2", "bzip2 -1": "bunzip2", "zstd": "unzstd", "zstd -19 --long=27": "unzstd",
    "zstd --no-check --no-content-size": "unzstd", "lz4": "unlz4", "lz4 -9 -B4 -BD": "unlz4", "lz4 -l": "unlz4-legacy", "lzip": "unlzip",
    "gzip -9": "gunzip", "compress": "uncompress", "compress -b 10": "uncompress", "compress -b 12": "uncompress",
}  # fmt: skip


_NOISE = random.Random(7).randbytes(1_400_000)


def made(command: str, data: bytes) -> bytes:
    return out(*command.split(), "-c", data=data)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("command", TOOLS)
def test_what_the_tool_made_is_read(peeled: Peel, command: str, stream: bool) -> None:
    found = peeled(made(command, TEXT), stream=stream)
    assert found.chunks == [(None, (TOOLS[command],), TEXT)]
    assert not found.unseen


ENDING = [command for command in TOOLS if "lzma" not in command and "compress" not in command]  # which do not say where they end


@pytest.mark.parametrize("command", ENDING)
def test_streams_behind_each_other_are_one_content(peeled: Peel, command: str) -> None:
    found = peeled(made(command, b"one ") + made(command, b"two"), stream=True)
    assert found.chunks == [(None, (TOOLS[command],), b"one two")]
    assert not found.unseen


@pytest.mark.parametrize("command", [command for command in TOOLS if command != "lz4 -l" and "compress" not in command])
def test_what_is_cut_short_is_read_as_far_as_it_goes(peeled: Peel, command: str) -> None:
    noise = _NOISE
    found = peeled(made(command, noise)[:1_200_000], stream=True)
    assert found.gaps == [("truncated", None)]
    assert noise.startswith(found.members[None])


CHECKED = [command for command in TOOLS if not any(word in command for word in ("none", "no-check", "lz4 -l", "lzma", "compress"))]


@pytest.mark.parametrize("command", CHECKED)
def test_damage_in_the_middle_is_a_gap(peeled: Peel, command: str) -> None:
    whole = bytearray(made(command, random.Random(8).randbytes(50_000).hex().encode()))
    for at in range(len(whole) // 2, len(whole) // 2 + 8):
        whole[at] ^= 0x5A
    assert [reason for reason, _ in peeled(bytes(whole)).gaps] == ["unreadable"]


@pytest.mark.parametrize("data", [b"", b"a", bytes(100_000), random.Random(3).randbytes(100_000), TEXT])
@pytest.mark.parametrize("bits", [10, 12, 16])  # what it makes with 9, it cannot read itself
def test_whatever_compress_packs_is_read(peeled: Peel, data: bytes, bits: int) -> None:
    packed = out("compress", "-f", "-b", str(bits), "-c", data=data)
    found = peeled(packed)
    assert (b"".join(part for _, _, part in found.chunks), found.gaps) == (data, [])


@pytest.mark.parametrize("command", ["zstd", "lz4"])
def test_skippable_frames_are_skipped_and_searched(peeled: Peel, command: str) -> None:
    one = made(command, b"text ")
    for data in (SKIPPED + one + SKIPPED + one, one + SKIPPED + SKIPPED + one):
        found = peeled(data, stream=True)
        assert [part for _, _, part in found.chunks] == [b"text text ", b"asideaside"]
        assert not found.unseen
        assert [part for _, _, part in peeled(data).chunks] == [b"text text "]  # the bytes are searched as they are


def test_what_follows_a_stream_is_read_too(peeled: Peel) -> None:
    found = peeled(lzma.compress(b"one") + bytes(8) + bz2.compress(b"two") + gzip.compress(b"three"))
    assert [(steps, data) for _, steps, data in found.chunks if steps[-1] != "rest"] == [
        (("unxz",), b"one"), (("rest", "bunzip2"), b"two"), (("rest", "rest", "gunzip"), b"three"),
    ]  # fmt: skip


def test_a_dictionary_of_many_gigabytes_is_not_held(peeled: Peel) -> None:
    wide = lzma.compress(b"x" * 99, lzma.FORMAT_XZ, filters=[{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 4096}])
    at = wide.index(b"\x21\x01") + 2  # the dictionary's size in the block's header, and the header's checksum
    header = wide[12:at] + b"\x28" + wide[at + 1 :][: 12 + (wide[12] + 1) * 4 - 4 - at - 1]
    forged = wide[:12] + header + struct.pack("<L", zlib.crc32(header)) + wide[12 + (wide[12] + 1) * 4 :]
    alone = b"\x5d" + struct.pack("<LQ", 1 << 31, 99) + lzma.compress(b"x" * 99, lzma.FORMAT_ALONE)[13:]
    huge = b"\x28\xb5\x2f\xfd\0\xa8" + bytes(60)  # a frame header (RFC 8878) that asks for a window of 2 GiB
    for data in (forged, alone, huge):
        assert peeled(data).gaps == [("archive-too-large", None)]


@pytest.mark.parametrize("squeeze", [bz2.compress, lzma.compress, gzip.compress], ids=["bzip2", "xz", "gzip"])
def test_a_bomb_ends_in_a_gap(peeled: Peel, squeeze: Callable[[bytes], bytes]) -> None:
    bomb = squeeze(bytes(30_000_000))
    found = peeled(squeeze(bomb), replace(LIMITS, held=100_000, part=1_000_000, ratio=10))
    assert ("archive-too-large", None) in found.gaps
    assert sum(len(data) for _, _, data in found.chunks) < 2_000_000


@pytest.mark.parametrize("head", [b"BZh91AY&SY", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"LZIP\x01", b"\x02\x21\x4c\x18"])
def test_what_is_no_stream_after_all_is_a_gap(peeled: Peel, head: bytes) -> None:
    found = peeled(head + os.urandom(5000), stream=True)
    assert [reason for reason, _ in found.gaps] in (["unreadable"], ["truncated"], ["archive-too-large"])


QUIET = [b"", b"]\0\0", b"]\0\0\x80\0" + b"\xff" * 8 + b"x" * 20, b"\0" * 600, b"text " * 200, b"PK" * 300, bytes(range(256)) * 3]


@pytest.mark.parametrize("data", QUIET, ids=range(len(QUIET)))
def test_what_only_looks_like_lzma_or_tar_is_left_alone(data: bytes) -> None:
    from scanner.decode.formats import recognise

    assert recognise(data) is None
