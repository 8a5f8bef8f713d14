"""Container images as the real tools make them, and as an attacker does."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.decode.content import Content
from scanner.decode.covers import Covers, plain
from scanner.decode.formats import recognise
from scanner.decode.limits import Budget
from scanner.decode.peel import Chunk, peel
from tests.decode.conftest import LIMITS, Peeled
from tests.decode.makers import out, tree
from tests.decode.test_tars import tarred

Peel = Callable[..., Peeled]


def copied(source: Path, kind: str, to: Path, *options: str) -> bytes:
    """An image in another layout, made by skopeo."""
    out("skopeo", "--insecure-policy", "copy", "-q", *options, f"oci:{source}:made", f"{kind}:{to}:made/up:1")
    return to.read_bytes()


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    """An OCI layout with three layers, made by umoci: the second deletes a file of the first, the third hides a folder."""
    at, bundle = tmp_path / "layout", tmp_path / "bundle"
    out("umoci", "init", "--layout", at)
    out("umoci", "new", "--image", f"{at}:made")
    stages: list[tuple[dict[str, bytes], list[str]]] = [
        ({"etc/app.env": b"one\n", "etc/kept": b"kept\n", "srv/a/b": b"below\n"}, []),
        ({"etc/second": b"two\n", "srv/x": b"x"}, ["etc/app.env"]),
        ({"srv2/c": b"c"}, ["srv/a/b", "srv/a", "srv/x", "srv"]),
    ]
    for number, (files, gone) in enumerate(stages):
        unpacked = bundle / str(number)
        out("umoci", "unpack", "--rootless", "--image", f"{at}:made", unpacked)
        tree(unpacked / "rootfs", files)
        for name in gone:
            path = unpacked / "rootfs" / name
            path.rmdir() if path.is_dir() else path.unlink()
        out("umoci", "repack", "--image", f"{at}:made", unpacked)
    env = ["--config.env", "ADDRESS=http://one/?a=1&b=<2>", "--config.label", "note=a label", "--history.created_by", "RUN echo history"]
    out("umoci", "config", "--image", f"{at}:made", *env, "--config.cmd", "run", "--config.cmd", "two words")
    out("umoci", "gc", "--layout", at)
    return at


def seen(data: bytes, *, stream: bool = False) -> dict[str, tuple[bytes, bool | None]]:
    """Every member by the end of its path: its content, and whether the image shows it."""
    content = Content(io.BytesIO(data) if stream else data, Budget(LIMITS, len(data)))
    form = recognise(content.head)
    assert form is not None
    assert form.name == "image"
    found: dict[str, tuple[bytes, bool | None]] = {}
    for chunk in peel(content, form):
        assert isinstance(chunk, Chunk)
        inside = chunk.at.inside
        whole = chunk.data if isinstance(chunk.data, bytes) else b"".join(chunk.data)
        found[(inside.member or "").rpartition("!")[2] + (f"#{inside.field}" if inside.field else "")] = (whole, inside.reachable)
    content.close()
    return found


SHOWN = {
    "etc/app.env": (b"one\n", False), "etc/kept": (b"kept\n", True), "srv/a/b": (b"below\n", False), "etc/second": (b"two\n", True),
    "srv/x": (b"x", False), "srv2/c": (b"c", True),
}  # fmt: skip


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", ["docker-archive", "oci-archive", "tar", "zstd"])
def test_every_layer_is_read_and_what_is_deleted_is_not_reachable(layout: Path, tmp_path: Path, kind: str, stream: bool) -> None:
    if kind == "tar":
        data = out("tar", "-c", "-C", layout, ".")
    elif kind == "zstd":
        data = copied(layout, "oci-archive", tmp_path / "out.tar", "--dest-compress-format", "zstd")
        assert b"\x28\xb5\x2f\xfd" in data
    else:
        data = copied(layout, kind, tmp_path / "out.tar")
    found = seen(data, stream=stream)
    assert {name: found[name] for name in SHOWN} == SHOWN
    (config,) = {name.partition("#")[0] for name in found if "#config.Env" in name}
    assert b"ADDRESS=http://one/?a=1&b=<2>" in found[f"{config}#config.Env"][0]  # Go writes & and < as escapes
    assert found[f"{config}#config.Labels"][0] == b"note=a label"
    assert found[f"{config}#config.Cmd"][0] == b"run 'two words'"
    assert b"RUN echo history" in found[f"{config}#history.created_by"][0]


def test_a_path_says_layer_and_file(layout: Path, tmp_path: Path, peeled: Peel) -> None:
    found = peeled(copied(layout, "oci-archive", tmp_path / "out.tar"))
    (name,) = [name for name in found.members if name and name.endswith("!etc/app.env")]
    digest, _, path = name.partition("!")
    assert (layout / "blobs" / digest.replace(":", "/")).is_file()
    assert path == "etc/app.env"
    assert len(digest) == len("sha256:") + 64


@pytest.mark.parametrize("whole", [True, False])
def test_a_blob_that_is_missing_or_not_what_its_digest_says_is_a_gap(layout: Path, peeled: Peel, whole: bool) -> None:
    index = json.loads((layout / "index.json").read_bytes())
    manifest = json.loads((layout / "blobs" / index["manifests"][0]["digest"].replace(":", "/")).read_bytes())
    lowest = manifest["layers"][0]["digest"]
    blob = layout / "blobs" / lowest.replace(":", "/")
    if whole:
        changed = gzip.compress(gzip.decompress(blob.read_bytes()), 1, mtime=7)
        blob.write_bytes(changed)
    else:
        blob.unlink()
    found = peeled(out("tar", "-c", "-C", layout, "."))
    assert found.gaps == [("corrupt-object" if whole else "missing-object", lowest)]
    assert any(name and name.endswith("!srv2/c") for name in found.members)
    assert any(name and name.endswith("!etc/app.env") for name in found.members) == whole


def test_a_layer_without_the_mark_of_its_end_is_whole_if_its_digest_says_so(layout: Path, tmp_path: Path, peeled: Peel) -> None:
    """`umoci insert` leaves the mark out."""
    out("umoci", "insert", "--rootless", "--image", f"{layout}:made", tree(tmp_path / "more", {"f": b"more"}) / "f", "/srv3/f")
    found = peeled(out("tar", "-c", "-C", layout, "."))
    assert b"more" in found.members.values()
    assert not found.unseen


@pytest.mark.parametrize("spooled", [1 << 30, 5000, 0])
def test_a_stream_that_is_too_large_for_the_disk_is_read_as_any_archive(peeled: Peel, spooled: int) -> None:
    data = saved([[{"a": b"A", "b": b"B" * 9000}, {".wh.a": b""}]])
    found = peeled(data, replace(LIMITS, spooled=spooled), stream=True)
    assert not found.unseen
    assert any(name and name.endswith("!a") and text == b"A" for name, text in found.members.items())
    assert any("!" in (name or "") and name.startswith("sha256:") for name in found.members if name) == (spooled > 5000)


def test_what_stands_beside_the_members_is_searched_in_a_stream_too(peeled: Peel) -> None:
    data = bytearray(saved([[{"a": b"A"}]]))
    data[600:610] = b"in padding"
    data += b"behind the end"
    found = peeled(bytes(data), stream=True)
    (text,) = [text for name, _, text in found.chunks if name is None]
    assert b"in padding" in text or b"in padding" in b"".join(text for _, _, text in found.chunks)
    assert b"behind the end" in text


def test_a_damaged_layer_is_a_gap_and_the_others_are_read(layout: Path, peeled: Peel) -> None:
    index = json.loads((layout / "index.json").read_bytes())
    manifest = json.loads((layout / "blobs" / index["manifests"][0]["digest"].replace(":", "/")).read_bytes())
    middle = manifest["layers"][1]["digest"]
    blob = layout / "blobs" / middle.replace(":", "/")
    blob.write_bytes(blob.read_bytes()[:60])
    found = peeled(out("tar", "-c", "-C", layout, "."))
    assert {place for _, place in found.gaps} == {middle}
    names = [name.rpartition("!")[2] for name in found.members if name]
    assert {"etc/app.env", "srv2/c"} <= set(names)


def saved(images: list[list[dict[str, bytes]]], *, repeat: bool = False) -> bytes:
    """A tar archive as `docker save` writes it, of images that share layers which are the same."""
    files: dict[str, bytes] = {}
    manifest: list[dict[str, Any]] = []
    for layers in images:
        tars = [tarred(layer) for layer in layers]
        ids = ["sha256:" + hashlib.sha256(one).hexdigest() for one in tars]
        data = json.dumps({"rootfs": {"type": "layers", "diff_ids": ids}, "n": len(manifest)}).encode()
        names = [hashlib.sha256(b"id" + one).hexdigest() + "/layer.tar" for one in tars]
        files |= dict(zip(names, tars, strict=True)) | {(name := hashlib.sha256(data).hexdigest() + ".json"): data}
        manifest.append({"Config": name, "RepoTags": None, "Layers": names + names[:1] * repeat})
    return tarred(files | {"manifest.json": json.dumps(manifest).encode()})


def test_a_layer_of_several_images_is_read_once_and_reachable_by_any(peeled: Peel) -> None:
    base, over, other = {"a": b"A", "b": b"B"}, {".wh.a": b"", "c": b"C"}, {".wh.b": b"", ".wh.c": b""}
    data = saved([[base, over], [base, other], [base, over, other]])
    found = peeled(data)
    assert not found.unseen
    assert sorted(name.rpartition("!")[2] for name in found.members if name and "!" in name) == ["a", "b", "c"]
    assert {name: shown for name, (_, shown) in seen(data).items() if name in "abc"} == {"a": True, "b": True, "c": True}
    data = saved([[base, over], [base, over, other]])
    assert {name: shown for name, (_, shown) in seen(data).items() if name in "abc"} == {"a": False, "b": True, "c": True}


def test_layers_in_two_orders_are_read_and_nothing_is_claimed(peeled: Peel) -> None:
    one, two = {"a": b"A", ".wh.b": b""}, {"b": b"B", ".wh.a": b""}
    data = saved([[one, two], [two, one]])
    assert not peeled(data).unseen
    assert {shown for name, (_, shown) in seen(data).items() if name in ("a", "b")} <= {None, True}


def test_a_layer_that_lies_in_an_image_twice_counts_where_it_is_highest() -> None:
    data = saved([[{"a": b"A"}, {".wh.a": b""}]], repeat=True)
    assert seen(data)["a"] == (b"A", True)


def test_the_older_layout_is_read(peeled: Peel) -> None:
    files = {}
    for name, parent, layer in (("1" * 64, None, {"etc/old": b"old"}), ("2" * 64, "1" * 64, {"etc/.wh.old": b"", "new": b"new"})):
        config = {"id": name, "config": {"Env": ["A=b"]}} | ({"parent": parent} if parent else {})
        files |= {f"{name}/json": json.dumps(config).encode(), f"{name}/layer.tar": tarred(layer), f"{name}/VERSION": b"1.0"}
    data = tarred(files | {"repositories": json.dumps({"made": {"up": "2" * 64}}).encode()})
    found = seen(data)
    assert found["etc/old"] == (b"old", False)
    assert found["new"] == (b"new", True)
    assert [found[f"{one * 64}/json#config.Env"][0] for one in "12"] == [b"A=b", b"A=b"]
    assert not peeled(data).unseen


@pytest.mark.parametrize("first", ["index.json", "blobs/readme", "manifest.json"])
def test_an_archive_that_only_begins_like_an_image_is_read_as_any_other(peeled: Peel, first: str) -> None:
    found = peeled(tarred({first: b"no manifest", "b": gzip.compress(b"text")}), stream=True)
    assert found.members["b"] == b"text"


NONE = [b"", b"[", b"[[[[" * 50_000, b"{}", b'[{"Config": 1, "Layers": [1, null, "../../etc/passwd"]}]', b"[null]"]


@pytest.mark.parametrize("manifest", NONE, ids=range(len(NONE)))
def test_a_manifest_that_says_nothing_useful_is_a_gap_and_the_rest_is_read(peeled: Peel, manifest: bytes) -> None:
    found = peeled(tarred({"manifest.json": manifest, "a" * 64 + "/layer.tar": tarred({"in": b"inside"})}))
    assert found.gaps
    assert found.members["a" * 64 + "/layer.tar!in"] == b"inside"


def test_an_index_that_names_itself_ends() -> None:
    index = json.dumps({"manifests": [{"digest": "sha256:" + "0" * 64}] * 100}).encode()
    data = tarred({"oci-layout": b"{}", "index.json": index, "blobs/sha256/" + "0" * 64: index})
    content = Content(data, Budget(LIMITS, len(data)))
    form = recognise(data)
    assert form is not None
    assert [one.reason for one in peel(content, form) if not isinstance(one, Chunk)] == ["corrupt-object"]


NAMES = st.sampled_from(["a", "a/b", "a/b/c", ".wh.a", "a/.wh.b", "a/.wh..wh..opq", "a/b/.wh.c", ".wh..wh..opq"])


@given(st.lists(st.lists(NAMES), max_size=5))
def test_what_covers_say_is_what_laying_layers_on_top_gives(layers: list[list[str]]) -> None:
    """Against a model that really lays files in a dictionary; a name that is a file here and a folder there replaces."""
    covers = Covers()
    there: dict[str, int] = {}
    for number, names in enumerate(layers):
        fresh: dict[str, int] = {}
        gone: set[str] = set()
        for name in names:
            covers.add(number, name.encode(), folder=False)
            parent, _, last = name.rpartition("/")
            if last == ".wh..wh..opq":
                gone |= {old for old in there if old.startswith(parent + "/") or not parent}
            elif last.startswith(".wh."):
                target = f"{parent}/{last[4:]}".lstrip("/")
                gone |= {old for old in there if old == target or old.startswith(target + "/")}
            else:
                fresh[name] = number
                gone |= {old for old in there if old == name or old.startswith(name + "/")}
        there = {name: layer for name, layer in there.items() if name not in gone} | fresh
    for number, names in enumerate(layers):
        above = sum(1 << later for later in range(number + 1, len(layers)))
        for name in names:
            if ".wh." not in name:
                assert (not covers.hiding(name.encode()) & above) == (there.get(name) == number)


@pytest.mark.parametrize(
    ("name", "shown"), [(b"./etc//app", b"etc/app"), (b"/etc/./app/", b"etc/app"), (b"a/..b", b"a/..b"), (b"../x", b"../x"), (b"./", b"")]
)
def test_paths_in_a_layer_are_compared_without_what_does_not_matter(name: bytes, shown: bytes) -> None:
    assert plain(name) == shown


