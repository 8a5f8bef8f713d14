"""Tar archives of every dialect as the real tools make them, and as an attacker does."""

from __future__ import annotations

import io
import random
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.decode.tarheads import header, next_header, number, records
from tests.decode.conftest import LIMITS, Peeled
from tests.decode.makers import out, tree
from tests.decode.test_peel import zipped

Peel = Callable[..., Peeled]
LONG = "/".join(["a-folder-with-a-rather-long-name"] * 6)
FILES = {"app.env": b"one " * 500, "deep/er/b.txt": b"two", "empty": b"", f"{LONG}/long.txt": b"long", "block": b"b" * 512}


def tarred(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dialect", ["gnu", "oldgnu", "pax", "posix", "ustar", "v7"])
def test_what_gnu_tar_made_is_read(peeled: Peel, tmp_path: Path, dialect: str, stream: bool) -> None:
    files = {name: data for name, data in FILES.items() if dialect not in ("v7",) or len(name) < 99}
    folder = tree(tmp_path / "in", files)
    names = sorted(files)
    done = out("tar", "-c", f"--format={dialect}", "-C", folder, *names)
    found = peeled(done, stream=stream)
    assert found.members == files
    assert not found.unseen


@pytest.mark.parametrize("dialect", ["ustar", "pax", "gnutar", "v7", "xattr"])
def test_what_bsdtar_made_is_read(peeled: Peel, tmp_path: Path, dialect: str) -> None:
    files = {name: data for name, data in FILES.items() if len(name) < 99}
    folder = tree(tmp_path / "in", files)
    form = "pax" if dialect == "xattr" else dialect
    done = out("bsdtar", "-c", "-f", "-", f"--format={form}", "-C", folder, *sorted(files))
    found = peeled(done)
    assert found.members == files
    assert not found.unseen


@pytest.mark.parametrize("version", ["old", "0.0", "0.1", "1.0"])
def test_sparse_files_have_their_text_between_holes(peeled: Peel, tmp_path: Path, version: str) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        for at in range(40):
            file.seek(at << 20)
            file.write(b"stretch %d " % at + b"x" * 4096)
        file.truncate(64 << 20)
    how = ["--format=gnu"] if version == "old" else ["--format=pax", f"--sparse-version={version}"]
    done = out("tar", "-c", "-S", *how, "-C", tmp_path, "sparse")
    assert len(done) < 2 << 20
    found = peeled(done)
    assert not found.unseen
    assert list(found.members) == ["sparse"]
    assert [b"stretch %d " % at in (found.members["sparse"] or b"") for at in range(40)] == [True] * 40
    small = tmp_path / "small"
    with small.open("wb") as file:
        file.seek(1 << 20)
        file.write(b"after a hole" + b"y" * 4096)
        file.truncate(2 << 20)
    done = out("tar", "-c", "-S", *how, "-C", tmp_path, "small")
    assert peeled(done).members["small"].rstrip(b"\0") == small.read_bytes().rstrip(b"\0")


def test_links_are_never_followed_and_hard_links_hide_no_content(peeled: Peel, tmp_path: Path) -> None:
    tree(tmp_path, {"file": b"content"})
    (tmp_path / "soft").symlink_to("/etc/passwd")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "hard").hardlink_to(tmp_path / "file")
    names = ["file", "soft", "loop", "hard"]
    done = out("tar", "-c", "-C", tmp_path, *names)
    assert peeled(done).members == {"file": b"content"}
    linked = out("bsdtar", "-c", "-f", "-", "--format=pax", "-C", tmp_path, *names)
    assert peeled(linked).members == {"file": b"content"}


def test_targets_of_links_and_pax_records_are_searched_in_a_stream_too(peeled: Peel) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "for all"}) as archive:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, "https://somewhere/else"
        archive.addfile(info)
        info = tarfile.TarInfo("file")
        info.pax_headers = {"SCHILY.xattr.user.note": "an attribute"}
        archive.addfile(info)
    (text,) = [data for name, _, data in peeled(out.getvalue(), stream=True).chunks if name is None]
    assert all(word in text for word in (b"for all", b"https://somewhere/else", b"an attribute"))


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/./b//c", "\x1b[31mred", "a\nb", "x" * 5000])
def test_a_name_is_only_shown(peeled: Peel, name: str) -> None:
    (shown,) = peeled(tarred({name: b"data"})).members
    assert shown and shown.isprintable() and len(shown) <= 1025


@pytest.mark.parametrize("stream", [False, True])
def test_a_damaged_header_is_a_gap_and_the_next_members_are_read(peeled: Peel, stream: bool) -> None:
    data = bytearray(tarred({"a": b"A" * 100, "b": b"B" * 2000, "c": b"C" * 100}))
    data[1024 + 100] ^= 1
    found = peeled(bytes(data), stream=stream)
    assert found.gaps == [("unreadable", None)]
    assert found.members["a"] == b"A" * 100
    assert found.members["c"] == b"C" * 100
    assert any(b"B" * 2000 in part for _, steps, part in found.chunks if steps == ("rest",))


def test_lost_bytes_are_a_gap_and_the_next_members_are_read(peeled: Peel) -> None:
    data = tarred({name: name.encode() * 3000 for name in "abcd"})
    at = data.index(b"bbb")
    found = peeled(data[:at] + data[at + 777 :])
    assert ("unreadable", None) in found.gaps
    assert found.members["d"] == b"d" * 3000


@pytest.mark.parametrize("stream", [False, True])
def test_what_stands_behind_the_end_is_read(peeled: Peel, stream: bool) -> None:
    data = tarred({"a": b"A"}) + tarred({"b": b"B"}) + zipped({"c": b"C"})
    found = peeled(data, stream=stream)
    assert {name: part for name, part in found.members.items() if name} == {"a": b"A", "b": b"B", "c": b"C"}
    assert not found.unseen


def test_what_stands_in_padding_is_searched_in_a_stream_too(peeled: Peel) -> None:
    data = bytearray(tarred({"a": b"A"}))
    data[600:610] = b"in padding"
    found = peeled(bytes(data), stream=True)
    assert any(b"in padding" in part for _, _, part in found.chunks)


@pytest.mark.parametrize("cut", [100, 700, 2000])
def test_what_is_cut_short_is_read_as_far_as_it_goes(peeled: Peel, cut: int) -> None:
    data = tarred({"a": b"A" * 3000})
    found = peeled(data[: 512 + 3000 - cut])
    assert found.gaps[0] == ("truncated", "a")
    assert found.members["a"] == b"A" * len(found.members["a"])
    assert len(found.members["a"]) >= 3000 - cut


def test_a_volume_of_several_is_a_gap(peeled: Peel, tmp_path: Path) -> None:
    tree(tmp_path, {"a": random.Random(1).randbytes(30_000)})
    volumes = [tmp_path / "1.tar", tmp_path / "2.tar", tmp_path / "3.tar"]
    words = [word for volume in volumes for word in ("-f", str(volume))]
    out("tar", "-c", "-M", "-L", "20", *words, "-C", tmp_path, "a")
    for volume in volumes[:2]:
        assert ("truncated", "a") in peeled(volume.read_bytes()).gaps


@pytest.mark.parametrize("size", [b"77777777777\0", b"\x80" + b"\xff" * 11, b"\xff" * 12, b"nonsense\0\0\0\0"])
def test_a_size_that_lies_costs_nothing_and_is_a_gap(peeled: Peel, size: bytes) -> None:
    data = bytearray(tarred({"a": b"A" * 100}))
    data[124:136] = size
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    if header(bytes(data[:512])):
        found = peeled(bytes(data), stream=True)
        assert [reason for reason, _ in found.gaps] == ["truncated"]
        assert b"A" * 100 in b"".join(part for _, _, part in found.chunks)


def test_of_very_many_members_none_is_lost(peeled: Peel) -> None:
    one = tarred({"x": b"x"})[:1024]
    found = peeled(one * 20_000 + bytes(1024))
    assert len(found.chunks) == 20_000
    found = peeled(one * 200 + bytes(1024), replace(LIMITS, members=100))
    assert found.gaps == [("archive-too-large", None)]


def test_an_endless_name_is_a_gap_and_is_searched(peeled: Peel) -> None:
    data = tarred({"x" * (3 << 20): b"content"}, tarfile.GNU_FORMAT)
    found = peeled(data, stream=True)
    assert ("archive-too-large", None) in found.gaps
    assert b"content" in found.members.values()


@given(st.binary(max_size=40))
def test_numbers_and_records_of_any_bytes_are_numbers_or_nothing(data: bytes) -> None:
    found = number(data)
    assert found is None or found >= 0
    assert all(key + b"=" + value in data for key, value in records(data))


@given(st.integers(0, 3000), st.binary(max_size=600))
def test_the_next_header_is_found_wherever_it_stands(at: int, junk: bytes) -> None:
    block = tarred({"a": b""})[:512]
    noise = junk + bytes(at)
    assert next_header(noise + block) == len(noise)
