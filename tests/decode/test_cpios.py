"""cpio archives as the real tools make them, and as an attacker does."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.decode.conftest import Peeled
from tests.decode.makers import out, tree

Peel = Callable[..., Peeled]
FILES = {"a.txt": b"odd", "deep/b.txt": b"even", "large": b"x" * (3 << 20), "empty": b""}
DIALECTS = ["newc", "crc", "odc", "bin", "hpodc"]


def archived(folder: Path, dialect: str) -> bytes:
    tree(folder, FILES)
    (folder / "link").symlink_to("/etc/passwd")
    names = "\n".join(["deep", "link", *FILES]).encode()
    return out("cpio", "-o", "-H", dialect, "--quiet", data=names, cwd=folder)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_cpio_made_is_read(peeled: Peel, tmp_path: Path, dialect: str, stream: bool) -> None:
    found = peeled(archived(tmp_path, dialect), stream=stream)
    assert {name: data for name, data in found.members.items() if name} == FILES
    assert not found.unseen
    assert any(b"/etc/passwd" in data for name, _, data in found.chunks if name is None) == stream


@pytest.mark.parametrize("dialect", ["cpio", "newc", "odc", "bin", "pwb"])
def test_what_bsdtar_made_is_read(peeled: Peel, tmp_path: Path, dialect: str) -> None:
    tree(tmp_path, FILES)
    made = out("bsdtar", "-c", "-f", "-", f"--format={dialect}", *FILES, cwd=tmp_path)
    assert peeled(made).members == FILES


def test_the_other_byte_order_is_read(peeled: Peel, tmp_path: Path) -> None:
    data = bytearray(archived(tmp_path, "bin"))
    at = 0
    while True:
        words = [int.from_bytes(data[at + n : at + n + 2], "little") for n in range(0, 26, 2)]
        name = bytes(data[at + 26 : at + 26 + words[10] - 1])
        for number in range(13):
            data[at + 2 * number : at + 2 * number + 2] = words[number].to_bytes(2, "big")
        at += 26 + words[10] + words[10] % 2 + (words[11] << 16 | words[12])
        at += at % 2
        if name == b"TRAILER!!!":
            break
    found = peeled(bytes(data))
    assert {name: part for name, part in found.members.items() if name} == FILES


def test_what_follows_the_trailer_is_read(peeled: Peel, tmp_path: Path) -> None:
    first, second = archived(tmp_path / "1", "newc"), archived(tmp_path / "2", "newc")
    found = peeled(first + bytes(512) + gzip.compress(second))
    assert len([name for name, _, _ in found.chunks if name == "a.txt"]) == 2
    assert not found.unseen


@pytest.mark.parametrize("dialect", ["newc", "odc"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_damaged_header_is_a_gap_and_the_next_members_are_read(peeled: Peel, tmp_path: Path, dialect: str, stream: bool) -> None:
    data = bytearray(archived(tmp_path, dialect))
    at = data.rindex(b"0707", 0, data.index(b"deep/b.txt"))
    data[at : at + 4] = b"xxxx"
    found = peeled(bytes(data), stream=stream)
    assert found.gaps == [("unreadable", None)]
    assert found.members["large"] == FILES["large"]


def test_a_wrong_checksum_is_a_gap(peeled: Peel, tmp_path: Path) -> None:
    data = archived(tmp_path, "crc")
    assert peeled(data.replace(b"even", b"odd!")).gaps == [("unreadable", "deep/b.txt")]


@pytest.mark.parametrize("cut", [1 << 20, 3 << 20])
def test_what_is_cut_short_is_read_as_far_as_it_goes(peeled: Peel, tmp_path: Path, cut: int) -> None:
    found = peeled(archived(tmp_path, "newc")[:-cut])
    assert ("truncated", "large") in found.gaps
    assert found.members["deep/b.txt"] == b"even"


@pytest.mark.parametrize("data", [b"070701", b"070701 a phone number", b"\xc7\x71" + bytes(40), b"\x71\xc7" + b"x" * 99])
def test_what_only_looks_like_cpio_is_left_alone(data: bytes) -> None:
    from scanner.decode.formats import recognise

    assert recognise(data) is None
