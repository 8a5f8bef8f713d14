"""What compress(1) made (.Z): LZW with codes of 9 to 16 bits."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.decode.content import Content, Part
from scanner.decode.limits import Stop

_CLEAR = 256


def read(content: Content) -> Iterator[Part]:
    """The one stream; nothing says where it ends."""
    yield Part(_Lzw(content))


class _Lzw:
    """Codes come in groups of eight; where their width changes, what is left of a group means nothing."""

    def __init__(self, content: Content) -> None:
        flags = content.exactly(3)[2]
        self._content, self._most, self._clears = content, flags & 0x1F, bool(flags & 0x80)
        if not 9 <= self._most <= 16:
            raise Stop("unreadable", "it is damaged, or not what its beginning says")
        self._before = [0] * (1 << self._most)  # each code is another one and a byte: whole strings would be quadratic
        self._last = bytearray(range(256)) + bytearray((1 << self._most) - 256)
        self._made, self._previous, self._first = bytearray(), -1, 0
        self._width, self._free = 9, 257 if self._clears else 256

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes."""
        while not self._made and self._group():
            pass
        data = bytes(self._made[:size])
        del self._made[:size]
        return data

    def _group(self) -> bool:
        """Undo the next group; False at the end."""
        data = self._content.read(self._width)
        bits, width = int.from_bytes(data, "little"), self._width
        for number in range(len(data) * 8 // width):
            code = bits >> number * width & (1 << width) - 1
            if code == _CLEAR and self._clears:
                self._width, self._free, self._previous = 9, 257, -1
                return True
            self._code(code)
            if self._free >= 1 << width and width < self._most:
                self._width += 1
                return True
        return len(data) == width

    def _code(self, code: int) -> None:
        previous, free = self._previous, self._free
        if code > free or (code == free and previous < 0) or (previous < 0 and code > 255):
            raise Stop("unreadable", "it is damaged, or not what its beginning says")
        text = bytearray()
        at = code
        if code == free:  # of which only the beginning is known: the previous one, and its first byte again
            text.append(self._first)
            at = previous
        while at > 255:
            text.append(self._last[at])
            at = self._before[at]
        text.append(at)
        text.reverse()
        self._first = at
        self._made += text
        if previous >= 0 and free < 1 << self._most:
            self._before[free], self._last[free] = previous, at
            self._free += 1
        self._previous = code
