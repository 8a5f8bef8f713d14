"""What stands between quotes, as the program reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

_YAML = {b"0": b"\0", b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r", b"e": b"\x1b"}
_ESCAPE = re.compile(rb"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|(\r?\n)[ \t]*|(.))", re.DOTALL)
_CONTINUED = re.compile(rb"\\\r?\n[ \t]*")
_FOLD = re.compile(rb"(?<![ \t])[ \t]*(?:\r?\n[ \t]*)+")


def unescaped(text: bytes, times: int = 1) -> bytes:
    """Backslash escapes of JSON and YAML undone, as often as the text was put into a string."""
    for _ in range(times):
        if b"\\" not in text:
            break
        text = _once(text)
    return text


def _once(text: bytes) -> bytes:
    if b"\\u" in text:  # two escapes may make one character
        try:
            return str(json.loads(b'"' + text + b'"', strict=False)).encode("utf-8", "surrogatepass")
        except ValueError:
            pass
    return _ESCAPE.sub(lambda found: _character(found.group), text)


def _character(group: Callable[[int], bytes | None]) -> bytes:
    for number in (1, 2, 3):
        digits = group(number)
        if digits is not None:
            code = int(digits, 16)
            return chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else b"?"
    letter = group(5)
    return b"" if letter is None else _YAML.get(letter, letter)  # a line that ends in a backslash goes on in the next


def folded(text: bytes) -> bytes:
    """Line breaks of a quoted or plain YAML scalar: one is a space, an empty line is a break."""
    if b"\n" not in text:
        return text
    return _FOLD.sub(lambda found: b" " if found[0].count(b"\n") == 1 else b"\n" * (found[0].count(b"\n") - 1), text)


def double_quoted(text: bytes) -> bytes:
    """What stands between double quotes in YAML, over one line or several."""
    if b"\n" not in text:
        return unescaped(text)
    return unescaped(b"".join(folded(part) for part in _CONTINUED.split(text)))
