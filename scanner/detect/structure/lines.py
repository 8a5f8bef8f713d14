"""The lines around a place as YAML sees them: without what a comment, a diff or a mail put before each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

KEY = re.compile(
    rb"(\"(?:[^\"\\\n]|\\.){1,255}\"|'[^'\n]{1,255}'|[^\s\"'#&*!|>%@`{}\[\],:\-?][^\s:#]{0,255}|-[^\s:#]{1,255})[ \t]*:(?=\s|\Z)"
)
DASH = re.compile(rb"-[ \t]+(?=\S)|-(?=[ \t]*(?:\r?\n|\Z))")
_MARK = re.compile(rb"[ \t]*(?:\+|//+|#+|\*|>|\||--|;+|%)(?=[ \t\w\"'-])")
_TEMPLATE = re.compile(rb"[ \t]*(?:\{\{[^\n]{0,2000}\}\}|\{%[^\n]{0,2000}%\})[ \t]*\r?\Z")
_BLANKS = re.compile(rb"[ \t]*")


class Line(NamedTuple):
    """A line's content, from its first character to its last, and the column at which it begins."""

    start: int
    end: int
    column: int

    @property
    def blank(self) -> bool:
        """Nothing, or nothing but a template's directive."""
        return self.start == self.end


class Page:
    """Lines of a text by offset, read with the mark that the line of a place has before it."""

    def __init__(self, data: bytes, key_at: int) -> None:
        self.data = data
        start = data.rfind(b"\n", 0, key_at) + 1
        mark = _MARK.match(data, start, key_at + 1)
        self.mark = mark[0].strip(b" \t") if mark else b""
        self.anchor = self.line(start)

    def line(self, start: int) -> Line | None:
        """The line that begins at an offset; None if it has not the mark."""
        end = self.data.find(b"\n", start)
        end = len(self.data) if end < 0 else end
        while end > start and self.data[end - 1] in b" \t\r":
            end -= 1
        text = self._unmarked(start, end)
        if text is None:
            return None
        first = self._blanks(text, end)
        if _TEMPLATE.match(self.data, first, end):
            first = end
        return Line(first, end, first - text)

    def up(self, start: int) -> Iterator[Line]:
        """The lines before the one that begins at `start`, from the nearest on; it ends at a line without the mark."""
        while start > 0:
            start = self.data.rfind(b"\n", 0, start - 1) + 1
            line = self.line(start)
            if line is None:
                return
            yield line

    def down(self, start: int) -> Iterator[Line]:
        """The lines after it."""
        while (end := self.data.find(b"\n", start)) >= 0:
            start = end + 1
            line = self.line(start)
            if line is None:
                return
            yield line

    def _unmarked(self, start: int, end: int) -> int | None:
        if not self.mark:
            return start
        if self.mark == b"+":  # of a diff: lines that were there before have a blank in its place, and those that go a `-`
            lead = self.data[start : start + 1]
            return end if start == end or lead == b"-" else start + 1 if lead in b"+ " else None
        first = self._blanks(start, end)
        if self.data.startswith(self.mark, first, end):
            return first + len(self.mark)
        return end if first == end else None

    def _blanks(self, start: int, end: int) -> int:
        found = _BLANKS.match(self.data, start, end)
        return found.end() if found else start
