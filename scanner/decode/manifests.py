"""Which images a shelf holds: OCI layouts, `docker save` with a manifest, and the older layout that has only `repositories`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from scanner.decode.limits import Stop
from scanner.decode.shelves import Shelf, as_json

JSON_MOST = 4 << 20  # bytes of a manifest or configuration; registries refuse larger ones
_DIGEST = re.compile(r"(sha256|sha512):([0-9a-f]{64,128})")
_BLOB = re.compile(r"blobs/(sha256|sha512)/([0-9a-f]{64,128})")
_HEX = re.compile(r"(?:sha256:)?([0-9a-f]{64})(?:\.json|\.tar|\.tar\.gz)?")
_IMAGES_MOST, _LAYERS_MOST = 1000, 8192  # of one shelf


@dataclass(frozen=True, slots=True)
class Ref:
    """A blob that a manifest names."""

    name: str  # on the shelf
    label: str  # as a person would name it: its digest, where it has one
    digest: str | None = None  # of its bytes, where the manifest says so
    unpacked: str | None = None  # of its bytes once they are decompressed
    kind: str = ""  # media type


@dataclass(frozen=True, slots=True)
class Image:
    """One image: how it is configured, and its layers from the lowest to the highest."""

    config: Ref | None
    layers: tuple[Ref, ...]


@dataclass(slots=True)
class Found:
    """Everything that is named on a shelf."""

    images: list[Image]
    manifests: dict[str, Ref]  # JSON documents that lead to images, by name on the shelf
    others: dict[str, Ref]  # named, and neither a layer nor a configuration of an image
    more: bool = False  # there are more than are read
    strange: bool = False  # something is named in a way that is not known
    room: int = _LAYERS_MOST

    def add(self, shelf: Shelf, config: Ref | None, layers: list[Ref]) -> None:
        """One more image."""
        self.room -= len(layers) + 1
        if self.room < 0 or len(self.images) >= _IMAGES_MOST:
            self.more = True
        else:
            self.images.append(_with_unpacked(shelf, Image(config, tuple(layers))))

    def refs(self, descriptors: list[Any]) -> list[Ref]:
        """References of descriptors; those that are none are told."""
        made = [_ref(one) for one in descriptors[: _LAYERS_MOST + 1]]
        self.strange |= None in made
        return [ref for ref in made if ref]


def is_shelf(shelf: Shelf) -> bool:
    """Whether it is one of the three layouts, by its names."""
    names = shelf.sizes
    return "manifest.json" in names or ("oci-layout" in names and "index.json" in names) or "repositories" in names


def named(shelf: Shelf) -> Found:
    """The images of a shelf; what is named by several of its tables is found once."""
    found = Found([], {}, {})
    if "index.json" in shelf.sizes:
        found.manifests["index.json"] = Ref("index.json", "index.json")
        _descend(shelf, read_json(shelf, "index.json"), found, 0)
    if "manifest.json" in shelf.sizes:
        found.manifests["manifest.json"] = Ref("manifest.json", "manifest.json")
        said = read_json(shelf, "manifest.json")
        found.strange |= not isinstance(said, list)
        for entry in said if isinstance(said, list) else []:
            if found.more:
                break
            _saved(shelf, entry if isinstance(entry, dict) else {}, found)
    elif not found.images and "repositories" in shelf.sizes:
        for top, layers in _ancient(shelf):
            found.add(shelf, top, layers)
    seen: dict[tuple[str, ...], Image] = {}
    for image in found.images:
        seen.setdefault((image.config.name if image.config else "", *(layer.name for layer in image.layers)), image)
    found.images = list(seen.values())
    return found


def read_json(shelf: Shelf, name: str) -> Any:
    """A JSON document on the shelf; None where it is none, or cannot be read, which is told when the blob itself is."""
    try:
        return as_json(_all(shelf, name)) if shelf.sizes.get(name, 1 << 40) <= JSON_MOST else None
    except (OSError, Stop):
        return None


def _all(shelf: Shelf, name: str) -> bytes:
    source, parts = shelf.open(name), []
    while data := source.read(JSON_MOST):
        parts.append(data)
    return b"".join(parts)


def _ref(descriptor: Any) -> Ref | None:
    """A descriptor (OCI image specification) as a reference."""
    digest = descriptor.get("digest") if isinstance(descriptor, dict) else None
    if not isinstance(digest, str) or not (match := _DIGEST.fullmatch(digest)):
        return None
    return Ref(f"blobs/{match[1]}/{match[2]}", digest, digest, kind=str(descriptor.get("mediaType", ""))[:200])


def _listed(document: Any, key: str) -> list[Any]:
    value = document.get(key) if isinstance(document, dict) else None
    return value if isinstance(value, list) else []


def _is_known(document: Any) -> bool:
    """Whether it names things as the image specification has it; Go writes null for an empty list."""
    if not isinstance(document, dict) or not {"config", "layers", "manifests", "blobs"} & set(document):
        return False
    lists = [document.get(key) for key in ("layers", "manifests", "blobs")]
    config = document.get("config")
    return all(one is None or isinstance(one, list) for one in lists) and (config is None or _ref(config) is not None)


def _descend(shelf: Shelf, document: Any, found: Found, depth: int) -> None:
    """An index, or a manifest, and everything that it names."""
    found.strange |= not _is_known(document)
    layers = found.refs(_listed(document, "layers"))
    config = _ref(document.get("config")) if isinstance(document, dict) else None
    if config or layers:
        found.add(shelf, config, layers)
    for ref in found.refs(_listed(document, "manifests")):
        if ref.name in found.manifests:
            continue
        if depth > 4 or len(found.manifests) > 4 * _IMAGES_MOST:
            found.more = True
            return
        found.manifests[ref.name] = ref
        if ref.name in shelf.sizes:
            _descend(shelf, read_json(shelf, ref.name), found, depth + 1)
    for ref in found.refs(_listed(document, "blobs")):
        found.others.setdefault(ref.name, ref)


def _saved(shelf: Shelf, entry: dict[str, Any], found: Found) -> None:
    """An entry of the manifest that `docker save` writes."""
    names = [entry.get("Config"), *_listed(entry, "Layers")]
    refs = [_stored(shelf, name) for name in names[: _LAYERS_MOST + 2]]
    found.strange |= None in refs
    found.add(shelf, refs[0], [ref for ref in refs[1:] if ref])


def _stored(shelf: Shelf, name: Any) -> Ref | None:
    """A name in `docker save`; where it is a digest, the content must have it."""
    if not isinstance(name, str):
        return None
    name = shelf.real("/".join(part for part in name.split("/") if part not in ("", ".")))
    if match := _BLOB.fullmatch(name):
        return Ref(name, f"{match[1]}:{match[2]}", f"{match[1]}:{match[2]}")
    if (match := _HEX.fullmatch(name)) and name.endswith((".json", match[1])):
        return Ref(name, f"sha256:{match[1]}", f"sha256:{match[1]}")
    return Ref(name, name)


def _with_unpacked(shelf: Shelf, image: Image) -> Image:
    """With the digests of unpacked layers, which the configuration has."""
    if image.config is None or image.config.name not in shelf.sizes:
        return image
    config = read_json(shelf, image.config.name)
    known = _listed(config.get("rootfs") if isinstance(config, dict) else None, "diff_ids")
    layers = []
    for layer, said in zip(image.layers, [*known, *[None] * len(image.layers)], strict=False):
        if isinstance(said, str) and _DIGEST.fullmatch(said):
            layers.append(replace(layer, unpacked=said, label=layer.label if layer.digest else said))
        else:
            layers.append(layer)
    return replace(image, layers=tuple(layers))


def _ancient(shelf: Shelf) -> Iterator[tuple[Ref, list[Ref]]]:
    """`repositories` names the top of each image; each layer names its parent."""
    tables = read_json(shelf, "repositories")
    tops = {top for tags in tables.values() if isinstance(tags, dict) for top in tags.values()} if isinstance(tables, dict) else set()
    for top in sorted(top for top in tops if isinstance(top, str))[:_IMAGES_MOST]:
        layers: list[Ref] = []
        one: Any = top
        while isinstance(one, str) and len(layers) < _LAYERS_MOST and all(ref.label != one for ref in layers):
            layers.append(Ref(shelf.real(f"{one}/layer.tar"), one))
            config = read_json(shelf, f"{one}/json")
            one = config.get("parent") if isinstance(config, dict) else None
        yield Ref(f"{top}/json", f"{top}/json"), layers[::-1]
