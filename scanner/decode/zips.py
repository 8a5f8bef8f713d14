"""ZIP archives (APPNOTE.TXT): by their directory, and where that is missing or absurd by the headers of the members themselves."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from scanner.decode import deflate64, extracted
from scanner.decode.content import STEP, Content, Part, Readable, member
from scanner.decode.limits import Stop
from scanner.decode.stretch import Stretch
from scanner.model.content import Inside, Unseen

_DIRECTORY_MOST = 16 << 20  # bytes of a directory that is held: some 150,000 members
_ENCRYPTED, _DESCRIPTOR, _UTF8 = 0x1, 0x8, 0x800
_STORED, _DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED
_METHODS = (_STORED, _DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
_LOCAL = b"PK\x03\x04"
_ENDLESS = 1 << 62
_LOCKED = "a member is encrypted"
_DEFLATED64 = 9
_WITHOUT64 = "a member is compressed by Deflate64; to read it, install leakseal[archives]"


def read(content: Content) -> Iterator[Part | Unseen]:
    """The members in the order of the directory."""
    file = content.file()
    try:
        archive = zipfile.ZipFile(_Guarded(file))
    except _TooLarge:
        yield from _scattered(content, file)
        return
    except Exception:  # zipfile raises much besides BadZipFile, such as for a version that it does not know
        if content.head.startswith(b"PK\x07\x08"):
            yield Unseen("truncated", "it is one of several volumes, and the others are needed")
        else:
            yield Unseen("truncated", "its directory is missing or damaged; members were looked for by their own headers")
        yield from _scattered(content, file)
        return
    strange: dict[bytes, Inside] = {}  # members for which somebody else is asked
    with archive:
        for info in archive.infolist():
            where = member(info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437", "replace"))
            if info.is_dir() and not info.file_size and not info.compress_size:
                continue
            if info.flag_bits & _ENCRYPTED:
                yield Unseen("encrypted-archive", _LOCKED, where)
            elif info.compress_type == _DEFLATED64:
                yield _opened64(file, info, where)
            elif info.compress_type not in _METHODS and extracted.is_there():
                strange[(where.member or "").encode()] = where
            elif info.compress_type not in _METHODS:
                yield Unseen("unsupported-format", extracted.strange(), where)
            else:
                yield _opened(archive, info, where)
    if strange:
        yield from extracted.members(content, strange)


def _opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: Inside) -> Part | Unseen:
    checksum = info.CRC
    info.file_size = _ENDLESS  # all that is there is read, whatever the directory says; the checksum says whether it was right
    del info.CRC  # where it is wrong, zipfile keeps the last bytes to itself
    try:
        return Part(_Checked(archive.open(info), checksum), where)
    except Exception:
        return Unseen("unreadable", "the header of a member is damaged, or not what the directory says", where)


def _opened64(file: BinaryIO, info: zipfile.ZipInfo, where: Inside) -> Part | Unseen:
    """A member that zipfile does not take."""
    header = _header(file, info.header_offset) if info.header_offset >= 0 else None
    if not deflate64.is_there():
        return Unseen("unsupported-format", _WITHOUT64, where)
    if header is None:
        return Unseen("unreadable", "the header of a member is damaged, or not what the directory says", where)
    stretch = Stretch(file, info.header_offset + header.length, info.compress_size)
    return Part(_Checked(deflate64.Inflated64(stretch), info.CRC), where)


class _Checked:
    """A member that says at its end whether it was what its checksum says."""

    def __init__(self, source: Readable, checksum: int) -> None:
        self._source, self._checksum, self._made = source, checksum, 0

    def read(self, size: int, /) -> bytes:
        data = self._source.read(size)
        self._made = zlib.crc32(data, self._made)
        if not data and self._made != self._checksum:
            raise Stop("unreadable", "it was read, and is not what its checksum says")
        return data


class _TooLarge(Exception):
    """The directory is larger than may be held."""


class _Guarded:
    """A file that refuses to hand out more than a directory at once, as zipfile reads it whole."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > _DIRECTORY_MOST:
            raise _TooLarge
        return self._file.read(size)

    def close(self) -> None:
        """It belongs to somebody else."""


class _Header(NamedTuple):
    """The local header of a member (APPNOTE 4.3.7)."""

    flags: int
    method: int
    size: int  # compressed; not known where the flags announce a descriptor
    name: bytes
    length: int  # of the header


def _scattered(content: Content, file: BinaryIO) -> Iterator[Part | Unseen]:
    """Every member that a local header announces, one behind the other."""
    at = 0
    while (at := _next_local(content, file, at)) >= 0:
        header = _header(file, at)
        if header is None:
            at += len(_LOCAL)
            continue
        at += header.length
        where = member(header.name)
        open_end = header.method == _STORED and header.flags & _DESCRIPTOR and not header.size
        if header.flags & _ENCRYPTED:
            yield Unseen("encrypted-archive", _LOCKED, where)
        elif header.method == _DEFLATED64 and header.size and deflate64.is_there():
            yield Part(deflate64.Inflated64(Stretch(file, at, header.size)), where)
            at += header.size
        elif header.method not in (_STORED, _DEFLATED) or open_end:
            yield Unseen("unsupported-format", extracted.strange(), where)
        elif header.method == _STORED:
            if header.size:
                yield Part(Stretch(file, at, header.size), where)
            at += header.size
        else:
            stream = _Deflated(file, at)
            yield Part(stream, where)
            at = stream.at


def _next_local(content: Content, file: BinaryIO, at: int) -> int:
    """Where the next local header begins, or -1."""
    file.seek(at)
    window = b""
    while piece := file.read(STEP):
        content.budget.hurry()
        window = window[-3:] + piece
        if (found := window.find(_LOCAL)) >= 0:
            return file.tell() - len(window) + found
    return -1


def _header(file: BinaryIO, at: int) -> _Header | None:
    file.seek(at)
    fixed = file.read(30)
    if len(fixed) < 30:
        return None
    _, _, flags, method, _, _, _, size, _, name_length, extra_length = struct.unpack("<4s5H3L2H", fixed)
    name, extra = file.read(name_length), file.read(extra_length)
    if size == 0xFFFFFFFF:
        size = next((int.from_bytes(body[8:16], "little") for kind, body in _fields(extra) if kind == 1 and len(body) >= 16), size)
    return _Header(flags, method, size, name, 30 + len(name) + len(extra))


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        yield kind, extra[at + 4 : at + 4 + length]
        at += 4 + length


class _Deflated:
    """What is deflated from `at` on, to its own end; `at` is then where that was."""

    def __init__(self, file: BinaryIO, at: int) -> None:
        self._file, self.at, self._inflater = file, at, zlib.decompressobj(-15)

    def read(self, size: int, /) -> bytes:
        data = b""
        while not data and not self._inflater.eof:
            fresh = self._inflater.unconsumed_tail
            if not fresh:
                self._file.seek(self.at)
                fresh = self._file.read(STEP)
                self.at += len(fresh)
            if not fresh:
                raise Stop("truncated", "it ends in the middle of a member")
            data = self._inflater.decompress(fresh, size)
            if self._inflater.eof:
                self.at -= len(self._inflater.unused_data)
        return data
