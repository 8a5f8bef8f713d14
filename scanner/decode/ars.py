"""ar archives: static libraries and Debian packages, of GNU and of BSD."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.decode.content import Content, Part, member
from scanner.decode.reel import CUT, LOST, SMALL, Body, Reel
from scanner.model.content import Inside, Unseen

_HEADER = re.compile(rb"[^\n]{16}[0-9 ]{12}[0-9 -]{12}[0-9 ]{8}[0-9]{1,10} {0,9}`\n", re.DOTALL)
_LENGTH = 60
_TABLES = (b"/", b"//", b"/SYM64/", b"__.SYMDEF")
_NAMES_MOST = 16 << 20


def read(content: Content) -> Iterator[Part | Unseen]:
    """The members in order."""
    thin = content.exactly(8) == b"!<thin>\n"
    if thin:
        yield Unseen("missing-object", "it names files that are kept elsewhere")
    reel, names, told = Reel(content), b"", thin
    reel.zeros()
    while head := reel.take(_LENGTH):
        if not _HEADER.fullmatch(head):
            if not told:
                yield Unseen("unreadable" if len(head) == _LENGTH else "truncated", LOST)
            told = True
            yield reel.until(_next, _LENGTH, head)
            continue
        told = thin
        name, size = head[:16].rstrip(b" "), int(head[48:58])
        body = Body(reel.source, 0 if thin and name not in _TABLES else size)
        if name == b"//" and size <= _NAMES_MOST:
            names = body.upto(size)
            reel.note(names)
        elif name in _TABLES:
            yield Part(body, Inside(field="symbols"))
        else:
            where = member(_name(name, names, body))
            small = body.left <= SMALL
            yield Part(body.upto(body.left) if small else body, where)
            if body.cut and small:
                yield Unseen("truncated", CUT, where)
        body.finish()
        reel.pad(0 if thin and name not in _TABLES else size % 2)
        reel.zeros()
        yield from reel.noted()
    yield from reel.noted(0)


def _name(name: bytes, names: bytes, body: Body) -> bytes:
    """The whole name of a member: in the table of names (GNU), before the content (BSD), or as it is."""
    if name.startswith(b"#1/") and name[3:].isdigit():
        return body.upto(min(int(name[3:]), 1 << 16)).rstrip(b"\0")
    if name.startswith(b"/") and name[1:].isdigit():
        return names[int(name[1:]) :].split(b"\n", 1)[0].rstrip(b"/") or name
    return name[:-1] if name.endswith(b"/") and len(name) > 1 else name


def _next(window: bytes, start: int) -> int:
    """Where the next header begins, or -1."""
    end = window.find(b"`\n", start + _LENGTH - 2)
    while end >= 0 and not _HEADER.fullmatch(window, end + 2 - _LENGTH, end + 2):
        end = window.find(b"`\n", end + 1)
    return end + 2 - _LENGTH if end >= 0 else -1
