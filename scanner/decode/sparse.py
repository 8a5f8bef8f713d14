"""Files with holes, as tar archives store them."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.decode.content import Readable

_HOLE_MOST = 1 << 16  # zeros that stand for a hole in a file that is too large to be held
_MAP_MOST = 1 << 20
_BLOCK = 512


class Holes:
    """The stored stretches of a file with zeros between them."""

    def __init__(self, stored: Readable, stretches: Sequence[tuple[int, int]], *, expand: bool) -> None:
        """With `expand` the holes are as large as they were; else they are cut short."""
        self._stored, self._stretches = stored, list(reversed(stretches))
        self._expand, self._at, self._zeros, self._left = expand, 0, 0, 0

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes."""
        while not self._zeros and not self._left:
            if not self._stretches:
                return self._stored.read(size)  # what its map does not speak of
            offset, length = self._stretches.pop()
            hole = max(0, offset - self._at)
            self._zeros = hole if self._expand else min(hole, _HOLE_MOST)
            self._left, self._at = length, offset + length
        if self._zeros:
            zeros = min(self._zeros, size)
            self._zeros -= zeros
            return bytes(zeros)
        data = self._stored.read(min(size, self._left))
        self._left = self._left - len(data) if data else 0
        return data


def map_of(body: Readable) -> list[tuple[int, int]]:
    """The map that stands before the content itself (GNU's format 1.0): decimal numbers on lines, filled up to whole blocks."""
    text, wanted = b"", None
    numbers: list[int] = []
    while wanted is None or len(numbers) < wanted:
        block = body.read(_BLOCK)
        while block and len(block) < _BLOCK and (more := body.read(_BLOCK - len(block))):
            block += more
        if len(block) < _BLOCK or len(numbers) * 2 > _MAP_MOST:
            return []
        *lines, text = (text + block).split(b"\n")
        for line in lines:
            if not line.isdigit() or len(line) > 18:
                return []
            if wanted is None:
                wanted = 2 * int(line)
            elif len(numbers) < wanted:
                numbers.append(int(line))
            if len(numbers) == wanted:
                break
    return [(numbers[at], numbers[at + 1]) for at in range(0, len(numbers) - 1, 2) if numbers[at + 1]]
