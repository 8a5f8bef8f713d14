"""From what a reference stands for down to the bytes of every layer, each held to the digest by which it is named.

index -> manifest -> configuration and layers -> unpacked layers (OCI image specification 1.1). What a registry says in its headers counts
for nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from scanner.artifact.blobs import Blobs, Document, Hashed, Readable, blob_name, digest_like, hashed, pieces, short, strict
from scanner.artifact.check import INCOMPLETE, NOT_TRUSTED
from scanner.artifact.manifest import DOCKER_LIST, DOCKER_MANIFEST, INDEX, MANIFEST, MANIFEST_MOST, Descriptor, descriptor
from scanner.artifact.reference import is_digest

JSON_MOST = MANIFEST_MOST  # bytes of an index, manifest or configuration
_IMAGES_MOST, _LAYERS_MOST, _DEPTH_MOST = 200, 4096, 3
INDEXES, MANIFESTS = (INDEX, DOCKER_LIST), (MANIFEST, DOCKER_MANIFEST)
_CONFIGS = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")
REVISION, SOURCE, VERSION = (f"org.opencontainers.image.{name}" for name in ("revision", "source", "version"))
BASE_DIGEST = "org.opencontainers.image.base.digest"


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


Unpack = Callable[[Readable, int], Iterable[bytes]]  # a layer and its size -> the bytes of its archive; raises ValueError where it has none


def follow(blobs: Blobs, root: Descriptor, unpack: Unpack, platform: str | None = None) -> Chain:
    """Everything below a descriptor, read and hashed; with a `platform` only the images for it, and what an index has beside them."""
    walk = _Walk(blobs, unpack, platform)
    walk.manifest(root, 0)
    images = tuple(walk.images)
    if platform and not any(image.is_image and for_platform(image.platform or "", platform) for image in images):
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

    def manifest(self, ref: Descriptor, depth: int) -> None:
        """An index or a manifest, and all below it."""
        data = self._small(ref, "manifest")
        if data is None:
            return None
        try:
            found = strict(data)
        except ValueError:
            return self.problem("a manifest is no JSON object, or has a key twice")
        kind = found.get("mediaType") or ref.media_type
        listed, layers = found.get("manifests"), found.get("layers")
        if listed is not None and layers is not None:
            return self.problem("a manifest is an index and an image at once, which different programs read differently")
        if ref.media_type and kind != ref.media_type:
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
            elif for_platform(ref.platform, self._platform):
                self.manifest(ref, depth + 1)
        return None

    def _image(self, ref: Descriptor, found: Document, listed: list[Any]) -> None:
        if len(self.images) >= _IMAGES_MOST or len(listed) > _LAYERS_MOST:
            return self.problem("it has more images or layers than are followed", INCOMPLETE)
        config, layers = descriptor(found.get("config")), [descriptor(one) for one in listed]
        if config is None or None in layers:
            return self.problem("a manifest names its configuration or a layer in a way that is not known")
        is_image = config.media_type in _CONFIGS
        said = self._config(config) if is_image else self._plain(config)
        known = diff_ids(said)
        if is_image and len(known) != len(layers):
            self.problem("the configuration has another number of layers than the manifest")
        made = []
        for number, layer in enumerate(one for one in layers if one is not None):
            wanted = known[number] if is_image and number < len(known) else None
            self._layer(layer, wanted)
            made.append(Layer(layer.digest, layer.size, layer.media_type, wanted))
        platform = platform_of(said) if is_image else ref.platform
        if is_image and ref.platform not in ("", platform) and not ref.platform.startswith(f"{platform}/"):
            self.problem("an image is for another platform than the index says")
        settings = said.get("config")
        labels = settings.get("Labels") if isinstance(settings, dict) else None
        notes = texts(found.get("annotations"))
        self.images.append(Image(ref.digest, ref.platform or platform or None, config.digest, tuple(made), texts(labels), notes))
        return None

    def _config(self, ref: Descriptor) -> Document:
        data = self._small(ref, "configuration")
        try:
            return strict(data) if data is not None else {}
        except ValueError:
            self.problem("a configuration is no JSON object, or has a key twice")
            return {}

    def _plain(self, ref: Descriptor) -> Document:
        self._layer(ref, None)
        return {}

    def _small(self, ref: Descriptor, what: str) -> bytes | None:
        if blob_name(ref.digest) not in self._blobs.sizes:
            self.problem(f"the {what} {short(ref.digest)} is not there", INCOMPLETE)
            return None
        if self._blobs.sizes[blob_name(ref.digest)] > JSON_MOST:
            self.problem(f"a {what} is larger than {JSON_MOST >> 20} MiB")
            return None
        try:
            data = b"".join(pieces(self._blobs.open(blob_name(ref.digest)), JSON_MOST + 1))
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

    def _layer(self, ref: Descriptor, wanted: str | None) -> None:
        if blob_name(ref.digest) not in self._blobs.sizes:
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

    def _hash(self, ref: Descriptor, wanted: str | None) -> None:
        source = Hashed(self._blobs.open(blob_name(ref.digest)), ref.digest.partition(":")[0])
        try:
            self.done[ref.digest] = hashed(self._unpack(source, self._blobs.sizes[blob_name(ref.digest)]), wanted) if wanted else None
        except ValueError:
            self.problem(f"the layer {short(ref.digest)} cannot be unpacked", INCOMPLETE)
        if source.finish() != ref.digest:
            self.problem(f"the layer {short(ref.digest)} is not what its digest says")
        if source.size != ref.size:
            self.problem(f"the layer {short(ref.digest)} is not as large as the manifest says")
        self.size += source.size


def for_platform(said: str, wanted: str | None) -> bool:
    """Whether what an index names is for a platform, whose variant may be left out; what says none may be, such as a statement."""
    return wanted is None or said in ("", "unknown/unknown", wanted) or said.rpartition("/")[0] == wanted


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
