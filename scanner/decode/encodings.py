"""How text is written when it is not written as it is: the table of encodings."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from importlib import import_module

from scanner.decode import ansi
from scanner.decode.marks import HEX, HEX_PACKED, MARKS, STRETCHES, TAR, TEXT, WIDE
from scanner.decode.units import Unit, Units

_LINE = re.compile(rb"[A-Za-z0-9+/_-]+")
_BREAK = re.compile(rb"\r?\n[ \t]{0,64}")
_BREAK_BEFORE = re.compile(rb"\r?\n[ \t]{0,64}\Z")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2})+")
_SHORTEST = 40  # of a line that is wrapped
_OPEN = 1024  # bytes of base64 at the end of a window that are worth waiting for the rest
_OPEN_MOST = 16 << 20
_BACK = 1024  # as far as the beginning of a tar archive is before its mark
_URL = bytes.maketrans(b"-_", b"+/")
_START = {TEXT: 16, WIDE: 16, HEX: 24}
_MAGIC = re.compile(rb"H4sI|UEsDB|QlpoO|[_/]Td6WFo|KLUv[_/]|77u/")
_HEX_MAGIC = re.compile(rb"1[fF]8[bB]08|504[bB]0304")


def stretch(data: bytes, kind: str, end: int) -> tuple[str, list[tuple[int, int]]]:
    """The encoding of the stretch that has a mark of this kind ending there, and where its lines stand."""
    if kind in (HEX, HEX_PACKED):
        start = end - _START[HEX] if kind == HEX else _last(_HEX_MAGIC, data, end - 24, end)
        found = _HEX.match(data, start)
        return "hex", [found.span()] if found else []
    if kind == TAR:
        start = max(0, end - _BACK)
        head = data[start:end]
        start += len(head) - len(_unwrapped_tail(head))
    else:
        start = end - _START[kind] if kind in _START else _last(_MAGIC, data, end - 8, end)
    return "base64", _lines(data, start)


def _last(pattern: re.Pattern[bytes], data: bytes, low: int, high: int) -> int:
    """Where the pattern's last match begins; `high` if it has none."""
    start = high
    for found in pattern.finditer(data, max(0, low), high):
        start = found.start()
    return start


def _unwrapped_tail(head: bytes) -> bytes:
    """The end of the head that could be base64 on one or several lines."""
    found = re.search(rb"[A-Za-z0-9+/_\-\r\n]*\Z", head[-_BACK:])
    return found[0].lstrip(b"\r\n") if found else b""


def _lines(data: bytes, start: int) -> list[tuple[int, int]]:
    """The lines of base64 from `start` on: as long as each next one is as long as the one before, or the last."""
    first = _LINE.match(data, start)
    if first is None:
        return []
    lines, width = [first.span()], 0
    while (before := lines[-1][1] - lines[-1][0]) >= _SHORTEST:
        gap = _BREAK.match(data, lines[-1][1])
        line = _LINE.match(data, gap.end()) if gap else None
        length = line.end() - line.start() if line else 0
        if line is None or not _ends_line(data, line.end()) or (width and length > width):
            break
        lines.append(line.span())
        if length < (width or before):  # the last one
            break
        width = length
    return lines


def _ends_line(data: bytes, at: int) -> bool:
    rest = data[at : at + 3].lstrip(b"=")
    return not rest or rest[:1] in (b"\n", b"\r", b'"', b"'")


def unpacked(encoding: str, data: bytes, lines: list[tuple[int, int]]) -> bytes:
    """What a stretch says; of a stretch that was cut off, what is there."""
    text = b"".join(data[start:end] for start, end in lines)
    if encoding == "hex":
        return bytes.fromhex(text.decode("ascii"))
    text = text.translate(_URL)
    text = text[: len(text) - 1] if len(text) % 4 == 1 else text
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return b""


def open_end(data: bytes) -> int:
    """Where a stretch of base64 begins that may go on after the end of the data; the end, where there is none of some length."""
    low = max(0, len(data) - _OPEN_MOST)
    at = _run_start(data, low, len(data))
    while gap := _BREAK_BEFORE.search(data, max(low, at - 66), at):
        start = _run_start(data, low, gap.start())
        if gap.start() - start < _SHORTEST:
            break
        at = start
    return at if len(data) - at > _OPEN else len(data)


def holds_text(marks: Iterable[tuple[int, int]], start: int) -> bool:
    """Whether one of the marks says that what begins there is more than a picture or a hash."""
    return any(start < end <= start + _START[TEXT] + 1 and MARKS[number] in STRETCHES for number, end in marks)


def _run_start(data: bytes, low: int, end: int) -> int:
    """Where the run of base64 that ends there begins."""
    step = 4096
    at = end
    while at > low:
        piece = data[max(low, at - step) : at]
        left = len(piece.rstrip(_ALPHABET))
        if left:
            return at - (len(piece) - left)
        at -= len(piece)
    return at


_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-="

_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*")
_PRINTABLE = re.compile(rb"=(?:[0-9A-F]{2}(?:=[0-9A-F]{2})*|[ \t]{0,8}\r?\n)")
# Only what gives ASCII: what a secret is made of, and tables of other characters are long.
_ESCAPE = re.compile(rb"\\(?:u00[0-7][0-9A-Fa-f](?:\\u00[0-7][0-9A-Fa-f])*|x[0-7][0-9A-Fa-f](?:\\x[0-7][0-9A-Fa-f])*|[nrtbfav0\"'/\\])")
_ONE = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"a": b"\a", b"v": b"\v", b"0": b"\0"}
_ENTITY = re.compile(rb"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_SHIFTED = re.compile(rb"\+([A-Za-z0-9+/]{0,4096})-?")


def _percent(data: bytes, low: int, high: int) -> Iterator[Unit]:
    for found in _PERCENT.finditer(data, low, high):
        yield Unit(*found.span(), bytes.fromhex(found[0].replace(b"%", b"").decode("ascii")), 3)


def _quoted_printable(data: bytes, low: int, high: int) -> Iterator[Unit]:
    for found in _PRINTABLE.finditer(data, low, high):
        text = b"" if found[0].endswith(b"\n") else bytes.fromhex(found[0].replace(b"=", b"").decode("ascii"))
        yield Unit(*found.span(), text, 3)


def _escapes(data: bytes, low: int, high: int) -> Iterator[Unit]:
    for found in _ESCAPE.finditer(data, low, high):
        text = found[0]
        if text[1:2] == b"u":
            yield Unit(*found.span(), bytes.fromhex(text.replace(b"\\u00", b"").decode("ascii")), 6)
        elif text[1:2] == b"x":
            yield Unit(*found.span(), bytes.fromhex(text.replace(b"\\x", b"").decode("ascii")), 4)
        else:
            yield Unit(*found.span(), _ONE.get(text[1:], text[1:]), 2)


def _entities(data: bytes, low: int, high: int) -> Iterator[Unit]:
    import html  # has a table of two thousand names

    for found in _ENTITY.finditer(data, low, high):
        text = html.unescape(found[0].decode("ascii")).encode("utf-8", "replace")
        if text != found[0]:
            yield Unit(*found.span(), text, found.end() - found.start(), max(1, len(text)))


def _utf7(data: bytes, low: int, high: int) -> Iterator[Unit]:
    for found in _SHIFTED.finditer(data, low, high):
        if found[0] == b"+-":
            yield Unit(*found.span(), b"+", 2)
        try:
            wide = base64.b64decode(found[1] + b"=" * (-len(found[1]) % 4))
            text = wide[: len(wide) // 2 * 2].decode("utf-16-be").encode()
        except (binascii.Error, UnicodeDecodeError):
            continue
        if text:
            yield Unit(*found.span(), text, found.end() - found.start(), len(text))


def _shown(data: bytes, low: int, high: int) -> Iterator[Unit]:
    struck = data.find(b"\b", low, high) >= 0
    for found in (ansi.STRUCK if struck else ansi.ESCAPES).finditer(data, low, high):
        yield Unit(*found.span(), b"")


def _by_unwrap(name: str) -> Units:
    """What undoes the cuts of one writer of logs, imported when needed: only logs have many, and the patterns take long to compile."""

    def units(data: bytes, low: int, high: int) -> Iterator[Unit]:
        undo: Units = getattr(import_module("scanner.decode.unwrap"), name)
        return undo(data, low, high)

    return units


WRITTEN: dict[str, Units] = {
    "percent": _percent, "unescape": _escapes, "html": _entities, "quoted-printable": _quoted_printable, "utf-7": _utf7, "ansi": _shown,
    **{name: _by_unwrap(name) for name in ("continued", "docker", "cri", "syslog", "journal", "prefixed")},
}  # fmt: skip
LOGS = frozenset({"continued"})  # only in logs: in source code it is on every other line
LONG = {"docker": 40 << 10, "cri": 40 << 10, "journal": 16 << 10, "prefixed": 16 << 10}  # bytes after a mark that are read with it
