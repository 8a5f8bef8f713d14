"""Text in wide encodings, with or without a byte order mark, in files of its own or inside binary content."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from scanner.model.content import Span

_MARKS = ((b"\xff\xfe\0\0", "utf-32le"), (b"\0\0\xfe\xff", "utf-32be"), (b"\xff\xfe", "utf-16le"), (b"\xfe\xff", "utf-16be"))
WIDTH = {"utf-16le": 2, "utf-16be": 2, "utf-32le": 4, "utf-32be": 4}
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_ONE = rb"[\t\n\r\x20-\x7e]"
# Runs of at least eight printable characters, so that no secret is too short for them; the widest encoding is tried first.
_RUNS = (
    ("utf-32le", re.compile(rb"(?:%s\0\0\0){8,}" % _ONE), 0),
    ("utf-32be", re.compile(rb"(?:\0\0\0%s){8,}" % _ONE), 3),
    ("utf-16le", re.compile(rb"(?:%s\0){8,}" % _ONE), 0),
    ("utf-16be", re.compile(rb"(?:\0%s){8,}" % _ONE), 1),
)
# The same in an alphabet of three (p: printable, 0: NUL), where such a run is a fixed string: a hundred times faster to find.
_SHAPE = bytes(ord("p") if 32 <= byte < 127 or byte in b"\t\n\r" else ord("x") if byte else ord("0") for byte in range(256))
_LEAST = {"utf-32le": b"p000" * 8, "utf-32be": b"000p" * 8, "utf-16le": b"p0" * 8, "utf-16be": b"0p" * 8}


@dataclass(frozen=True, slots=True)
class Reading:
    """Content as one-byte text; byte `i` of it stands at `start + i * width` of the original."""

    step: str
    data: bytes = field(repr=False)
    start: int
    width: int

    def back(self, span: Span) -> Span:
        """A span of this reading as a span of the original content."""
        return Span(self.start + span.start * self.width, self.start + span.end * self.width)

    def forth(self, offset: int) -> int:
        """An offset of the original as one of this reading; it may lie outside."""
        return (offset - self.start) // self.width


def wide_readings(data: bytes) -> Iterator[Reading]:
    """What the content says when read as UTF-16 or UTF-32; nothing for content without a NUL byte."""
    if 0 not in data:
        return
    whole = _whole(data)
    if whole:
        yield _transcoded(data, whole)
        return
    shape = data.translate(_SHAPE)
    if shape.count(b"p") < 8:  # of holes and padding, where to look for runs is slow
        return
    for step, pattern, first in _RUNS:
        width, at = WIDTH[step], shape.find(_LEAST[step])
        while at >= 0 and (run := pattern.match(data, at)):
            yield Reading(step, run.group()[first::width], run.start() + first, width)
            at = shape.find(_LEAST[step], run.end())


def _whole(data: bytes) -> str | None:
    """The encoding of the whole content, by its mark or because its first kilobyte alternates with NULs."""
    for mark, step in _MARKS:
        if data.startswith(mark):
            return step
    head = data[:1024]
    half = len(head) // 2
    if half >= 8:
        even, odd = head[0::2].count(0), head[1::2].count(0)
        if odd > 0.6 * half and even < 0.1 * half:
            return "utf-16le"
        if even > 0.6 * half and odd < 0.1 * half:
            return "utf-16be"
    return None


def _transcoded(data: bytes, step: str) -> Reading:
    """One byte for each code unit; what Latin-1 lacks becomes a question mark, so that offsets still fit."""
    width = WIDTH[step]
    text = data[: len(data) // width * width].decode(step, "replace")
    if width == 2:
        text = _ASTRAL.sub("??", text)
    first = {"utf-16be": 1, "utf-32be": 3}.get(step, 0)
    return Reading(step, text.encode("latin-1", "replace"), first, width)


def narrowed(data: bytes, step: str, offset: int) -> bytes:
    """The low bytes of wide content, in the alignment of `offset`: the text in which lines and columns are counted."""
    width = WIDTH[step]
    return data[offset % width :: width]
