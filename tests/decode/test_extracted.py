"""Cabinet files, xar and LHA archives as other programs make them, read by bsdtar."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.decode.conftest import Peeled, need
from tests.decode.makers import out, tree

Peel = Callable[..., Peeled]
FILES = {"app.env": b"one " * 500, "b.txt": b"".join(b"line %d\n" % number for number in range(3000))}
MAKERS = {
    "cab": ("gcab", "-cz", "../made", *FILES),
    "cab, stored": ("gcab", "-c", "../made", *FILES),
    "xar": ("bsdtar", "-cf", "../made", "--format", "xar", *FILES),
    "lha, -lh5-": ("jlha", "-a", "../made", *FILES),
    "lha, -lh0-": ("jlha", "-az", "../made", *FILES),
}


def made(folder: Path, kind: str) -> bytes:
    need("bsdtar")
    out(*MAKERS[kind], cwd=tree(folder / "in", FILES))
    return (folder / "made").read_bytes()


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("stream", [False, True])
def test_what_another_program_made_is_read(peeled: Peel, tmp_path: Path, kind: str, stream: bool) -> None:
    found = peeled(made(tmp_path, kind), stream=stream)
    assert {name: data for name, data in found.members.items() if name} == FILES
    assert found.gaps == []


@pytest.mark.parametrize("kind", MAKERS)
def test_without_bsdtar_it_is_a_gap(peeled: Peel, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = made(tmp_path, kind)
    monkeypatch.setattr("shutil.which", lambda name: None)
    found = peeled(data)
    assert (found.chunks, found.gaps) == ([], [("unsupported-format", None)])
    assert "install bsdtar" in found.unseen[0].detail


@pytest.mark.parametrize("kind", MAKERS)
def test_what_is_cut_short_is_a_gap_and_read_as_far_as_it_goes(peeled: Peel, tmp_path: Path, kind: str) -> None:
    data = made(tmp_path, kind)
    found = peeled(data[: len(data) * 3 // 4])
    assert found.gaps
