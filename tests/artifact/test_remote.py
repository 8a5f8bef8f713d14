"""Images in a registry: by tag and digest, pushed again, signed beside, and registries that lie."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scanner.artifact.credentials import Credentials
from scanner.artifact.manifest import EMPTY, MANIFEST
from scanner.artifact.reference import parse
from scanner.artifact.registry import Registry
from scanner.artifact.transport import MismatchError, Patience, RegistryError, Transport
from scanner.artifacts import remote
from scanner.decode.limits import DEFAULT
from tests.artifact.conftest import BUILDER, SOURCE, Told, looked, statement, told, trusting
from tests.artifact.images import BUNDLE, SIGNED, Built, blob, bundled, grown, simple
from tests.artifact.keys import Key
from tests.registry import Answered, Asked, Served, liar

ROOT = Path(__file__).resolve().parents[2]
QUICK = Patience(attempts=2, sleep=lambda seconds: None)


def client(served: str, name: str) -> Registry:
    """The registry for one repository, in which tests write."""
    return Registry(parse(f"docker://{served}/{name}"), Credentials(), Transport([served], QUICK))


def at(host: str, target: str, **asked: Any) -> Told:
    """The checks of an image in a registry without TLS."""
    return looked(target, insecure=(host,), **asked)


def pushed(image: Built, served: Served, name: str) -> str:
    """The reference by tag."""
    return served.push(image.layout, "app", name)


def test_a_tag_alone_is_refused_and_its_digest_is_told(image: Built, open_registry: Served) -> None:
    host, target = open_registry.host, pushed(image, open_registry, "tags/app:1.4.2")
    found = at(host, target)
    assert (found.code, set(found.failed)) == (4, {"reference"})
    assert found.failed["reference"] == f"it is named by the tag 1.4.2 alone, which can be moved; it stands for {image.digest} now"
    for again in (at(host, target, allow_tag=True), at(host, target, expect=(image.digest,)), at(host, f"{target}@{image.digest}")):
        assert again.failed == {}
        assert again.held >= {"reference", "content", "unmoved"}
        assert again.said["artifact"]["name"] == f"{host}/tags/app"
    by_digest = at(host, f"docker://{host}/tags/app@{image.digest}", source=str(image.repo.path), declared=("etc/*",), commit=image.commit)
    assert (by_digest.failed, "unmoved" in by_digest.held) == ({}, False)
    assert by_digest.said["binding"]["counts"]["source"] == 2


def test_the_command_scans_what_it_pulled_and_says_the_same_again(image: Built, open_registry: Served, tmp_path: Path) -> None:
    from tests.gitrepo import token

    secret = token(5)
    grown(image.layout, "app", {"srv/app/.env": f"GITHUB_TOKEN={secret}\n".encode()}, tmp_path / "b")
    target = pushed(image, open_registry, "scan/app:1")
    one, two = (told(f"{target}@{image.digest}", "--insecure-registry", open_registry.host) for _ in range(2))
    assert (one.code, set(one.failed)) == (1, {"secrets"})
    assert one.said["scan"] == two.said["scan"]
    assert {**one.said, "run": 0} == {**two.said, "run": 0}
    assert [one["uri"] for one in one.said["scan"]["targets"]] == [f"{target}@{image.digest}"]
    assert "leakseal-" not in one.out.replace('"leakseal-', "")
    assert secret[8:] not in one.out + one.err


def test_an_image_pushed_again_under_its_tag_is_told_in_a_sentence_of_its_own(image: Built, open_registry: Served, tmp_path: Path) -> None:
    host, target = open_registry.host, pushed(image, open_registry, "moved/app:1")
    old = image.digest
    runbook = tmp_path / "runbook.yaml"
    runbook.write_text(
        "readiness-gate:\n  version: 1\n  app: shop\n  items:\n    artifact.image:\n"
        f"      repository: {host}/moved/app\n      tag: 1\n      digest: {old}\n"
        f"    artifact.source:\n      commit: {image.commit}\n      version: 1.4.2\n"
    )
    words = ("--runbook", runbook, "--insecure-registry", host, "--no-scan")
    assert told(target, *words).code == 0
    grown(image.layout, "app", {"srv/app/evil.py": b"import os\n"}, tmp_path / "b")
    pushed(image, open_registry, "moved/app:1")
    found = told(target, *words)
    assert found.code == 4
    assert found.failed["unmoved"] == f"the tag 1 was pushed again: it stands for {image.digest} now, and not for what is expected"
    assert "names another digest" in found.failed["expected"]
    found = told(f"{target}@{old}", *words)
    assert (found.code, set(found.failed)) == (4, {"unmoved"})
    assert found.failed["unmoved"] == f"the tag 1 was pushed again since: it stands for {image.digest} now"
    other = pushed(image, open_registry, "moved/other:1")
    assert told(other, *words).failed["reference"] == "the runbook names another repository"


@pytest.mark.parametrize("form", ["tag", "referrer"])
def test_signature_and_provenance_beside_an_image_are_found(image: Built, builder: Key, open_registry: Served, form: str) -> None:
    name = f"signed/{form}"
    target = f"{pushed(image, open_registry, f'{name}:1')}@{image.digest}"
    registry = client(open_registry.host, name)
    envelope = json.dumps(builder.envelope(json.dumps(statement(image.digest, image.commit)).encode())).encode()
    config = {**registry.push_blob(b"{}").document(), "mediaType": EMPTY}

    def attach(data: bytes, more: dict[str, Any], tag: str) -> None:
        layer = {**registry.push_blob(data).document(), **more}
        manifest: dict[str, Any] = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}
        if form == "referrer":
            manifest |= {"artifactType": more["mediaType"], "subject": registry.manifest(image.digest).descriptor().document()}
        body = json.dumps(manifest).encode()
        digest, listed = registry.push_manifest(body, MANIFEST, tag if form == "tag" else None)
        if form == "referrer" and not listed:
            referrers.append({"mediaType": MANIFEST, "digest": digest, "size": len(body), "artifactType": more["mediaType"]})

    referrers: list[dict[str, Any]] = []
    tag = image.digest.replace(":", "-")
    if form == "tag":
        signature = base64.b64encode(builder.sign(simple(image.digest))).decode()
        kind = "application/vnd.dev.cosign.simplesigning.v1+json"
        attach(simple(image.digest), {"mediaType": kind, "annotations": {"dev.cosignproject.cosign/signature": signature}}, tag + ".sig")
    else:
        attach(bundled(builder, image.digest), BUNDLE, "")
    attach(envelope, {"mediaType": "application/vnd.dsse.envelope.v1+json"}, tag + ".att")
    large = {**registry.push_blob(b"x" * 100).document(), "mediaType": "application/x-other"}
    other = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [large],
                        "subject": registry.manifest(image.digest).descriptor().document()}).encode()  # fmt: skip
    digest, listed = registry.push_manifest(other, MANIFEST)
    referrers += [] if listed else [{"mediaType": MANIFEST, "digest": digest, "size": len(other)}]
    if referrers:
        index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": referrers}
        registry.push_manifest(json.dumps(index).encode(), index["mediaType"], tag)  # type: ignore[arg-type]
    asked = {"trust": trusting(builder), "builders": (BUILDER,), "source_uri": SOURCE, "commit": image.commit}
    found = at(open_registry.host, target, required=SIGNED | {"provenance"}, **asked)
    assert found.failed == {}
    assert found.held >= {"signature", "signer", "subject", "builder", "source", "commit"}
    with remote.pulled(parse(target), DEFAULT, None, (open_registry.host,), {}, attached=True) as (folder, _):
        pulled = {path.name for path in folder.rglob("*") if path.is_file()}
    assert str(large["digest"]).removeprefix("sha256:") not in pulled
    assert not folder.exists()


def test_an_image_of_a_platform_alone_and_a_base_in_the_registry(image: Built, open_registry: Served) -> None:
    host, target = open_registry.host, f"{pushed(image, open_registry, 'based/app:1')}@{image.digest}"
    base = open_registry.push(image.layout, "base", "based/base:1")
    found = at(host, target, base=base, source=str(image.repo.path))
    assert found.failed == {}
    assert found.held >= {"base", "binding"}


# -- registries that lie -----------------------------------------------------------------------------------------------------------------


def serving(image: Built, change: Callable[[Asked, Answered], Answered]) -> Callable[[Asked], Answered]:
    """A registry that has the image under the tag 1, and says something else now and then."""
    kind = "application/vnd.oci.image.manifest.v1+json"
    digest = image.digest

    def answer(asked: Asked) -> Answered:
        _, _, last = asked.path.rpartition("/")
        if "/referrers/" in asked.path:
            return Answered(404)
        path = blob(image.layout, digest if last == "1" else last) if last.startswith("sha256:") or last == "1" else None
        if path is None or not path.is_file():
            return Answered(404)
        headers = {"Content-Type": kind, "Docker-Content-Digest": digest} if "/manifests/" in asked.path else {}
        return change(asked, Answered(200, headers, path.read_bytes()))

    return answer


def _only(part: str, other: Callable[[Answered], Answered]) -> Callable[[Asked, Answered], Answered]:
    return lambda asked, answer: other(answer) if part in asked.path else answer


def _layer_digest(image: Built) -> str:
    return str(json.loads(blob(image.layout, image.digest).read_bytes())["layers"][1]["digest"])


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for a registry that will not answer better."""
    monkeypatch.setattr(remote, "connect", lambda text, insecure, environ: Registry(
        parse(text), Credentials.of(environ), Transport(insecure, QUICK, environ=environ)
    ))  # fmt: skip


def test_an_honest_small_registry_is_fine(image: Built, quick: None) -> None:
    with liar(serving(image, lambda asked, answer: answer)) as served:
        assert at(served.host, f"docker://{served.host}/app:1@{image.digest}").failed == {}


def _other(answer: Answered) -> Answered:
    body = answer.body
    assert isinstance(body, bytes)
    return Answered(answer.status, answer.headers, body[:-1] + bytes([body[-1] ^ 1]))


def _cut(answer: Answered) -> Answered:
    body = answer.body
    assert isinstance(body, bytes)
    return Answered(answer.status, answer.headers, body[: len(body) // 2], len(body))


def test_a_manifest_that_is_not_what_its_digest_says(image: Built, quick: None) -> None:
    with liar(serving(image, _only("/manifests/", _other))) as served:
        with pytest.raises(MismatchError, match="a manifest that is not what its digest says") as raised:
            at(served.host, f"docker://{served.host}/app@{image.digest}")
        assert raised.value.exit_code == 4


def test_a_layer_that_is_not_what_its_digest_says(image: Built, quick: None) -> None:
    with (
        liar(serving(image, _only(_layer_digest(image), _other))) as served,
        pytest.raises(MismatchError, match="a blob that is not what its digest says"),
    ):
        at(served.host, f"docker://{served.host}/app@{image.digest}")


def test_a_layer_that_is_cut_short(image: Built, quick: None) -> None:
    with liar(serving(image, _only(_layer_digest(image), _cut))) as served:
        with pytest.raises(RegistryError, match="ended the connection before the end of a blob") as raised:
            at(served.host, f"docker://{served.host}/app@{image.digest}")
        assert raised.value.exit_code == 3


def test_a_layer_that_is_not_there_is_a_gap(image: Built, quick: None) -> None:
    with liar(serving(image, _only(_layer_digest(image), lambda answer: Answered(404)))) as served:
        found = at(served.host, f"docker://{served.host}/app@{image.digest}")
        assert (found.code, "is not there" in found.failed["content"]) == (3, True)


def test_a_header_that_says_another_digest_counts_for_nothing(image: Built, quick: None) -> None:
    def lie(answer: Answered) -> Answered:
        return Answered(answer.status, {**answer.headers, "Docker-Content-Digest": "sha256:" + "0" * 64}, answer.body)

    with liar(serving(image, _only("/manifests/1", lie))) as served:
        found = at(served.host, f"docker://{served.host}/app:1", allow_tag=True)
        assert (found.failed, found.said["artifact"]["digest"]) == ({}, image.digest)


def test_a_tag_that_moves_while_it_is_looked_at(image: Built, quick: None) -> None:
    times = []

    def move(asked: Asked, answer: Answered) -> Answered:
        if asked.path.endswith("/manifests/1"):
            times.append(1)
        return _spaced(answer) if len(times) > 1 and asked.path.endswith("/manifests/1") else answer

    def _spaced(answer: Answered) -> Answered:
        assert isinstance(answer.body, bytes)
        return Answered(answer.status, answer.headers, answer.body + b" ")

    now = "sha256:" + hashlib.sha256(blob(image.layout, image.digest).read_bytes() + b" ").hexdigest()
    with liar(serving(image, move)) as served:
        found = at(served.host, f"docker://{served.host}/app:1", allow_tag=True)
    assert found.failed == {"unmoved": f"the tag 1 was pushed again while it was looked at: it stands for {now} now"}


def test_a_redirect_to_another_host_gets_no_credential(image: Built, quick: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = _layer_digest(image)
    with liar(serving(image, lambda asked, answer: answer)) as store:

        def away(asked: Asked, answer: Answered) -> Answered:
            if "Authorization" not in asked.headers:
                return Answered(401, {"WWW-Authenticate": 'Basic realm="x"'})
            return Answered(307, {"Location": f"http://{store.host}/v2/app/blobs/{layer}"}) if layer in asked.path else answer

        with liar(serving(image, away)) as served:
            made = base64.b64encode(b"user:" + hashlib.sha256(b"made up").hexdigest().encode()).decode()
            (tmp_path / "config.json").write_text(json.dumps({"auths": {served.host: {"auth": made}}}))
            found = looked(f"docker://{served.host}/app@{image.digest}", insecure=(served.host, store.host),
                           environ={"DOCKER_CONFIG": str(tmp_path)})  # fmt: skip
            assert found.failed == {}
            assert store.seen("Authorization") == []
            assert served.seen("Authorization") != []


def test_what_was_pulled_is_gone_after_an_interruption(image: Built, tmp_path: Path) -> None:
    layer, asked = _layer_digest(image), threading.Event()

    def slow(one: Asked, answer: Answered) -> Answered:
        if layer not in one.path:
            return answer

        def body() -> Iterator[bytes]:
            asked.set()
            yield b"x"
            time.sleep(60)

        return Answered(200, {}, body())

    (tmp_path / "tmp").mkdir()
    with liar(serving(image, slow)) as served:
        words = ["artifact", f"docker://{served.host}/app@{image.digest}", "--insecure-registry", served.host, "-q"]
        env = {**os.environ, "TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(ROOT)}
        with subprocess.Popen([sys.executable, "-m", "scanner", *words], cwd=tmp_path, env=env, stderr=subprocess.PIPE) as running:
            assert asked.wait(60)
            assert len(list((tmp_path / "tmp").glob("leakseal-*"))) == 1
            running.terminate()
            _, err = running.communicate(timeout=30)
    assert (running.returncode, b"interrupted" in err) == (130, True)
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("target", ["docker://", "docker://host/UPPER:1", "docker://user:pw@host/app:1", "docker://host/app@sha256:1"])
def test_what_is_no_reference_is_asked_wrongly(target: str) -> None:
    found = told(target, "--no-scan")
    assert found.code == 2
    assert "pw" not in found.err
