"""Archives in several volumes, as the real programs divide them: whoever reads the first one is told that the others are missing."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.decode.conftest import Peeled
from tests.decode.makers import out, tree

Peel = Callable[..., Peeled]
FILES = {"a.bin": random.Random(1).randbytes(150_000), "b.txt": b"line\n" * 1000}
DIVIDED = {
    "7z": (("7zz", "a", "-bso0", "-v64k", "../made.7z", "."), "made.7z.001"),
    "zip by 7-Zip": (("7zz", "a", "-bso0", "-tzip", "-v64k", "../made.zip", "."), "made.zip.001"),
    "zip by Info-ZIP": (("zip", "-q", "-s", "64k", "-r", "../made.zip", "."), "made.z01"),
    "tar": (("tar", "-cM", "-L", "64", "-f", "../made.1", "-f", "../made.2", "-f", "../made.3", *FILES), "made.1"),
}


@pytest.mark.parametrize("kind", DIVIDED)
@pytest.mark.parametrize("stream", [False, True])
def test_the_first_volume_says_that_others_are_missing(peeled: Peel, tmp_path: Path, kind: str, stream: bool) -> None:
    words, first = DIVIDED[kind]
    out(*words, cwd=tree(tmp_path / "in", FILES))
    assert "truncated" in [reason for reason, _ in peeled((tmp_path / first).read_bytes(), stream=stream).gaps]


@pytest.mark.parametrize("kind", ["7z", "zip by 7-Zip"])
def test_volumes_that_are_put_together_again_are_read(peeled: Peel, tmp_path: Path, kind: str) -> None:
    words, first = DIVIDED[kind]
    out(*words, cwd=tree(tmp_path / "in", FILES))
    whole = b"".join(path.read_bytes() for path in sorted(tmp_path.glob(f"{first[:-4]}.*")))
    found = peeled(whole)
    assert {name: data for name, data in found.members.items() if name} == FILES
    assert found.gaps == []
