"""Packages of every kind, built by their own tools without the network, have their files and their metadata read."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.decode.conftest import LIMITS, Peeled
from tests.decode.makers import out, tree
from tests.decode.test_peel import zipped

Peel = Callable[..., Peeled]
TEXT = b"setting = 1\n"
PROJECT = b"""
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "made-up"
version = "1"
[tool.hatch.build.targets.wheel]
packages = ["made_up"]
"""


def inside(found: Peeled, ending: str) -> bytes:
    """The one member with this end of its path."""
    (name,) = {name for name in found.members if name and name.endswith(ending)}
    return found.members[name]


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_python_packages(peeled: Peel, tmp_path: Path, kind: str) -> None:
    tree(tmp_path, {"pyproject.toml": PROJECT, "made_up/__init__.py": b"", "made_up/app.cfg": TEXT})
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", "out"], cwd=tmp_path, check=True, capture_output=True)
    (made,) = (tmp_path / "out").iterdir()
    found = peeled(made.read_bytes())
    assert inside(found, "made_up/app.cfg") == TEXT
    assert b"Name: made-up" in inside(found, "METADATA" if kind == "wheel" else "PKG-INFO")
    assert not found.unseen


def test_npm_packages(peeled: Peel, tmp_path: Path) -> None:
    manifest = json.dumps({"name": "made-up", "version": "1.0.0", "description": "made up"}).encode()
    package = tree(tmp_path / "package", {"package.json": manifest, "lib/app.cfg": TEXT, "index.js": b""})
    out("npm", "pack", "--offline", "--ignore-scripts", "--silent", "--cache", tmp_path / "cache", cwd=package)
    found = peeled((package / "made-up-1.0.0.tgz").read_bytes())
    assert inside(found, "package/lib/app.cfg") == TEXT
    assert not found.unseen


def test_java_archives_in_archives(peeled: Peel, tmp_path: Path) -> None:
    tree(tmp_path, {"in/app.properties": TEXT})
    out("jar", "cf", "inner.jar", "-C", "in", ".", cwd=tmp_path)
    tree(tmp_path, {"war/WEB-INF/lib/inner.jar": (tmp_path / "inner.jar").read_bytes()})
    out("jar", "cf0", "outer.war", "-C", "war", ".", cwd=tmp_path)
    found = peeled((tmp_path / "outer.war").read_bytes())
    assert inside(found, "WEB-INF/lib/inner.jar!app.properties") == TEXT
    assert b"Manifest-Version" in inside(found, "inner.jar!META-INF/MANIFEST.MF")
    assert not found.unseen


def test_nuget_packages(peeled: Peel) -> None:
    """As NuGet lays them out (Open Packaging Conventions): a ZIP archive with a nuspec."""
    spec = b"<package><metadata><id>made-up</id><version>1.0.0</version></metadata></package>"
    files = {"[Content_Types].xml": b"<Types/>", "_rels/.rels": b"<Relationships/>", "made-up.nuspec": spec, "content/app.config": TEXT}
    found = peeled(zipped(files))
    assert found.members == files
    assert not found.unseen


def test_a_source_package_in_a_binary_package_in_an_image(peeled: Peel, tmp_path: Path) -> None:
    """tar in gzip in ar in tar: each layer by its own reader."""
    control = b"Package: made-up\nVersion: 1\nArchitecture: all\nMaintainer: A Tester <tester@example.org>\nDescription: made up\n"
    source = out("tar", "-c", "-z", "-C", tree(tmp_path / "src", {"app.cfg": TEXT}), "app.cfg")
    root = tree(tmp_path / "root", {"DEBIAN/control": control, "usr/src/made-up.tar.gz": source})
    out("dpkg-deb", "--root-owner-group", "-b", root, tmp_path / "made.deb")
    found = peeled(out("tar", "-c", "-C", tmp_path, "made.deb"))
    assert inside(found, "made.deb!data.tar.xz!./usr/src/made-up.tar.gz!app.cfg") == TEXT
    assert not found.unseen


def bomb(width: int, depth: int, core: bytes) -> bytes:
    """Archives in archives, as 42.zip: `width` of them in each, so that `width ** depth` times the core is in it."""
    made = zipped({"core": core})
    for _ in range(depth):
        made = zipped({f"{number:02}.zip": made for number in range(width)})
    return made


def test_archives_in_archives_end_within_the_limits_and_what_follows_is_told(peeled: Peel) -> None:
    data = bomb(16, 5, bytes(4_000_000))
    limits = replace(LIMITS, total=200_000_000, held=1 << 20, part=1 << 20, ratio=50)
    found = peeled(data, limits)
    assert sum(len(part) for _, _, part in found.chunks) <= 200_000_000
    assert ("archive-too-large", None) in found.gaps


def test_a_zip_archive_that_holds_itself_ends_in_a_gap(peeled: Peel) -> None:
    """A quine cannot be made by a tool; one that is deeper than is read does the same."""
    found = peeled(bomb(1, 30, b"core"))
    assert [reason for reason, _ in found.gaps] == ["archive-too-deep"]
