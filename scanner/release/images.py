"""Assertions kept beside an image in a registry, and the commit that the image says it is built from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from scanner.artifact import attached
from scanner.artifact.image import REVISION
from scanner.artifact.manifest import Descriptor, Fetched, descriptor, descriptors
from scanner.artifact.registry import Registry, connect
from scanner.artifact.transport import RegistryError
from scanner.attest.distrust import Distrust
from scanner.attest.statement import PREDICATE_TYPE
from scanner.errors import UsageError

PREFIX = "docker://"
_PLATFORMS_MOST = 100


@dataclass(frozen=True, slots=True)
class Place:
    """An image by its digest, and the commits that it names as its source."""

    registry: Registry
    image: Descriptor
    commits: tuple[str, ...]

    def __str__(self) -> str:
        return f"{PREFIX}{self.registry.reference.name}@{self.image.digest}"


def place(name: str, insecure: tuple[str, ...], environ: Mapping[str, str]) -> Place:
    """The image that a reference stands for now; raises UsageError and RegistryError."""
    if not name.startswith(PREFIX):
        raise UsageError("this is no image in a registry", hint=f"write {PREFIX}host/repository:tag or {PREFIX}host/repository@sha256:…")
    registry = connect(name, insecure, environ)
    top = registry.manifest()
    return Place(registry, top.descriptor(), tuple(sorted(set(_commits(registry, top)))))


def writable(name: str, insecure: tuple[str, ...], environ: Mapping[str, str]) -> Place:
    """An image that an assertion can be stored beside, asked before a long scan."""
    there = place(name, insecure, environ)
    attached.ready(there.registry)
    return there


def write(there: Place, commit: str | None, bundle: bytes, when: datetime) -> str:
    """Store a bundle beside the image; the digest under which it is. Raises Distrust for an image of another commit."""
    if there.commits and there.commits != (commit,):
        raise Distrust("the image says that it is built from another commit than the one that was scanned, so nothing was attached to it")
    return attached.attach(there.registry, there.image, bundle, PREDICATE_TYPE, f"{when:%Y-%m-%dT%H:%M:%SZ}")


def read(name: str, insecure: tuple[str, ...], environ: Mapping[str, str]) -> tuple[str, list[bytes]]:
    """What an assertion about the image must speak of, and the assertions beside it, the newest last; raises Distrust if it has none.

    The image's label names the commit; without a label the image itself must be a subject.
    """
    there = place(name, insecure, environ)
    if len(there.commits) > 1:
        raise Distrust("the images of the index say that they are built from several commits")
    found = attached.attached(there.registry, there.image.digest, PREDICATE_TYPE)
    if not found:
        raise Distrust("the image has no assertion beside it", hint=f"run `leakseal attest --attach {there}`")
    return f"gitCommit:{there.commits[0]}" if there.commits else there.image.digest, found


def _commits(registry: Registry, top: Fetched) -> Iterator[str]:
    """Every commit that the labels and annotations of an image, or of the images of an index, name."""
    document = top.document() or {}
    yield from _named(document.get("annotations"))
    if not top.is_index:
        yield from _labelled(registry, document)
        return
    images = [one for one in descriptors(document, "manifests") if not one.platform.startswith("unknown")]
    if len(images) > _PLATFORMS_MOST:
        raise RegistryError(f"the index names more than {_PLATFORMS_MOST} images", reason="archive-too-large")
    for one in images:
        fetched = registry.manifest(one.digest)
        inner = fetched.document() or {}
        yield from _named(inner.get("annotations"))
        yield from _labelled(registry, inner)


def _labelled(registry: Registry, document: dict[str, object]) -> Iterator[str]:
    config = descriptor(document.get("config"))
    said = Fetched("", "", registry.small(config.digest, config.size)).document() if config else None
    inner = said.get("config") if said else None
    yield from _named(inner.get("Labels") if isinstance(inner, dict) else None)


def _named(notes: object) -> Iterator[str]:
    value = notes.get(REVISION) if isinstance(notes, dict) else None
    if isinstance(value, str) and value:
        yield value
