"""HTML and SVG: the text as a page shows it, in the lines of the file, and what its data: URIs hold."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from scanner.decode import tables
from scanner.decode.content import HEAD, Content, Part
from scanner.decode.mapped import Mapped
from scanner.model.content import Inside

_IS_HTML = re.compile(rb"(?i)<(?:!doctype html|html|body|head|div|p|table|span|meta|script|h[1-6])(?=[\s>/])")
_IS_SVG = re.compile(rb"<(?:[a-z]{1,10}:)?svg(?=[\s>/])")
_ENTITY = re.compile(rb"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?")
_NAME = re.compile(rb"/?([A-Za-z][A-Za-z0-9:_-]{0,40})")
_TAG = re.compile(rb"<(/?[A-Za-z][A-Za-z0-9:_-]{0,40})(?:>|[\s/](?:[^<>\"']|\"[^\"<>]*\"|'[^'<>]*')*>)")  # as nearly all are
_DATA = re.compile(rb"data:([a-z]{1,20}/[A-Za-z0-9.+-]{1,60})?((?:;[A-Za-z0-9=_.-]{1,40}){0,4}),([A-Za-z0-9+/=_%.~!*'();:@$,-]{24,})")
_INLINE = frozenset(
    b"a abbr b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q s samp small span strike strong sub sup tspan "
    b"tt u var wbr".split()
)
_CELLS_MOST = 10_000
_HIDDEN = (b"script", b"style")
_ENDINGS = {b"svg+xml": "svg", b"plain": "txt", b"javascript": "js"}


class _Piece(NamedTuple):
    """Some text, where it was written, and how many bytes it was made of; none where it was copied."""

    data: bytes
    was: int
    took: int


def fits(data: bytes) -> bool:
    """Whether markup is HTML."""
    return _IS_HTML.search(data, 0, HEAD // 16) is not None


def fits_svg(data: bytes) -> bool:
    """Whether markup is a drawing."""
    return _IS_SVG.search(data, 0, HEAD // 8) is not None


def read(content: Content) -> Iterator[Part]:
    """The text, then the data: URIs."""
    data = content.whole()
    page = _Page(data)
    for number, (start, end, name) in enumerate(_tags(data)):
        if not number & 0xFFF:
            content.budget.hurry()
        page.text_until(start)
        page.tag(start, end, name)
    page.end()
    for part in page.text.part("text"):
        if bytes(part.data).strip() != data.strip():  # type: ignore[arg-type]  # nothing was made of it: it would be read again, and again
            yield part
    yield from _embedded(data)


def _tags(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Every tag and comment: where it starts and ends, and its name in lower case, with a slash where it closes."""
    at = 0
    while (start := data.find(b"<", at)) >= 0:
        if simple := _TAG.match(data, start):
            name, end = simple[1].lower(), simple.end()
        elif data.startswith(b"<!--", start):
            end = data.find(b"-->", start + 4) + 3
            name = b"!--"
        else:
            match = _NAME.match(data, start + 1)
            if match is None and data[start + 1 : start + 2] not in (b"!", b"?"):
                at = start + 1
                continue
            name = match[0].lower() if match else b"!"
            end = _tag_end(data, start)
        if end < 3:
            return
        yield start, end, name
        at = end
        if name in _HIDDEN:
            close = _closing(data, name, end)
            yield end, close, b"!hidden"
            at = close


def _tag_end(data: bytes, start: int) -> int:
    """Behind the `>` of a tag; one in a quoted value does not count, unless the quote never ends."""
    end = data.find(b">", start) + 1
    if not end:
        return 0
    for quote in (b'"', b"'"):
        if data.count(quote, start, end) % 2 and (close := data.find(quote, end, end + (1 << 16))) >= 0:
            return data.find(b">", close) + 1 or end
    return end


def _closing(data: bytes, name: bytes, at: int) -> int:
    while (close := data.find(b"</", at)) >= 0:
        if data[close + 2 : close + 2 + len(name)].lower() == name:
            return close
        at = close + 2
    return len(data)


class _Page:
    """Puts the text together; the cells of a table when their row ends, each with what it is called."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0
        self.text = Mapped()
        self._cells: list[list[_Piece]] = []  # of the open row
        self._open = False  # whether a cell is
        self._header: list[str] = []

    def text_until(self, end: int) -> None:
        """What stands between two tags, its entities resolved."""
        at = self._at
        if at >= end:
            return
        for entity in _ENTITY.finditer(self._data, at, end):
            self._copy(at, entity.start())
            self._put(_Piece(unescape(entity[0].decode()).encode("utf-8", "replace"), entity.start(), len(entity[0])))
            at = entity.end()
        self._copy(at, end)

    def end(self) -> None:
        """The page ends, and with it what is open."""
        self.text_until(len(self._data))
        self._row()

    def _copy(self, start: int, end: int) -> None:
        self._put(_Piece(self._data[start:end], start, 0))

    def _put(self, piece: _Piece) -> None:
        if self._open:
            self._cells[-1].append(piece)
        elif piece.took:
            self.text.make(*piece)
        else:
            self.text.copy(piece.data, piece.was)

    def tag(self, start: int, end: int, name: bytes) -> None:
        """A tag: nothing between the letters of a word, or the end of a line."""
        self._at = end
        bare = name.lstrip(b"/").rpartition(b":")[2]
        if bare in (b"td", b"th"):
            self._open = name == bare and len(self._cells) < _CELLS_MOST
            if self._open:
                self._cells.append([])
        elif bare in (b"tr", b"table"):
            self._row()
            self._header = [] if bare == b"table" else self._header
        elif name == b"!--":
            self._put(_Piece(b"\n", start, 1))
            self._copy(start, end)
        if bare not in _INLINE and (self._open or not self.text.ends_with(b"\n")):
            self._put(_Piece(b"\n", start, end - start))

    def _row(self) -> None:
        self._open = False
        row, self._cells = self._cells, []
        texts = [b"".join(piece.data for piece in cell).decode("utf-8", "replace").strip() for cell in row]
        for cell, label in zip(row, tables.labels(self._header, texts), strict=True):
            if label and cell:
                self.text.make(f"{label}: ".encode(), cell[0].was, 1)
            begun = not label
            for piece in cell:
                data = piece.data if begun else piece.data.lstrip()
                begun = begun or bool(data)
                if piece.took:
                    self.text.make(data, piece.was, piece.took)
                else:
                    self.text.copy(data, piece.was + len(piece.data) - len(data))
            if cell:
                self.text.make(b"\n", cell[-1].was, 1)
        if not self._header and len(texts) > 1 and all(map(tables.wordy, texts)):
            self._header = texts


def _embedded(data: bytes) -> Iterator[Part]:
    for number, uri in enumerate(_DATA.finditer(data), 1):
        kind = (uri[1] or b"text/plain").rpartition(b"/")[2]
        payload = unquote_to_bytes(uri[3])
        if uri[2].endswith(b";base64"):
            payload = payload.translate(bytes.maketrans(b"-_", b"+/"))
            try:
                payload = binascii.a2b_base64(payload + b"=" * (-len(payload) % 4))
            except binascii.Error:
                continue
        yield Part(payload, Inside(member=f"data {number}.{_ENDINGS.get(kind, kind.decode())}"), "data-uri")
