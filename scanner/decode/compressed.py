"""Compressed streams: one content inside another, in as many pieces as somebody has joined."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from scanner.decode.content import STEP, Ahead, Content, Part
from scanner.decode.limits import Stop


class Decompressor(Protocol):
    """What the libraries have in common (bz2.BZ2Decompressor and its kin)."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /, max_length: int = -1) -> bytes: ...


def gunzip(content: Content) -> Iterator[Part]:
    """RFC 1952; members follow each other, and zeros may follow the last."""
    from isal import igzip_lib

    def start() -> Decompressor:
        made: Decompressor = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
        return made

    yield from _read(content, start, b"\x1f\x8b")


def _read(content: Content, start: Callable[[], Decompressor], magic: bytes) -> Iterator[Part]:
    stream = _Inflated(content, start, magic)
    yield Part(stream)
    if stream.ended and stream.rest.peek(1):
        yield Part(stream.rest, step="rest")


class _Inflated:
    """The decompressed content; where it has ended, what follows and is no further stream is the `rest`."""

    def __init__(self, content: Content, start: Callable[[], Decompressor], magic: bytes) -> None:
        self.rest, self._start, self._magic = Ahead(b"", content), start, magic
        self._one = start()
        self.ended = False

    def read(self, size: int, /) -> bytes:
        data = b""
        while not data and not self.ended:
            one = self._one
            if one.eof:
                self._next(one.unused_data)
                continue
            fresh = self.rest.read(STEP) if one.needs_input else b""
            if one.needs_input and not fresh:
                raise Stop("truncated", "it ends in the middle of what is compressed")
            data = one.decompress(fresh, size)
        return data

    def _next(self, unused: bytes) -> None:
        """Begin with the stream that follows the one that ended, or end."""
        self.rest.push(unused)
        while (ahead := self.rest.peek(STEP)) and (padding := len(ahead) - len(ahead.lstrip(b"\0"))):
            self.rest.read(padding)
        if self.rest.peek(len(self._magic)) == self._magic:
            self._one = self._start()
        else:
            self.ended = True
