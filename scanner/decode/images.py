"""Container images: every layer with what later layers delete, the configuration as fields, and each blob held to its digest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain
from typing import BinaryIO, cast

from scanner.decode import tars
from scanner.decode.content import STEP, Content, Part, Pieces, Readable, member
from scanner.decode.covers import Covers, is_whiteout, plain
from scanner.decode.formats import Format, recognise
from scanner.decode.imageconfig import CONFIG
from scanner.decode.limits import Stop
from scanner.decode.manifests import JSON_MOST, Found, Image, Ref, is_shelf, named
from scanner.decode.peel import flaw
from scanner.decode.reel import CUT
from scanner.decode.shelves import Hashed, Shelf, tar_shelf
from scanner.decode.tarheads import BLOCK, header
from scanner.model.content import Inside, Unseen

_FIRST = re.compile(
    rb"(?:\./)*(?:manifest\.json|repositories|oci-layout|index\.json|(?:blobs/.*)|(?:sha256:)?[0-9a-f]{64}(?:/.*|\.json|\.tar|\.tar\.gz)?)"
)
_SQUEEZED = ("gunzip", "unzstd", "unxz", "bunzip2")


def is_image(head: bytes) -> bool:
    """Whether a tar archive begins as those of container images do."""
    at = 0
    while (found := header(head[at : at + BLOCK])) is not None:
        if found.kind not in b"xg" and found.name not in (b"./", b".", b"blobs", b"blobs/"):
            return _FIRST.fullmatch(found.name) is not None
        at += BLOCK + found.size + -found.size % BLOCK
    return False


def read(content: Content) -> Iterator[Part | Unseen]:
    """A tar archive of images; one that only begins like it, or is a stream too large to be put on disk, is read as any other."""
    with ExitStack() as stack:
        file, rest = (content.file(), None) if content.size is not None else _copied(content, stack)
        shelf = None if rest else tar_shelf(file, content.budget)
        if shelf is not None and is_shelf(shelf):
            yield from read_shelf(shelf, content)
            if not content.is_held:  # else its own bytes are searched
                yield Part(shelf.between(), Inside(field="headers"))
        else:
            file.seek(0)
            archive = Pieces(chain(iter(lambda: file.read(STEP), b""), rest or ()))
            for part in tars.read(Content(archive, content.budget)):
                yield replace(part, step=part.step or "untar") if isinstance(part, Part) else part
        file.seek(0, 2)


def _copied(content: Content, stack: ExitStack) -> tuple[BinaryIO, Iterator[bytes] | None]:
    """A stream on disk, under no name, as far as may be; and what is left of it."""
    import tempfile

    copy = cast(BinaryIO, stack.enter_context(tempfile.TemporaryFile()))  # noqa: SIM115 the stack closes it
    while content.taken <= content.budget.limits.spooled:
        if not (piece := content.read(STEP)):
            return copy, None
        copy.write(piece)
    return copy, content.pieces()


@dataclass(frozen=True, slots=True)
class Shelved(Format):
    """The images of a shelf as a format of what holds it, for what is not one file."""

    shelf: Shelf | None = None

    def read(self, content: Content) -> Iterator[Part | Unseen]:
        """What the shelf holds."""
        return read_shelf(self.shelf, content) if self.shelf else iter(())


def read_shelf(shelf: Shelf, content: Content) -> Iterator[Part | Unseen]:
    """Everything on a shelf: what leads to images, configurations, layers, and what nobody names."""
    found = named(shelf)
    if found.more:
        yield Unseen("archive-too-large", "it names more images or layers than are read by their manifests")
    if found.strange:
        yield Unseen("unreadable", "a manifest is damaged, or names something in a way that is not known")
    told: set[str] = set()
    for ref in (*found.manifests.values(), *found.others.values()):
        yield from _blob(shelf, ref, told)
    for image in found.images:
        if image.config:
            yield from _blob(shelf, image.config, told, CONFIG)
    yield from _Layers(shelf, found.images, content, told).read()
    for name in sorted(shelf.stored - told):
        try:
            yield from _unnamed(shelf, name, found)
        except (OSError, Stop) as problem:
            yield _lost(problem, member(name))


def _blob(shelf: Shelf, ref: Ref, told: set[str], form: Format | None = None) -> Iterator[Part | Unseen]:
    """A blob as it is, checked."""
    if ref.name in told:
        return
    told.add(ref.name)
    where = member(ref.label)
    if ref.name not in shelf.sizes:
        yield Unseen("missing-object", "a manifest names it, and it is not here", where)
        return
    try:
        stream = Hashed(shelf.open(ref.name), _algorithm(ref))
        yield Part(_all(stream), where, form=form) if shelf.sizes[ref.name] <= JSON_MOST else Part(stream, where)
        yield from _checked(stream, ref.digest, where)
    except (OSError, Stop) as problem:
        yield _lost(problem, where)


def _unnamed(shelf: Shelf, name: str, found: Found) -> Iterator[Part | Unseen]:
    """What no manifest leads to; what stands in it is part of no image, where there are any."""
    match = re.fullmatch(r"blobs/(sha256|sha512)/([0-9a-f]{64,128})", name)
    label = f"{match[1]}:{match[2]}" if match else name
    ours = match is not None and bool(found.images)
    where = replace(member(label), reachable=False if ours else None)
    stream = Hashed(shelf.open(name), match[1] if match else "sha256")
    if name.endswith("/json") and shelf.sizes[name] <= JSON_MOST and "manifest.json" not in shelf.sizes:  # of a layer
        yield Part(_all(stream), where, form=CONFIG)
    else:
        yield Part(stream, where)
    if match:
        yield from _checked(stream, label, member(label))


def _lost(problem: OSError | Stop, where: Inside) -> Unseen:
    """Why the shelf cannot give a blob."""
    return replace(flaw(problem), inside=where) if isinstance(problem, Stop) else Unseen("unreadable", "it cannot be read", where)


def _checked(stream: Hashed, digest: str | None, where: Inside) -> Iterator[Unseen]:
    if digest and stream.finish() != digest:
        yield Unseen("corrupt-object", "it is not what its digest says", where)


class _Layers:
    """The layers of all images, each read once, the highest first, so that it is known what is hidden."""

    def __init__(self, shelf: Shelf, images: list[Image], content: Content, told: set[str]) -> None:
        self._shelf, self._content, self._told, self._covers = shelf, content, told, Covers()
        self._refs: dict[str, Ref] = {}
        stacks = []
        for image in images:
            stack = list(dict.fromkeys(layer.name for layer in reversed(image.layers)))  # a layer may lie in an image twice
            self._refs |= {layer.name: layer for layer in image.layers if layer.name not in self._refs}
            stacks.append(stack)
        self._numbers = {name: number for number, name in enumerate(self._refs)}
        self._above: dict[str, set[int]] = {name: set() for name in self._refs}  # for each image, the layers above
        for stack in stacks:
            over = 0
            for name in stack:
                self._above[name].add(over)
                over |= 1 << self._numbers[name]

    def read(self) -> Iterator[Part | Unseen]:
        """All of them."""
        done, waiting = 0, dict(self._refs)
        while waiting:
            ready = [name for name in waiting if all(not above & ~done for above in self._above[name])]
            circular = not ready  # images that lie on each other in two orders
            for name in ready or list(waiting)[:1]:
                ref = waiting.pop(name)
                if circular:
                    self._covers.unknown |= ~done & ((1 << len(self._refs)) - 1)
                yield from self._one(ref)
                done |= 1 << self._numbers[name]

    def _one(self, ref: Ref) -> Iterator[Part | Unseen]:
        """One layer; whatever is wrong with it, the others are read."""
        self._told.add(ref.name)
        where, number, stream = member(ref.label), self._numbers[ref.name], None
        if ref.name not in self._shelf.sizes:
            self._covers.unknown |= 1 << number
            yield Unseen("missing-object", "a manifest names it, and it is not here", where)
            return
        try:
            stream = Hashed(self._shelf.open(ref.name), _algorithm(ref))
            yield from self._packed(stream, ref, where)
            yield from _checked(stream, ref.digest, where)
        except Exception as problem:
            if self._content.budget.over:
                raise
            self._covers.unknown |= 1 << number
            said = flaw(problem)
            if ref.kind.endswith("+encrypted"):
                said = Unseen("encrypted-archive", "a layer is encrypted")
            elif stream and not isinstance(problem, Stop):  # why it is damaged, if that can be told
                said = next(_checked(stream, ref.digest, where), said)
            yield replace(said, inside=where)

    def _packed(self, stream: Hashed, ref: Ref, where: Inside) -> Iterator[Part | Unseen]:
        packed = Content(stream, self._content.budget)
        form = recognise(packed.head)
        if form is None or form.name not in _SQUEEZED:
            yield from self._unpacked(packed, ref, where)
            if not ref.digest:
                yield from _checked(stream, ref.unpacked, where)
            return
        parts = form.read(packed)
        for one in parts:
            if isinstance(one, Unseen) or one.step:
                yield replace(one, inside=one.inside.within(where))
            elif isinstance(one.data, bytes):
                yield from self._unpacked(Content(one.data, self._content.budget), ref, where)
            else:
                inner = Hashed(one.data, (ref.unpacked or "sha256").partition(":")[0])
                yield from self._unpacked(Content(inner, self._content.budget), ref, where)
                yield from _checked(inner, ref.unpacked, where)

    def _unpacked(self, layer: Content, ref: Ref, where: Inside) -> Iterator[Part | Unseen]:
        form = recognise(layer.head)
        if layer.head.strip(b"\0") and (form is None or form.name not in ("untar", "image")):
            self._covers.unknown |= 1 << self._numbers[ref.name]
            if ref.kind.endswith("+encrypted"):
                yield Unseen("encrypted-archive", "a layer is encrypted", where)
            yield Part(layer, where)
            return
        number = self._numbers[ref.name]
        for one in tars.walk(layer, sealed=bool(ref.digest or ref.unpacked)):
            if isinstance(one, tars.Entry):
                self._covers.add(number, one.name, folder=one.kind == b"5")
                if one.is_content and not (is_whiteout(one.name) and not one.data):
                    inside = replace(member(plain(one.name)).within(where), reachable=self._reachable(ref, one.name))
                    yield Part(one.data, inside)
                    if one.cut:
                        yield Unseen("truncated", CUT, inside)
            else:
                yield replace(one, inside=one.inside.within(where))

    def _reachable(self, ref: Ref, name: bytes) -> bool | None:
        """Whether some image shows this file; None where that is not known."""
        hiding = self._covers.hiding(name)
        shown = [above for above in self._above[ref.name] if not above & hiding]
        if not shown:
            return False
        return True if any(not above & self._covers.unknown for above in shown) else None


def _algorithm(ref: Ref) -> str:
    return (ref.digest or ref.unpacked or "sha256").partition(":")[0]


def _all(source: Readable) -> bytes:
    parts = []
    while data := source.read(1 << 20):
        parts.append(data)
    return b"".join(parts)
