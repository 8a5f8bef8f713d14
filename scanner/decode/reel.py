"""What the readers of archives that are read forwards have in common: bodies that end, texts beside them, and a way on after damage."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scanner.decode.content import STEP, Ahead, Content, Part
from scanner.decode.limits import Stop
from scanner.model.content import Inside

CUT = "it ends in the middle of a member"
LOST = "a header is damaged; what follows was looked for by its own headers"
SMALL = 1 << 20  # members up to this size are handed on as bytes
_WINDOW = 1 << 15  # bytes in which the next header is looked for at once
_SLACK_MOST = 1 << 20
_BETWEEN = b"\n\0\n"


class Reel:
    """An archive on its way past."""

    def __init__(self, content: Content) -> None:
        self.content, self.source = content, Ahead(b"", content)
        self._slack = bytearray()  # what headers and padding say besides names and zeros

    def take(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end."""
        parts, missing = [], size
        while missing and (data := self.source.read(missing)):
            parts.append(data)
            missing -= len(data)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def pad(self, size: int) -> None:
        """Padding, in which there may be more than zeros."""
        padding = self.take(size)
        if padding.strip(b"\0\n"):
            self.note(padding)

    def zeros(self) -> None:
        """Let zeros go by."""
        while (ahead := self.source.peek(_WINDOW)) and (zeros := len(ahead) - len(ahead.lstrip(b"\0"))):
            self.source.read(zeros)

    def note(self, *texts: bytes) -> None:
        """Texts that belong to no member; they are handed on together, unless the archive's own bytes are searched anyway."""
        if not self.content.is_held:
            for text in filter(None, texts):
                self._slack += text + _BETWEEN

    def noted(self, least: int = _SLACK_MOST) -> Iterator[Part]:
        """What was noted, once there is enough of it."""
        if len(self._slack) > least:
            data = bytes(self._slack)
            self._slack.clear()
            yield Part(data, Inside(field="headers"))

    def until(self, find: Callable[[bytes, int], int], overlap: int, back: bytes = b"") -> Part:
        """What stands before the next header; `back` was read already and is no header."""
        self.source.push(back)
        return Part(_Until(self.source, find, overlap, 1 if back else 0), step="rest")


class Body:
    """The content of a member, which ends where its header says."""

    def __init__(self, source: Ahead, size: int) -> None:
        self._source, self.left = source, size
        self.cut = False  # the archive ended before it did

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; raises Stop where the archive ends before."""
        if not self.left:
            return b""
        data = self._source.read(min(size, self.left))
        if not data:
            self.left, self.cut = 0, True
            raise Stop("truncated", CUT)
        self.left -= len(data)
        return data

    def upto(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end of the archive."""
        parts, missing = [], min(size, self.left)
        while missing and (data := self._source.read(missing)):
            parts.append(data)
            missing -= len(data)
        self.cut = missing > 0
        self.left = 0 if missing else self.left - sum(map(len, parts))
        return b"".join(parts)

    def finish(self) -> None:
        """Let go by what nobody asked for."""
        while self.left:
            data = self._source.read(min(self.left, STEP))
            self.left, self.cut = (self.left - len(data), False) if data else (0, True)


class _Until:
    """What stands before the next header."""

    def __init__(self, source: Ahead, find: Callable[[bytes, int], int], overlap: int, start: int) -> None:
        self._source, self._find, self._overlap = source, find, overlap
        self._start, self._clear = start, 0

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes of it."""
        if not self._clear:
            window = self._source.peek(_WINDOW)
            found = self._find(window, self._start)
            self._start = 0
            if found >= 0:
                self._clear = found
            else:  # a header may stand across the border
                self._clear = len(window) - (self._overlap if len(window) == _WINDOW else 0)
        if not self._clear:
            return b""
        data = self._source.read(min(size, self._clear))
        self._clear -= len(data)
        return data
