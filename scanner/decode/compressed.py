"""Compressed streams: one content inside another, in as many pieces as somebody has joined."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from scanner.decode.content import STEP, Ahead, Content, Part
from scanner.decode.limits import Stop
from scanner.model.content import Inside, Unseen

if TYPE_CHECKING:
    import lzma

ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
WINDOW_MOST = 128 << 20  # bytes of history that a stream may ask for: what `zstd --long` and twice what `xz -9` need
_TOO_WIDE = f"it asks for more than {WINDOW_MOST >> 20} MiB of memory to be decompressed"
_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18")  # RFC 8878 3.1.2, and lz4 has the same
_ASIDE_MOST = 16 << 20  # bytes of skippable frames that are kept until the stream has ended


class Decompressor(Protocol):
    """What the libraries have in common (bz2.BZ2Decompressor and its kin)."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes | None: ...
    def decompress(self, data: bytes, /, max_length: int = -1) -> bytes: ...


def gunzip(content: Content) -> Iterator[Part | Unseen]:
    """RFC 1952; members follow each other, and zeros may follow the last."""
    from isal import igzip_lib

    def start() -> Decompressor:
        made: Decompressor = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
        return made

    yield from _read(content, start, b"\x1f\x8b")


def unxz(content: Content) -> Iterator[Part | Unseen]:
    """The .xz format, with streams and padding behind each other."""
    import lzma

    yield from _read(content, lambda: _Narrow(lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=WINDOW_MOST)), b"\xfd7zXZ\0")


def unlzma(content: Content) -> Iterator[Part | Unseen]:
    """The format before .xz, which has no checksum."""
    import lzma

    yield from _read(content, lambda: _Narrow(lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=WINDOW_MOST)), None)


def is_lzma(head: bytes) -> bool:
    """Whether the header makes sense (xz asks the same): a usual dictionary, a possible size, and a coder that begins with zero."""
    window, size = int.from_bytes(head[1:5], "little"), int.from_bytes(head[5:13], "little")
    usual = window.bit_count() == 1 or (window.bit_count() == 2 and window & (window >> 1) > 0) or window == 0xFFFFFFFF
    return len(head) > 18 and usual and window >= 4096 and (size == (1 << 64) - 1 or size < 1 << 38) and head[13] == 0


def bunzip2(content: Content) -> Iterator[Part | Unseen]:
    """bzip2, as pbzip2 writes it too: many streams behind each other."""
    import bz2

    yield from _read(content, bz2.BZ2Decompressor, b"BZh")


def unzstd(content: Content) -> Iterator[Part | Unseen]:
    """RFC 8878: frames, and skippable frames between them."""
    yield from _read(content, zstd_frame, b"\x28\xb5\x2f\xfd", skips=True)


def zstd_frame() -> Decompressor:
    """A decompressor of one frame."""
    from importlib import import_module

    zstd: Any = import_module(ZSTD)
    return _Narrow(zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: WINDOW_MOST.bit_length() - 1}))


def unlz4(content: Content) -> Iterator[Part | Unseen]:
    """The frame format of lz4, and skippable frames between frames."""
    from lz4.frame import LZ4FrameDecompressor

    yield from _read(content, LZ4FrameDecompressor, b"\x04\x22\x4d\x18", skips=True)


def skipped_to(head: bytes) -> bytes:
    """What stands behind the skippable frames that a content begins with, as far as its head goes."""
    at = 0
    while at + 8 <= len(head) and _SKIPPABLE.match(head, at):
        at += 8 + int.from_bytes(head[at + 4 : at + 8], "little")
    return head[at : at + 4]


def is_zstd(head: bytes) -> bool:
    """Whether it begins with a frame of zstd, or one follows what may be skipped."""
    return skipped_to(head) in (b"\x28\xb5\x2f\xfd", b"")


def is_lz4(head: bytes) -> bool:
    """Whether it begins with a frame of lz4, or one follows what may be skipped."""
    return skipped_to(head) == b"\x04\x22\x4d\x18"


def unlz4_legacy(content: Content) -> Iterator[Part | Unseen]:
    """The older format of lz4, of which kernels and initial RAM disks are made: blocks of at most 8 MiB."""
    yield Part(_LegacyLz4(content))


class _LegacyLz4:
    """Blocks of the older format, one at a time."""

    def __init__(self, content: Content) -> None:
        self._content, self._left = content, b""
        content.exactly(4)

    def read(self, size: int, /) -> bytes:
        from lz4 import block

        while not self._left:
            head = self._content.read(4)
            if head == b"\x02\x21\x4c\x18":
                continue
            if not head:
                return b""
            length = int.from_bytes(head, "little")
            if len(head) < 4 or length > 9 << 20:
                raise Stop("unreadable", "it is damaged, or something else follows")
            self._left = block.decompress(self._content.exactly(length), uncompressed_size=8 << 20)
        data, self._left = self._left[:size], self._left[size:]
        return data


def unlzip(content: Content) -> Iterator[Part | Unseen]:
    """The .lz format: members behind each other, each with a header and a trailer."""
    yield from _read(content, _Lzip, b"LZIP")


class _Narrow:
    """A decompressor that says so where it would need too much memory."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    @property
    def eof(self) -> bool:
        return bool(self._inner.eof)

    @property
    def needs_input(self) -> bool:
        return bool(self._inner.needs_input)

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data or b""

    def decompress(self, data: bytes, /, max_length: int = -1) -> bytes:
        try:
            return bytes(self._inner.decompress(data, max_length))
        except Exception as problem:
            said = str(problem)  # of the library, about memory; both name no content
            if "emory usage limit" in said or "too much memory" in said:
                raise Stop("archive-too-large", _TOO_WIDE) from None
            raise


class _Lzip:
    """One member: six bytes of header, LZMA with an end marker, twenty bytes of trailer."""

    def __init__(self) -> None:
        self._inner: lzma.LZMADecompressor | None = None
        self._held = b""  # of the header, and later of the trailer
        self.unused_data, self.eof = b"", False

    @property
    def needs_input(self) -> bool:
        return not self.eof and (self._inner is None or self._inner.eof or self._inner.needs_input)

    def decompress(self, data: bytes, /, max_length: int = -1) -> bytes:
        made = b""
        if self._inner is None:
            self._held += data
            if len(self._held) < 7:
                return b""
            self._inner, data, self._held = _lzip_member(self._held), self._held[6:], b""
        if self._inner.eof:
            self._held += data
        else:
            made = self._inner.decompress(data, max_length)
            self._held = self._inner.unused_data if self._inner.eof else b""
        if self._inner.eof and len(self._held) >= 20:
            self.eof, self.unused_data = True, self._held[20:]
        return made


def _lzip_member(head: bytes) -> lzma.LZMADecompressor:
    import lzma

    coded = head[5]
    window = (1 << (coded & 31)) - ((1 << (coded & 31)) >> 4) * (coded >> 5)
    if head[4] != 1 or not 4096 <= window <= 1 << 29:
        raise Stop("unreadable", "it is damaged, or not what its beginning says")
    if window > WINDOW_MOST:
        raise Stop("archive-too-large", _TOO_WIDE)
    return lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": window, "lc": 3, "lp": 0, "pb": 2}])


def _read(
    content: Content, start: Callable[[], Decompressor], magic: bytes | None, *, skips: bool = False
) -> Iterator[Part | Unseen]:  # fmt: skip
    stream = Inflated(content, start, magic, skips=skips)
    yield Part(stream)
    if stream.aside and not content.is_held:
        yield Part(bytes(stream.aside), Inside(field="skippable-frame"), step="rest")
    if stream.lost:
        yield Unseen("archive-too-large", "its skippable frames are larger than may be held", Inside(field="skippable-frame"))
    if stream.ended and stream.rest.peek(1):
        yield Part(stream.rest, step="rest")


class Inflated:
    """The decompressed content; where it has ended, what follows and is no further stream is the `rest`."""

    def __init__(self, content: Content, start: Callable[[], Decompressor], magic: bytes | None, *, skips: bool = False) -> None:
        self.rest, self._start, self._magic, self._skips = Ahead(b"", content), start, magic, skips
        self.aside = bytearray()  # what stands in skippable frames
        self.lost = False  # there was more of it than may be held
        self.ended = False
        self._one = start()
        if skips:
            self._aside()

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes of what was compressed."""
        data = b""
        while not data and not self.ended:
            one = self._one
            if one.eof:
                self._next(one.unused_data or b"")
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
        if self._skips:
            self._aside()
        if self._magic is not None and self.rest.peek(len(self._magic)) == self._magic:
            self._one = self._start()
        else:
            self.ended = True

    def _aside(self) -> None:
        """Lay aside the skippable frames that come next."""
        while _SKIPPABLE.match(self.rest.peek(4)) and len(head := self.rest.peek(8)) == 8:
            self.rest.read(8)
            left = int.from_bytes(head[4:], "little")
            while left:
                data = self.rest.read(min(left, STEP))
                if not data:
                    raise Stop("truncated", "it ends in the middle of a skippable frame")
                left -= len(data)
                fits = data[: max(0, _ASIDE_MOST - len(self.aside))]
                self.aside += fits
                self.lost |= len(fits) < len(data)
