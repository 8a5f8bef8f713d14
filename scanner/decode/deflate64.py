"""Deflate64, which ZIP calls method 9 and 7z 04 01 09: deflate with a longer window and longer repetitions."""

from __future__ import annotations

from typing import Any

from scanner.decode.content import Readable
from scanner.decode.formats import missing
from scanner.decode.limits import Stop

LIBRARY = "inflate64"
_STEP = 64  # bytes at a time: each may become 50,000, and the library hands out all that it makes


def is_there() -> bool:
    """Whether the library is installed."""
    return not missing(LIBRARY)


class Inflated64:
    """What is compressed in a stream, to its end."""

    def __init__(self, source: Readable) -> None:
        from importlib import import_module

        self._source, self._made, self._at = source, b"", 0
        self._one: Any = import_module(LIBRARY).Inflater()

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes."""
        while self._at == len(self._made):
            if self._one.eof:
                return b""
            fresh = self._source.read(_STEP)
            if not fresh:
                raise Stop("truncated", "it ends in the middle of a member")
            try:
                self._made, self._at = self._one.inflate(fresh), 0
            except ValueError:
                raise Stop("unreadable", "what it is packed in is damaged") from None
        data = self._made[self._at : self._at + size]
        self._at += len(data)
        return data
