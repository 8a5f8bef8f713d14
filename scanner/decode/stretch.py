"""A part of a file that can be sought in."""

from __future__ import annotations

from typing import BinaryIO

from scanner.decode.limits import Stop
from scanner.decode.reel import CUT


class Stretch:
    """A part of a file; several may be read in turns."""

    def __init__(self, file: BinaryIO, at: int, size: int) -> None:
        self._file, self._at, self._left = file, at, size

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes."""
        if not self._left:
            return b""
        self._file.seek(self._at)
        data = self._file.read(min(size, self._left))
        if not data:
            self._left = 0
            raise Stop("truncated", CUT)
        self._at += len(data)
        self._left -= len(data)
        return data
