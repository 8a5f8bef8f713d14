"""From what a reference stands for down to the bytes of every layer, each held to the digest by which it is named.

index -> manifest -> configuration and layers -> unpacked layers (OCI image specification 1.1). What a registry says in its headers counts
for nothing here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from scanner.artifact.check import INCOMPLETE, NOT_TRUSTED

JSON_MOST = 4 << 20  # bytes of an index, manifest or configuration; registries refuse larger ones
_DIGEST = re.compile(r"(sha256|sha512):([0-9a-f]{64}|[0-9a-f]{128})")
_IMAGES_MOST, _LAYERS_MOST, _DEPTH_MOST = 200, 4096, 3
INDEXES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
MANIFESTS = ("application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json")
_CONFIGS = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")
REVISION, SOURCE, VERSION = (f"org.opencontainers.image.{name}" for name in ("revision", "source", "version"))
BASE_DIGEST = "org.opencontainers.image.base.digest"
Document = Mapping[str, Any]


class Readable(Protocol):
    """Something that is read forwards."""

    def read(self, size: int, /) -> bytes: ...


class Blobs(Protocol):
    """Where blobs are kept: names such as `blobs/sha256/…`, and their contents."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """Every name, and how large its content is."""
        ...

    def open(self, name: str) -> Readable:
        """The content of this name, which there is."""
        ...


@dataclass(frozen=True, slots=True)
class Ref:
    """A descriptor: how something is named by what points at it."""

    digest: str
    size: int
    kind: str = ""  # media type
    platform: str | None = None  # "linux/amd64"
    notes: Mapping[str, str] = field(default_factory=dict)  # annotations

    @property
    def name(self) -> str:
        """Where it is kept."""
        return blob_name(self.digest)


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer: the digest of its bytes, and of what they unpack to."""

    digest: str
    size: int
    kind: str
    unpacked: str | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """One image for one platform."""

    digest: str  # of its manifest; of its configuration where it has none
    platform: str | None
    config: str
    layers: tuple[Layer, ...]
    labels: Mapping[str, str]
    notes: Mapping[str, str]

    @property
    def is_image(self) -> bool:
        """Whether it has layers of files, and is no statement that lies beside an image."""
        return any(layer.unpacked for layer in self.layers)


@dataclass(frozen=True, slots=True)
class Chain:
    """What a reference stands for: its digest, its images, and what is wrong with them (a sentence and an exit code)."""

    digest: str
    images: tuple[Image, ...]
    problems: tuple[tuple[str, int], ...]
    blobs: int = 0  # how many were hashed
    size: int = 0


Unpack = Callable[[Readable], Iterable[bytes]]  # a layer's bytes -> the bytes of its archive; raises ValueError for what cannot be unpacked


def blob_name(digest: str) -> str:
    """Where an OCI layout keeps a blob."""
    algorithm, _, value = digest.partition(":")
    return f"blobs/{algorithm}/{value}"


def follow(blobs: Blobs, root: Ref, unpack: Unpack, platform: str | None = None) -> Chain:
    """Everything below a descriptor, read and hashed; with a `platform` only the images for it, and what an index has beside them."""
    walk = _Walk(blobs, unpack, platform)
    walk.manifest(root, 0)
    images = tuple(walk.images)
    if platform and not any(image.is_image and image.platform == platform for image in images):
        walk.problem(f"it has no image for {platform}", INCOMPLETE)
    return Chain(root.digest, images, tuple(walk.problems), len(walk.done), walk.size)


class _Walk:
    """One way down."""

    def __init__(self, blobs: Blobs, unpack: Unpack, platform: str | None) -> None:
        self._blobs, self._unpack, self._platform = blobs, unpack, platform
        self.images: list[Image] = []
        self.problems: list[tuple[str, int]] = []
        self.done: dict[str, str | None] = {}  # digest -> that of what it unpacks to
        self.size = 0

    def problem(self, said: str, code: int = NOT_TRUSTED) -> None:
        """One more thing that is wrong."""
        if len(self.problems) < 100 and (said, code) not in self.problems:
            self.problems.append((said, code))

    def manifest(self, ref: Ref, depth: int) -> None:
        """An index or a manifest, and all below it."""
        data = self._small(ref, "manifest")
        if data is None:
            return None
        try:
            found = strict(data)
        except ValueError:
            return self.problem("a manifest is no JSON object, or has a key twice")
        kind = found.get("mediaType") or ref.kind
        listed, layers = found.get("manifests"), found.get("layers")
        if listed is not None and layers is not None:
            return self.problem("a manifest is an index and an image at once, which different programs read differently")
        if ref.kind and kind != ref.kind:
            return self.problem("a manifest is of another type than what points at it says")
        if isinstance(listed, list) and kind not in MANIFESTS:
            return self._index(listed, depth)
        if isinstance(layers, list) and kind not in INDEXES:
            return self._image(ref, found, layers)
        return self.problem("a manifest is neither an index nor an image")

    def _index(self, listed: list[Any], depth: int) -> None:
        if depth >= _DEPTH_MOST or len(listed) > _IMAGES_MOST:
            return self.problem("an index names more images, or lies deeper, than is followed", INCOMPLETE)
        for one in listed:
            ref = descriptor(one)
            if ref is None:
                self.problem("an index names something in a way that is not known")
            elif not self._platform or ref.platform in (self._platform, None, "unknown/unknown"):
                self.manifest(ref, depth + 1)
        return None

    def _image(self, ref: Ref, found: Document, listed: list[Any]) -> None:
        if len(self.images) >= _IMAGES_MOST or len(listed) > _LAYERS_MOST:
            return self.problem("it has more images or layers than are followed", INCOMPLETE)
        config, layers = descriptor(found.get("config")), [descriptor(one) for one in listed]
        if config is None or None in layers:
            return self.problem("a manifest names its configuration or a layer in a way that is not known")
        is_image = config.kind in _CONFIGS
        said = self._config(config) if is_image else self._plain(config)
        known = diff_ids(said)
        if is_image and len(known) != len(layers):
            self.problem("the configuration has another number of layers than the manifest")
        made = []
        for number, layer in enumerate(one for one in layers if one is not None):
            wanted = known[number] if is_image and number < len(known) else None
            self._layer(layer, wanted)
            made.append(Layer(layer.digest, layer.size, layer.kind, wanted))
        platform = platform_of(said) if is_image else ref.platform
        if is_image and ref.platform not in (None, platform) and not (ref.platform or "").startswith(f"{platform}/"):
            self.problem("an image is for another platform than the index says")
        settings = said.get("config")
        labels = settings.get("Labels") if isinstance(settings, dict) else None
        notes = texts(found.get("annotations"))
        self.images.append(Image(ref.digest, ref.platform or platform, config.digest, tuple(made), texts(labels), notes))
        return None

    def _config(self, ref: Ref) -> Document:
        data = self._small(ref, "configuration")
        try:
            return strict(data) if data is not None else {}
        except ValueError:
            self.problem("a configuration is no JSON object, or has a key twice")
            return {}

    def _plain(self, ref: Ref) -> Document:
        self._layer(ref, None)
        return {}

    def _small(self, ref: Ref, what: str) -> bytes | None:
        if ref.name not in self._blobs.sizes:
            self.problem(f"the {what} {short(ref.digest)} is not there", INCOMPLETE)
            return None
        if self._blobs.sizes[ref.name] > JSON_MOST:
            self.problem(f"a {what} is larger than {JSON_MOST >> 20} MiB")
            return None
        try:
            data = b"".join(pieces(self._blobs.open(ref.name), JSON_MOST + 1))
        except OSError:
            self.problem(f"the {what} {short(ref.digest)} cannot be read", INCOMPLETE)
            return None
        self.done[ref.digest] = None
        self.size += len(data)
        if digest_like(ref.digest, data) != ref.digest:
            self.problem(f"the {what} {short(ref.digest)} is not what its digest says")
            return None
        if ref.size != len(data):
            self.problem(f"the {what} {short(ref.digest)} is not as large as what points at it says")
        return data

    def _layer(self, ref: Ref, wanted: str | None) -> None:
        if ref.name not in self._blobs.sizes:
            self.problem(f"the layer {short(ref.digest)} is not there", INCOMPLETE)
            return
        if ref.digest not in self.done or (wanted and self.done[ref.digest] is None):
            try:
                self._hash(ref, wanted)
            except OSError:
                self.problem(f"the layer {short(ref.digest)} cannot be read", INCOMPLETE)
        unpacked = self.done.get(ref.digest)
        if wanted and unpacked and unpacked != wanted:
            self.problem(f"the layer {short(ref.digest)} unpacks to something else than the configuration says")

    def _hash(self, ref: Ref, wanted: str | None) -> None:
        source = Hashed(self._blobs.open(ref.name), ref.digest.partition(":")[0])
        try:
            self.done[ref.digest] = hashed(self._unpack(source), wanted) if wanted else None
        except ValueError:
            self.problem(f"the layer {short(ref.digest)} cannot be unpacked", INCOMPLETE)
        if source.finish() != ref.digest:
            self.problem(f"the layer {short(ref.digest)} is not what its digest says")
        if source.size != ref.size:
            self.problem(f"the layer {short(ref.digest)} is not as large as the manifest says")
        self.size += source.size


class Hashed:
    """A Readable that knows size and digest of what was read of it."""

    def __init__(self, source: Readable, algorithm: str) -> None:
        self._source, self._hash, self.size = source, hashlib.new(algorithm), 0

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes."""
        data = self._source.read(size)
        self._hash.update(data)
        self.size += len(data)
        return data

    def finish(self) -> str:
        """Reads what is left, and says the digest of all."""
        while self.read(1 << 18):
            pass
        return f"{self._hash.name}:{self._hash.hexdigest()}"


def hashed(parts: Iterable[bytes], like: str) -> str:
    """The digest of pieces, by the algorithm of another digest."""
    made = hashlib.new(like.partition(":")[0])
    for piece in parts:
        made.update(piece)
    return f"{made.name}:{made.hexdigest()}"


def digest_like(digest: str, data: bytes) -> str:
    """The digest of these bytes, by the algorithm of another digest."""
    return hashed((data,), digest)


def pieces(source: Readable, most: int) -> Iterator[bytes]:
    """What a Readable has, up to so many bytes."""
    while most > 0 and (data := source.read(min(most, 1 << 18))):
        most -= len(data)
        yield data


def descriptor(value: Any) -> Ref | None:
    """A descriptor as a reference; None for what is none."""
    if not isinstance(value, dict) or not isinstance(digest := value.get("digest"), str) or not is_digest(digest):
        return None
    size = value.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        return None
    platform = value.get("platform")
    return Ref(digest, size, str(value.get("mediaType") or ""), platform_of(platform) if isinstance(platform, dict) else None,
               texts(value.get("annotations")))  # fmt: skip


def is_digest(text: str) -> bool:
    """Whether it is `sha256:…` or `sha512:…`, in full."""
    match = _DIGEST.fullmatch(text)
    return match is not None and len(match[2]) == (64 if match[1] == "sha256" else 128)


def platform_of(value: Document) -> str:
    """`os/architecture` and the variant, if there is one."""
    parts = [value.get(key) for key in ("os", "architecture", "variant")]
    return "/".join(str(part) for part in parts if part)


def diff_ids(config: Document) -> list[str]:
    """The digests of the unpacked layers."""
    rootfs = config.get("rootfs")
    listed = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    return [one for one in listed if isinstance(one, str) and is_digest(one)] if isinstance(listed, list) else []


def texts(value: Any) -> dict[str, str]:
    """The entries of a map that are texts, of at most a thousand."""
    found = sorted(value.items())[:1000] if isinstance(value, dict) else []
    return {key: text for key, text in found if isinstance(text, str)}


def strict(data: bytes) -> Document:
    """A JSON object in which no key stands twice; raises ValueError."""
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=_once)
    except RecursionError:
        raise ValueError from None
    if not isinstance(found, dict):
        raise ValueError
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def short(digest: str) -> str:
    """Enough of a digest to know it again."""
    return digest[: digest.index(":") + 13]
