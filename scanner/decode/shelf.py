"""The members of an archive that are read a second time, together: kept as they go by."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

from scanner.decode.content import STEP, Pieces, Readable

_IN_MEMORY = 8 << 20


class Shelf:
    """Keeps members in the order in which they are read; large ones on disk, under no name."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 it is closed with the shelf
        self._places: dict[str, tuple[int, int]] = {}

    def keep(self, name: str, data: bytes | Readable) -> Readable:
        """The same member, which is on the shelf once it was read."""
        return Pieces(self._kept(name, data))

    def _kept(self, name: str, data: bytes | Readable) -> Iterator[bytes]:
        start = self._file.seek(0, 2)
        source = Pieces([data]) if isinstance(data, bytes) else data
        self._places[name] = (start, 0)
        while piece := source.read(STEP):
            self._file.seek(0, 2)
            self._file.write(piece)
            self._places[name] = (start, self._places[name][1] + len(piece))
            yield piece

    def names(self) -> list[str]:
        """What is on it, in order."""
        return list(self._places)

    def pieces(self, name: str) -> Iterator[bytes]:
        """A member once more; nothing for one that is not there."""
        at, left = self._places.get(name, (0, 0))
        while left:
            self._file.seek(at)
            piece = self._file.read(min(STEP, left))
            at, left = at + len(piece), left - len(piece)
            yield piece

    def close(self) -> None:
        """Let go of everything."""
        self._file.close()
