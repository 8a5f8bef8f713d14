"""An assertion beside an image: attached by who releases it, verified from the registry by who has only its name."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import pytest

from scanner.artifact.attached import DSSE, attach
from scanner.artifact.manifest import EMPTY, MANIFEST
from scanner.artifact.registry import Registry, connect, index_tag
from scanner.attest.statement import PREDICATE_TYPE
from tests.decode.makers import out
from tests.e2e.test_release import Shop, shop  # noqa: F401 a fixture
from tests.registry import Served


def image(served: Served, folder: Path, name: str, commit: str | None) -> str:
    """An image in the registry whose label names a commit; its reference."""
    at = folder / name.replace("/", "-").replace(":", "-")
    out("umoci", "init", "--layout", at)
    out("umoci", "new", "--image", f"{at}:made")
    labels = ["--config.label", f"org.opencontainers.image.revision={commit}"] if commit else []
    out("umoci", "config", "--image", f"{at}:made", "--config.cmd", secrets.token_hex(4), *labels)
    return served.push(at, "made", name)


def client(served: Served, reference: str) -> Registry:
    return connect(reference, [served.host])


def beside(served: Served, reference: str, bundle: bytes, created: str = "2026-01-01T00:00:00Z") -> None:
    registry = client(served, reference)
    attach(registry, registry.manifest().descriptor(), bundle, PREDICATE_TYPE, created)


def as_cosign(registry: Registry, envelope: bytes) -> None:
    layer = {**registry.push_blob(envelope).document(), "mediaType": DSSE, "annotations": {"predicateType": PREDICATE_TYPE}}
    config = {**registry.push_blob(b"{}").document(), "mediaType": EMPTY}
    body = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}).encode()
    registry.push_manifest(body, MANIFEST, f"{index_tag(registry.manifest().digest)}.att")


def test_the_whole_way_by_a_registry(shop: Shop, open_registry: Served, tmp_path: Path) -> None:  # noqa: F811
    head, host = shop.repo.git("rev-parse", "HEAD"), open_registry.host
    named = ["--insecure-registry", host]
    released = image(open_registry, tmp_path, "attached/app:1", head)
    policy = ["--policy", str(shop.folder / ".leakseal/gate.yaml")]

    def verify(reference: str, *more: str) -> tuple[int, str]:
        code, said, err = shop.run("verify", reference, *policy, *named, *more)
        return code, said + err

    # what is wrong with the image is said before anything is scanned
    assert shop.attest("--attach", f"docker://{host}/attached/nothing:1", *named)[0] == 3
    assert shop.attest("--attach", released)[0] == 3  # TLS
    assert shop.attest("--attach", "attached/app:1", *named)[0] == 2
    assert not list(shop.out.glob("*"))
    code, said = verify(released)
    assert (code, "has no assertion beside it" in said) == (4, True)
    code, said = verify(released.replace("app:1", "app:l"))  # a typo is told apart from what has no assertion
    assert (code, "assertion" in said) == (3, False)
    # nothing is attached to an image of another commit
    other = image(open_registry, tmp_path, "attached/other:1", "f" * 40)
    code, _, err = shop.attest("--attach", other, *named)
    assert (code, "another commit" in err) == (4, True)
    assert verify(other)[0] == 4

    code, said, err = shop.attest("--attach", released, *named)
    assert code == 0
    digest = client(open_registry, released).manifest().digest
    assert f"attached to docker://{host}/attached/app@{digest} as sha256:" in err
    by_digest = f"docker://{host}/attached/app@{digest}"
    for reference in (released, by_digest):
        code, said = verify(reference)
        assert (code, "may be believed" in said) == (0, True)
    assert verify(by_digest, "--objects", str(shop.folder))[0] == 0
    assert verify(by_digest, "--commit", "e" * 40)[0] == 4
    assert json.loads(verify(by_digest, "--format", "json")[1])["checks"][0]["outcome"] == "held"

    bundle, envelope = ((shop.out / f"no-secret-leak.{kind}.json").read_bytes() for kind in ("sigstore", "intoto"))
    # the same tag is pushed again with another image: it has no assertion, whatever the tag had before
    image(open_registry, tmp_path / "again", "attached/app:1", head)
    assert verify(released)[0] == 4
    assert verify(by_digest)[0] == 0
    # a true assertion beside an image of another commit, or beside one that names none
    beside(open_registry, other, bundle)
    code, said = verify(other)
    assert (code, "not among its subjects" in said) == (4, True)
    silent = image(open_registry, tmp_path, "attached/silent:1", None)
    beside(open_registry, silent, bundle)
    assert verify(silent)[0] == 4
    assert verify(silent, "--commit", head)[0] == 0
    # one that was altered counts for nothing, and does not hide the true one
    altered = bundle.replace(b'"payload":"e', b'"payload":"f')
    assert altered != bundle
    forged = image(open_registry, tmp_path, "attached/forged:1", head)
    beside(open_registry, forged, altered, "2026-02-01T00:00:00Z")
    assert verify(forged)[0] == 4
    beside(open_registry, forged, bundle, "2026-01-01T00:00:00Z")
    assert verify(forged)[0] == 0
    # as cosign kept it before version 3
    old = image(open_registry, tmp_path, "attached/old:1", head)
    as_cosign(client(open_registry, old), envelope)
    assert verify(old)[0] == 0


def test_a_registry_that_refuses_is_told_before_the_scan(
    shop: Shop, guarded_registry: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    reference = image(guarded_registry, tmp_path, "attached/guarded:1", shop.repo.git("rev-parse", "HEAD"))
    code, said, err = shop.attest("--attach", reference, "--insecure-registry", guarded_registry.host)
    assert (code, "wants credentials" in err) == (3, True)
    assert not list(shop.out.glob("*"))
    monkeypatch.setenv("DOCKER_CONFIG", str(guarded_registry.config))
    config = tmp_path / "leakseal.yaml"
    config.write_text(f"version: 1\nregistries:\n  insecure: ['{guarded_registry.host}']\n")
    code, said, err = shop.attest("--attach", reference, "--config", str(config))
    assert code == 0
    written = b"".join(path.read_bytes() for path in shop.out.iterdir())
    assert guarded_registry.password not in said + err + written.decode()
