"""Assertions beside an image: stored as what has the image as its subject, and read back (OCI specifications 1.1, cosign's tags)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from scanner.artifact.manifest import EMPTY, INDEX, MANIFEST, Descriptor, Fetched, descriptor, descriptors
from scanner.artifact.registry import Registry, index_tag
from scanner.artifact.transport import MissingError, RegistryError

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
DSSE = "application/vnd.dsse.envelope.v1+json"  # the layers of cosign's `.att`, before bundles
PREDICATE = "dev.sigstore.bundle.predicateType"
CREATED = "org.opencontainers.image.created"
_BUNDLES = "application/vnd.dev.sigstore.bundle"  # of any version
_LEGACY = "predicateType"  # the annotation of such a layer
_NOTHING = b"{}"
_MOST = 2 << 20  # bytes of an assertion
_SEVERAL_MOST, _TRIES = 20, 5


def ready(registry: Registry) -> None:
    """Raises RegistryError where nothing could be stored beside the image."""
    registry.push_blob(_NOTHING)


def attach(registry: Registry, subject: Descriptor, bundle: bytes, predicate: str, created: str) -> str:
    """Stores a Sigstore bundle beside an image; the digest under which it is. The same again is the same."""
    config, layer = registry.push_blob(_NOTHING), registry.push_blob(bundle)
    notes = {CREATED: created, "dev.sigstore.bundle.content": "dsse-envelope", PREDICATE: predicate}
    document = {
        "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": BUNDLE,
        "config": {**config.document(), "mediaType": EMPTY, "data": base64.b64encode(_NOTHING).decode()},
        "layers": [{**layer.document(), "mediaType": BUNDLE}],
        "subject": {"mediaType": subject.media_type, "digest": subject.digest, "size": subject.size}, "annotations": notes,
    }  # fmt: skip
    body = json.dumps(document, separators=(",", ":")).encode()
    digest, listed = registry.push_manifest(body, MANIFEST)
    if not listed:
        entry = Descriptor(MANIFEST, digest, len(body), BUNDLE, annotations=tuple(sorted(notes.items())))
        _list(registry, subject.digest, entry)
    return digest


def _list(registry: Registry, subject: str, entry: Descriptor) -> None:
    """Adds an entry to the index under the tag `sha256-…`; somebody else may write it at the same time, so it is looked at again."""
    tag = index_tag(subject)
    for _ in range(_TRIES):
        document = _index(registry, tag)
        if any(one.digest == entry.digest for one in descriptors(document, "manifests")):
            return
        document["manifests"] = [*document["manifests"], entry.document()]
        registry.push_manifest(json.dumps(document, separators=(",", ":")).encode(), INDEX, tag)
    raise RegistryError("others write the list of what is attached to the image all the time", hint="try again later")


def _index(registry: Registry, tag: str) -> dict[str, Any]:
    try:
        fetched = registry.manifest(tag)
    except MissingError:
        return {"schemaVersion": 2, "mediaType": INDEX, "manifests": []}
    found = fetched.document()
    if not fetched.is_index or found is None or not isinstance(found.get("manifests"), list):
        raise RegistryError("the tag for the list of what is attached stands for something else", hint=f"look at the tag {tag}")
    return found


def attached(registry: Registry, digest: str, predicate: str) -> list[bytes]:
    """Envelopes and bundles beside an image that may have this predicate, the newest last as they say themselves; none of it is trusted."""
    found = [one for one in registry.referrers(digest) if _may(one, predicate)]
    found.sort(key=lambda one: (dict(one.annotations).get(CREATED, ""), one.digest))
    return [*_legacy(registry, digest, predicate), *(data for one in found[-_SEVERAL_MOST:] for data in _bundles(registry, one, digest))]


def _may(one: Descriptor, predicate: str) -> bool:
    return one.artifact_type.startswith(_BUNDLES) and dict(one.annotations).get(PREDICATE, predicate) == predicate


def _bundles(registry: Registry, one: Descriptor, subject: str) -> Iterator[bytes]:
    """The bundles of a manifest that says itself that it is about this image."""
    try:
        document = registry.manifest(one.digest).document() or {}
        about = descriptor(document.get("subject"))
        if about is not None and about.digest == subject:
            yield from _layers(registry, document, _BUNDLES)
    except MissingError:  # listed, and deleted since
        return


def _legacy(registry: Registry, digest: str, predicate: str) -> Iterator[bytes]:
    """The envelopes under the tag `sha256-….att`, which cosign wrote before version 3."""
    try:
        fetched: Fetched = registry.manifest(f"{index_tag(digest)}.att")
        yield from _layers(registry, fetched.document() or {}, DSSE, predicate)
    except MissingError:
        return


def _layers(registry: Registry, document: dict[str, Any], kind: str, predicate: str | None = None) -> Iterator[bytes]:
    for layer in descriptors(document, "layers")[-_SEVERAL_MOST:]:
        said = dict(layer.annotations).get(_LEGACY, predicate)
        if layer.media_type.startswith(kind) and said == predicate:
            yield registry.small(layer.digest, layer.size, _MOST)
