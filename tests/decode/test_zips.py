"""ZIP archives as the real tools make them, and as an attacker does."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.decode.conftest import LIMITS, Peeled, need
from tests.decode.test_peel import zipped

Peel = Callable[..., Peeled]
FILES = {"app.env": b"one " * 500, "deep/er/b.txt": b"two", "empty": b""}


def tree(at: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_bytes(data)
    return at


@pytest.mark.parametrize("options", [[], ["-0"], ["-9"], ["-Z", "bzip2"], ["-fz"], ["-z"]], ids=" ".join)
def test_what_zip_made_is_read(peeled: Peel, tmp_path: Path, options: list[str]) -> None:
    need("zip")
    folder = tree(tmp_path / "in", FILES)
    subprocess.run(["zip", "-q", "-r", *options, "../out.zip", "."], cwd=folder, input=b"a comment\n", check=True)
    found = peeled((tmp_path / "out.zip").read_bytes())
    assert found.members == FILES
    assert not found.unseen


def test_what_zip_made_in_a_stream_is_read(peeled: Peel, tmp_path: Path) -> None:
    need("zip")
    done = subprocess.run(["zip", "-q", "-", "-"], input=b"from a pipe", cwd=tmp_path, capture_output=True, check=True)
    assert peeled(done.stdout).members == {"-": b"from a pipe"}
    assert peeled(done.stdout[:-30]).members == {"-": b"from a pipe"}  # without the directory there is no size


def test_an_encrypted_member_is_a_gap_and_the_others_are_read(peeled: Peel, tmp_path: Path) -> None:
    need("zip")
    tree(tmp_path, {"open": b"open", "shut": b"shut"})
    subprocess.run(["zip", "-q", "out.zip", "open"], cwd=tmp_path, check=True)
    subprocess.run(["zip", "-q", "-P", "made up", "out.zip", "shut"], cwd=tmp_path, check=True)
    data = (tmp_path / "out.zip").read_bytes()
    for whole in (data, data[:-40]):
        found = peeled(whole)
        assert found.members == {"open": b"open"}
        assert ("encrypted-archive", "shut") in found.gaps


def test_a_volume_of_several_is_a_gap(peeled: Peel, tmp_path: Path) -> None:
    need("zip")
    tree(tmp_path, {"a": os.urandom(90_000), "b": b"b" * 99})
    subprocess.run(["zip", "-q", "-s", "64k", "out.zip", "a", "b"], cwd=tmp_path, check=True)
    first, last = peeled((tmp_path / "out.z01").read_bytes()), None
    assert ("truncated", None) in first.gaps
    last = (tmp_path / "out.zip").read_bytes()
    assert not last.startswith(b"PK\3\4")


def test_names_in_another_encoding_are_shown(peeled: Peel) -> None:
    right = zipped({"\u00e4\u00f6.env": b"umlauts"})
    assert set(peeled(right).members) == {"\u00e4\u00f6.env"}
    flagged = zipped({"xxxx.env": b"umlauts"})  # no flag says that the name is UTF-8, as older programs write it
    assert set(peeled(flagged.replace(b"xxxx", "\u00e4\u00f6".encode())).members) == {"\u00e4\u00f6.env"}
    assert set(peeled(flagged.replace(b"xxxx", b"\xe4\xf6\xfc\x84")).members) == {"\\xe4\\xf6\\xfc\\x84.env"}


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\x", "a/./b//c", "\x1b[31mred", "a\nb", "x" * 5000])
def test_a_name_is_only_shown(peeled: Peel, name: str) -> None:
    (shown,) = peeled(zipped({name: b"data"})).members
    assert shown and shown.isprintable() and len(shown) <= 1025


def test_of_two_members_with_one_name_both_are_read(peeled: Peel) -> None:
    out = io.BytesIO()
    with pytest.warns(UserWarning), zipfile.ZipFile(out, "w") as archive:
        archive.writestr("same", b"first")
        archive.writestr("same", b"second")
    assert [data for _, _, data in peeled(out.getvalue()).chunks] == [b"first", b"second"]


@pytest.mark.parametrize("claimed", [0, 1, 100, 0xFFFFFFF])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_size_that_lies_hides_nothing(peeled: Peel, claimed: int, method: int) -> None:
    text = os.urandom(400).hex().encode()
    data = zipped({"a": text}, method)
    at = data.rindex(b"PK\1\2") + 24  # the size in the directory
    assert peeled(data[:at] + struct.pack("<L", claimed) + data[at + 4 :]).members["a"] == text


def test_a_wrong_checksum_is_a_gap_and_the_content_is_read(peeled: Peel) -> None:
    data = zipped({"a": b"content", "b": b"more"})
    at = data.index(b"PK\1\2") + 16
    found = peeled(data[:at] + b"\1\2\3\4" + data[at + 4 :])
    assert found.gaps == [("unreadable", "a")]
    assert found.members == {"a": b"content", "b": b"more"}


@pytest.mark.parametrize("cut", [1, 30, 200, 500])
def test_a_truncated_archive_is_read_by_the_headers_that_are_left(peeled: Peel, cut: int) -> None:
    files = {f"file{n}": os.urandom(100).hex().encode() for n in range(5)}
    found = peeled(zipped(files)[:-cut])
    assert ("truncated", None) in found.gaps
    assert len(found.members) >= 2
    assert all(files[name or ""].startswith(data) for name, data in found.members.items())


def test_members_that_overlap_cost_no_more_than_others(peeled: Peel) -> None:
    """Many entries of the directory name the same bytes (as in a bomb that is not nested)."""
    data = zipped({f"{n:05}": b"" for n in range(2000)} | {"zz": bytes(1_000_000)})
    start = data.index(b"PK\1\2")
    where = data.index(b"PK\3\4", data.index(b"zz") - 40)
    entries = data[start:].split(b"PK\1\2")[1:]
    packed = entries[-1]
    forged = [b"PK\1\2" + packed[:38] + struct.pack("<L", where) + b"zz" for _ in entries]
    end = data[data.rindex(b"PK\5\6") :]
    bomb = data[:start] + b"".join(forged)
    bomb += end[:8] + struct.pack("<2H2L", len(forged), len(forged), len(bomb) - start, start) + b"\0\0"
    found = peeled(bomb, replace(LIMITS, total=50_000_000))
    assert sum(len(part) for _, _, part in found.chunks) <= 50_000_000
    assert found.unseen


def test_a_directory_that_is_absurdly_large_is_not_held(peeled: Peel) -> None:
    data = zipped({"a": b"found all the same"})
    start, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    entry = data[start:end]
    copies = (18 << 20) // len(entry)
    grown = data[:start] + entry * copies + data[end : end + 8]
    grown += struct.pack("<2H2L", copies & 0xFFFF, copies & 0xFFFF, len(entry) * copies, start) + b"\0\0"
    assert peeled(grown).members == {"a": b"found all the same"}


def test_a_version_that_nobody_knows_hides_nothing(peeled: Peel) -> None:
    data = bytearray(zipped({"a": b"one", "b": b"two"}))
    data[data.index(b"PK\1\2") + 6] = 112
    found = peeled(bytes(data))
    assert found.members == {"a": b"one", "b": b"two"}
    assert found.gaps == [("truncated", None)]


@given(st.binary(max_size=300), st.integers(0, 400), st.binary(max_size=8))
def test_no_damage_makes_it_fail(data: bytes, at: int, put: bytes) -> None:
    from scanner.decode.content import Content
    from scanner.decode.formats import recognise
    from scanner.decode.limits import Budget
    from scanner.decode.peel import Chunk, peel

    whole = zipped({"a": data, "b": data * 3})
    broken = whole[:at] + put + whole[at + len(put) :]
    form = recognise(broken)
    if form:
        for one in peel(Content(broken, Budget(LIMITS, len(broken))), form):
            assert isinstance(one, Chunk) or one.reason
