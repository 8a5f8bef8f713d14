"""Compiled Python and Java: the strings that their programs hold, apart from the bytes between which they are stored; nothing is loaded."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from scanner.decode.content import Content, Part
from scanner.decode.limits import Stop
from scanner.decode.marked import Marked
from scanner.model.content import Inside, Unseen

# Of Python's `marshal`: a type, perhaps marked as referred to later, and a length in one byte or in four.
_SHORT = re.compile(rb"[zZ\xfa\xda](?=(.))", re.DOTALL)
_LONG = re.compile(rb"[aAtus\xe1\xc1\xf4\xf5\xf3](?=(....))", re.DOTALL)
_PYTHON_HEADER = 16
_LEAST = 6
_WIDTHS = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 17: 4, 18: 4, 19: 2, 20: 2}
_UTF8, _STRING = 1, 8


def python(content: Content) -> Iterator[Part]:
    """A .pyc file: whatever stands where a string could, one on a line; versions differ in everything else."""
    data = content.whole()
    marked = Marked(Inside(field="constants"))
    found: list[tuple[int, bytes]] = []
    for pattern, width in ((_SHORT, 1), (_LONG, 4)):
        for number, match in enumerate(pattern.finditer(data, _PYTHON_HEADER)):
            if not number & 0xFFFF:
                content.budget.hurry()
            start = match.start() + 1 + width
            size = int.from_bytes(match[1], "little")
            if _LEAST <= size <= len(data) - start and data.find(0, start, start + size) < 0 and _is_text(data[start : start + size]):
                found.append((start, data[start : start + size]))
    end = 0
    for start, text in sorted(found, key=lambda one: (one[0], -len(one[1]))):
        if start + len(text) > end:  # not inside of the last one
            yield from marked.add(text + b"\n")
            end = start + len(text)
    yield from marked.rest()


def _is_text(data: bytes) -> bool:
    try:
        return bool(data.decode("utf-8", "surrogatepass"))
    except UnicodeDecodeError:
        return False


def is_java(data: bytes) -> bool:
    """Whether it has a version of Java's; programs for several Macs in one file begin as class files do."""
    return 45 <= int.from_bytes(data[6:8], "big") < 200


def java(content: Content) -> Iterator[Part | Unseen]:
    """A .class file (JVMS 4): the texts of its constant pool, and the constants with the names of their fields."""
    pool = _Pool(content.whole())
    marked = Marked(Inside(field="constants"))
    named: dict[int, str] = {}
    try:
        pool.read()
        named = dict(pool.fields())
    except (struct.error, IndexError, KeyError):
        yield Unseen("unreadable", "it is damaged", Inside(field="constants"))
    for number, text in pool.texts.items():
        name = named.get(number)
        yield from marked.add((f"{name}: ".encode() if name else b"") + text + b"\n")
    yield from marked.rest()


class _Pool:
    """The constants of a class by number."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 8
        self.texts: dict[int, bytes] = {}
        self._strings: dict[int, int] = {}  # number of a String -> number of its text

    def _take(self, form: str) -> int:
        value: int = struct.unpack_from(form, self._data, self._at)[0]
        self._at += struct.calcsize(form)
        return value

    def read(self) -> None:
        """The pool itself."""
        count, number = self._take(">H"), 1
        while number < count:
            tag = self._take(">B")
            if tag == _UTF8:
                size = self._take(">H")
                self.texts[number] = self._data[self._at : self._at + size]
                self._at += size
                if self._at > len(self._data):
                    raise Stop("truncated", "it ends too early")
            else:
                if tag == _STRING:
                    self._strings[number] = int.from_bytes(self._data[self._at : self._at + 2], "big")
                self._at += _WIDTHS[tag]
            number += 2 if tag in (5, 6) else 1

    def fields(self) -> Iterator[tuple[int, str]]:
        """For each field with a constant text: (number of the text, name of the field)."""
        self._at += 6
        interfaces = self._take(">H")
        self._at += 2 * interfaces
        for _ in range(self._take(">H")):
            self._at += 2
            name = self.texts.get(self._take(">H"), b"")
            self._at += 2
            for _ in range(self._take(">H")):
                kind, size = self.texts.get(self._take(">H")), self._take(">L")
                if kind == b"ConstantValue" and size == 2:
                    constant = int.from_bytes(self._data[self._at : self._at + 2], "big")
                    if constant in self._strings:
                        yield self._strings[constant], name.decode("utf-8", "replace")
                self._at += size
