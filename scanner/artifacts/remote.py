"""Images in a registry: pulled into a layout of a moment, with what lies beside them, and asked for again at the end."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from scanner.artifact.check import Book
from scanner.artifact.image import INDEXES, JSON_MOST, for_platform
from scanner.artifact.manifest import Descriptor, Fetched, descriptor, descriptors
from scanner.artifact.reference import Reference, parse
from scanner.artifact.registry import Registry, connect
from scanner.artifact.signing import SIMPLE, signature_tag
from scanner.artifact.transport import MissingError, RegistryError
from scanner.artifacts.asked import Asked
from scanner.artifacts.images import ENVELOPES, NAME
from scanner.decode.limits import Limits
from scanner.errors import LeaksealError

_MANIFESTS_MOST, _DEPTH_MOST, _REFERRERS_MOST = 500, 3, 100


@contextmanager
def pulled(
    reference: Reference, limits: Limits, platform: str | None, insecure: tuple[str, ...], environ: Mapping[str, str], *,
    attached: bool = False,
) -> Iterator[tuple[Path, str]]:  # fmt: skip
    """A folder with the image as an OCI layout, and its digest; with `attached` signatures and provenance too. It is gone at the end."""
    registry = connect(str(reference), insecure, environ)
    top = registry.manifest()
    with tempfile.TemporaryDirectory(prefix="leakseal-") as name:
        layout = _Layout(Path(name), registry, limits)
        layout.manifest(top, platform, 0)
        roots = [_root(top)]
        if attached:
            roots += _attached(registry, layout, top.digest)
        layout.finish(roots)
        yield Path(name), top.digest


class _Layout:
    """An OCI layout that is being filled."""

    def __init__(self, folder: Path, registry: Registry, limits: Limits) -> None:
        self._folder, self._registry, self._limits = folder, registry, limits
        self._left = min(limits.total, shutil.disk_usage(folder).free)
        self._manifests = 0

    def manifest(self, fetched: Fetched, platform: str | None, depth: int) -> None:
        """A manifest and all that it names; what the registry does not have is left out, and found missing later."""
        self._manifests += 1
        if self._manifests > _MANIFESTS_MOST or depth > _DEPTH_MOST:
            raise RegistryError("the image names more manifests than are followed", reason="archive-too-large")
        self._write(fetched.digest, [fetched.body], len(fetched.body))
        said = fetched.document() or {}
        for one in descriptors(said, "manifests"):
            if for_platform(one.platform, platform):
                try:
                    self.manifest(self._registry.manifest(one.digest), platform, depth + 1)
                except MissingError:
                    continue
        config = descriptor(said.get("config"))
        for one in dict.fromkeys([*([config] if config else []), *descriptors(said, "layers")]):
            self._blob(one)

    def _blob(self, one: Descriptor) -> None:
        if self._path(one.digest).exists():
            return
        try:
            self._write(one.digest, self._registry.blob(one.digest, one.size), one.size)
        except MissingError:
            self._path(one.digest).unlink(missing_ok=True)

    def _write(self, digest: str, pieces: Iterator[bytes] | list[bytes], size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise LeaksealError("the image is larger than may be put on this disk", hint="free space in the folder for temporary files")
        path = self._path(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("wb") as file:
                for piece in pieces:
                    file.write(piece)
        except OSError as problem:
            said = os.strerror(problem.errno or 0)
            raise LeaksealError(f"the image cannot be put on this disk: {said}", hint="free space on it") from None

    def _path(self, digest: str) -> Path:
        algorithm, _, value = digest.partition(":")
        return self._folder / "blobs" / algorithm / value

    def finish(self, roots: list[dict[str, object]]) -> None:
        """The files that make the folder a layout."""
        index = {"schemaVersion": 2, "mediaType": INDEXES[0], "manifests": roots}
        (self._folder / "index.json").write_text(json.dumps(index))
        (self._folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')


def _root(fetched: Fetched, name: str | None = None) -> dict[str, object]:
    notes = {"annotations": {NAME: name}} if name else {}
    return {**fetched.descriptor().document(), **notes}


def _attached(registry: Registry, layout: _Layout, digest: str) -> list[dict[str, object]]:
    """Signatures and provenance beside an image: what has it as its subject, and cosign's tags; nothing else is pulled."""
    tag = signature_tag(digest)
    names = (tag, tag.removesuffix(".sig") + ".att")
    pointers = [one.digest for one in registry.referrers(digest)[:_REFERRERS_MOST]]
    found: list[dict[str, object]] = []
    for pointer in (*pointers, *names):
        try:
            fetched = registry.manifest(pointer)
        except MissingError:
            continue
        layers = descriptors(fetched.document(), "layers")
        if layers and all(one.media_type in (SIMPLE, *ENVELOPES) and one.size <= JSON_MOST for one in layers):
            layout.manifest(fetched, None, 0)
            found.append(_root(fetched, pointer if pointer in names else None))
    return found


def note_reference(book: Book, asked: Asked, reference: Reference, digest: str) -> None:
    """Check 1: what is released is named by a digest; and where it is named elsewhere, by the same name."""
    if asked.repository is not None and asked.repository != reference.name:
        book.note("reference", "the runbook names another repository", "")
    if reference.digest is not None or digest in asked.expect:
        book.note("reference", "", "it is named by its digest")
    elif asked.allow_tag:
        book.note("reference", "", f"it is named by the tag {reference.tag} alone, which stands for {digest} now")
    else:
        said = f"it is named by the tag {reference.tag} alone, which can be moved; it stands for {digest} now"
        book.note("reference", said, "")


def note_unmoved(book: Book, asked: Asked, reference: Reference, digest: str, now: str | None) -> None:
    """Check 22: the tag stands for what was looked at, and that is what was meant."""
    if now is None:
        return
    if now != digest:
        since = "while it was looked at" if reference.digest is None else "since"
        book.note("unmoved", f"the tag {reference.tag} was pushed again {since}: it stands for {now} now", "")
    elif reference.digest is None and asked.expect and digest not in asked.expect:
        book.note("unmoved", f"the tag {reference.tag} was pushed again: it stands for {digest} now, and not for what is expected", "")
    book.note("unmoved", "", f"the tag {reference.tag} still stands for it")


def stands_for(reference: Reference, insecure: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    """The digest that the tag of a reference stands for now; None if it has no tag."""
    if reference.tag is None:
        return None
    registry = connect(str(reference), insecure, environ)
    try:
        return registry.manifest(reference.tag).digest
    except MissingError:
        return "nothing"


def digest_now(repository: str, tag: str, insecure: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    """The digest that a repository's tag stands for now, its manifest hashed; None for no such tag. Raises RegistryError or UsageError."""
    now = stands_for(parse(f"{repository}:{tag}"), insecure, environ)
    return None if now == "nothing" else now


__all__ = ["digest_now", "note_reference", "note_unmoved", "parse", "pulled", "stands_for"]
