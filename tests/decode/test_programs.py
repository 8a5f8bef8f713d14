"""Programs and scripts with an archive behind their end; programs without one hold nothing, and are no gap."""

from __future__ import annotations

import gzip
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pip
import pytest

from scanner import cachefile
from scanner.cli.options import rules
from scanner.config import Config
from scanner.pipeline.settings import Settings
from scanner.pipeline.treescan import scan_tree
from scanner.rulepack.sample import grow
from tests.decode.conftest import Peeled
from tests.decode.makers import out, tree
from tests.decode.test_peel import zipped
from tests.decode.test_rars import file, new

Peel = Callable[..., Peeled]
FILES = {"app.env": b"one", "deep/b": b"two"}
_LAUNCHERS = Path(pip.__file__).parent / "_vendor" / "distlib"
_SMALL = b"\x7fELF\2\1\1" + bytes(25) + struct.pack("<QQ", 64, 64) + bytes(16)
STUBS: dict[str, Callable[[], bytes]] = {
    "ELF": lambda: Path("/bin/true").resolve().read_bytes(),
    "ELF of a header": lambda: _SMALL,
    "PE of 64 bits": (_LAUNCHERS / "t64.exe").read_bytes,
    "PE of 32 bits": (_LAUNCHERS / "t32.exe").read_bytes,
    "DOS": lambda: b"MZ" + struct.pack("<HH", 100, 2) + bytes(606),
}


def _7z(folder: Path) -> bytes:
    tree(folder / "in", FILES)
    out("7zz", "a", "-bso0", "../made.7z", ".", cwd=folder / "in")
    return (folder / "made.7z").read_bytes()


ARCHIVES: dict[str, Callable[[Path], bytes]] = {
    "zip": lambda folder: zipped(FILES),
    "7z": _7z,
    "7z behind a configuration": lambda folder: b';!@Install@!UTF-8!\nRunProgram="a"\n;!@InstallEnd@!' + _7z(folder),
    "rar": lambda folder: new(*(file(name, data) for name, data in FILES.items())),
}


@pytest.mark.parametrize("stub", STUBS)
def test_a_program_alone_holds_nothing(peeled: Peel, stub: str) -> None:
    found = peeled(STUBS[stub]())
    assert (found.chunks, found.unseen) == ([], [])


@pytest.mark.parametrize("text", [b"MZ is a postcode\n", b"MZ", b"\x7fELF", b"\x7fELF is how it begins", b"#!/bin/sh\nexit 0\n"])
def test_what_only_begins_like_a_program_has_no_format(text: bytes) -> None:
    from scanner.decode.formats import recognise

    assert recognise(text) is None


@pytest.mark.parametrize("stub", STUBS)
@pytest.mark.parametrize("archive", ARCHIVES)
@pytest.mark.parametrize("stream", [False, True])
def test_an_archive_behind_a_program_is_read(peeled: Peel, tmp_path: Path, stub: str, archive: str, stream: bool) -> None:
    found = peeled(STUBS[stub]() + ARCHIVES[archive](tmp_path), stream=stream)
    members = {name: data for name, data in found.members.items() if name in FILES}
    assert (members, found.gaps) == (FILES, [])
    assert found.chunks[-1][1][0] == "overlay"


def test_a_signature_behind_the_archive_is_none_of_it(peeled: Peel) -> None:
    stub = bytearray(STUBS["PE of 64 bits"]())
    header = int.from_bytes(stub[60:64], "little") + 24
    signed = bytes(stub) + zipped(FILES)
    place = struct.pack("<LL", len(signed), 1000)
    signed = signed[: header + 144] + place + signed[header + 152 :]
    found = peeled(signed + b"\x30" * 1000)
    assert {name: data for name, data in found.members.items() if name} == FILES
    assert found.gaps == []


@pytest.mark.parametrize("packed", [gzip.compress(b"one"), zipped(FILES)], ids=["gzip", "zip"])
def test_what_a_script_carries_is_read(peeled: Peel, packed: bytes) -> None:
    found = peeled(b"#!/bin/sh\ntail -n +3 $0 | tar xz; exit\n" + packed)
    assert b"one" in found.members.values()
    assert found.gaps == []


def test_a_program_of_zipapp_is_read(peeled: Peel, tmp_path: Path) -> None:
    tree(tmp_path / "app", {"__main__.py": b"print(1)\n", "app.env": b"one"})
    out(sys.executable, "-m", "zipapp", "app", "-p", "/usr/bin/env python3", "-o", "app.pyz", cwd=tmp_path)
    assert peeled((tmp_path / "app.pyz").read_bytes()).members["app.env"] == b"one"


@pytest.mark.parametrize(
    ("behind", "said"),
    [
        (bytes(4) + b"\xef\xbe\xad\xdeNullsoftInst" + bytes(900), "NSIS"),
        (b"x\xda" + bytes(20_000) + b"MEI\x0c\x0b\x0a\x0b\x0e" + bytes(80), "PyInstaller"),
        (b"hsqs" + bytes(900), "SquashFS"),
    ],
)
def test_what_is_packed_in_a_way_that_nobody_reads_is_a_gap(peeled: Peel, behind: bytes, said: str) -> None:
    (gap,) = peeled(STUBS["ELF"]() + behind).unseen
    assert gap.reason == "unsupported-format" and said in gap.detail


def test_a_program_that_upx_packed_is_a_gap(peeled: Peel) -> None:
    assert peeled(_SMALL + b"UPX!" + bytes(99)).gaps == [("unsupported-format", None)]


def test_what_a_program_had_in_its_environment_is_found_in_its_core_dump(tmp_path: Path) -> None:
    token = grow("{github-token:ghp_}", 70).decode()
    home = tmp_path / "home"
    home.mkdir()
    words = ["sh", "-c", "ulimit -c unlimited; exec sh -c 'kill -ABRT $$'"]
    subprocess.run(words, cwd=home, env={"PATH": "/usr/bin:/bin", "TOKEN": token}, capture_output=True, check=False)
    (core,) = list(home.iterdir()) or [None]
    if core is None:
        pytest.skip("this kernel hands core dumps to another program, or to nobody (core_pattern)")
    done = scan_tree("t1", home, "home", "tree", Settings(rules(Config()), cachefile.folder()), lambda path: None)
    assert {match.hit.value.decode() for match in done.matches} == {token}
    assert done.tally.gaps == []
