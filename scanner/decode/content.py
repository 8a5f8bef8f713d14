"""What a reader is given, and what it hands on."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from scanner import canon
from scanner.decode.limits import Budget, Stop
from scanner.decode.offsets import Offsets
from scanner.model.content import WHOLE, Inside, Span

if TYPE_CHECKING:
    from scanner.decode.formats import Format

HEAD = 1 << 16  # bytes by which a format is told
STEP = 1 << 18
_NAME_MOST = 1024


class Readable(Protocol):
    """Something that is read forwards: at most `size` bytes at a time, none at its end."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Part:
    """What a reader takes out of a content: a member, or the content itself read in another way."""

    data: bytes | Readable = field(repr=False)  # a Readable is read to its end, or let go, before the reader is asked for more
    inside: Inside = WHOLE  # where in the content; with a `member` it has a path and lines of its own
    step: str = ""  # what was done to get at it; the format's name if not given
    back: Offsets | None = None  # only with bytes: lines are counted in the content, which this maps to
    locate: Callable[[Span], Inside] | None = None  # only with bytes: where a span of them stands, such as its box
    form: Format | None = None  # only with bytes: what they are, where that cannot be told by them
    raw: bool = False  # other parts were made out of it: what is found here and in one of them is told of that one
    misread: tuple[Span, ...] | None = None  # read off a picture, and letters may be wrong; line ends in it that may be none
    quiet: Callable[[], None] | None = None  # told when nothing was found in it


class Content:
    """A content that can be read forwards once, or whole, or as a file in which one can go back and forth."""

    def __init__(self, source: bytes | BinaryIO | Readable, budget: Budget, *, head: bytes = b"", size: int | None = None) -> None:
        """`head` is what was read of a Readable already; with a `size` the source is a file that can be sought in."""
        self.budget = budget
        self.size = len(source) if isinstance(source, bytes) else size
        self.taken = 0  # bytes that were read forwards
        self.broken: Exception | None = None  # what its source said when it failed
        self._held = source if isinstance(source, bytes) else None
        self._file: BinaryIO | None = None
        if isinstance(source, bytes):
            self.head, self._source = source[:HEAD], cast(Readable, io.BytesIO(source))
        elif size is not None:
            self._file = cast(BinaryIO, source)
            self._file.seek(0)
            self.head, self._source = self._file.read(HEAD), source
            self._file.seek(0)
        else:
            self._source = ahead = Ahead(head, source)
            self.head = head[:HEAD] or ahead.peek(HEAD)

    @property
    def is_held(self) -> bool:
        """Whether it is in memory, where its own bytes are searched by whoever holds them."""
        return self._held is not None

    @property
    def weight(self) -> int:
        """How large it is known to be so far."""
        return self.taken if self.size is None else self.size

    def read(self, size: int, /) -> bytes:
        """The next `size` bytes; fewer only at its end."""
        self.budget.hurry()
        return self._next(size)

    def exactly(self, size: int) -> bytes:
        """The next `size` bytes; raises Stop where it ends before."""
        data = self.read(size)
        if len(data) < size:
            raise Stop("truncated", "it ends too early")
        return data

    def skip(self, size: int) -> None:
        """Let so many bytes go by; raises Stop where it ends before."""
        while size:
            size -= len(self.exactly(min(size, STEP)))

    def pieces(self) -> Iterator[bytes]:
        """What is left of it, however long that takes."""
        while piece := self._next(STEP):
            yield piece

    def again(self) -> Iterator[bytes]:
        """All of it once more; what is left, where it was read too far for that."""
        if self._file is not None:
            return self.kept()
        return chain([self.head[: self.taken]], self.pieces()) if self.taken <= len(self.head) else self.pieces()

    def kept(self) -> Iterator[bytes]:
        """All of it in pieces, which stay at hand for `file`: on disk, under no name."""
        if self._held is not None or self._file is not None:
            file = self.file()
            yield from iter(lambda: file.read(STEP), b"")
            return
        import tempfile

        copy: BinaryIO | None = cast(BinaryIO, tempfile.TemporaryFile())  # noqa: SIM115 it is closed with the content
        for piece in self.pieces():
            yield piece
            if copy and self.taken > self.budget.limits.spooled:
                copy.close()
                copy = None
            elif copy:
                copy.write(piece)
        self._file, self.size = copy, self.taken

    def whole(self) -> bytes:
        """All of it; raises Stop where it is larger than may be held."""
        if self._held is not None:
            return self._held
        most = self.budget.limits.held
        data = self.read(most + 1)
        if len(data) > most:
            raise Stop("archive-too-large", f"it is larger than {most >> 20} MiB and can only be read whole")
        return data

    def file(self) -> BinaryIO:
        """All of it as a file; raises Stop where it is larger than may be put on disk."""
        if self._held is not None:
            return io.BytesIO(self._held)
        if self._file is None and self.size is None:
            for _ in self.kept():
                pass
        if self._file is None:
            raise Stop("archive-too-large", f"it is larger than {self.budget.limits.spooled >> 20} MiB and cannot be read forwards")
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Let go of what was put on disk."""
        if self._file is not None and self._file is not self._source:
            self._file.close()

    def _next(self, size: int) -> bytes:
        parts, missing = [], size
        try:
            while missing and (data := self._source.read(missing)):
                parts.append(data)
                missing -= len(data)
        except Exception as problem:
            self.broken = problem
            raise
        self.taken += size - missing
        return parts[0] if len(parts) == 1 else b"".join(parts)


class Ahead:
    """A Readable of which the beginning was read already, and to which bytes can be given back."""

    def __init__(self, head: bytes, rest: Readable) -> None:
        self._head, self._at, self._rest = head, 0, rest

    def read(self, size: int, /) -> bytes:
        """First what is at hand, then the rest."""
        if self._at == len(self._head):
            return self._rest.read(size)
        data = self._head[self._at : self._at + size]
        self._at += len(data)
        return data

    def push(self, data: bytes) -> None:
        """These bytes come next."""
        self._head, self._at = data + self._head[self._at :], 0

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, which stay unread; fewer only at the end."""
        if len(self._head) - self._at < size:
            self.push(b"")
        while len(self._head) < size and (more := self._rest.read(size - len(self._head))):
            self._head += more
        return self._head[self._at : self._at + size]


class Pieces:
    """Pieces of any size as a Readable."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._left = iter(pieces), b""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes of the next piece."""
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._left = piece
        data, self._left = self._left[:size], self._left[size:]
        return data


def member(name: bytes | str) -> Inside:
    """The place of a member by its name, made printable and cut where it is absurdly long."""
    shown = canon.text(name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape"))
    return Inside(member=shown if len(shown) <= _NAME_MOST else shown[:_NAME_MOST] + "…")
