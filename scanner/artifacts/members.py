"""The files of a package, an archive or a layer, each hashed as it goes by."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from scanner.artifact.binding import Member
from scanner.decode import tars, zips
from scanner.decode.content import STEP, Content, Part, Readable, member
from scanner.decode.formats import recognise
from scanner.decode.limits import Budget, Limits, Stop
from scanner.errors import UnreadableError
from scanner.model.content import Unseen
from scanner.sources.files import plain_file

SQUEEZED = frozenset({"gunzip", "unzstd", "unxz", "bunzip2", "unlz4", "unlzma"})
_SPOOLED = 1 << 20


@dataclass(frozen=True, slots=True)
class Reading:
    """How contents are hashed: by which of Git's algorithms, and which sizes over 1 MiB are worth a second look."""

    limits: Limits
    algorithm: str = "sha1"  # of blob ids
    large: frozenset[int] = frozenset()
    wanted: Callable[[str], int] = lambda name: 0  # how many bytes of a member are kept
    kept: Callable[[str, bytes], None] = lambda name, data: None
    sealed: bool = False  # somebody else knows whether it is whole: some programs leave out the mark of an archive's end


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[Content]:
    """A file to read; raises UnreadableError."""
    try:
        file = plain_file(str(path).encode("utf-8", "surrogateescape"))
    except OSError as problem:
        raise UnreadableError(f"{path} cannot be read: {problem.strerror}", hint="name a file that you may read") from None
    with file:
        size = file.seek(0, 2)
        yield Content(file, Budget(limits, size), size=size)


def is_archive(head: bytes) -> bool:
    """Whether it begins as something that has members."""
    form = recognise(head)
    return form is not None and (head.startswith(b"PK") or form.name in SQUEEZED or form.name in ("untar", "image"))


def members(content: Content, reading: Reading, name: str) -> Iterator[Member | Unseen]:
    """Every file in it; what is no archive is the one file that it is."""
    try:
        yield from _members(content, reading, name, 0)
    except Stop as stop:
        yield Unseen(stop.reason, stop.detail)


def _members(content: Content, reading: Reading, name: str, depth: int) -> Iterator[Member | Unseen]:
    form = recognise(content.head)
    if content.head.startswith(b"PK"):
        for part in zips.read(content):
            yield from (part,) if isinstance(part, Unseen) else _zipped(part, content, reading)
    elif form is not None and form.name in SQUEEZED and depth < 2:
        for part in form.read(content):
            if isinstance(part, Unseen):
                yield part
            elif not part.step:
                yield from _members(Content(part.data, content.budget), reading, name.removesuffix(".gz"), depth + 1)
    elif form is not None and form.name in ("untar", "image"):
        for one in tars.walk(content, sealed=reading.sealed):
            if isinstance(one, tars.Entry):
                content.budget.member()
                if (made := _entry(one, content.budget, reading)) is not None:
                    yield made
                if one.cut:
                    yield Unseen("truncated", "it ends in the middle of a member")
            elif isinstance(one, Unseen):
                yield one
    else:
        yield digested(name, content, content.budget, reading)


def _zipped(part: Part, content: Content, reading: Reading) -> Iterator[Member | Unseen]:
    content.budget.member()
    name = part.inside.member or ""
    if name.endswith("/"):
        return
    try:
        yield digested(name, part.data, content.budget, reading)
    except Stop as stop:
        if content.budget.over:
            raise
        yield Unseen(stop.reason, stop.detail, part.inside)
    except Exception:  # a damaged member; zlib, lzma and bz2 raise their own
        yield Unseen("unreadable", "a member is damaged", part.inside)


def _entry(one: tars.Entry, budget: Budget, reading: Reading) -> Member | None:
    name = (member(one.name).member or "").removeprefix("./")  # a name may be absurdly long
    if one.kind == b"2":
        return digested(name, one.link, budget, reading, "link")
    if one.kind == b"1" and not one.data:
        return Member(name, 0, "", "", kind="hardlink", head=one.link[:256])
    if one.kind in (b"3", b"4", b"6"):
        return Member(name, 0, "", "", kind="special")
    return digested(name, one.data, budget, reading) if one.is_content else None


def digested(name: str, source: bytes | Readable, budget: Budget, reading: Reading, kind: str = "file") -> Member:
    """A content's size and digests; of a large one the blob id only where some blob has its size."""
    wanted = reading.wanted(name)
    if isinstance(source, bytes):
        budget.spend(len(source))
        if wanted:
            reading.kept(name, source[:wanted])
        text = source.replace(b"\r\n", b"\n") if b"\r\n" in source else b""
        return Member(
            name, len(source), hashlib.sha256(source).hexdigest(), _blob([source], len(source), reading.algorithm),
            _blob([text], len(text), reading.algorithm) if text else "", source[:256], kind,
        )  # fmt: skip
    return _streamed(name, source, budget, reading, wanted)


def _streamed(name: str, source: Readable, budget: Budget, reading: Reading, wanted: int) -> Member:
    made, size, head = hashlib.sha256(), 0, bytearray()
    most = max(reading.large, default=0)
    with cast(IO[bytes], tempfile.SpooledTemporaryFile(_SPOOLED)) as copy:
        while piece := source.read(STEP):
            budget.spend(len(piece))
            made.update(piece)
            if len(head) < max(wanted, 256):
                head += piece[: max(wanted, 256) - len(head)]
            if size <= max(most, _SPOOLED):
                copy.write(piece)
            size += len(piece)
        if wanted:
            reading.kept(name, bytes(head[:wanted]))
        if size <= _SPOOLED:
            copy.seek(0)
            data = copy.read()
            budget.spent -= len(data)
            return digested(name, data, budget, Reading(reading.limits, reading.algorithm))
        blob = ""
        if size in reading.large:
            copy.seek(0)
            blob = _blob(iter(lambda: copy.read(STEP), b""), size, reading.algorithm)
    return Member(name, size, made.hexdigest(), blob, head=bytes(head[:256]))


def _blob(pieces: Iterator[bytes] | list[bytes], size: int, algorithm: str) -> str:
    made = hashlib.new(algorithm, b"blob %d\0" % size, usedforsecurity=False)
    for piece in pieces:
        made.update(piece)
    return made.hexdigest()


class Unpacker:
    """Layers as the bytes of their archives, within what may be spent."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def __call__(self, source: Readable, size: int) -> Iterator[bytes]:
        """The bytes; raises ValueError for what cannot be unpacked, or is much larger then."""
        budget = Budget(self._limits, size)
        content = Content(source, budget)
        form = recognise(content.head)
        try:
            if form is None or form.name not in SQUEEZED:
                yield from content.pieces()
                return
            for part in form.read(content):
                if isinstance(part, Unseen):
                    raise ValueError
                if part.step:
                    continue
                inner = Content(part.data, budget)
                while piece := inner.read(STEP):
                    budget.spend(len(piece))
                    yield piece
        except ValueError:
            raise
        except Exception:
            raise ValueError("it cannot be unpacked") from None


def digest_file(path: Path, algorithms: tuple[str, ...]) -> tuple[int, dict[str, str]]:
    """Size and digests of a file, each `algorithm:…`; raises UnreadableError."""
    made = {name: hashlib.new(name) for name in algorithms}
    size = 0
    try:
        with plain_file(str(path).encode("utf-8", "surrogateescape")) as file:
            while piece := file.read(STEP):
                size += len(piece)
                for one in made.values():
                    one.update(piece)
    except OSError as problem:
        raise UnreadableError(f"{path} cannot be read: {problem.strerror}", hint="name a file that you may read") from None
    return size, {name: f"{name}:{one.hexdigest()}" for name, one in made.items()}


__all__ = ["Reading", "Unpacker", "digest_file", "digested", "is_archive", "members", "opened"]
