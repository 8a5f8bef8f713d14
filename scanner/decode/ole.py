"""OLE compound files (MS-CFB): old Word, Excel and PowerPoint, Outlook messages, macros; each stream is a member."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO

from scanner.decode import outlook, vba
from scanner.decode.content import Content, Part, member
from scanner.decode.limits import Stop
from scanner.model.content import Inside, Unseen

if TYPE_CHECKING:
    from olefile import OleFileIO
    from olefile.olefile import OleDirectoryEntry

_Stream = Callable[[Sequence[str]], bytes]
_LOCKED = ("EncryptedPackage", "EncryptedSummary")
_NATIVE = "\x01Ole10Native"
_STREAM_MOST = 64 << 20


def read(content: Content) -> Iterator[Part | Unseen]:
    """The streams, and what is packed in them in ways that hide it."""
    from olefile import OleFileIO

    logging.getLogger("olefile").addHandler(logging.NullHandler())
    source = content.file()
    _checked(source)
    try:
        file = OleFileIO(source)
    except Exception:  # the library raises what it stumbles over
        raise Stop("unreadable", "its directory is damaged") from None
    file.num_mini_fat_sectors = min(file.num_mini_fat_sectors, file.nb_sect)
    file.root.size = min(file.root.size, file.nb_sect * file.sector_size)
    with file:
        names = _names(file)
        if any(name[-1] in _LOCKED for name in names):
            yield Unseen("encrypted-archive", "it needs a password to be read")
        broken: list[str] = []

        def stream(name: Sequence[str]) -> bytes:
            return _stream(content, file, name, broken)

        for name in names:
            yield Part(stream(name), _named(name), raw=True)
        yield from (Unseen("unreadable", "a stream is damaged", Inside(member=name)) for name in dict.fromkeys(broken))
        if outlook.fits(names):
            yield from outlook.read(names, stream)
        yield from _hidden(names, stream)
        yield from _locked(names, stream)


def _checked(source: BinaryIO) -> None:
    """Raises Stop where the header says that tables of sectors are longer than the file: the library would follow them in circles."""
    head = source.read(76)
    sector, whole = 1 << min(int.from_bytes(head[30:32], "little"), 20), source.seek(0, os.SEEK_END)
    source.seek(0)
    if any(int.from_bytes(head[at : at + 4], "little") * sector > whole for at in (44, 72)):  # of FAT, of DIFAT
        raise Stop("unreadable", "its directory is damaged")


def _names(file: OleFileIO) -> list[list[str]]:
    """The paths of all streams; an entry that stands in several places, or in itself, is taken once."""
    from olefile import STGTY_STREAM

    found, seen = list[list[str]](), set[int]()
    waiting: list[tuple[list[str], OleDirectoryEntry]] = [([], file.root)]
    while waiting:
        path, entry = waiting.pop()
        for below in entry.kids:
            if below.sid not in seen:
                seen.add(below.sid)
                if below.entry_type == STGTY_STREAM:
                    found.append([*path, below.name])
                else:
                    waiting.append(([*path, below.name], below))
    return sorted(found)


def _stream(content: Content, file: OleFileIO, name: Sequence[str], broken: list[str]) -> bytes:
    content.budget.hurry()
    where = _named(name).member or ""
    try:
        if file.get_size(list(name)) <= min(content.weight, _STREAM_MOST):  # a longer one goes in circles
            data: bytes = file.openstream(list(name)).read()
            return data
    except Exception:  # noqa: S110 it is told below
        pass
    broken.append(where)
    return b""


def _named(name: Sequence[str]) -> Inside:
    return member("/".join(name))


def _hidden(names: Sequence[Sequence[str]], stream: _Stream) -> Iterator[Part]:
    """Macros, and files that are embedded as packages."""
    for name in names:
        where = _named(name)
        if len(name) > 1 and name[-2] == "VBA":
            if name[-1] == "dir":
                yield Part(vba.decompressed(stream(name), 0), where, "macros")
                continue
            directory = [*name[:-1], "dir"]
            offsets = vba.module_offsets(stream(directory)) if directory in names else set()
            yield from (Part(text, where, "macros") for text in vba.sources(stream(name), offsets))
        elif name[-1] == _NATIVE:
            yield from _package(stream(name), where)


def _package(data: bytes, where: Inside) -> Iterator[Part]:
    """A file with its name, as the Packager embeds it."""
    label = data.find(b"\0", 6)
    path = data.find(b"\0", label + 1)
    temporary = int.from_bytes(data[path + 5 : path + 9], "little")
    at = path + 9 + temporary
    size = int.from_bytes(data[at : at + 4], "little")
    if 6 < label < path and 0 < size <= len(data) - at - 4:
        yield Part(data[at + 4 : at + 4 + size], member(data[6:label]).within(where))


def _locked(names: Sequence[Sequence[str]], stream: _Stream) -> Iterator[Unseen]:
    """Documents whose text is encrypted inside of their streams."""
    for name in names:
        if name[-1] == "WordDocument":
            locked = bool(int.from_bytes(stream(name)[10:12], "little") & 0x100)
        elif name[-1] in ("Workbook", "Book"):
            locked = _has_filepass(stream(name))
        elif name[-1] == "Current User":
            locked = stream(name)[12:16] == b"\xdf\xc4\xd1\xf3"
        else:
            continue
        if locked:
            yield Unseen("encrypted-archive", "it needs a password to be read", _named(name))


def _has_filepass(data: bytes) -> bool:
    """Whether a record among the first says that those that follow are encrypted (MS-XLS 2.4.117)."""
    at = 0
    for _ in range(30):
        kind, size = int.from_bytes(data[at : at + 2], "little"), int.from_bytes(data[at + 2 : at + 4], "little")
        if kind == 0x2F:
            return True
        at += 4 + size
    return False
