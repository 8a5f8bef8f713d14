"""The strings of a JSON document with their places, however deep it is nested."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from scanner.decode.limits import Stop
from scanner.decode.mapped import Mapped

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]', re.DOTALL)
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL)
_SHORT = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f"}
_DEEPEST = 1_000

Key = str | int


class String(NamedTuple):
    """A string that is a value: the keys that lead to it, and where its text stands, without the quotes."""

    path: tuple[Key, ...]
    start: int
    end: int


def strings(data: bytes) -> Iterator[String]:
    """Every string value in order; raises Stop where it is nested absurdly deep."""
    path: list[Key] = []  # of each open object the key that was read last, of each open list the number
    named = False  # the next string is a key
    for token in _TOKEN.finditer(data):
        one = data[token.start()]
        if one in b"{[":
            path.append("" if one == 0x7B else 0)
            named = one == 0x7B
            if len(path) > _DEEPEST:
                raise Stop("archive-too-deep", f"its JSON is nested deeper than {_DEEPEST:,}")
        elif one in b"}]":
            if path:
                path.pop()
            named = False
        elif one == 0x2C:  # a comma
            if path and isinstance(path[-1], int):
                path[-1] += 1
            named = bool(path) and isinstance(path[-1], str)
        elif one == 0x22:
            start, end = token.start() + 1, token.end() - 1
            if named and path:
                path[-1], named = data[start : min(end, start + 200)].decode("utf-8", "replace"), False
            else:
                yield String(tuple(path), start, end)


def unescape(data: bytes, string: String, into: Mapped) -> None:
    """A string's text, of which every letter knows where it was written."""
    at = string.start
    for escape in _ESCAPE.finditer(data, string.start, string.end):
        into.copy(data[at : escape.start()], at)
        into.make(_letter(escape[0][1:]), escape.start(), len(escape[0]))
        at = escape.end()
    into.copy(data[at : string.end], at)


def _letter(escape: bytes) -> bytes:
    if len(escape) == 11:
        high, low = int(escape[1:5], 16), int(escape[7:], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00).encode()
    if len(escape) == 5:
        return chr(int(escape[1:], 16)).encode("utf-8", "replace")
    return _SHORT.get(escape, escape)
