"""7z archives as 7-Zip makes them, and as an attacker does."""

from __future__ import annotations

import random
import struct
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.decode.conftest import LIMITS, Peeled, need
from tests.decode.makers import out, tree

Peel = Callable[..., Peeled]
FILES = {
    "a.txt": b"text " * 500, "deep/b.bin": random.Random(1).randbytes(9000), "exe": Path(sys.executable).read_bytes()[:200_000],
    "large": b"line\n" * 500_000, "empty": b"", "\u00e4.env": b"umlaut",
}  # fmt: skip
WAYS = {
    "default": [], "lzma": ["-m0=LZMA"], "bzip2": ["-m0=BZip2"], "deflate": ["-m0=Deflate"], "copy": ["-m0=Copy"],
    "x86": ["-m0=BCJ", "-m1=LZMA"],
    "arm": ["-m0=ARM", "-m1=LZMA2"], "delta": ["-m0=Delta:4", "-m1=LZMA"], "plain": ["-mhc=off", "-ms=off"], "best": ["-mx9"],
}  # fmt: skip


def archived(folder: Path, *options: str, name: str = "out.7z") -> bytes:
    tree(folder / "in", FILES)
    out("7zz", "a", "-bso0", "-bsp0", *options, folder / name, ".", cwd=folder / "in")
    return (folder / (name if not any(option.startswith("-v") for option in options) else f"{name}.001")).read_bytes()


@pytest.mark.parametrize("way", WAYS)
def test_what_7zip_made_is_read(peeled: Peel, tmp_path: Path, way: str) -> None:
    found = peeled(archived(tmp_path, *WAYS[way]))
    assert not found.unseen
    assert found.members == FILES


@pytest.mark.parametrize("way", ["-m0=PPMd", "-m0=BCJ2"])
def test_what_only_a_program_reads_is_read_by_it_and_else_is_a_gap(
    peeled: Peel, tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    need("bsdtar")
    more = ["-m1=LZMA2", "-m2=LZMA", "-m3=LZMA", "-mb0:1", "-mb0s1:2", "-mb0s2:3"] if way.endswith("BCJ2") else []
    data = archived(tmp_path, way, *more)
    found = peeled(data)
    assert (found.members, found.gaps) == (FILES, [])
    monkeypatch.setattr("shutil.which", lambda name: None)
    found = peeled(data)
    assert {reason for reason, _ in found.gaps} == {"unsupported-format"}
    assert {place for _, place in found.gaps} == {name for name, text in FILES.items() if text}


def test_encrypted_members_and_directories_are_gaps(peeled: Peel, tmp_path: Path) -> None:
    found = peeled(archived(tmp_path, "-pmade-up"))
    assert {reason for reason, _ in found.gaps} == {"encrypted-archive"}
    assert {place for _, place in found.gaps} == {name for name, text in FILES.items() if text}
    found = peeled(archived(tmp_path / "2", "-pmade-up", "-mhe=on"))
    assert found.gaps == [("encrypted-archive", None)]


def test_a_volume_of_several_is_a_gap(peeled: Peel, tmp_path: Path) -> None:
    assert peeled(archived(tmp_path, "-v9k")).gaps == [("truncated", None)]


def test_damage_in_one_folder_leaves_the_others(peeled: Peel, tmp_path: Path) -> None:
    data = bytearray(archived(tmp_path, "-ms=off", "-m0=LZMA"))
    data[32 + 40] ^= 0xFF
    found = peeled(bytes(data))
    assert len(found.gaps) == 1
    ((reason, name),) = found.gaps
    assert reason in ("unreadable", "truncated")
    assert {other: text for other, text in found.members.items() if other != name} == {o: t for o, t in FILES.items() if o != name}


def test_a_bomb_ends_in_a_gap(peeled: Peel, tmp_path: Path) -> None:
    tree(tmp_path, {"in/zeros": bytes(30_000_000)})
    out("7zz", "a", "-bso0", tmp_path / "out.7z", tmp_path / "in/zeros")
    limits = replace(LIMITS, held=100_000, part=1_000_000, ratio=10)
    found = peeled((tmp_path / "out.7z").read_bytes(), limits)
    assert found.gaps == [("archive-too-large", "zeros")]


def forged(directory: bytes) -> bytes:
    start = struct.pack("<QQL", 0, len(directory), zlib.crc32(directory))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<L", zlib.crc32(start)) + start + directory


HUGE = b"\xff" + b"\xff" * 8
LYING = [
    b"", b"\x01", b"\x01\x05" + HUGE, b"\x01\x05\xe0\0\0\x20\0", b"\x01\x04\x06\0" + HUGE, b"\x01\x04\x06\0\x01\x09" + HUGE + b"\0\0",
    b"\x17\x06\0\x01\x09\x05\0\x07\x0b\x01\0\x01\x01\0\x0c" + HUGE + b"\0\0", b"\x01\x04\x07\x0b\x81\xff\0", b"\x01\x02" * 50,
    b"\x01\x04\x07\x0b\x01\0\x02\x11\0\x10\x10\x11\0\x10\x10",
]  # fmt: skip


def test_a_folder_whose_size_is_not_told_is_a_gap_of_its_members() -> None:
    """Found by `make fuzz`."""
    from scanner.decode.sevenheads import Coder, Folder

    assert Folder([Coder(b"\x21", b"\0", 1, 1)], [], [0]).chain is None


@pytest.mark.parametrize("directory", LYING, ids=range(len(LYING)))
def test_a_directory_that_lies_is_a_gap(peeled: Peel, directory: bytes) -> None:
    found = peeled(forged(directory))
    assert [reason for reason, _ in found.gaps] in (["unreadable"], ["truncated"], ["archive-too-large"]) or not directory
