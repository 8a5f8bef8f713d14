"""Where the blobs of container images are kept: a tar archive here; a folder or a registry may be another."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from itertools import chain
from typing import Any, BinaryIO, Protocol

from scanner.decode.content import Pieces, Readable
from scanner.decode.limits import Budget
from scanner.decode.stretch import Stretch
from scanner.decode.tarheads import BLOCK, header, records

_NAMES_MOST = 200_000
_PAX_MOST = 1 << 20


class Shelf(Protocol):
    """Contents by name, as `index.json` and `blobs/sha256/…`."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """Every name, and how large its content is."""
        ...

    @property
    def stored(self) -> frozenset[str]:
        """The names that are not another name for something."""
        ...

    def real(self, name: str) -> str:
        """The stored name that a name is another one for."""
        ...

    def open(self, name: str) -> Readable:
        """The content of this name, which there is."""
        ...


class Hashed:
    """A Readable that knows the digest of what was read of it."""

    def __init__(self, source: Readable, algorithm: str = "sha256") -> None:
        self._source, self._hash = source, hashlib.new(algorithm)

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes."""
        data = self._source.read(size)
        self._hash.update(data)
        return data

    def finish(self) -> str:
        """Reads what is left, and says the digest of all: `sha256:…`."""
        while self.read(1 << 18):
            pass
        return f"{self._hash.name}:{self._hash.hexdigest()}"


class TarShelf:
    """The members of a tar archive that can be sought in; a link stands for the member of the archive that it names."""

    def __init__(self, file: BinaryIO, places: dict[str, tuple[int, int]], links: dict[str, str]) -> None:
        self._file, self._places = file, places
        self._links = {name: target for name, target in links.items() if name not in places and target in places}
        self.sizes = {name: size for name, (_, size) in places.items()} | {name: places[target][1] for name, target in self._links.items()}
        self.stored = frozenset(places)

    def real(self, name: str) -> str:
        """The member that a name stands for."""
        return self._links.get(name, name)

    def open(self, name: str) -> Readable:
        """The content of a member."""
        return Stretch(self._file, *self._places[self.real(name)])

    def between(self) -> Readable:
        """Everything that is in no member: headers, padding, and what follows the end."""
        end = self._file.seek(0, 2)
        ends = [0, *sorted(at + size for at, size in self._places.values())]
        starts = [*sorted(at for at, _ in self._places.values()), end]
        gaps = [Stretch(self._file, at, to - at) for at, to in zip(ends, starts, strict=True) if at < to]
        pieces = (piece for gap in gaps for piece in iter(partial(gap.read, 1 << 18), b""))
        return Pieces(chain([b"\n"], pieces))  # it is to begin as no format does


def tar_shelf(file: BinaryIO, budget: Budget) -> TarShelf | None:
    """A tar archive as a shelf; None for one that is damaged, or has more than files, folders and links."""
    places: dict[str, tuple[int, int]] = {}
    links: dict[str, str] = {}
    more: dict[bytes, bytes] = {}
    at, end = 0, file.seek(0, 2)
    while at < end:
        budget.hurry()
        file.seek(at)
        block = file.read(BLOCK)
        at += BLOCK
        if not block.strip(b"\0"):
            continue
        head = header(block)
        if head is None or head.kind not in b"0125xg" or len(places) + len(links) > _NAMES_MOST:
            return None
        size = head.size
        if head.kind in b"xg":
            if size > _PAX_MOST:
                return None
            more = dict(records(file.read(size))) if head.kind == b"x" else {}
        else:
            name = _name(more.get(b"path", head.name))
            size = int(said) if (said := more.get(b"size", b"")).isdigit() and len(said) < 19 else size
            size = size if head.kind == b"0" else 0
            if head.kind == b"0" and name in places:
                return None  # two members of one name, of which a shelf would hide one
            if head.kind == b"0":
                places[name] = (at, size)
            elif head.kind in b"12":
                target = more.get(b"linkpath", head.link)
                links[name] = _name(target) if head.kind == b"1" else _resolved(name, target)
            more = {}
        at += size + -size % BLOCK
    return TarShelf(file, places, links)


def _name(raw: bytes) -> str:
    return "/".join(part for part in raw.decode("utf-8", "surrogateescape").split("/") if part not in ("", "."))


def _resolved(name: str, target: bytes) -> str:
    """What a symbolic link in the archive names there."""
    parts = name.split("/")[:-1]
    for part in _name(target).split("/"):
        if part == "..":
            parts = parts[:-1]
        else:
            parts.append(part)
    return "/".join(parts)


def as_json(data: bytes) -> Any:
    """A JSON document, or None for what is none, or absurdly deep."""
    import json

    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
