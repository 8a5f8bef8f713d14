"""7z archives, folder by folder as they are packed; the coders stand in a row, each reading the one before."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any

from scanner.decode import deflate64, extracted
from scanner.decode.compressed import zstd_frame
from scanner.decode.content import STEP, Ahead, Content, Part, Readable, member
from scanner.decode.limits import Stop
from scanner.decode.reel import CUT, SMALL, Body
from scanner.decode.sevenheads import Coder, Cursor, Directory, Folder, directory
from scanner.decode.stretch import Stretch
from scanner.model.content import Inside, Unseen

_START = 32
_HEADER_MOST = 64 << 20
_WINDOW_MOST = 256 << 20  # of history, as 7-Zip's best level asks for
_AES = b"\x06\xf1\x07\x01"
_WRONG = "it was read, and is not what its checksum says"
_KNOWN = (b"\x00", b"\x21", b"\x03\x01\x01", b"\x03", b"\x04\x02\x02", b"\x04\x01\x08", b"\x04\xf7\x11\x01")
_DEFLATED64 = b"\x04\x01\x09"
_BRANCHES = {  # filters of executables, by the names that liblzma has for them
    b"\x03\x03\x01\x03": "X86", b"\x03\x03\x02\x05": "POWERPC", b"\x03\x03\x04\x01": "IA64", b"\x03\x03\x05\x01": "ARM",
    b"\x03\x03\x07\x01": "ARMTHUMB", b"\x03\x03\x08\x05": "SPARC",
}  # fmt: skip


def read(content: Content) -> Iterator[Part | Unseen]:
    """The members in the order in which they are packed, then the empty ones."""
    file, size = content.file(), content.weight
    head = content.head[:_START]
    at, length, crc = (int.from_bytes(head[start:end], "little") for start, end in ((12, 20), (20, 28), (28, 32)))
    if len(head) < _START or _START + at + length > size:
        raise Stop("truncated", "its directory is missing: it was cut short, or is one of several volumes")
    if not length:
        return
    data = _all(Stretch(file, _START + at, length), length)
    if zlib.crc32(data) != crc:
        raise Stop("unreadable", "its directory is not what its checksum says")
    found = directory(data)
    for _ in range(4):
        if isinstance(found, Directory):
            break
        ((start, packed),) = found.streams
        if any(coder.method == _AES for coder in found.coders):
            raise Stop("encrypted-archive", "even its directory is encrypted")
        stream = _unpacked(found, Stretch(file, _START + start, packed or 0))
        found = directory(_all(stream, found.size))
    if not isinstance(found, Directory):
        raise Stop("unreadable", "its directory is damaged")
    yield from _members(content, found, lambda start, length: Stretch(file, _START + start, length))


def _members(content: Content, found: Directory, stretch: Callable[[int, int], Readable]) -> Iterator[Part | Unseen]:
    names = iter([name for name, empty in zip(found.names, found.empty, strict=False) if not empty])
    at, number = found.start, 0
    strange: dict[bytes, Inside] = {}  # members for which somebody else is asked
    for folder in found.folders:
        sizes = found.packed[number : number + len(folder.packed)]
        inside = [(size, crc, member(next(names, ""))) for size, crc in folder.streams]
        if any(coder.method == _AES for coder in folder.coders):
            yield from (Unseen("encrypted-archive", "a member is encrypted", where) for *_, where in inside)
        elif not _is_known(folder) and extracted.is_there():
            strange |= {(where.member or "").encode(): where for *_, where in inside}
        else:
            yield from _folder(content, folder, stretch(at, sizes[0]) if sizes else None, inside)
        at, number = at + sum(sizes), number + len(folder.packed)
    if strange:
        yield from extracted.members(content, strange)
    plain = iter(found.plain)
    for name, empty in zip(found.names, found.empty, strict=False):
        if empty and next(plain, False):
            yield Part(b"", member(name))


def _is_known(folder: Folder) -> bool:
    return folder.chain is not None and all(map(_reads, (coder.method for coder in folder.coders)))


def _reads(method: bytes) -> bool:
    return method in _KNOWN or method in _BRANCHES or (method == _DEFLATED64 and deflate64.is_there())


def _folder(
    content: Content, folder: Folder, packed: Readable | None, inside: list[tuple[int, int | None, Inside]]
) -> Iterator[Part | Unseen]:  # fmt: skip
    """The members of one folder; what is wrong with it is told of those that were not read to their end."""
    done = 0
    try:
        if packed is None:
            raise Stop("unreadable", "its directory is damaged")
        source = Ahead(b"", _unpacked(folder, packed))
        for size, crc, where in inside:
            content.budget.hurry()
            body = Body(source, size)
            done += 1
            if size <= SMALL:
                data = body.upto(size)
                yield Part(data, where)
                if body.cut or (crc is not None and zlib.crc32(data) != crc):
                    yield Unseen("truncated" if body.cut else "unreadable", CUT if body.cut else _WRONG, where)
            else:
                yield Part(_Checked(body, crc), where)
                body.finish()
    except Stop as stop:
        if content.budget.over:
            raise
        yield from (Unseen(stop.reason, stop.detail, where) for *_, where in inside[max(0, done - 1) :])
    except Exception:
        yield from (Unseen("unreadable", "what it is packed in is damaged", where) for *_, where in inside[max(0, done - 1) :])


class _Checked:
    """A member that says at its end whether it was what its checksum says."""

    def __init__(self, source: Readable, crc: int | None) -> None:
        self._source, self._crc, self._made = source, crc, 0

    def read(self, size: int, /) -> bytes:
        data = self._source.read(size)
        self._made = zlib.crc32(data, self._made)
        if not data and self._crc is not None and self._made != self._crc:
            raise Stop("unreadable", _WRONG)
        return data


def _unpacked(folder: Folder, packed: Readable) -> Readable:
    """What a folder makes; raises Stop for methods that are not read."""
    chain = folder.chain
    if chain is None:
        raise Stop("unsupported-format", extracted.strange())
    stream = packed
    for coder, size in chain:
        stream = _Upto(_coded(coder, stream), size)
    return stream


def _coded(coder: Coder, source: Readable) -> Readable:
    import bz2
    import lzma

    method, told = coder.method, coder.properties
    if method == b"\x00":
        return source
    if method == b"\x21":
        bits = Cursor(told).byte()
        return _Raw(source, {"id": lzma.FILTER_LZMA2, "dict_size": (2 | bits & 1) << bits // 2 + 11})
    if method == b"\x03\x01\x01":
        cursor = Cursor(told)
        props, window = cursor.byte(), int.from_bytes(cursor.take(4), "little")
        one = {"id": lzma.FILTER_LZMA1, "dict_size": max(4096, window), "lc": props % 9, "lp": props // 9 % 5, "pb": props // 45}
        return _Raw(source, one)
    if method == b"\x03":
        return _Raw(_Chunked(source), {"id": lzma.FILTER_DELTA, "dist": Cursor(told).byte() + 1}, _PASSING)
    if method in _BRANCHES:
        return _Raw(_Chunked(source), {"id": getattr(lzma, f"FILTER_{_BRANCHES[method]}")}, _PASSING)
    if method == b"\x04\x02\x02":
        return _Inflating(source, bz2.BZ2Decompressor)
    if method == b"\x04\x01\x08":
        return _Deflated(source)
    if method == _DEFLATED64:
        return deflate64.Inflated64(source)
    if method == b"\x04\xf7\x11\x01":
        return _Inflating(source, zstd_frame)
    raise Stop("unsupported-format", extracted.strange())


_PASSING: dict[str, Any] = {"id": 0x21, "dict_size": 1 << 16}  # LZMA2, of which only stored chunks are used


class _Upto:
    """A stream that ends after so many bytes, whatever its coder would make of what follows."""

    def __init__(self, source: Readable, size: int) -> None:
        self._source, self._left = source, size

    def read(self, size: int, /) -> bytes:
        data = self._source.read(min(size, self._left)) if self._left else b""
        self._left -= len(data)
        return data


class _Raw:
    """LZMA without a header of its own, as liblzma reads it; and filters before it."""

    def __init__(self, source: Readable, *filters: dict[str, Any]) -> None:
        import lzma

        if any(one.get("dict_size", 0) > _WINDOW_MOST for one in filters):
            raise Stop("archive-too-large", f"it asks for more than {_WINDOW_MOST >> 20} MiB of memory to be decompressed")
        self._source, self._one = source, lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)

    def read(self, size: int, /) -> bytes:
        data = b""
        while not data and not self._one.eof:
            fresh = self._source.read(STEP) if self._one.needs_input else b""
            data = self._one.decompress(fresh, size)
            if not fresh and not data and self._one.needs_input:
                break
        return data


class _Chunked:
    """A stream as stored chunks of LZMA2, so that liblzma undoes a filter on what something else has decompressed."""

    def __init__(self, source: Readable) -> None:
        self._source, self._state = source, 1  # the first chunk resets the dictionary

    def read(self, size: int, /) -> bytes:
        if not self._state:
            return b""
        data = self._source.read(1 << 16)
        if not data:
            self._state = 0
            return b"\0"
        chunk = bytes([self._state]) + (len(data) - 1).to_bytes(2, "big") + data
        self._state = 2
        return chunk


class _Inflating:
    """A stream of one of the libraries; what follows its end is not its own."""

    def __init__(self, source: Readable, start: Callable[[], Any]) -> None:
        self._source, self._start, self._one = source, start, start()

    def read(self, size: int, /) -> bytes:
        data = b""
        while not data:
            one = self._one
            if one.eof:
                rest = one.unused_data or self._source.read(STEP)
                if not rest:
                    break
                self._one = self._start()
                data = self._one.decompress(rest, size)
                continue
            fresh = self._source.read(STEP) if one.needs_input else b""
            if one.needs_input and not fresh:
                break
            data = one.decompress(fresh, size)
        return bytes(data)


class _Deflated:
    """A raw deflate stream."""

    def __init__(self, source: Readable) -> None:
        self._source, self._one = source, zlib.decompressobj(-15)

    def read(self, size: int, /) -> bytes:
        data = b""
        while not data and not self._one.eof:
            fresh = self._one.unconsumed_tail or self._source.read(STEP)
            if not fresh:
                break
            data = self._one.decompress(fresh, size)
        return data


def _all(source: Readable, size: int) -> bytes:
    """A directory; raises Stop where it is larger than may be held."""
    if size > _HEADER_MOST:
        raise Stop("archive-too-large", "its directory is larger than may be held")
    parts = []
    while data := source.read(STEP):
        parts.append(data)
    return b"".join(parts)
