"""Images in layouts and archives, as umoci and skopeo make them: the chain of digests, labels, base images, signatures, source binding."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.artifact.conftest import BUILDER, SOURCE, looked, statement, told, trusting
from tests.artifact.images import (
    BUNDLE,
    CONFIG,
    SIGNED,
    Built,
    Document,
    add,
    attach,
    blob,
    bundled,
    grown,
    remade,
    simple,
    simply_signed,
)  # fmt: skip
from tests.artifact.keys import Key
from tests.decode.makers import out
from tests.gitrepo import token

# -- what must stay quiet ------------------------------------------------------------------------------------------------------------


def test_an_honest_image_on_its_base_is_from_the_commit(made: Built) -> None:
    found = looked(
        made.app, expect=(made.digest,), source=str(made.repo.path), source_uri=SOURCE, commit=made.commit, version="1.4.2",
        base=f"{made.layout}:base",
    )  # fmt: skip
    assert found.failed == {}
    assert found.held == {"content", "expected", "labels", "version", "base", "binding"}
    assert found.said["binding"]["counts"]["source"] == 2
    (one,) = found.said["images"]
    assert [layer["base"] for layer in one["layers"]] == [True, False]
    assert one["labels"] == {"revision": made.commit, "source": SOURCE, "version": "1.4.2"}


@pytest.mark.parametrize("form", ["oci-archive", "docker-archive", "dir-of-tar"])
def test_an_archive_of_it_is_the_same_image(made: Built, tmp_path: Path, form: str) -> None:
    if form == "dir-of-tar":
        out("tar", "-cf", tmp_path / "it.tar", "-C", made.layout, ".")
        target = f"{tmp_path / 'it.tar'}:app"
    else:
        target = str(tmp_path / "it.tar")
        out("skopeo", "--insecure-policy", "copy", "-q", f"oci:{made.app}", f"{form}:{target}:shop/app:1")
    found = looked(target, source=str(made.repo.path), source_uri=SOURCE, commit=made.commit, base=f"{made.layout}:base")
    assert found.failed == {}
    assert found.held >= {"content", "labels", "binding", "base"}
    if form != "docker-archive":  # it has no manifest of its own
        assert found.said["artifact"]["digest"] == made.digest


def test_an_index_of_two_platforms_is_followed_to_both_or_to_one(image: Built) -> None:
    layout = image.layout
    manifest = json.loads(blob(layout, image.digest).read_bytes())
    config = json.loads(blob(layout, manifest["config"]["digest"]).read_bytes())
    config["architecture"] = "s390x"
    other = {**manifest, "config": {**manifest["config"], **add(layout, config)}}
    kind = manifest.get("mediaType", "application/vnd.oci.image.manifest.v1+json")
    platforms = [{"architecture": "amd64", "os": "linux"}, {"architecture": "s390x", "os": "linux"}]
    listed = [{**add(layout, one), "mediaType": kind, "platform": at} for one, at in zip((manifest, other), platforms, strict=True)]
    top = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": listed}
    root = {**add(layout, top), "mediaType": top["mediaType"], "annotations": {f"{CONFIG}.ref.name": "both"}}
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [root]}))
    found = looked(layout, commit=image.commit)
    assert found.failed == {}
    assert [one["platform"] for one in found.said["images"]] == ["linux/amd64", "linux/s390x"]
    assert [one["platform"] for one in looked(layout, platform="linux/s390x").said["images"]] == ["linux/s390x"]
    listed[1]["platform"]["variant"] = "v9"
    root.update(add(layout, top))
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [root]}))
    assert [one["platform"] for one in looked(layout, platform="linux/s390x").said["images"]] == ["linux/s390x/v9"]
    none = looked(layout, platform="linux/arm64")
    assert (none.code, none.failed) == (3, {"content": "it has no image for linux/arm64"})
    listed[1]["platform"] = {"architecture": "arm64", "os": "linux"}
    root.update(add(layout, top))
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [root]}))
    assert looked(layout).failed == {"content": "an image is for another platform than the index says"}


def test_a_layer_without_the_mark_of_its_end_is_read_whole(image: Built, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_bytes(b"print(1)\n")
    out("umoci", "insert", "--rootless", "--image", image.app, tmp_path / "main.py", "/srv/again/main.py")  # it leaves the mark out
    found = looked(image.app, source=str(image.repo.path), base=f"{image.layout}:base")
    assert (found.failed, found.said["binding"]["counts"]["source"]) == ({}, 3)


def test_of_several_images_one_must_be_named(made: Built) -> None:
    assert told(made.layout, "--no-scan").code == 2
    assert told(f"{made.layout}:other", "--no-scan").code == 2
    assert looked(f"{made.layout}@{made.digest}").said["artifact"]["digest"] == made.digest


# -- digests that do not hold ----------------------------------------------------------------------------------------------------------


def _layers(image: Built) -> list[Document]:
    found: list[Document] = json.loads(blob(image.layout, image.digest).read_bytes())["layers"]
    return found


def _alter(path: Path, before: bytes | None = None, after: bytes = b"") -> None:
    data = path.read_bytes()
    path.write_bytes(data.replace(before, after) if before else data[:-1] + bytes([data[-1] ^ 1]))


DAMAGES: list[tuple[Callable[[Built], None], int, str]] = [
    (lambda i: _alter(blob(i.layout, i.digest), b"layers", b"Layers"), 4, "the manifest sha256:"),
    (lambda i: _alter(blob(i.layout, _layers(i)[1]["digest"])), 4, "is not what its digest says"),
    (lambda i: blob(i.layout, _layers(i)[1]["digest"]).write_bytes(b""), 4, "is not what its digest says"),
    (lambda i: blob(i.layout, _layers(i)[1]["digest"]).unlink(), 3, "is not there"),
    (lambda i: blob(i.layout, i.digest).unlink(), 3, "the manifest sha256:"),
    (lambda i: remade(i, lambda m, c: c["rootfs"]["diff_ids"].reverse()), 4, "unpacks to something else than the configuration says"),
    (lambda i: remade(i, lambda m, c: c["rootfs"]["diff_ids"].pop()), 4, "has another number of layers"),
    (lambda i: remade(i, lambda m, c: m["layers"][0].update(size=7)), 4, "is not as large as the manifest says"),
    (lambda i: remade(i, lambda m, c: m.update(manifests=[])), 4, "an index and an image at once"),
    (lambda i: remade(i, lambda m, c: m.update(mediaType="application/vnd.oci.image.index.v1+json")), 4, "another type than what points"),
    (lambda i: remade(i, lambda m, c: m["layers"][0].update(digest="sha256:x")), 4, "in a way that is not known"),
    (lambda i: remade(i, lambda m, c: m.pop("layers")), 4, "neither an index nor an image"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "code", "sentence"), DAMAGES, ids=[f"{number}-{row[2]}" for number, row in enumerate(DAMAGES)])
def test_an_image_whose_parts_are_not_what_names_them(image: Built, damage: Callable[[Built], None], code: int, sentence: str) -> None:
    damage(image)
    found = looked(image.app)
    assert found.code == code
    assert sentence in found.failed["content"]


def test_a_layer_that_was_altered_in_an_archive_of_docker_is_seen(made: Built, tmp_path: Path) -> None:
    out("skopeo", "--insecure-policy", "copy", "-q", f"oci:{made.app}", f"docker-archive:{tmp_path / 'it.tar'}:shop/app:1")
    _alter(tmp_path / "it.tar", b"print(1)\n", b"print(2)\n")
    found = looked(tmp_path / "it.tar")
    assert (found.code, "is not what the configuration says" in found.failed["content"]) == (4, True)


# -- labels, base, binding ----------------------------------------------------------------------------------------------------------------


def _label(name: str, value: str | None) -> Callable[[Document, Document], None]:
    def change(_: Document, config: Document) -> None:
        if value is None:
            del config["config"]["Labels"][f"{CONFIG}.{name}"]
        else:
            config["config"]["Labels"][f"{CONFIG}.{name}"] = value

    return change


LABELS = [
    (_label("revision", "d" * 40), "labels", "names another commit than expected"),
    (_label("revision", None), "labels", "so nothing in it names its commit"),
    (_label("source", "https://forge.example/shop/fork"), "labels", "names another repository than expected"),
    (lambda m, c: m.update(annotations={f"{CONFIG}.revision": "d" * 40}), "labels", "contradict each other"),
    (_label("version", "1.4.3"), "version", "it says that it is 1.4.3, and 1.4.2 is expected"),
    (_label("version", None), "version", "nothing in it says which version it is"),
    (_label("base.digest", "sha256:" + "e" * 64), "base", "it says that it lies on another base image"),
]


@pytest.mark.parametrize(("change", "check", "sentence"), LABELS, ids=[f"{number}-{row[1]}" for number, row in enumerate(LABELS)])
def test_labels_that_say_something_else(image: Built, change: Callable[[Document, Document], None], check: str, sentence: str) -> None:
    remade(image, change)
    found = looked(image.app, source_uri=SOURCE, commit=image.commit, version="1.4.2", base=f"{image.layout}:base")
    assert found.code in (3, 4)
    assert sentence in found.failed[check]


def test_an_image_on_another_base_says_so(image: Built, tmp_path: Path) -> None:
    out("umoci", "new", "--image", f"{image.layout}:other")
    grown(image.layout, "other", {"etc/os-release": b"NAME=other\n"}, tmp_path / "other")
    found = looked(image.app, base=f"{image.layout}:other")
    assert (found.code, found.failed) == (4, {"base": "its lowest layers are not those of the base image"})


def test_files_in_layers_that_came_from_nowhere_are_named(image: Built, tmp_path: Path) -> None:
    files = {"srv/app/evil.py": b"import os\n", "srv/app/static/logo.svg": b"<svg/>\n", "etc/.wh.gone": b""}
    grown(image.layout, "app", {name: data for name, data in files.items() if ".wh." not in name}, tmp_path / "b")
    found = looked(image.app, source=str(image.repo.path), base=f"{image.layout}:base")
    assert (found.code, set(found.failed)) == (4, {"binding"})
    assert found.said["binding"]["nowhere"] == ["srv/app/evil.py", "srv/app/static/logo.svg"]
    found = looked(image.app, source=str(image.repo.path), base=f"{image.layout}:base", declared=("srv/app/static/*",))
    assert found.said["binding"]["nowhere"] == ["srv/app/evil.py"]
    without = looked(image.app, source=str(image.repo.path))
    assert set(without.said["binding"]["nowhere"]) >= {"etc/os-release", "srv/app/evil.py"}


# -- signatures and provenance beside the image -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["tag", "bundle"])
def test_a_signature_beside_the_image_is_believed_by_key(image: Built, builder: Key, form: str) -> None:
    if form == "tag":
        simply_signed(image, builder, simple(image.digest))
    else:
        attach(image, [(bundled(builder, image.digest), BUNDLE)])
    found = looked(image.app, required=SIGNED, trust=trusting(builder))
    assert (found.failed, "signature" in found.held) == ({}, True)


def test_a_signature_that_does_not_count(made: Built, builder: Key, stranger: Key, tmp_path: Path) -> None:
    def judged(sign: Callable[[Built], None], name: str) -> str:
        shutil.copytree(made.layout, tmp_path / name)
        image = Built(tmp_path / name, made.repo, made.commit)
        sign(image)
        found = looked(image.app, required=SIGNED, trust=trusting(builder))
        assert (found.code, set(found.failed)) == (4, {"signature"})
        return found.failed["signature"]

    other = "sha256:" + "f" * 64
    assert judged(lambda i: None, "unsigned") == "it is not signed"
    assert "no trusted key" in judged(lambda i: simply_signed(i, stranger, simple(i.digest)), "stranger")
    assert "signed something else" in judged(lambda i: simply_signed(i, builder, simple(other)), "other")
    assert "no trusted key" in judged(lambda i: simply_signed(i, builder, simple(i.digest), simple(other)), "swapped")
    assert "no trusted key" in judged(lambda i: attach(i, [(bundled(stranger, i.digest), BUNDLE)]), "bundle")
    assert "signed something else" in judged(lambda i: attach(i, [(bundled(builder, other), BUNDLE)]), "other-bundle")
    scan = "https://example.org/scan/v1"
    assert "no signature of the artifact" in judged(lambda i: attach(i, [(bundled(builder, i.digest, scan), BUNDLE)]), "statement")


@pytest.mark.parametrize("tag", [None, "att"])
def test_provenance_beside_the_image_is_believed(image: Built, builder: Key, tag: str | None) -> None:
    envelope = json.dumps(builder.envelope(json.dumps(statement(image.digest, image.commit)).encode())).encode()
    kind = {"mediaType": "application/vnd.dsse.envelope.v1+json"}
    attach(image, [(envelope, kind)], tag=image.digest.replace(":", "-") + ".att" if tag else None)
    asked = {"required": frozenset({"provenance"}), "trust": trusting(builder), "builders": (BUILDER,), "source_uri": SOURCE}
    assert looked(image.app, **asked, commit=image.commit).failed == {}
    assert set(looked(image.app, **asked, commit="d" * 40).failed) == {"labels", "commit"}
    assert looked(image.app, required=frozenset({"provenance"})).failed == {
        "signer": "no trusted key with the role builder made the signature",
    }  # fmt: skip


def test_a_secret_in_a_layer_is_found_and_not_shown(image: Built, tmp_path: Path) -> None:
    secret = token(11)
    grown(image.layout, "app", {"srv/app/.env": f"GITHUB_TOKEN={secret}\n".encode()}, tmp_path / "b")
    remade(image, _label("version", f"1.0+{secret}"))
    found = told(image.app)
    assert found.code == 1
    assert set(found.failed) == {"secrets"}
    paths = [one["location"]["path"].partition("!")[2] for one in found.said["scan"]["findings"]]
    assert "srv/app/.env" in paths
    assert secret[8:] not in found.out + found.err
