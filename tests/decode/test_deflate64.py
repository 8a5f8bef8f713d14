"""Deflate64 and PPMd, in ZIP and 7z archives that 7-Zip made."""

from __future__ import annotations

import io
import subprocess
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.decode.deflate64 import Inflated64
from scanner.decode.limits import Stop
from tests.decode.conftest import Peeled, need

inflate64 = pytest.importorskip("inflate64", reason="needs leakseal[archives]")
Peel = Callable[..., Peeled]
LONG = b"".join(b"line %d of a text that comes again and again\n" % (number % 7000) for number in range(20_000))
METHODS = {"Deflate64": (), "PPMd": ("bsdtar",)}


def _by_7zip(folder: Path, kind: str, *options: str) -> bytes:
    need("7zz")
    (folder / "in").mkdir()
    (folder / "in" / "a.txt").write_bytes(LONG)
    (folder / "in" / "ü.txt").write_bytes(LONG[:3000])
    subprocess.run(["7zz", "a", "-bso0", f"-t{kind}", *options, "../made", "."], cwd=folder / "in", check=True)
    return next(folder.glob("made*")).read_bytes()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("method", METHODS)
def test_methods_that_python_does_not_know_are_read(peeled: Peel, tmp_path: Path, method: str, stream: bool) -> None:
    need(*METHODS[method])
    found = peeled(_by_7zip(tmp_path, "zip", f"-mm={method}"), stream=stream)
    assert (found.members, found.gaps) == ({"a.txt": LONG, "ü.txt": LONG[:3000]}, [])


def test_deflate64_in_a_7z_archive_is_read(peeled: Peel, tmp_path: Path) -> None:
    found = peeled(_by_7zip(tmp_path, "7z", "-m0=Deflate64"))
    assert (found.members, found.gaps) == ({"a.txt": LONG, "ü.txt": LONG[:3000]}, [])


def test_deflate64_is_a_gap_without_its_library(peeled: Peel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.decode.deflate64.is_there", lambda: False)
    found = peeled(_by_7zip(tmp_path, "zip", "-mm=Deflate64"))
    assert found.gaps == [("unsupported-format", "a.txt"), ("unsupported-format", "ü.txt")]
    assert found.unseen[0].detail.endswith("install leakseal[archives]")


def test_a_bomb_of_deflate64_is_unpacked_piece_by_piece() -> None:
    packed = inflate64.Deflater()
    squeezed = packed.deflate(bytes(64 << 20)) + packed.flush()
    source = Inflated64(io.BytesIO(squeezed))
    tracemalloc.start()
    made = sum(map(len, iter(lambda: source.read(1 << 18), b"")))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert made == 64 << 20
    assert most < 20 << 20


@pytest.mark.parametrize("cut", [1, 40, 400])
def test_deflate64_that_is_cut_short_is_told(cut: int) -> None:
    packed = inflate64.Deflater()
    squeezed = packed.deflate(LONG) + packed.flush()
    source = Inflated64(io.BytesIO(squeezed[:-cut]))
    with pytest.raises(Stop, match="truncated"):
        list(iter(lambda: source.read(1 << 16), b""))
