"""An image comes to the same whether one process searches it or several, whatever happens to them, and however little may be spent."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from scanner import cachefile, shipped
from scanner.cli.options import known
from scanner.decode.content import Content
from scanner.decode.images import Shelved
from scanner.decode.limits import DEFAULT, Budget, Limits
from scanner.detect.engine import Engine
from scanner.pipeline import dealt
from scanner.pipeline.dealt import Item, opened_by
from scanner.pipeline.engines import engine
from scanner.pipeline.imagescan import FolderShelf
from scanner.pipeline.opened import Opened
from scanner.rulepack.load import load
from tests.decode.test_tars import tarred
from tests.gitrepo import token
from tests.pipeline.test_opened import NESTED, env, zipped

MANY = {f"many/{number:03}.txt": env(100 + number) if number % 50 == 0 else b"nothing\n" * number for number in range(260)}


@pytest.fixture(scope="module")
def searcher() -> Engine:
    return engine(load([shipped.shipped("rules")], known=known()), cachefile.folder())


def layout(folder: Path, *layers: Mapping[str, bytes]) -> Path:
    """An OCI layout with one image of these layers."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)

    def put(data: bytes) -> dict[str, object]:
        name = hashlib.sha256(data).hexdigest()
        (blobs / name).write_bytes(data)
        return {"mediaType": "application/octet-stream", "digest": f"sha256:{name}", "size": len(data)}

    stored = [put(tarred(dict(one))) for one in layers]
    config = put(json.dumps({"config": {"Env": [f"KEY={token(3)}"]}, "rootfs": {"diff_ids": [one["digest"] for one in stored]}}).encode())
    manifest = put(json.dumps({"schemaVersion": 2, "config": config, "layers": stored}).encode())
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [manifest]}))
    (folder / "oci-layout").write_text("{}")
    return folder


def read(folder: Path, searcher: Engine, workers: int, limits: Limits = DEFAULT) -> Opened:
    sizes = {str(path.relative_to(folder)): path.stat().st_size for path in sorted(folder.rglob("*")) if path.is_file()}
    content = Content(b"", Budget(limits, sum(sizes.values())))
    content.size = sum(sizes.values())
    return opened_by(workers, searcher, content, Shelved("oci", "an OCI layout", b"", shelf=FolderShelf(folder, sizes)))


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lower = {"etc/gone.env": env(1), "opt/nested.zip": NESTED, "opt/large.txt": b"x\n" * 60_000 + env(2), **MANY}
    torn = zipped({"a.env": env(4)}, 0)[:-30]
    return layout(tmp_path_factory.mktemp("image"), lower, {"etc/.wh.gone.env": b"", "opt/torn.zip": torn, f"opt/{token(5)}": b"-"})


@pytest.mark.parametrize(
    "limits",
    [
        DEFAULT, replace(DEFAULT, held=4096), replace(DEFAULT, members=40), replace(DEFAULT, members=150), replace(DEFAULT, total=100_000),
        replace(DEFAULT, total=500_000), replace(DEFAULT, depth=1),
    ],
    ids=["all", "little is held", "40 members", "150 members", "100 kB", "500 kB", "flat"],
)  # fmt: skip
def test_several_processes_come_to_the_same(image: Path, searcher: Engine, monkeypatch: pytest.MonkeyPatch, limits: Limits) -> None:
    alone = read(image, searcher, 1, limits)
    for workers, share, large in ((2, 1 << 20, 32 << 20), (3, 2000, 32 << 20), (2, 1 << 20, 50_000)):
        monkeypatch.setattr(dealt, "_SHARE", share)
        monkeypatch.setattr(dealt, "_LARGE", large)
        assert read(image, searcher, workers, limits) == alone
    assert alone.found


def test_little_memory_is_shared_and_nothing_is_lost(image: Path, searcher: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dealt, "_HELD", 1)
    monkeypatch.setattr(dealt, "_SHARE", 3000)
    assert read(image, searcher, 2) == read(image, searcher, 1)


def test_what_ends_a_worker_is_a_gap_and_all_else_is_found(image: Path, searcher: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    here = os.getpid()
    alone = read(image, searcher, 1)
    pieces = dealt._Reader._pieces

    def deadly(reader: dealt._Reader, item: Item) -> object:
        if os.getpid() != here and (item.at.inside.member or "").endswith("many/050.txt"):
            os._exit(9)
        return pieces(reader, item)

    monkeypatch.setattr(dealt._Reader, "_pieces", deadly)
    several = read(image, searcher, 2)
    lost = [seen for seen in alone.found if seen not in several.found]
    assert [(seen.inside.member or "").partition("!")[2] for seen in lost] == ["many/050.txt"]
    (gap,) = [one for one in several.unseen if one not in alone.unseen]
    assert (gap.reason, gap.inside.member) == ("tool-error", lost[0].inside.member)
    assert [one for one in several.unseen if one != gap] == alone.unseen
