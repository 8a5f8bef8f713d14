"""The base64 body of a PEM block, read through whatever was put round its lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from scanner.model.content import Span


@dataclass(frozen=True, slots=True)
class Armor:
    """What stands between BEGIN and END: base64 without line breaks, and how it ended."""

    text: bytes = field(repr=False)
    span: Span  # from the first to the last character of the body
    end: int  # of the block, END line included
    closed: bool  # an END line was reached
    encrypted: bool  # a header says so


_NEWLINE = re.compile(rb"\r\n|\n|\r|\\{1,4}[nr](?:\\{1,4}n)?|\\{1,4}u000[aAdD]|&#(?:10|13|x[aAdD]);|%0[AaDd]|<br ?/?>")
_TOKEN = re.compile(rb"[^\s\"'`,;\\()\[\]]+")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}\Z|={1,2}\Z|=[A-Za-z0-9+/]{4}\Z")
_END = re.compile(rb"-----? ?END ")
_DECORATION = re.compile(rb"[+/#*|>.&:_-]{1,3}\Z")  # `+` between strings, `//`, `*` and `>` before lines; never a line of base64
_HEADER = re.compile(rb"[A-Za-z][A-Za-z\-]{2,30}:")
_END_LINE = re.compile(rb"-----? ?END [A-Z0-9 ]{0,40}-{0,5}")


def armored(data: bytes, begin: int, start: int) -> Armor:
    """Read the body that starts at `start`, after a BEGIN line that starts at `begin`."""
    found = _END.search(data, start)
    stop = found.start() if found else len(data)
    mark = _mark(data, begin)
    pieces: list[bytes] = []
    first = last = start
    encrypted = whole = False
    for line_start, line_end in _lines(data, start, stop):
        if _HEADER.match(data[line_start:line_end].lstrip(b" \t\"'+#*/>|")):
            encrypted = encrypted or b"ENCRYPTED" in data[line_start:line_end]
            continue
        tokens, clean = _tokens(data, line_start, line_end, mark if line_start > start else b"")
        for at, token in tokens:
            first = first if pieces else at
            last = at + len(token)
            pieces.append(b"" if token.startswith(b"=") and len(token) == 5 else token)
        if not clean:
            break
    else:
        whole = found is not None
    closed = _END_LINE.match(data, stop) if whole else None
    return Armor(b"".join(pieces), Span(first, last), closed.end() if closed else last, whole, encrypted)


def _mark(data: bytes, begin: int) -> bytes:
    """The character that is stuck to BEGIN, and so to every line: `+` of a diff, `>` of a mail."""
    before = data[max(0, begin - 1) : begin]
    return before if before in (b"+", b"-", b">", b"#", b"*", b"|") else b""


def _lines(data: bytes, start: int, stop: int) -> list[tuple[int, int]]:
    """Start and end of each line, where a line also ends at an escaped newline."""
    cuts = [(m.start(), m.end()) for m in _NEWLINE.finditer(data, start, stop)]
    starts = [start, *(end for _, end in cuts)]
    ends = [*(begin for begin, _ in cuts), stop]
    return list(zip(starts, ends, strict=True))


def _tokens(data: bytes, start: int, end: int, mark: bytes) -> tuple[list[tuple[int, bytes]], bool]:
    """The runs of base64 on one line with their places, and whether there was nothing else."""
    tokens: list[tuple[int, bytes]] = []
    if mark and data[start : start + 1] == mark:
        start += 1
    for found in _TOKEN.finditer(data, start, end):
        token = found[0]
        escaped = data[found.start() - 1 : found.start()] == b"\\"  # JSON may write `\/` for `/`
        if _DECORATION.match(token) and not escaped:
            continue
        if not _BASE64.match(token):
            return tokens, False
        tokens.append((found.start(), token))
    return tokens, True
