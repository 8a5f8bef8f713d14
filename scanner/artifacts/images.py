"""Images that lie here: OCI layouts as folder or tar archive, and what `docker save` writes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scanner.artifact import image
from scanner.artifact.blobs import Blobs, Readable, blob_name, digest_like, hashed, pieces, short, strict
from scanner.artifact.check import INCOMPLETE, NOT_TRUSTED
from scanner.artifact.image import Chain, Image, Layer
from scanner.artifact.manifest import Descriptor, descriptor
from scanner.artifact.signing import NOTE, SIMPLE, Signed, decoded, signature_tag
from scanner.artifacts.members import Unpacker
from scanner.decode.limits import Budget, Limits
from scanner.decode.manifests import named
from scanner.decode.shelves import Shelf, tar_shelf
from scanner.errors import UnreadableError, UsageError
from scanner.pipeline.imagescan import FolderShelf, is_archive, is_layout
from scanner.sources.files import listing, plain_file

NAME = "org.opencontainers.image.ref.name"
_NAMES = (NAME, "io.containerd.image.name")
ENVELOPES = frozenset({
    "application/vnd.dsse.envelope.v1+json", "application/vnd.in-toto+json", "application/vnd.dev.sigstore.bundle.v0.3+json",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
})  # fmt: skip
_ATTACHED_MOST = 200


@dataclass(frozen=True, slots=True)
class Kept:
    """The blobs of one place, and what its index names: (name or nothing, descriptor)."""

    blobs: Blobs
    roots: tuple[tuple[str | None, Descriptor], ...]
    shelf: Shelf
    saved: bool = False  # it has no manifests, as older `docker save` writes


def place_of(text: str) -> tuple[Path, str | None] | None:
    """Path and tag or digest of `PATH`, `PATH:TAG` or `PATH@sha256:…`, if an image is there."""
    choices: list[tuple[str, str | None]] = [(text, None)]
    if "@" in text:
        choices.append((text.rpartition("@")[0], text.rpartition("@")[2]))
    if ":" in text:
        choices.append((text.rpartition(":")[0], text.rpartition(":")[2]))
    for name, wanted in choices:
        path = Path(name)
        if name and (is_layout(path) if path.is_dir() else path.is_file() and is_archive(path)):
            return path, wanted
    return None


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[Kept]:
    """The images of a folder or a tar archive; raises UnreadableError."""
    if path.is_dir():
        sizes = {os.fsdecode(item.path): item.size for item in listing(path) if not item.refused}
        shelf = FolderShelf(path, sizes)
        yield Kept(shelf, _roots(shelf), shelf)
        return
    try:
        file = plain_file(os.fsencode(path))
    except OSError as problem:
        raise UnreadableError(f"{path} cannot be read: {problem.strerror}", hint="name a file that you may read") from None
    with file:
        archive = tar_shelf(file, Budget(limits))
        if archive is None:
            raise UnreadableError(f"{path} is a damaged archive of images", hint="write it again with skopeo or docker save")
        saved = "index.json" not in archive.sizes
        yield Kept(archive, () if saved else _roots(archive), archive, saved)


def _roots(blobs: Blobs) -> tuple[tuple[str | None, Descriptor], ...]:
    if blobs.sizes.get("index.json", 1 << 40) > image.JSON_MOST:
        raise UnreadableError("the layout's index is too large", hint="write the layout again")
    try:
        found = strict(b"".join(pieces(blobs.open("index.json"), image.JSON_MOST)))
    except (ValueError, OSError):
        raise UnreadableError("the layout's index is no JSON object, or has a key twice", hint="write the layout again") from None
    listed = found.get("manifests")
    refs = [descriptor(one) for one in listed] if isinstance(listed, list) else []
    return tuple((_called(ref), ref) for ref in refs if ref is not None)


def _called(ref: Descriptor) -> str | None:
    notes = dict(ref.annotations)
    return next((notes[key] for key in _NAMES if key in notes), None)


def chosen(kept: Kept, wanted: str | None) -> Descriptor:
    """The image that is meant; raises UsageError where there is none, or more than one."""
    if wanted is not None:
        found = [ref for name, ref in kept.roots if wanted == ref.digest or (name and (name == wanted or name.endswith(f":{wanted}")))]
    else:
        found = [ref for name, ref in kept.roots if not (name or "").endswith((".sig", ".att")) and _subject(kept, ref) is None]
    if len({ref.digest for ref in found}) != 1:
        many = "no such image" if not found else "several images"
        raise UsageError(f"there are {many} here" if found else f"there is {many} here", hint="name one as PATH:TAG or PATH@sha256:…")
    return found[0]


def _manifest(kept: Kept, ref: Descriptor) -> dict[str, object]:
    """A manifest as it stands; empty where it is none. Whoever believes what it says has checked the digest, or a signature below it."""
    if kept.blobs.sizes.get(blob_name(ref.digest), 1 << 40) > image.JSON_MOST:
        return {}
    try:
        return dict(strict(b"".join(pieces(kept.blobs.open(blob_name(ref.digest)), image.JSON_MOST))))
    except (ValueError, OSError):
        return {}


def _subject(kept: Kept, ref: Descriptor) -> str | None:
    said = descriptor(_manifest(kept, ref).get("subject"))
    return said.digest if said else None


def attached(kept: Kept, digest: str) -> tuple[list[Signed | bytes], list[bytes]]:
    """Signatures and envelopes that lie beside an image: under cosign's tags, or with the image as their subject."""
    signatures: list[Signed | bytes] = []
    envelopes: list[bytes] = []
    tags = (signature_tag(digest), signature_tag(digest).removesuffix(".sig") + ".att")
    for name, ref in kept.roots[:_ATTACHED_MOST]:
        tag = (name or "").rpartition(":")[2]
        if tag not in tags and (name or "") not in tags and _subject(kept, ref) != digest:
            continue
        listed = _manifest(kept, ref).get("layers")
        for one in listed[:_ATTACHED_MOST] if isinstance(listed, list) else ():
            layer = descriptor(one)
            data = _body(kept, layer) if layer else None
            if layer is None or data is None:
                continue
            if layer.media_type == SIMPLE:
                signatures.append(Signed(data, decoded(dict(layer.annotations).get(NOTE, "")) or b""))
            elif layer.media_type in ENVELOPES:
                envelopes.append(data)
    return [*signatures, *envelopes], envelopes


def _body(kept: Kept, layer: Descriptor) -> bytes | None:
    if kept.blobs.sizes.get(blob_name(layer.digest), 1 << 40) > image.JSON_MOST:
        return None
    data = b"".join(pieces(kept.blobs.open(blob_name(layer.digest)), image.JSON_MOST))
    return data if digest_like(layer.digest, data) == layer.digest else None


def chain(kept: Kept, wanted: str | None, limits: Limits, platform: str | None) -> Chain:
    """Everything from the image's manifest down, hashed."""
    if kept.saved:
        return _saved(kept, limits)
    return image.follow(kept.blobs, chosen(kept, wanted), Unpacker(limits), platform)


def _saved(kept: Kept, limits: Limits) -> Chain:
    """What has no manifest: the image is named by its configuration, and layers by what they unpack to."""
    found = named(kept.shelf)
    if len(found.images) != 1:
        raise UsageError("there are several images here, or none", hint="save one image, or name an OCI layout with PATH:TAG")
    one, problems, layers, size = found.images[0], list[tuple[str, int]](), list[Layer](), 0
    if one.config is None or one.config.name not in kept.blobs.sizes or kept.blobs.sizes[one.config.name] > image.JSON_MOST:
        raise UsageError("the image has no configuration that can be read", hint="save it again")
    data = b"".join(pieces(kept.blobs.open(one.config.name), image.JSON_MOST))
    digest = digest_like("sha256:", data)
    if one.config.digest != digest:
        problems.append((f"the configuration {short(digest)} is not what its name says", NOT_TRUSTED))
    try:
        said = dict(strict(data))
    except ValueError:
        said = {}
        problems.append(("a configuration is no JSON object, or has a key twice", NOT_TRUSTED))
    known = image.diff_ids(said)
    if len(known) != len(one.layers):
        problems.append(("the configuration has another number of layers than the manifest", NOT_TRUSTED))
    for layer, wanted in zip(one.layers, known, strict=False):
        if layer.name not in kept.blobs.sizes:
            problems.append((f"the layer {short(wanted)} is not there", INCOMPLETE))
            continue
        try:
            if hashed(Unpacker(limits)(kept.blobs.open(layer.name), kept.blobs.sizes[layer.name]), wanted) != wanted:
                problems.append((f"the layer {short(wanted)} is not what the configuration says", NOT_TRUSTED))
        except ValueError:
            problems.append((f"the layer {short(wanted)} cannot be unpacked", INCOMPLETE))
        size += kept.blobs.sizes[layer.name]
        layers.append(Layer(layer.digest or layer.name, kept.blobs.sizes[layer.name], "", wanted))
    settings = said.get("config")
    labels = image.texts(settings.get("Labels")) if isinstance(settings, dict) else {}
    only = Image(digest, image.platform_of(said), digest, tuple(layers), labels, {})
    return Chain(digest, (only,), tuple(problems), len(layers) + 1, size + len(data))


def layer_source(kept: Kept, layer: Layer) -> Readable:
    """The bytes of a layer; raises KeyError or OSError where it is not here."""
    name = layer.digest if layer.digest in kept.blobs.sizes else blob_name(layer.digest)
    return kept.blobs.open(name)
