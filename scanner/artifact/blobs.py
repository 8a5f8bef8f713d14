"""Blobs by their digests: where they are kept, how they are read and hashed, and JSON in which nothing is said twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

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


def blob_name(digest: str) -> str:
    """Where an OCI layout keeps a blob."""
    algorithm, _, value = digest.partition(":")
    return f"blobs/{algorithm}/{value}"


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
