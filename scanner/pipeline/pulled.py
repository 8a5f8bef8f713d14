"""An image in a registry: pulled by digest and read as it comes, nothing of it is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from scanner import canon
from scanner.artifact.manifest import MANIFEST_MOST, Descriptor, Fetched, descriptor, descriptors
from scanner.artifact.registry import Registry, connect
from scanner.artifact.transport import MismatchError, MissingError, RegistryError
from scanner.decode.content import Content, Pieces, Readable
from scanner.decode.images import Shelved
from scanner.decode.limits import Budget, Stop
from scanner.errors import UsageError
from scanner.model.content import Origin, Target
from scanner.pipeline.dealt import opened_by
from scanner.pipeline.engines import engine
from scanner.pipeline.imagescan import taken
from scanner.pipeline.opened import Opened
from scanner.pipeline.scanned import Scanned
from scanner.pipeline.settings import Progress, Settings
from scanner.pipeline.tally import Entry, Tally

_INDEX = "index.json"
_DEPTH, _MANIFESTS_MOST, _NAMES_MOST = 4, 1000, 50_000  # of indexes in indexes; of one target
_KEPT = 64 << 20  # bytes of manifests and configurations, which are read twice
_SLOWEST = 1 << 20  # bytes a second


class RegistryShelf:
    """The blobs that a manifest in a registry leads to, as an OCI layout would have them."""

    def __init__(self, registry: Registry, top: Fetched, chosen: Sequence[Descriptor], settings: Settings) -> None:
        """`chosen` are the manifests that are read; the top one too, if it is another, but not what else it names."""
        self._registry, self._progress, self._clock = registry, settings.progress, settings.limits.clock
        self._end = self._clock() + settings.limits.seconds
        self._asked = self._held = 0
        self._kept: dict[str, bytes] = {}  # manifests, and configurations once they were read, as far as they may be held
        self._manifests: set[str] = set()
        self._configs: set[str] = set()
        self._failed: dict[str, Stop] = {}
        self.sizes: dict[str, int] = {}
        self.more = False  # whether there are more manifests or blobs than are read
        apart = [] if top.descriptor() in chosen else [top.descriptor()]
        for one in chosen:
            self._follow(one, top, 0)
        for one in apart:
            self._keep(_name(one), top.body)
        document = {"manifests": [one.document() for one in chosen], "blobs": [one.document() for one in apart]}
        self._kept[_INDEX] = json.dumps(document).encode()
        self.sizes[_INDEX] = len(self._kept[_INDEX])

    @property
    def manifests(self) -> int:
        """How many of them are manifests, which are here already."""
        return len(self._manifests)

    @property
    def stored(self) -> frozenset[str]:
        """Everything but the index, which is ours."""
        return frozenset(self.sizes) - {_INDEX}

    def real(self, name: str) -> str:
        """Every name is its own."""
        return name

    def open(self, name: str) -> Readable:
        """A blob from the registry; raises Stop for one that could not be had."""
        if problem := self._failed.get(name):
            raise problem
        if name in self._kept:
            return Pieces([self._kept[name]])
        if name in self._manifests:
            return _Stream(self._again(_digest(name)), self._progress)
        stream = _Stream(self._registry.blob(_digest(name), self.sizes[name]), self._progress)
        if name not in self._configs or self.sizes[name] > MANIFEST_MOST:
            return stream
        data = b"".join(iter(partial(stream.read, 1 << 20), b""))
        self._hold(name, data)
        return Pieces([data])

    def _again(self, digest: str) -> Iterator[bytes]:
        yield self._registry.manifest(digest).body

    def _hold(self, name: str, data: bytes) -> None:
        self._held += len(data)
        if self._held <= _KEPT:
            self._kept[name] = data

    def _follow(self, named: Descriptor, top: Fetched, depth: int) -> None:
        """A manifest, and what it names."""
        name = _name(named)
        if name in self.sizes:
            return
        if len(self.sizes) >= _NAMES_MOST or self._asked >= _MANIFESTS_MOST:
            self.more = True
            return
        fetched = top if named.digest == top.digest else self._fetched(name, named)
        if fetched is None:
            return
        self._keep(name, fetched.body)
        document = fetched.document()
        config = descriptor(document.get("config")) if document else None
        if config:
            self._configs.add(_name(config))
        for blob in (*((config,) if config else ()), *descriptors(document, "layers"), *descriptors(document, "blobs")):
            if len(self.sizes) < _NAMES_MOST:
                self.sizes.setdefault(_name(blob), blob.size)
            else:
                self.more = True
        for one in descriptors(document, "manifests") if depth < _DEPTH else ():
            self._follow(one, top, depth + 1)

    def _fetched(self, name: str, named: Descriptor) -> Fetched | None:
        """A manifest; what is wrong with it is told by whoever opens it, or looks for it."""
        self._asked += 1
        try:
            if self._clock() > self._end:
                raise RegistryError("reading the manifests took too long", reason="timeout")
            return self._registry.manifest(named.digest)
        except MissingError:
            pass
        except RegistryError as problem:
            self.sizes[name], self._failed[name] = named.size, Stop(problem.reason, problem.message)
        return None

    def _keep(self, name: str, data: bytes) -> None:
        self.sizes[name] = len(data)
        self._manifests.add(name)
        self._hold(name, data)


class _Stream:
    """A blob as it comes from the registry; why it cannot be had is said as a reader says it, and said again if it is asked again."""

    def __init__(self, pieces: Iterator[bytes], progress: Progress) -> None:
        self._pieces, self._progress = Pieces(pieces), progress
        self._problem: Stop | None = None
        self._ended = False

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes."""
        if self._problem:
            raise self._problem
        try:
            data = self._pieces.read(size)
        except MismatchError:
            data = b""  # whoever reads a shelf counts digests himself
        except RegistryError as problem:
            self._problem = Stop(problem.reason, problem.message)
            raise self._problem from None
        self._progress.advance(0 if data or self._ended else 1, len(data))
        self._ended |= not data
        return data


def scan_reference(id: str, name: str, settings: Settings) -> Scanned:
    """The image of a reference: every platform of an index, or the one that was asked for."""
    pulling = settings.pulling
    registry = connect(name, pulling.insecure, pulling.environ)
    top = registry.manifest()
    chosen = _chosen(registry, top, pulling.platform)
    tally, done, interrupted = Tally(id, "oci", leaves=settings.leaves), Opened(), False
    sizes: dict[str, int] = {}
    try:
        shelf = RegistryShelf(registry, top, chosen, settings)
        sizes = {name: shelf.sizes[name] for name in shelf.stored}
        settings.progress.start(name, len(sizes) - shelf.manifests)
        tally.expected += len(sizes)
        total = min(sum(sizes.values()), settings.limits.total)  # sizes are what a stranger says
        limits = replace(settings.limits, seconds=settings.limits.seconds + total / _SLOWEST)
        content = Content(b"", Budget(limits, total))
        content.size = total  # what the parts are measured against
        form = Shelved("oci", "an image in a registry", b"", shelf=shelf)
        done = opened_by(settings.workers, engine(settings.rules, settings.cache, settings.engine), content, form)
        if shelf.more:
            tally.gap(Origin(id, "oci"), "archive-too-large", "it names more manifests or blobs than are read", counted=False)
    except KeyboardInterrupt:
        interrupted = True
        tally.gap(Origin(id, "oci"), "truncated", "the run was interrupted before its end", counted=False)
    finally:
        settings.progress.stop()
    matches, lost = taken(done, tally, sizes, id)
    names = [] if interrupted else sorted(set(sizes) - lost)
    blobs: list[Entry] = [("file", _digest(name), sizes[name], _digest(name)) for name in names]
    tally.read(len(blobs), sum(sizes[name] for name in names), blobs)
    scope = f"platform {pulling.platform}" if pulling.platform else "all-platforms" if top.is_index else "image"
    return Scanned(Target(id, "oci", name, top.digest, scope), tally, matches, [], interrupted)


def _chosen(registry: Registry, top: Fetched, platform: str | None) -> tuple[Descriptor, ...]:
    """The manifests that are read: the top one, or those of an index that are for this platform."""
    if platform is None:
        return (top.descriptor(),)
    if not top.is_index:
        if not _fits(_configured(registry, top), platform):
            raise UsageError(f"the image is not for {platform}", hint="leave out --platform")
        return (top.descriptor(),)
    listed = descriptors(top.document(), "manifests")
    chosen = tuple(one for one in listed if _fits(one.platform, platform))
    if not chosen:
        there = ", ".join(sorted({canon.text(one.platform.encode()) for one in listed if one.platform})[:20])
        raise UsageError(f"the index has no image for {platform}", hint=f"it has {there or 'none that says what it is for'}")
    return chosen


def _fits(name: str, wanted: str) -> bool:
    """Whether `os/architecture[/variant]` is what was asked for, which may leave out the variant."""
    return name == wanted or name.rpartition("/")[0] == wanted


def _configured(registry: Registry, top: Fetched) -> str:
    """The platform that an image's own configuration says."""
    document = top.document()
    config = descriptor(document.get("config")) if document else None
    said = Fetched("", "", registry.small(config.digest, config.size)).document() if config else None
    parts = [said.get(key) for key in ("os", "architecture", "variant")] if said else []
    return "/".join(part for part in parts if isinstance(part, str) and part)


def _name(blob: Descriptor) -> str:
    return "blobs/" + blob.digest.replace(":", "/", 1)


def _digest(name: str) -> str:
    return name.removeprefix("blobs/").replace("/", ":", 1)
