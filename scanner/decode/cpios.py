"""cpio archives: newc and crc, odc, and the old binary format of either byte order."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple

from scanner.decode.content import Content, Part, member
from scanner.decode.limits import Stop
from scanner.decode.reel import CUT, LOST, SMALL, Body, Reel
from scanner.model.content import Unseen

_NEW, _ODC = re.compile(rb"07070[12][0-9A-Fa-f]{104}"), re.compile(rb"070707[0-7]{70}")
_MAGIC = re.compile(rb"07070[12](?=[0-9A-Fa-f]{104})|070707(?=[0-7]{70})")
_NAME_MOST = 1 << 16
_KIND, _FOLDER, _LINK = 0o170000, 0o040000, 0o120000
_END = b"TRAILER!!!"


class _Head(NamedTuple):
    """What stands before the name of a member."""

    length: int  # of this header
    mode: int
    named: int  # length of the name with its final NUL
    size: int
    align: int
    total: int | None = None  # the sum of the content's bytes


def read(content: Content) -> Iterator[Part | Unseen]:
    """The members in order; what follows the trailer too, as in the initial RAM disk of a kernel."""
    if content.head.startswith(b"07070X"):
        raise Stop("unsupported-format", "a cpio archive whose headers are elsewhere: its bytes were searched, what it holds was not")
    reel, ended, told = Reel(content), False, False
    while start := reel.source.peek(110):
        head = _head(start)
        if head is None:
            if not ended and not told:
                yield Unseen("unreadable" if len(start) > 75 else "truncated", LOST)
            told = True
            yield reel.until(_next, 110, reel.take(1))
            continue
        told = False
        reel.take(head.length)
        name = reel.take(head.named).rstrip(b"\0")
        reel.pad(-(head.length + head.named) % head.align)
        body = Body(reel.source, head.size)
        if name == _END:
            ended = True
        elif head.mode & _KIND == _LINK:
            reel.note(name, body.upto(min(head.size, SMALL)))
        elif head.mode & _KIND != _FOLDER or head.size:
            ended = False
            yield from _member(name, body, head)
        body.finish()
        reel.pad(-head.size % head.align)
        if ended:
            reel.zeros()
        yield from reel.noted()
    if not ended:
        yield Unseen("truncated", "it ends without the mark of its end")
    yield from reel.noted(0)


def _member(name: bytes, body: Body, head: _Head) -> Iterator[Part | Unseen]:
    where = member(name)
    if head.size > SMALL:
        yield Part(body, where)
        return
    data = body.upto(head.size)
    yield Part(data, where)
    if body.cut:
        yield Unseen("truncated", CUT, where)
    elif head.total is not None and sum(data) & 0xFFFFFFFF != head.total:
        yield Unseen("unreadable", "it was read, and is not what its checksum says", where)


def _head(start: bytes) -> _Head | None:
    """The header that stands here, or None."""
    found = None
    if _NEW.match(start):
        fields = [int(start[at : at + 8], 16) for at in range(6, 110, 8)]
        total = fields[12] if start[5:6] == b"2" and fields[6] else None
        found = _Head(110, fields[1], fields[11], fields[6], 4, total)
    elif _ODC.match(start):
        found = _Head(76, int(start[18:24], 8), int(start[59:65], 8), int(start[65:76], 8), 1)
    elif start[:2] in (b"\xc7\x71", b"\x71\xc7") and len(start) >= 26:
        words = struct.unpack_from("<13H" if start[0] == 0xC7 else ">13H", start)
        found = _Head(26, words[3], words[10], words[11] << 16 | words[12], 2)
    return found if found and 0 < found.named <= _NAME_MOST else None


def is_old(head: bytes) -> bool:
    """Whether a header of the old binary format is followed by a name, and says that it is a usual kind of file."""
    found = _head(head)
    if found is None or found.mode & _KIND not in (0o010000, 0o020000, _FOLDER, 0o060000, 0o100000, _LINK, 0o140000, 0):
        return False
    name = head[26 : 26 + found.named]
    return name.endswith(b"\0") and b"\0" not in name[:-1] and len(name) > 1


def _next(window: bytes, start: int) -> int:
    """Where the next header begins, or -1; those of the old binary format have no magic that could be looked for."""
    found = _MAGIC.search(window, start)
    return found.start() if found else -1
