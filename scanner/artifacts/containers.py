"""Images that are released, wherever they lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scanner.artifact.binding import Member
from scanner.artifact.blobs import Hashed
from scanner.artifact.check import Book
from scanner.artifact.image import BASE_DIGEST, Image, Layer
from scanner.artifact.labels import labels, versions
from scanner.artifact.reference import is_digest
from scanner.artifacts import images, run, trust
from scanner.artifacts.asked import Asked, contents, places
from scanner.artifacts.images import Kept
from scanner.artifacts.members import Reading, members
from scanner.artifacts.result import Result
from scanner.artifacts.run import Bench, Source
from scanner.decode.content import Content
from scanner.decode.limits import Budget
from scanner.errors import UsageError
from scanner.model.content import Unseen
from scanner.pipeline.scanned import Scanned


@dataclass(frozen=True, slots=True)
class Base:
    """The image that others are built on: the digests by which it is named, and its unpacked layers by platform."""

    digests: tuple[str, ...]
    layers: tuple[tuple[str | None, tuple[str | None, ...]], ...]

    def depth(self, image: Image) -> int | None:
        """How many layers of an image are the base's; None if it does not lie on it."""
        mine = tuple(layer.unpacked for layer in image.layers)
        fitting = [len(stack) for platform, stack in self.layers if mine[: len(stack)] == stack and stack]
        return max(fitting, default=None)


def base_of(kept: Kept, wanted: str | None, bench: Bench) -> Base:
    """A base image by what it is made of; raises UsageError where it is not whole."""
    chain = images.chain(kept, wanted, bench.settings.limits, None)
    if chain.problems:
        raise UsageError(f"the base image is not whole: {chain.problems[0][0]}", hint="copy it again with skopeo")
    stacks = [(image.platform, tuple(layer.unpacked for layer in image.layers)) for image in chain.images if image.is_image]
    return Base((chain.digest, *(image.digest for image in chain.images)), tuple(stacks))


def examine(
    path: Path, kept: Kept, wanted: str | None, asked: Asked, bench: Bench, book: Book, base: Base | None = None
) -> tuple[Result, list[Scanned]]:
    """Everything about the image that is meant, and what a scan saw with plaintext; raises LeaksealError."""
    source = run.source_of(asked)
    chain = images.chain(kept, wanted, bench.settings.limits, asked.platform)
    for problem, code in chain.problems:
        book.note("content", problem, "", code)
    book.note("content", "", f"{chain.blobs:,} blobs of {chain.size:,} bytes were hashed")
    digests = (chain.digest,)
    run.note_places(book, list(places(asked, path.name, None)), {chain.digest.partition(":")[0]: chain.digest})
    real = [image for image in chain.images if image.is_image]
    book.add([labels(real, asked.source_uri, asked.commit or (source.tree.commit if source else None))])
    run.note_version(book, asked, versions(real), source)
    signatures, envelopes = images.attached(kept, chain.digest)
    if asked.wants_signature:
        more = [contents(name, "signature") for name in asked.signatures]
        book.add([trust.signature([*signatures, *more], digests, asked.trust, asked.now)])
    judged = run.note_provenance(book, asked, digests, envelopes)
    depths = _on_base(book, real, base)
    binding = None
    if source is not None:
        binding, lost = run.bound(_files(kept, real, depths, source, bench), source, "image", asked)
        run.note_binding(book, asked, binding, lost)
    done = run.scanned(path, asked.target, bench) if asked.scan else []
    report = run.note_scan(book, done, bench) if asked.scan else None
    said = judged.said if judged else None
    return Result(
        uri=asked.target, kind="image", digest=chain.digest, size=chain.size, checks=book.ended(), version=next(iter(versions(real)), None),
        chain=chain, base_layers=depths, binding=binding, provenance=said, signer=judged.key if judged else None, report=report,
    ), done  # fmt: skip


def _on_base(book: Book, real: Sequence[Image], base: Base | None) -> dict[str, int]:
    """Check 18; how many layers of each image are the base's."""
    if base is None:
        return {}
    said = {digest for image in real if (digest := {**image.labels, **image.notes}.get(BASE_DIGEST))}
    depths = {image.digest: depth for image in real if (depth := base.depth(image)) is not None}
    if not real or len(depths) < len({image.digest for image in real}):
        book.note("base", "its lowest layers are not those of the base image", "")
    if not said <= set(base.digests):
        book.note("base", "it says that it lies on another base image", "")
    book.note("base", "", f"its lowest {min(depths.values(), default=0)} layers are those of the base image")
    return depths


def _files(kept: Kept, real: Sequence[Image], depths: Mapping[str, int], source: Source, bench: Bench) -> Iterator[Member | Unseen]:
    """The files of every layer that is not the base's, each layer once."""
    layers = list(dict.fromkeys(layer for image in real for layer in image.layers[depths.get(image.digest, 0) :]))
    for layer in layers:
        yield from _layer(kept, layer, replace(source.reading(bench), sealed=True))  # its digest was checked


def _layer(kept: Kept, layer: Layer, reading: Reading) -> Iterator[Member | Unseen]:
    """The files of one layer, which must still be what it was when it was hashed."""
    named = is_digest(layer.digest)
    try:
        source = Hashed(images.layer_source(kept, layer), layer.digest.partition(":")[0] if named else "sha256")
    except (KeyError, OSError):
        yield Unseen("missing-object", "a layer is not here")
        return
    try:
        yield from members(Content(source, Budget(reading.limits, layer.size)), reading, layer.digest)
        if named and source.finish() != layer.digest:
            yield Unseen("changed-while-reading", "a layer was changed while it was looked at")
    except (OSError, ValueError, EOFError):
        yield Unseen("unreadable", "a layer is damaged")


__all__ = ["Base", "base_of", "examine"]
