"""The bytes of a PDF file: where its revisions end, and what can be read of it without its table of objects."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from scanner.decode.content import STEP, Content, Part
from scanner.model.content import Inside

_END = b"%%EOF"
_STREAM = re.compile(rb">>\s{0,4}stream\r?\n(?=[\x08\x18\x28\x38\x48\x58\x68\x78])")  # what zlib begins with
_INFLATED_MOST = 16 << 20


def ends(content: Content, file: BinaryIO) -> list[int]:
    """Where each revision ends."""
    found, at, tail = list[int](), 0, b""
    file.seek(0)
    while piece := file.read(STEP):
        content.budget.hurry()
        window, start = tail + piece, at - len(tail)
        place = window.find(_END)
        while place >= 0:
            found.append(start + place + len(_END))
            place = window.find(_END, place + 1)
        at, tail = at + len(piece), window[-len(_END) + 1 :]
    return found


def scattered(content: Content, file: BinaryIO) -> Iterator[Part]:
    """Every stream that inflates, where there is no table of objects any more."""
    at, tail = 0, b""
    while True:
        file.seek(at)
        piece = file.read(STEP)
        if not piece:
            return
        window, start = tail + piece, at - len(tail)
        for match in _STREAM.finditer(window):
            content.budget.hurry()
            if match.end() > len(tail):
                file.seek(start + match.end())
                if data := _inflated(file):
                    yield Part(data, Inside(field=f"stream at {start + match.end()}"))
        at, tail = at + len(piece), window[-16:]


def _inflated(file: BinaryIO) -> bytes:
    inflater, made = zlib.decompressobj(), b""
    try:
        while not inflater.eof and len(made) < _INFLATED_MOST and (fresh := inflater.unconsumed_tail or file.read(1 << 14)):
            made += inflater.decompress(fresh, _INFLATED_MOST - len(made))
    except zlib.error:
        pass
    return made


class Upto(io.RawIOBase):
    """A file that ends where it is said to, so that an older revision is its end."""

    def __init__(self, file: BinaryIO, end: int | None) -> None:
        self._file, self._at = file, 0
        self._end = file.seek(0, 2) if end is None else end

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0, /) -> int:
        base = {0: 0, 1: self._at, 2: self._end}[whence]
        if base + offset < 0:
            raise ValueError("before the beginning")
        self._at = base + offset
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(0, self._end - self._at)
        self._file.seek(self._at)
        data = self._file.read(left if size is None or size < 0 else min(size, left))
        self._at += len(data)
        return data
