"""The way through archives that strangers made: bounded, and what cannot be read is told."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scanner.artifact.binding import Member
from scanner.artifacts.members import Reading, Unpacker, members, opened
from scanner.decode.limits import DEFAULT, Limits
from scanner.model.content import Unseen
from tests.decode.makers import out


def read(path: Path, limits: Limits = DEFAULT, large: frozenset[int] = frozenset()) -> tuple[dict[str, Member], list[str]]:
    """The members by name, and the reasons of what was not read."""
    with opened(path, limits) as content:
        found = list(members(content, Reading(limits, large=large), path.name))
    return {one.name: one for one in found if isinstance(one, Member)}, [one.reason for one in found if isinstance(one, Unseen)]


def blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("form", ["tar", "tar.gz", "tar.xz", "tar.bz2", "zip", "tar.zst"])
def test_every_member_has_the_id_that_git_gives_it(tmp_path: Path, form: str) -> None:
    files = {"a/small.txt": b"one\n", "a/large.bin": bytes(range(256)) * 12_000, "a/other.bin": b"\1" * (2 << 20), "a/empty": b""}
    for name, data in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    path = tmp_path / f"made.{form}"
    if form == "zip":
        out("zip", "-qr", path, "a", cwd=tmp_path)
    elif form == "tar.zst":
        out("tar", "--zstd", "-cf", path, "a", cwd=tmp_path)
    else:
        out("tar", "--auto-compress", "-cf", path, "a", cwd=tmp_path)
    found, lost = read(path, large=frozenset({256 * 12_000}))
    assert (lost, set(found)) == ([], set(files))
    for name, data in files.items():
        assert (found[name].size, found[name].sha256) == (len(data), hashlib.sha256(data).hexdigest())
        assert found[name].blob == ("" if name == "a/other.bin" else blob(data)), "no blob has that size"


def test_what_is_no_archive_is_one_file(tmp_path: Path) -> None:
    (tmp_path / "it.txt").write_bytes(b"one\r\n")
    found, lost = read(tmp_path / "it.txt")
    assert (lost, found["it.txt"].blob, found["it.txt"].text) == ([], blob(b"one\r\n"), blob(b"one\n"))


def _bomb(at: Path) -> Path:
    with gzip.open(at / "bomb.tar.gz", "wb") as packed, tarfile.open(fileobj=packed, mode="w|") as made:
        info = tarfile.TarInfo("zeros")
        info.size = 64 << 20
        made.addfile(info, io.BytesIO(bytes(64 << 20)))
    return at / "bomb.tar.gz"


def _many(at: Path) -> Path:
    with zipfile.ZipFile(at / "many.zip", "w") as made:
        for number in range(300):
            made.writestr(str(number), b"")
    return at / "many.zip"


def _cut(at: Path) -> Path:
    path = _bomb(at)
    path.write_bytes(path.read_bytes()[:-2000])
    return path


def _damaged(at: Path) -> Path:
    with zipfile.ZipFile(at / "damaged.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a", b"one\n" * 1000)
        made.writestr("b", b"two\n" * 1000)
    data = bytearray((at / "damaged.zip").read_bytes())
    data[35:40] = b"\xff" * 5
    (at / "damaged.zip").write_bytes(data)
    return at / "damaged.zip"


def _locked(at: Path) -> Path:
    (at / "a").write_bytes(b"one\n")
    out("7zz", "a", "-bso0", "-psecret", "-tzip", at / "locked.zip", at / "a")
    return at / "locked.zip"


SMALL = Limits(least=1 << 20, share=2, members=100)
HOSTILE: list[tuple[Callable[[Path], Path], Limits, str]] = [
    (_bomb, SMALL, "archive-too-large"), (_many, SMALL, "archive-too-large"), (_damaged, DEFAULT, "unreadable"),
    (_locked, DEFAULT, "encrypted-archive"), (_cut, DEFAULT, "truncated"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "limits", "reason"), HOSTILE, ids=[row[2] + row[0].__name__ for row in HOSTILE])
def test_what_is_too_much_damaged_or_locked_is_told(tmp_path: Path, make: Callable[[Path], Path], limits: Limits, reason: str) -> None:
    _, lost = read(make(tmp_path), limits)
    assert reason in lost


def test_metadata_and_names_without_end_are_not_held(tmp_path: Path) -> None:
    from tests.artifact.conftest import looked

    with zipfile.ZipFile(tmp_path / "a-1-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as made:
        for number in range(30):
            made.writestr(f"a{number}-1.dist-info/METADATA", b"Name: a\n" * 100_000)
    assert "more than one set of metadata" in looked(tmp_path / "a-1-py3-none-any.whl").failed["metadata"]
    with tarfile.open(tmp_path / "names.tar", "w", format=tarfile.PAX_FORMAT) as long:
        long.addfile(tarfile.TarInfo("a/" + "x" * 100_000))
    assert max(map(len, read(tmp_path / "names.tar")[0])) < 1100


def test_a_layer_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    data = _bomb(tmp_path).read_bytes()
    with pytest.raises(ValueError, match="cannot be unpacked"):
        _drain(Unpacker(SMALL)(io.BytesIO(data), len(data)))
    assert _drain(Unpacker(DEFAULT)(io.BytesIO(data), len(data))) > 64 << 20
    with pytest.raises(ValueError, match="cannot be unpacked"):
        _drain(Unpacker(DEFAULT)(io.BytesIO(data[:-500]), len(data)))


def _drain(parts: Iterator[bytes]) -> int:
    return sum(map(len, parts))
