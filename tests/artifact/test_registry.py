"""The client against a real registry: Debian's docker-registry, filled by skopeo and by ourselves."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import pytest

from scanner.artifact.credentials import Credentials
from scanner.artifact.manifest import EMPTY, INDEX, MANIFEST, descriptors, digest_of
from scanner.artifact.reference import parse
from scanner.artifact.registry import Registry, index_tag
from scanner.artifact.transport import MissingError, Patience, RegistryError, Transport
from tests.decode.makers import out, tree
from tests.registry import Served, docker_registry

QUICK = Patience(attempts=2, sleep=lambda seconds: None)
EMPTY_JSON = b"{}"


def client(served: Served, name: str, config: Path | None = None) -> Registry:
    environ = {"DOCKER_CONFIG": str(config)} if config else {}
    transport = Transport([served.host], QUICK)
    return Registry(parse(f"docker://{served.host}/{name}"), Credentials.of(environ) if config else None, transport)


def manifest(registry: Registry, content: bytes, subject: dict[str, object] | None = None) -> bytes:
    """An artifact of one layer, whose blobs are in the registry."""
    layer, config = registry.push_blob(content), registry.push_blob(EMPTY_JSON)
    document = {
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": "application/x-test",
        "config": {**config.document(), "mediaType": EMPTY}, "layers": [layer.document()],
    }  # fmt: skip
    return json.dumps(document | ({"subject": subject} if subject else {})).encode()


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image of one layer, made by umoci."""
    folder = tmp_path_factory.mktemp("made")
    at, unpacked = folder / "layout", folder / "bundle"
    out("umoci", "init", "--layout", at)
    out("umoci", "new", "--image", f"{at}:made")
    out("umoci", "unpack", "--rootless", "--image", f"{at}:made", unpacked)
    tree(unpacked / "rootfs", {"etc/app.env": b"one\n"})
    out("umoci", "repack", "--image", f"{at}:made", unpacked)
    return at


@pytest.mark.parametrize("form", ["oci", "v2s2"])
def test_an_image_that_skopeo_pushed_is_read_by_tag_and_digest(layout: Path, open_registry: Served, form: str) -> None:
    name = f"read/{form}:1"
    open_registry.push(layout, "made", name, "--format", form)
    registry = client(open_registry, name)
    fetched = registry.manifest()
    assert ("oci" in fetched.media_type) == (form == "oci")
    assert fetched.digest == digest_of(fetched.body) == fetched.claimed
    assert registry.manifest(fetched.digest) == fetched
    assert not fetched.is_index
    (layer,) = descriptors(fetched.document(), "layers")
    data = b"".join(registry.blob(layer.digest, layer.size))
    assert digest_of(data) == layer.digest
    assert len(data) == layer.size


def test_what_is_pushed_is_there_for_skopeo(open_registry: Served) -> None:
    registry = client(open_registry, "made/here:1")
    content = secrets.token_bytes(3 << 20)
    digest, listed = registry.push_manifest(manifest(registry, content), MANIFEST, "1")
    assert not listed
    said = open_registry.skopeo("inspect", "--tls-verify=false", "--raw", f"docker://{open_registry.host}/made/here:1")
    assert digest_of(said.encode()) == digest
    assert b"".join(registry.blob(digest_of(content))) == content
    assert registry.push_blob(content).digest == digest_of(content)


def test_what_is_not_there_is_missing(open_registry: Served) -> None:
    registry = client(open_registry, "made/missing:1")
    for ask in (registry.manifest, lambda: registry.manifest(digest_of(b"")), lambda: list(registry.blob(digest_of(b"")))):
        with pytest.raises(MissingError) as said:
            ask()
        assert said.value.reason == "missing-object"
    assert registry.referrers(digest_of(b"")) == ()


def test_referrers_come_from_the_tag_index_where_there_is_no_api(open_registry: Served) -> None:
    registry = client(open_registry, "made/index:1")
    digest, _ = registry.push_manifest(manifest(registry, b"subject"), MANIFEST, "1")
    subject = registry.manifest(digest).descriptor()
    there, listed = registry.push_manifest(manifest(registry, b"referrer", subject.document()), MANIFEST)
    assert not listed  # Debian's registry is older than the referrers API
    assert registry.referrers(digest) == ()
    entry = {**registry.manifest(there).descriptor().document(), "artifactType": "application/x-test"}
    registry.push_manifest(json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}).encode(), INDEX, index_tag(digest))
    assert [one.digest for one in registry.referrers(digest)] == [there]
    assert [one.digest for one in registry.referrers(digest, "application/x-test")] == [there]
    assert registry.referrers(digest, "application/x-other") == ()


def test_credentials_of_the_docker_configuration_open_a_guarded_registry(guarded_registry: Served) -> None:
    registry = client(guarded_registry, "shop/app:1", guarded_registry.config)
    digest, _ = registry.push_manifest(manifest(registry, b"guarded"), MANIFEST, "1")
    assert client(guarded_registry, "shop/app:1", guarded_registry.config).manifest().digest == digest


def test_without_or_with_wrong_credentials_a_guarded_registry_stays_closed(guarded_registry: Served, tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="wants credentials") as said:
        client(guarded_registry, "shop/app:1").manifest()
    assert said.value.hint == f"run `docker login {guarded_registry.host}`"
    wrong = secrets.token_hex(8)
    entry = {"username": "tester", "password": wrong}
    (tmp_path / "config.json").write_text(json.dumps({"auths": {guarded_registry.host: entry}}))
    with pytest.raises(RegistryError, match="refuses these credentials") as said:
        client(guarded_registry, "shop/app:1", tmp_path).manifest()
    assert wrong not in repr(said.value)


def test_plain_http_is_refused_unless_the_registry_is_named(open_registry: Served) -> None:
    registry = Registry(parse(f"docker://{open_registry.host}/any/thing:1"), None, Transport([], QUICK))
    with pytest.raises(RegistryError, match="TLS failed") as said:
        registry.manifest()
    assert open_registry.host in said.value.hint


def test_tls_is_verified_against_the_authorities_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    files = ["-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"]
    out("openssl", "req", *made, *files, "-addext", "subjectAltName=DNS:localhost")
    with docker_registry(tmp_path, tls=True) as served:
        named = client(served, "made/tls:1")
        named.push_manifest(manifest(named, b"over tls"), MANIFEST, "1")
        assert named.manifest().media_type == MANIFEST  # it is named insecure, and its certificate is nobody's
        verified = Registry(named.reference, None, Transport([], QUICK))
        with pytest.raises(RegistryError, match="does not prove who it is"):
            verified.manifest()
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        assert Registry(named.reference, None, Transport([], QUICK)).manifest() == named.manifest()
