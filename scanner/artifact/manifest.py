"""Manifests and indexes: media types, and the descriptors in them (OCI image specification 1.1)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scanner.artifact.reference import is_digest

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
EMPTY = "application/vnd.oci.empty.v1+json"
# A registry answers 404 for what is not accepted; the signed schema 1 of Docker is not read.
ACCEPT = ", ".join((MANIFEST, INDEX, DOCKER_MANIFEST, DOCKER_LIST))
MANIFEST_MOST = 4 << 20  # bytes; the specification lets registries refuse larger ones
_DESCRIPTORS_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a manifest says of a content that it names."""

    media_type: str
    digest: str
    size: int
    artifact_type: str = ""
    platform: str = ""  # os/architecture[/variant], of an image in an index
    annotations: tuple[tuple[str, str], ...] = ()

    def document(self) -> dict[str, Any]:
        """As it is written."""
        more = {"artifactType": self.artifact_type, "annotations": dict(self.annotations)}
        return {
            "mediaType": self.media_type,
            "digest": self.digest,
            "size": self.size,
            **{key: value for key, value in more.items() if value},
        }


@dataclass(frozen=True, slots=True)
class Fetched:
    """A manifest as the registry gave it; the digest is that of these very bytes."""

    digest: str
    media_type: str
    body: bytes
    claimed: str | None = None  # what the registry says the digest is

    def document(self) -> dict[str, Any] | None:
        """What it says; None for what is no JSON object."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    @property
    def is_index(self) -> bool:
        """Whether it names manifests, of platforms for example."""
        found = self.document()
        return self.media_type in (INDEX, DOCKER_LIST) or (found is not None and "layers" not in found and "manifests" in found)

    def descriptor(self) -> Descriptor:
        """How a manifest names it."""
        return Descriptor(self.media_type, self.digest, len(self.body))


def descriptor(value: object) -> Descriptor | None:
    """A descriptor; None for what is none."""
    if not isinstance(value, dict) or not is_digest(value.get("digest")):
        return None
    size, notes = value.get("size"), value.get("annotations")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        return None
    kept = tuple(sorted((key, said) for key, said in notes.items() if isinstance(said, str))) if isinstance(notes, dict) else ()
    return Descriptor(_text(value.get("mediaType")), value["digest"], size, _text(value.get("artifactType")), _platform(value), kept)


def descriptors(document: Mapping[str, Any] | None, key: str) -> tuple[Descriptor, ...]:
    """Those in a list of a manifest, such as `layers` or `manifests`; what is none is left out."""
    listed = document.get(key) if document else None
    found: Iterable[Descriptor | None] = map(descriptor, listed[:_DESCRIPTORS_MOST]) if isinstance(listed, list) else ()
    return tuple(one for one in found if one)


def digest_of(data: bytes, algorithm: str = "sha256") -> str:
    """`sha256:…`."""
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


def _text(value: object) -> str:
    return value[:200] if isinstance(value, str) else ""


def _platform(value: Mapping[str, Any]) -> str:
    said = value.get("platform")
    parts = [said.get(key) for key in ("os", "architecture", "variant")] if isinstance(said, dict) else []
    return "/".join(part[:60] for part in parts if isinstance(part, str) and part)
