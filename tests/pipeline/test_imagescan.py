"""Container images named as targets: the surface `oci`, layer and path of a finding, and the count."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from tests.decode.makers import out
from tests.decode.test_tars import tarred
from tests.gitrepo import token
from tests.pipeline.test_opened import Said, env, scan


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """What `docker save` writes: a secret that a later layer deletes, one that stays, one in the environment."""
    layers = [tarred({"etc/gone.env": env(1), "etc/kept.env": env(2)}), tarred({"etc/.wh.gone.env": b"", "etc/other": b"-"})]
    config = {
        "architecture": "amd64", "os": "linux", "config": {"Env": ["PATH=/bin", f"KEY={token(3)}"]},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(one).hexdigest() for one in layers]},
    }  # fmt: skip
    data = json.dumps(config).encode()
    names = [f"{number}/layer.tar" for number in range(2)]
    name = hashlib.sha256(data).hexdigest() + ".json"
    manifest = json.dumps([{"Config": name, "RepoTags": ["made/up:1"], "Layers": names}]).encode()
    files = {"manifest.json": manifest, name: data, **dict(zip(names, layers, strict=True))}
    (tmp_path / "image.tar").write_bytes(tarred(files))
    return tmp_path / "image.tar"


def places(said: Said) -> list[tuple[str, str | None, int, bool | None]]:
    """Path (of digests only the kind), field, line, and whether it is reachable."""
    ats = [finding["location"] for finding in said.report["findings"]]
    return sorted((_short(at["path"]), at["field"], at["line"], at["reachable"]) for at in ats)


def _short(path: str) -> str:
    return "!".join("sha256" if part.startswith("sha256:") else part for part in path.split("!"))


def test_an_image_in_a_file_has_the_surface_oci(saved: Path) -> None:
    said = scan(str(saved))
    assert places(said) == [
        ("image.tar!sha256", "config.Env", 2, None), ("image.tar!sha256!etc/gone.env", None, 3, False),
        ("image.tar!sha256!etc/kept.env", None, 3, True),
    ]  # fmt: skip
    assert [target["surface"] for target in said.report["targets"]] == ["oci"]
    assert (said.gaps, said.count) == ([], (1, 1, 0))


def test_a_layout_in_a_folder_has_the_surface_oci(saved: Path, tmp_path: Path) -> None:
    layout = tmp_path / "layout"
    out("skopeo", "--insecure-policy", "copy", "-q", f"docker-archive:{saved}", f"oci:{layout}:made")
    said = scan(str(layout))
    expected = [("sha256", "config.Env", 2, None), ("sha256!etc/gone.env", None, 3, False), ("sha256!etc/kept.env", None, 3, True)]
    assert places(said) == expected
    assert [target["surface"] for target in said.report["targets"]] == ["oci"]
    files = sum(path.is_file() for path in layout.rglob("*"))
    assert (said.gaps, said.count) == ([], (files, files, 0))
    one, two = [blob for blob in sorted((layout / "blobs/sha256").iterdir()) if blob.read_bytes().startswith(b"\x1f\x8b")]
    one.unlink()
    two.write_bytes(b"{}")
    said = scan(str(layout))
    assert sorted(said.gaps) == [("corrupt-object", f"sha256:{two.name}"), ("missing-object", f"sha256:{one.name}")]
    objects, scanned, lost = said.count
    assert objects == scanned + lost


def test_a_layout_with_links_and_strange_files_is_read_without_following(saved: Path, tmp_path: Path) -> None:
    layout = tmp_path / "layout"
    out("skopeo", "--insecure-policy", "copy", "-q", f"docker-archive:{saved}", f"oci:{layout}:made")
    (layout / "blobs/sha256" / ("0" * 64)).symlink_to("/etc/passwd")
    os.mkfifo(layout / "blobs/sha256" / ("1" * 64))
    said = scan(str(layout))
    assert len(said.gaps) == 2
    assert {reason for reason, _ in said.gaps} == {"unreadable"}
    objects, scanned, lost = said.count
    assert (lost, objects - scanned) == (2, 2)


def test_a_folder_that_only_has_a_layout_in_it_is_a_folder(saved: Path, tmp_path: Path) -> None:
    said = scan(str(tmp_path))
    assert [target["surface"] for target in said.report["targets"]] == ["tree"]
    assert ("image.tar!sha256!etc/gone.env", None, 3, False) in places(said)
