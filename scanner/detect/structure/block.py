"""Values of YAML in block style, read around a key without reading the whole document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from scanner.detect.structure import flow
from scanner.detect.structure.escapes import double_quoted, folded, unescaped
from scanner.detect.structure.lines import DASH, KEY, Line, Page
from scanner.detect.structure.scalar import Scalar
from scanner.model.content import Span

MOST = 2000  # lines of one mapping
DEEPEST = 64
_PROPERTY = re.compile(rb"(?:&\S{1,64}|!(?:!binary|!str)?)(?:[ \t]+|(?=\r?\n|\Z))")
_TAGGED = re.compile(rb"!\S*")
_HEADER = re.compile(rb"[|>](?:[+-]?[1-9]?|[1-9][+-])[ \t]*(?:#[^\n]*)?\Z")
_DOUBLE = re.compile(rb"\"((?:[^\"\\]|\\.)*+)\"", re.DOTALL)
_SINGLE = re.compile(rb"'((?:[^']|'')*+)'")
_COMMENT = re.compile(rb"[ \t]#")
_BROKEN = 8  # lists and objects without an end, before no more are tried
_NESTED = 4  # how often a mapping may hold the line again that it was found by
_CLOSES = re.compile(rb"(?:`|\"\"\"|''')[\w.(]{0,4}[,;)}\]]{0,6}\Z")
_INDEX = 0.5  # a list may stand as far left as its own key: its items are half a column deeper


def mapping(data: bytes, key_at: int) -> list[Scalar]:
    """Every scalar of the mapping that has the key at `key_at`, by its path in there."""
    page = Page(data, key_at)
    lines, column = _mapping_lines(page, key_at)
    return _Reader(data, lines, page).read(column)


def below(data: bytes, key_at: int) -> list[Scalar]:
    """Every scalar of the value of the key at `key_at`, with that key as the first step of its path."""
    page = Page(data, key_at)
    if page.anchor is None:
        return []
    line = _cut(page.anchor, key_at)
    lines = [line]
    for other in page.down(line.start):
        item = other.column == line.column and DASH.match(data, other.start, other.end) is not None
        if not other.blank and other.column <= line.column and not item:
            break
        lines.append(other)
        if len(lines) >= MOST:
            break
    return _Reader(data, lines, page).read(line.column)


def _cut(line: Line, key_at: int) -> Line:
    """The line from its key on: `- kind: Secret` without the dash."""
    return Line(key_at, line.end, line.column + key_at - line.start)


def _mapping_lines(page: Page, key_at: int) -> tuple[list[Line], int]:
    """The lines of the mapping round a key, and its column."""
    data = page.data
    if page.anchor is None:
        return [], 0
    anchor = _cut(page.anchor, key_at)
    lead = data[page.anchor.start : key_at]
    column = anchor.column
    if lead.strip(b"- \t"):  # text before it, such as the quote that opens a string
        beside = next((line for line in page.down(anchor.start) if not line.blank), None)
        column = beside.column if beside and KEY.match(data, beside.start, beside.end) else column
    name = KEY.match(data, anchor.start, anchor.end)
    above = [] if lead else list(_above(page, anchor, name[1] if name else b""))
    under = list(_under(page, anchor, column, name[1] if name else b""))
    return [*above[::-1], Line(anchor.start, anchor.end, column), *under], column


def _above(page: Page, anchor: Line, name: bytes) -> Iterator[Line]:
    for number, line in enumerate(page.up(page.data.rfind(b"\n", 0, anchor.start) + 1)):
        if number >= MOST:
            return
        first = _dashed(page.data, line) if not line.blank and line.column < anchor.column else None
        if first is not None and first.column == anchor.column:
            if not _is_key(page.data, first, name):
                yield first
            return
        if not line.blank and (line.column < anchor.column or not _belongs(page.data, line, anchor.column, name)):
            if page.data[line.start : line.start + 1] != b"#":
                return
            continue
        yield line


def _under(page: Page, anchor: Line, column: int, name: bytes) -> Iterator[Line]:
    same, text = 0, page.data[anchor.start : anchor.end]
    for number, line in enumerate(page.down(anchor.start)):
        if number >= MOST:
            return
        if not line.blank and (line.column < column or not _belongs(page.data, line, column, name)):
            if page.data[line.start : line.start + 1] != b"#":
                return
            continue
        same += page.data.startswith(text, line.start)
        if same > _NESTED:
            return
        closing = _CLOSES.search(page.data, max(line.start, line.end - 16), line.end)
        if closing:  # of the string in a program that holds the text
            yield Line(line.start, closing.start(), line.column)
            return
        yield line


def _belongs(data: bytes, line: Line, column: int, name: bytes) -> bool:
    """Whether a line at least as deep as the mapping is a part of it: no prose, no other document, no second `kind`."""
    if line.column > column:
        return True
    if DASH.match(data, line.start, line.end):
        return True
    return KEY.match(data, line.start, line.end) is not None and not _is_key(data, line, name)


def _is_key(data: bytes, line: Line, name: bytes) -> bool:
    found = KEY.match(data, line.start, line.end)
    return found is not None and found[1].strip(b"\"'") == name.strip(b"\"'")


def _dashed(data: bytes, line: Line) -> Line | None:
    """A line that begins an item of a list, from the item's first key on."""
    start = line.start
    while (dash := DASH.match(data, start, line.end)) and dash.end() > start + 1:
        start = dash.end()
    return Line(start, line.end, line.column + start - line.start) if start > line.start else None


class _Reader:
    """Goes through the lines once; `stack` is the way to where it is, each step with its column."""

    def __init__(self, data: bytes, lines: list[Line], page: Page) -> None:
        self.data, self.lines, self.page = data, lines, page
        self.found: list[Scalar] = []
        self.stack: list[tuple[float, bytes]] = []
        self.at = self.broken = 0

    def read(self, column: int) -> list[Scalar]:
        """Every scalar from `column` on."""
        while self.at < len(self.lines) and len(self.found) < MOST:
            line = self.lines[self.at]
            self.at += 1
            if line.blank or line.column < column or self.data[line.start : line.start + 1] == b"#":
                continue
            self._line(line)
        return self.found

    def _line(self, line: Line) -> None:
        start, column, depth = line.start, line.column, 0
        while (dash := DASH.match(self.data, start, line.end)) and depth < DEEPEST:
            self._pop(column + _INDEX)
            self.stack.append((column + _INDEX, b"-%d" % start))
            column, start, depth = column + dash.end() - start, dash.end(), depth + 1
        key = KEY.match(self.data, start, line.end)
        if key is None:
            if depth and start < line.end:
                self._value(start, line.end, int(self.stack[-1][0]), start)
            return
        self._pop(column)
        name = key[1]
        if name[:1] in (b'"', b"'"):
            name = unescaped(name[1:-1]) if name[:1] == b'"' else name[1:-1]
        self.stack.append((column, name))
        self._value(key.end(), line.end, column, start)

    def _pop(self, column: float) -> None:
        while self.stack and self.stack[-1][0] >= column:
            self.stack.pop()

    def _value(self, start: int, end: int, column: int, key_at: int) -> None:
        """The value that stands at `start`, or on the lines that follow."""
        start = self._blanks(start, end)
        while found := _PROPERTY.match(self.data, start, end):
            start = self._blanks(found.end(), end)
        if start >= end or self.data[start : start + 1] == b"#":
            following = self._following(column)
            if following is None:
                return
            start, end = following.start, following.end
        head = self.data[start : start + 1]
        if head == b"*" or _TAGGED.match(self.data, start, end):
            self._deeper(column)  # an alias, or something that another program makes
        elif _HEADER.match(self.data, start, end):
            self._block(head, column, key_at)
        elif head in (b'"', b"'"):
            self._quoted(start, head, key_at)
        elif head in (b"{", b"[") and self.data[start + 1 : start + 2] != head and self.broken < _BROKEN:
            self._flow(start, end)
        else:
            self._plain(start, end, column, key_at)

    def _following(self, column: int) -> Line | None:
        """The next line, if it goes on with the value: deeper, and neither a key nor an item."""
        if self.at >= len(self.lines):
            return None
        line = self.lines[self.at]
        text = self.data[line.start : line.start + 2]
        if line.blank or line.column <= column or text[:1] == b"#" or DASH.match(self.data, line.start, line.end):
            return None
        if KEY.match(self.data, line.start, line.end):
            return None
        self.at += 1
        return line

    def _deeper(self, column: int) -> list[Line]:
        """The lines that are deeper than a key, or blank, taken."""
        first = self.at
        while self.at < len(self.lines) and (self.lines[self.at].blank or self.lines[self.at].column > column):
            self.at += 1
        taken = self.lines[first : self.at]
        while taken and taken[-1].blank:
            taken.pop()
        return taken

    def _block(self, head: bytes, column: int, key_at: int) -> None:
        lines = self._deeper(column)
        if not lines:
            return
        least = min(line.column for line in lines if not line.blank)
        texts = [b" " * (line.column - least) * (not line.blank) + self.data[line.start : line.end] for line in lines]
        value = folded(b"\n".join(texts)) if head == b">" else b"\n".join(texts)
        first = next(line for line in lines if not line.blank)
        self._add(value, Span(first.start, lines[-1].end), key_at, head.decode())

    def _quoted(self, start: int, quote: bytes, key_at: int) -> None:
        found = (_DOUBLE if quote == b'"' else _SINGLE).match(self.data, start, self.lines[-1].end)
        if found is None:
            return
        text = double_quoted(found[1]) if quote == b'"' else folded(found[1]).replace(b"''", b"'")
        self._add(text, Span(*found.span(1)), key_at, quote.decode())
        self._pass(found.end())

    def _flow(self, start: int, end: int) -> None:
        found, last = flow.read(self.data, start, end if self.page.mark else self.lines[-1].end)
        self.broken += last is None
        path = self._path()
        self.found += (Scalar((*path, *one.path), one.value, one.span, one.at, one.style) for one in found)
        self._pass(last or start)

    def _plain(self, start: int, end: int, column: int, key_at: int) -> None:
        comment = _COMMENT.search(self.data, start, end)
        pieces, stop = [self.data[start : comment.start() if comment else end].rstrip()], comment.start() if comment else end
        while not comment and (line := self._following(column)):
            pieces.append(self.data[line.start : line.end])
            stop = line.end
        last = stop - len(self.data[start:stop]) + len(self.data[start:stop].rstrip())
        self._add(b" ".join(pieces), Span(start, last), key_at, "")

    def _add(self, value: bytes, span: Span, key_at: int, style: str) -> None:
        self.found.append(Scalar(self._path(), value, span, key_at, style))

    def _path(self) -> tuple[bytes, ...]:
        return tuple(name for _, name in self.stack[-DEEPEST:])

    def _pass(self, offset: int) -> None:
        """Go on behind a value that ends on a later line."""
        while self.at < len(self.lines) and self.lines[self.at].start < offset:
            self.at += 1

    def _blanks(self, start: int, end: int) -> int:
        text = self.data[start:end]
        return start + len(text) - len(text.lstrip(b" \t"))


def scalars_under(found: Iterable[Scalar], *path: bytes) -> list[Scalar]:
    """Those below a path."""
    return [scalar for scalar in found if scalar.path[: len(path)] == path and len(scalar.path) > len(path)]
