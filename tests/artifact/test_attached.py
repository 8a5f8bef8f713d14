"""What is stored beside an image, and read back from there: by the tag index, by the referrers API, and from cosign's tag."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable

import pytest

from scanner.artifact.attached import BUNDLE, CREATED, DSSE, PREDICATE, attach, attached, ready
from scanner.artifact.manifest import EMPTY, INDEX, MANIFEST, Descriptor, descriptors, digest_of
from scanner.artifact.reference import parse
from scanner.artifact.registry import Registry, index_tag
from scanner.artifact.transport import MismatchError, Patience, RegistryError, Transport
from tests.registry import Answered, Asked, Liar, Script, Served, liar

MINE, OTHER = "https://example.org/mine/v1", "https://example.org/other/v1"


def client(host: str, name: str) -> Registry:
    return Registry(parse(f"docker://{host}/{name}"), None, Transport([host], Patience(attempts=2, sleep=lambda seconds: None)))


def pushed(registry: Registry, tag: str | None = None, **more: object) -> Descriptor:
    """A manifest with nothing in it but what is said."""
    config = {**registry.push_blob(b"{}").document(), "mediaType": EMPTY}
    body = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [], **more}).encode()
    digest, _ = registry.push_manifest(body, MANIFEST, tag)
    return registry.manifest(digest).descriptor()


def listing(*entries: Descriptor) -> bytes:
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [one.document() for one in entries]}).encode()


def test_what_is_attached_is_read_back_in_order_and_the_same_again_is_the_same(open_registry: Served) -> None:
    registry = client(open_registry.host, "beside/order:1")
    ready(registry)
    image, other = pushed(registry, "1", note=1), pushed(registry, "2", note=2)
    assert attached(registry, image.digest, MINE) == []
    late = attach(registry, image, b"late", MINE, "2026-02-01T00:00:00Z")
    attach(registry, image, b"early", MINE, "2026-01-01T00:00:00Z")
    attach(registry, image, b"theirs", OTHER, "2026-03-01T00:00:00Z")
    assert attach(registry, image, b"late", MINE, "2026-02-01T00:00:00Z") == late
    assert attached(registry, image.digest, MINE) == [b"early", b"late"]
    assert attached(registry, image.digest, OTHER) == [b"theirs"]
    assert attached(registry, other.digest, MINE) == []
    document = registry.manifest(late).document() or {}
    assert (document["artifactType"], document["subject"]["digest"]) == (BUNDLE, image.digest)
    assert [one.artifact_type for one in registry.tag_index(image.digest)] == [BUNDLE] * 3


def test_skopeo_understands_what_was_attached(open_registry: Served) -> None:
    registry = client(open_registry.host, "beside/skopeo:1")
    stored = attach(registry, pushed(registry, "1"), b"bundle", MINE, "2026-02-01T00:00:00Z")
    said = open_registry.skopeo("inspect", "--tls-verify=false", "--raw", f"docker://{open_registry.host}/beside/skopeo@{stored}")
    assert digest_of(said.encode()) == stored
    tag = index_tag(registry.manifest().digest)
    listed = json.loads(open_registry.skopeo("inspect", "--tls-verify=false", "--raw", f"docker://{open_registry.host}/beside/skopeo:{tag}"))
    assert listed["mediaType"] == INDEX
    assert [one["annotations"][PREDICATE] for one in listed["manifests"]] == [MINE]


def test_what_others_listed_stays_as_they_wrote_it(open_registry: Served) -> None:
    registry = client(open_registry.host, "beside/others:1")
    image = pushed(registry, "1")
    theirs = {**pushed(registry, None, note="theirs").document(), "platform": {"os": "linux", "architecture": "any"}, "data": "e30="}
    body = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [theirs], "annotations": {"a": "b"}}).encode()
    registry.push_manifest(body, INDEX, index_tag(image.digest))
    attach(registry, image, b"bundle", MINE, "2026-02-01T00:00:00Z")
    document = registry.manifest(index_tag(image.digest)).document() or {}
    assert document["manifests"][0] == theirs
    assert document["annotations"] == {"a": "b"}
    assert len(document["manifests"]) == 2


def test_a_tag_that_is_taken_by_an_image_is_not_overwritten(open_registry: Served) -> None:
    registry = client(open_registry.host, "beside/taken:1")
    image = pushed(registry, "1")
    pushed(registry, index_tag(image.digest), note="an image")
    with pytest.raises(RegistryError, match="stands for something else"):
        attach(registry, image, b"bundle", MINE, "2026-02-01T00:00:00Z")


def test_cosigns_old_tag_is_read(open_registry: Served) -> None:
    registry = client(open_registry.host, "beside/cosign:1")
    image = pushed(registry, "1")
    layers = [
        {**registry.push_blob(data).document(), "mediaType": DSSE, "annotations": {"predicateType": kind}}
        for data, kind in ((b"mine", MINE), (b"theirs", OTHER), (b"mine again", MINE))
    ]
    pushed(registry, f"{index_tag(image.digest)}.att", layers=layers)
    attach(registry, image, b"new", MINE, "2026-02-01T00:00:00Z")
    assert attached(registry, image.digest, MINE) == [b"mine", b"mine again", b"new"]


def test_what_is_listed_and_speaks_of_another_image_does_not_count(open_registry: Served) -> None:
    registry = client(open_registry.host, "beside/moved:1")
    image, other = pushed(registry, "1", note=1), pushed(registry, "2", note=2)
    stored = attach(registry, image, b"bundle", MINE, "2026-02-01T00:00:00Z")
    entry = Descriptor(MANIFEST, stored, len(registry.manifest(stored).body), BUNDLE)
    registry.push_manifest(listing(entry), INDEX, index_tag(other.digest))
    assert attached(registry, other.digest, MINE) == []


# -- a registry with the referrers API, and ones that lie


class Modern:
    """As much of a registry of today as attaching needs; `lie` may say something else."""

    def __init__(self, lie: Callable[[Asked], Answered | None] = lambda asked: None) -> None:
        self.blobs: dict[str, bytes] = {}
        self.manifests: dict[str, bytes] = {}
        self._lie = lie

    def __call__(self, asked: Asked) -> Answered:
        return self._lie(asked) or self._honest(asked)

    def _honest(self, asked: Asked) -> Answered:
        path, _, query = asked.path.partition("?")
        name = path.rpartition("/")[2]
        if asked.method == "POST":
            return Answered(202, {"Location": f"/v2/any/blobs/uploads/{secrets.token_hex(4)}?state=1"})
        if asked.method == "PUT" and "/uploads/" in path:
            self.blobs[query.rpartition("digest=")[2].replace("%3A", ":")] = asked.body
            return Answered(201)
        if asked.method == "PUT":
            self.manifests[name] = self.manifests[digest_of(asked.body)] = asked.body
            subject = json.loads(asked.body).get("subject", {}).get("digest")
            return Answered(201, {"OCI-Subject": subject} if subject else {})
        if "/referrers/" in path:
            found = [(body, json.loads(body)) for body in dict.fromkeys(self.manifests.values())]
            entries = [
                Descriptor(MANIFEST, digest_of(body), len(body), said["artifactType"], annotations=tuple(said["annotations"].items()))
                for body, said in found if said.get("subject", {}).get("digest") == name
            ]  # fmt: skip
            return Answered(200, {"Content-Type": INDEX}, listing(Descriptor(MANIFEST, digest_of(b"deleted"), 7, BUNDLE), *entries))
        kept = (self.blobs if "/blobs/" in path else self.manifests).get(name)
        return Answered(404) if kept is None else Answered(200, {"Content-Type": MANIFEST}, kept)


def filled(server: Liar) -> tuple[Registry, Descriptor]:
    registry = client(server.host, "any:1")
    return registry, pushed(registry, "1", note=1)


def test_the_referrers_api_is_used_where_there_is_one() -> None:
    with liar(Modern()) as server:
        registry, image = filled(server)
        attach(registry, image, b"one", MINE, "2026-01-01T00:00:00Z")
        attach(registry, image, b"two", MINE, "2026-02-01T00:00:00Z")
        assert attached(registry, image.digest, MINE) == [b"one", b"two"]
        assert not [one for one in server.asked if index_tag(image.digest) in one.path and not one.path.endswith(".att")]


def _swap(data: bytes) -> Script:
    def lie(asked: Asked) -> Answered | None:
        return Answered(200, {}, data) if asked.method == "GET" and "/blobs/" in asked.path else None

    return lie  # type: ignore[return-value]


@pytest.mark.parametrize("data", [b"other", b"bundlf", b"", b"bundle and more"])
def test_a_bundle_that_is_not_what_its_digest_says_is_not_handed_on(data: bytes) -> None:
    with liar(Modern(_swap(data))) as server:
        registry, image = filled(server)
        attach(registry, image, b"bundle", MINE, "2026-01-01T00:00:00Z")
        with pytest.raises(MismatchError):
            attached(registry, image.digest, MINE)


def test_a_list_that_others_overwrite_all_the_time_is_given_up() -> None:
    def lie(asked: Asked) -> Answered | None:
        written = asked.method == "PUT" and "/manifests/" in asked.path
        return Answered(201) if written else None  # and what somebody else wrote is there again

    with liar(Modern(lie)) as server:
        registry = client(server.host, "any:1")
        with pytest.raises(RegistryError, match="all the time"):
            attach(registry, Descriptor(MANIFEST, digest_of(b"image"), 5), b"bundle", MINE, "2026-01-01T00:00:00Z")


def test_a_giant_bundle_is_not_held() -> None:
    with liar(Modern()) as server:
        registry, image = filled(server)
        layer = {**registry.push_blob(b"x").document(), "mediaType": BUNDLE, "size": 3 << 20}
        subject = {"mediaType": MANIFEST, "digest": image.digest, "size": image.size}
        pushed(registry, None, layers=[layer], subject=subject, artifactType=BUNDLE, annotations={CREATED: "2026"})
        with pytest.raises(RegistryError, match="larger than"):
            attached(registry, image.digest, MINE)


@pytest.mark.parametrize("there", ["ftp://127.0.0.1/x", "http://user:word@127.0.0.1/x", "http://["])
def test_an_upload_goes_nowhere_but_where_a_registry_may_send(there: str) -> None:
    script = Modern(lambda asked: Answered(202, {"Location": there}) if asked.method == "POST" else None)
    with liar(script) as server, pytest.raises(RegistryError, match="place for uploads"):
        ready(client(server.host, "any:1"))


def test_only_descriptors_that_are_some_are_read() -> None:
    entries = [7, None, {"digest": "sha256:1"}, {"digest": digest_of(b""), "size": -1}, {"digest": digest_of(b""), "size": True}]
    assert descriptors({"layers": entries}, "layers") == descriptors({"layers": 7}, "layers") == descriptors(None, "layers") == ()
