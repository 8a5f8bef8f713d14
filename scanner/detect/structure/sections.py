"""Sections of INI and TOML files: the keys and values around a place, or after it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scanner.detect.structure.escapes import unescaped
from scanner.detect.structure.scalar import Scalar
from scanner.model.content import Span

MOST = 200  # lines of one section
_HEADER = re.compile(rb"[ \t]*\[{1,2}([^\]\n]{1,300})\]{1,2}[ \t]*(?:[#;][^\n]*)?\r?\Z")
_PAIR = re.compile(rb"[ \t]*+([\"']?)([\w.\-/:@]{1,120}?)\1[ \t]*[=:][ \t]*(?:\"((?:[^\"\\\n]|\\.)*)\"|'([^'\n]*)'|([^\r\n]*))")
_COMMENT = re.compile(rb"(?<=[ \t])[#;]")


@dataclass(frozen=True, slots=True)
class Section:
    """What stands between one header and the next."""

    header: bytes
    values: dict[bytes, Scalar]


def around(data: bytes, at: int) -> Section:
    """The section that has a line at `at`; its header may be the line itself."""
    start = data.rfind(b"\n", 0, at) + 1
    for _ in range(MOST):
        if _header(data, start) is not None or not start:
            break
        start = data.rfind(b"\n", 0, start - 1) + 1
    return next(after(data, start))


def after(data: bytes, start: int) -> Iterator[Section]:
    """The sections from the line at `start` on."""
    header, values, lines = b"", dict[bytes, Scalar](), 0
    first = True
    while start < len(data) and lines < MOST:
        name = _header(data, start)
        if name is not None:
            if not first:
                yield Section(header, values)
            header, values, lines = name, {}, 0
        elif pair := _value(data, start):
            values.setdefault(pair.key, pair)
        first, lines = False, lines + 1
        end = data.find(b"\n", start)
        start = end + 1 if end >= 0 else len(data)
    yield Section(header, values)


def _end(data: bytes, start: int) -> int:
    end = data.find(b"\n", start)
    return len(data) if end < 0 else end


def _header(data: bytes, start: int) -> bytes | None:
    found = _HEADER.match(data, start, _end(data, start))
    return found[1] if found else None


def _value(data: bytes, start: int) -> Scalar | None:
    found = _PAIR.match(data, start, _end(data, start))
    if found is None:
        return None
    group = next(number for number in (3, 4, 5) if found[number] is not None)
    text, (first, last) = found[group], found.span(group)
    if group == 5:
        comment = _COMMENT.search(text)
        text = (text[: comment.start()] if comment else text).rstrip()
        last = first + len(text)
    value = unescaped(text) if group == 3 else text
    return Scalar((found[2].strip().lower(),), value, Span(first, last), found.start(2), '"' if group == 3 else "'" if group == 4 else "")
