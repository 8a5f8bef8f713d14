"""ar archives and Debian packages as the real tools make them, and as an attacker does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.decode.conftest import Peeled, need
from tests.decode.makers import out, tree

Peel = Callable[..., Peeled]
FILES = {"a.txt": b"odd", "b.txt": b"even", "a-name-of-more-than-fifteen-letters.env": b"long" * 99, "empty": b""}


def archived(folder: Path, *options: str) -> bytes:
    tree(folder, FILES)
    out("ar", f"rcS{''.join(options)}", "out.a", *FILES, cwd=folder)
    return (folder / "out.a").read_bytes()


@pytest.mark.parametrize("stream", [False, True])
def test_what_ar_made_is_read(peeled: Peel, tmp_path: Path, stream: bool) -> None:
    found = peeled(archived(tmp_path), stream=stream)
    assert {name: data for name, data in found.members.items() if name} == FILES
    assert not found.unseen


def test_long_names_as_bsd_has_them_are_read(peeled: Peel, tmp_path: Path) -> None:
    tree(tmp_path, FILES)
    made = out("bsdtar", "-c", "-f", "-", "--format=arbsd", *FILES, cwd=tmp_path)
    assert peeled(made).members == FILES


def test_a_thin_archive_is_a_gap(peeled: Peel, tmp_path: Path) -> None:
    tree(tmp_path, FILES)
    out("ar", "rcST", "out.a", *FILES, cwd=tmp_path)
    found = peeled((tmp_path / "out.a").read_bytes())
    assert found.gaps == [("missing-object", None)]


@pytest.mark.parametrize("stream", [False, True])
def test_a_damaged_header_is_a_gap_and_the_next_members_are_read(peeled: Peel, tmp_path: Path, stream: bool) -> None:
    data = bytearray(archived(tmp_path))
    at = data.index(b"b.txt/")
    data[at + 50] = ord("x")
    found = peeled(bytes(data), stream=stream)
    assert found.gaps == [("unreadable", None)]
    assert found.members["a-name-of-more-than-fifteen-letters.env"] == b"long" * 99


def test_what_is_cut_short_is_read_as_far_as_it_goes(peeled: Peel, tmp_path: Path) -> None:
    data = archived(tmp_path)
    found = peeled(data[: data.index(b"longlong") + 100])
    assert found.gaps == [("truncated", "a-name-of-more-than-fifteen-letters.env")]


@pytest.mark.parametrize("squeeze", ["gzip", "xz", "zstd", "none"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_debian_package_has_its_scripts_and_its_files(peeled: Peel, tmp_path: Path, squeeze: str, stream: bool) -> None:
    need("dpkg-deb")
    control = b"Package: made-up\nVersion: 1\nArchitecture: all\nMaintainer: A Tester <tester@example.org>\nDescription: made up\n"
    root = tree(tmp_path / "root", {"DEBIAN/control": control, "DEBIAN/postinst": b"#!/bin/sh\nexit 0\n", "etc/app.env": b"setting=1\n"})
    (root / "DEBIAN/postinst").chmod(0o755)
    out("dpkg-deb", "--root-owner-group", f"-Z{squeeze}", "-b", root, tmp_path / "out.deb")
    found = peeled((tmp_path / "out.deb").read_bytes(), stream=stream)
    ending = {"gzip": ".gz", "xz": ".xz", "zstd": ".zst", "none": ""}[squeeze]
    assert found.members[f"data.tar{ending}!./etc/app.env"] == b"setting=1\n"
    control_ending = ending if squeeze != "none" else next(n for n in found.members if n and n.startswith("control.tar"))[11:].split("!")[0]
    assert found.members[f"control.tar{control_ending}!./postinst"] == b"#!/bin/sh\nexit 0\n"
    assert not found.unseen
