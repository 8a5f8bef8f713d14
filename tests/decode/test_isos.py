"""ISO 9660 images as xorriso makes them, and as an attacker does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.decode.conftest import Peeled
from tests.decode.makers import out, tree

Peel = Callable[..., Peeled]
FILES = {"app.env": b"one " * 999, "deep/er/a name that is rather long.txt": b"two", "empty": b"", "same": b"one " * 999}


def image(folder: Path, *options: str) -> bytes:
    tree(folder / "in", FILES)
    (folder / "in/link").symlink_to("/etc/passwd")
    out("xorriso", "-as", "mkisofs", "-quiet", *options, "-o", folder / "out.iso", folder / "in")
    return (folder / "out.iso").read_bytes()


@pytest.mark.parametrize("options", [["-R"], ["-J"], ["-R", "-J"], ["-R", "-iso-level", "4"]], ids=" ".join)
def test_what_xorriso_made_is_read_with_its_names(peeled: Peel, tmp_path: Path, options: list[str]) -> None:
    found = peeled(image(tmp_path, *options))
    members = {name: data for name, data in found.members.items() if name != "link"}
    assert {name: data for name, data in members.items() if data} == {name: data for name, data in FILES.items() if data}
    assert not found.unseen


def test_short_names_are_read_where_there_are_no_others(peeled: Peel, tmp_path: Path) -> None:
    found = peeled(image(tmp_path, "--norock"))
    assert found.members["APP.ENV"] == FILES["app.env"]
    assert found.members["DEEP/ER/A_NAME_T.TXT"] == b"two"


def test_what_is_cut_short_is_a_gap(peeled: Peel, tmp_path: Path) -> None:
    data = image(tmp_path, "-R")
    found = peeled(data[: data.index(b"one one") + 100])
    assert "truncated" in [reason for reason, _ in found.gaps]


def test_a_folder_that_is_in_itself_ends(peeled: Peel, tmp_path: Path) -> None:
    data = bytearray(image(tmp_path, "--norock"))
    root = int.from_bytes(data[16 * 2048 + 158 : 16 * 2048 + 162], "little")
    at = data.index(b"\x04DEEP", root * 2048) - 32
    data[at + 2 : at + 6] = root.to_bytes(4, "little")
    found = peeled(bytes(data))
    assert found.members["APP.ENV"] == FILES["app.env"]


def test_a_file_that_lies_behind_the_end_is_a_gap(peeled: Peel, tmp_path: Path) -> None:
    data = bytearray(image(tmp_path, "--norock"))
    at = data.index(b"\x09APP.ENV;1") - 32
    data[at + 2 : at + 6] = b"\xff\xff\xff\x7f"
    found = peeled(bytes(data))
    assert ("truncated", "APP.ENV") in found.gaps
    assert found.members["DEEP/ER/A_NAME_T.TXT"] == b"two"
