"""What is assigned to what: a name, a sign and a value, read around the place where a value begins."""

from __future__ import annotations

import re
from typing import NamedTuple

from scanner.model.content import Span

LONGEST = 512  # bytes of a value
_NAME_MOST = 48
_AROUND = 32
_NAME_END = re.compile(rb"[A-Za-z0-9_\-.$@]{1,48}\Z")
_NAME_GOES_ON = re.compile(rb"[A-Za-z0-9_\-.]{0,32}")
_BARE = re.compile(rb"[^\s\"'`,;&<>\\|]{1,512}")
_ESCAPED = re.compile(rb"\\{1,4}\Z")
_QUOTES = b"\"'`"
_PAIRS = {0x29: 0x28, 0x5D: 0x5B, 0x7D: 0x7B}  # ) ] }
_LINE_END = re.compile(rb"[\r\n]")


class Assignment(NamedTuple):
    """`name = "value"` in one of its many spellings; everything comes from one line."""

    name: bytes
    sign: bytes  # what stands between name and value, without the quote
    quote: bytes  # the quote round the value, or nothing
    value: bytes
    span: Span  # of the value
    before: bytes  # what stands before the name, at most 32 bytes
    after: bytes  # what stands after the value, at most 32 bytes
    begin: int  # where the name begins
    lead: bytes  # the first two bytes of the line that are not blank
    column: int  # bytes from the line's beginning to the name

    def __repr__(self) -> str:
        """Without what may be a secret; a tuple, as it is made for every candidate, would show it."""
        return f"Assignment(span={self.span})"


def read(window: bytes, name_at: int, value_at: int) -> Assignment | None:
    """The assignment whose name has a byte at `name_at` and whose value begins at `value_at`; None if its end cannot be seen."""
    line = _line_start(window, name_at)
    found = _NAME_END.search(window, max(line, name_at - _NAME_MOST), name_at + 1)
    begin = found.start() if found else name_at
    goes_on = _NAME_GOES_ON.match(window, name_at, value_at)
    name_end = goes_on.end() if goes_on else name_at
    last = window[max(0, value_at - 1) : value_at]
    quote = last if last and last in _QUOTES else b""
    end = _closing(window, value_at, quote) if quote else _bare_end(window, value_at)
    if end <= value_at:
        return None
    return Assignment(
        name=window[begin:name_end],
        sign=window[name_end : value_at - len(quote)],
        quote=quote,
        value=window[value_at:end],
        span=Span(value_at, end),
        before=window[max(line, begin - _AROUND) : begin],
        after=_LINE_END.split(window[end : end + _AROUND], 1)[0],
        begin=begin,
        lead=window[line : line + 64].lstrip()[:2],
        column=begin - line,
    )


def _line_start(window: bytes, at: int) -> int:
    return max(window.rfind(b"\n", 0, at), window.rfind(b"\r", 0, at)) + 1


def _closing(window: bytes, start: int, quote: bytes) -> int:
    """Where the quoted value ends; the same quote closes it, with as many backslashes as the one that opened it."""
    escaped = _ESCAPED.search(window, max(0, start - 5), start - 1)
    depth = len(escaped[0]) if escaped else 0
    last = _LINE_END.search(window, start, start + LONGEST)
    stop = last.start() if last else min(len(window), start + LONGEST)
    at = start
    while (at := window.find(quote, at, stop)) >= 0:
        slashes = _ESCAPED.search(window, max(start, at - 4), at)
        count = len(slashes[0]) if slashes else 0
        if depth and count <= depth:
            return at - count
        if not depth and count % 2 == 0:
            return at
        at += 1
    return -1 if last else stop


def _bare_end(window: bytes, start: int) -> int:
    """Where a value without quotes ends: a bracket that it did not open is not its own."""
    found = _BARE.match(window, start)
    if found is None:
        return -1
    end = found.end()
    while end > start and (opening := _PAIRS.get(window[end - 1])):
        value = window[start:end]
        if value.count(opening) >= value.count(window[end - 1]):
            break
        end -= 1
    return end
