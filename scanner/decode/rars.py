"""RAR archives: what is stored is read as it is, the rest by a program that the user has installed."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from scanner.decode import extracted, tars
from scanner.decode.content import Content, Part, member
from scanner.decode.limits import Stop
from scanner.decode.stretch import Stretch
from scanner.model.content import Unseen

_OLD = b"Rar!\x1a\x07\x00"
_HEADER_MOST = 2 << 20
_HEADERS_MOST = 1_000_000
_VOLUME = Unseen("truncated", "it is one of several volumes, and the others are needed")


@dataclass(frozen=True, slots=True)
class _Member:
    """What a header says of a file."""

    name: bytes
    at: int
    size: int
    stored: bool
    locked: bool


def read(content: Content) -> Iterator[Part | Unseen]:
    """The members: those that a program can take out, and the others from where they are stored."""
    file, found = content.file(), list[_Member]()
    walk = _old(file) if content.head.startswith(_OLD) else _new(file)
    try:
        for one in walk:
            content.budget.hurry()
            if isinstance(one, Unseen):
                yield one
            else:
                found.append(one)
                if len(found) > _HEADERS_MOST:
                    raise Stop("archive-too-large", "it holds more members than are read")
    except Stop as stop:
        if content.budget.over or stop.reason == "encrypted-archive":
            raise
        yield Unseen(stop.reason, stop.detail)
    taken: set[bytes] = set()
    if extracted.is_there() and any(not one.stored and not one.locked for one in found):
        count = 0
        for entry in _taken_out(content):
            yield Part(entry.data, member(entry.name))
            taken.add(entry.name)
            count += 1
        if count == len(found):
            return  # though old headers have names that are written in another way
    for one in found:
        if one.name not in taken:
            yield _stored(file, one)


def _taken_out(content: Content) -> Iterator[tars.Entry]:
    """What a program takes out, to where it gives up."""
    with extracted.tarred(content) as (archive, _):
        for entry in tars.walk(archive):
            if isinstance(entry, tars.Entry) and entry.is_content and not entry.cut:
                yield entry


def _stored(file: BinaryIO, one: _Member) -> Part | Unseen:
    """A member without a program."""
    where = member(one.name)
    if one.locked:
        return Unseen("encrypted-archive", "a member is encrypted", where)
    if not one.stored:
        return Unseen("unsupported-format", extracted.strange(), where)
    return Part(Stretch(file, one.at, one.size), where)


def _old(file: BinaryIO) -> Iterator[_Member | Unseen]:
    """The headers of versions 1.5 to 4."""
    at, end = len(_OLD), file.seek(0, 2)
    while at + 7 <= end:
        file.seek(at)
        _, kind, flags, size = struct.unpack("<HBHH", file.read(7))
        body = file.read(max(0, size - 7))
        if size < 7 or len(body) < size - 7:
            raise Stop("truncated", "it ends in the middle of a header")
        packed = int.from_bytes(body[:4], "little") if flags & 0x8000 or kind == 0x74 else 0
        if kind == 0x73:
            if flags & 0x80:
                raise Stop("encrypted-archive", "even its directory is encrypted")
            if flags & 0x01:
                yield _VOLUME
        elif kind == 0x7B:
            return
        elif kind == 0x74 and len(body) >= 25:
            method, length, skip = body[18], int.from_bytes(body[19:21], "little"), 25
            if flags & 0x100:
                packed |= int.from_bytes(body[25:29], "little") << 32
                skip += 8
            name = body[skip : skip + length].split(b"\0", 1)[0].replace(b"\\", b"/")
            if flags & 0xE0 != 0xE0:  # no folder
                yield _Member(name, at + size, packed, method == 0x30, bool(flags & 0x04))
        at += size + packed
    if at > end:
        raise Stop("truncated", "it ends in the middle of a member")


def _new(file: BinaryIO) -> Iterator[_Member | Unseen]:
    """The headers of version 5 and later."""
    at, end = 8, file.seek(0, 2)
    while at + 7 <= end:
        file.seek(at + 4)
        numbers = _Numbers(file.read(16))
        size = numbers.next()
        start = at + 4 + numbers.at
        if not 0 < size <= _HEADER_MOST:
            raise Stop("unreadable", "a header is damaged")
        file.seek(start)
        numbers = _Numbers(file.read(size))
        kind, flags = numbers.next(), numbers.next()
        extra = numbers.next() if flags & 1 else 0
        packed = numbers.next() if flags & 2 else 0
        if kind == 4:
            raise Stop("encrypted-archive", "even its directory is encrypted")
        if kind == 5:
            return
        if kind == 1 and numbers.next() & 1:
            yield _VOLUME
        elif kind == 2 and (one := _file(numbers, extra, start + size, packed)):
            yield one
        at = start + size + packed
    if at > end:
        raise Stop("truncated", "it ends in the middle of a member")


def _file(numbers: _Numbers, extra: int, at: int, packed: int) -> _Member | None:
    """The header of a file; None for a folder."""
    flags = numbers.next()
    numbers.next()
    numbers.next()
    numbers.at += 4 * bool(flags & 2) + 4 * bool(flags & 4)
    method = numbers.next() >> 7 & 7
    numbers.next()
    length = numbers.next()
    name = numbers.data[numbers.at : numbers.at + length]
    records = _Numbers(numbers.data[len(numbers.data) - extra :]) if 0 < extra <= len(numbers.data) else _Numbers(b"")
    locked = False
    while records.at < len(records.data):
        size = records.next()
        begin = records.at
        locked |= records.next() == 1
        records.at = begin + max(1, size)
    return None if flags & 1 else _Member(name, at, packed, method == 0, locked)


class _Numbers:
    """Numbers of seven bits a byte."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def next(self) -> int:
        """The next number."""
        value = shift = 0
        while self.at < len(self.data) and shift < 64:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            if not byte & 0x80:
                return value
            shift += 7
        raise Stop("truncated", "it ends in the middle of a header")
