"""Lines of logs that their writer has cut, put together: what container runtimes, syslog, journald, terminals and shells do."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.decode.units import Unit

# Docker's json-file cuts a line at 16 KiB: a record whose text does not end in a line end is continued by the next one.
_DOCKER = re.compile(rb'","stream":"std(?:out|err)"[^\n]{0,4096}\}\r?\n\{"log":"')
# CRI (containerd, CRI-O): `P` says that the line goes on, the prefix of the next one stands in between.
_CRI = re.compile(rb"\n[0-9T:.+\-Z]{20,35} std(?:out|err) ([PF])(?::[^ \n]{0,32})? ")
_CONTINUED = re.compile(rb"\\\r?\n[ \t]{0,64}(?:> )?")
_SYSLOG = re.compile(rb"#0(?:1[0-7]|0[0-7])")
_NUMBERS = re.compile(rb"\[ ?[0-9]{1,3}(?: ?, ?[0-9]{1,3}){3,65536} ?\]")
_BEGIN = re.compile(rb"-----BEGIN (?:[A-Z0-9]{1,16} ){0,4}(?:PRIVATE KEY|PRIVATE KEY BLOCK|MESSAGE)-----")
_LINE = re.compile(rb"[A-Za-z-]{4,20}: [^\n\"\\]{0,200}|[A-Za-z0-9+/=]{1,80}|-----END [A-Z0-9 ]{1,64}-----")
_BODY = re.compile(rb"[A-Za-z0-9+/=]{40,80}")
_DIGITS = re.compile(rb"[0-9]+")
_MOST_LINES = 400
_TOKEN = re.compile(rb"[A-Za-z0-9+/_=.%&@:~-]{12,}\Z")
_GOES_ON = re.compile(rb"[A-Za-z0-9+/_=.%&@:~-]{4}")
_BEGINS = re.compile(  # a line that begins so is no continuation
    rb"(?i)[0-9]{4}[-/][0-9]{2}|[0-9]{2}:[0-9]{2}|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec) "
    rb"|(?:trace|debug|info|warn|error|fatal)|at |\[|<|\{"
)
_NARROW, _WIDE = 40, 400  # columns of a terminal
_USUAL = frozenset({72, 76, 78, 79, 80, 100, 120, 132, 160, 200, 240})
_UNFINISHED = re.compile(
    rb"[^\n]*\\\Z|[^\n]{20,35} std(?:out|err) P[ :]|\{\"log\":\"(?:[^\n]*[^\\])?(?:[^n\\]|[^\\]n)\",\"stream\""
    rb"|\s{0,64}[A-Za-z0-9+/_-]{20,}={0,2}\Z"
)


def docker(data: bytes, low: int, high: int) -> Iterator[Unit]:
    """Leave out what stands between the halves of a record of Docker's json-file."""
    for found in _DOCKER.finditer(data, low, high):
        if data[found.start() - 2 : found.start()] not in (b"\\n", b"\\r"):
            yield Unit(*found.span(), b"")


def cri(data: bytes, low: int, high: int) -> Iterator[Unit]:
    """Leave out the prefix of a line that continues the one before."""
    first = re.compile(rb"[^\n]{20,35} std(?:out|err) P").match(data, low, high)
    partial = first is not None
    for found in _CRI.finditer(data, low, high):
        if partial:
            yield Unit(found.start(), found.end(), b"")
        partial = found[1] == b"P"


def continued(data: bytes, low: int, high: int) -> Iterator[Unit]:
    """Join lines that end in a backslash."""
    for found in _CONTINUED.finditer(data, low, high):
        apart = found[0][-1:] != b"\n" and data[found.start() - 1 : found.start()] not in (b" ", b"\t")
        yield Unit(*found.span(), b" " if apart else b"", found.end() - found.start(), 1)


def syslog(data: bytes, low: int, high: int) -> Iterator[Unit]:
    """Undo the octal of control characters, such as #012 for a line end."""
    for found in _SYSLOG.finditer(data, low, high):
        yield Unit(*found.span(), bytes([int(found[0][1:], 8)]), 4)


def journal(data: bytes, low: int, high: int) -> Iterator[Unit]:
    """Read fields that journald prints as numbers because something in them is not printable."""
    for found in _NUMBERS.finditer(data, low, high):
        values = [int(number) for number in found[0][1:-1].split(b",")]
        if max(values) < 256:
            yield Unit(*found.span(), bytes(values), found.end() - found.start(), len(values))


def prefixed(data: bytes, low: int, high: int) -> Iterator[Unit]:
    """Take keys in PEM out of lines that each have a time, a name or a frame of JSON around them."""
    at = low
    while begin := _BEGIN.search(data, at, high):
        at = begin.end()
        start = max(data.rfind(b"\n", max(0, begin.start() - 4096), begin.start()) + 1, 0)
        first = data.find(b"\n", at, high)
        body = _BODY.search(data, first + 1, min(high, first + 4096)) if first >= 0 else None
        prefix = data[first + 1 : body.start()] if body else b""
        if body is None or b"\n" in prefix or (not prefix and data[body.end() : body.end() + 1] in (b"\n", b"\r")) or start > begin.start():
            continue
        shape = re.compile(_shape(prefix))
        yield from _framed(data, at, first, high, shape)


def _shape(prefix: bytes) -> bytes:
    return b"[0-9]{1,20}".join(re.escape(piece) for piece in _DIGITS.split(prefix))


def _framed(data: bytes, at: int, line_end: int, high: int, shape: re.Pattern[bytes]) -> Iterator[Unit]:
    """Between the text of one line and that of the next is one line end."""
    for _ in range(_MOST_LINES):
        prefix = shape.match(data, line_end + 1, high)
        if prefix is None:
            return
        text = _LINE.match(data, prefix.end(), high)
        if text is None:
            return
        yield Unit(at, prefix.end(), b"\n", prefix.end() - at, 1)
        at, line_end = text.end(), data.find(b"\n", text.end(), high)
        if text[0].startswith(b"-----END") or line_end < 0:
            return


def wrapped(data: bytes, low: int, high: int) -> Iterator[Unit]:
    """Join lines that a terminal has broken: full to its width, in the middle of a word."""
    lengths = list(map(len, data[low:high].split(b"\n")))
    returns = data.find(b"\r", low, high) >= 0
    widths = _widths([len(line.rstrip(b"\r")) for line in data[low:high].split(b"\n")] if returns else lengths)
    if not widths:
        return
    full = {*widths, *(width + 1 for width in widths)}  # with a carriage return
    end = low - 1
    for length in lengths[:-1]:
        start, end = end + 1, end + 1 + length
        if length not in full:
            continue
        stop = end - 1 if data[end - 1 : end] == b"\r" else end
        if stop - start in widths and _TOKEN.search(data, max(start, stop - 24), stop) and _goes_on(data, end + 1, high):
            yield Unit(stop, end + 1, b"")


def _goes_on(data: bytes, at: int, high: int) -> bool:
    return _GOES_ON.match(data, at, high) is not None and _BEGINS.match(data, at, high) is None


def _widths(lengths: list[int]) -> set[int]:
    """The widths at which lines may have been broken: of the longest lines, several have the same length or one of a usual terminal."""
    longest = max(lengths, default=0)
    full = lengths.count(longest)
    if not _NARROW <= longest <= _WIDE:
        return set()
    return {longest} if full >= 2 or longest in _USUAL else set()


def is_wrapped(data: bytes) -> bool:
    """Whether any of these lines seems to be broken by a terminal."""
    return next(wrapped(data, 0, len(data)), None) is not None


def settled(data: bytes) -> int:
    """Up to where lines are whole and none may go on in the next: a cut record, a broken line, base64, a key without its end."""
    end = data.rfind(b"\n") + 1
    while end:
        start = data.rfind(b"\n", 0, end - 1) + 1
        line = data[start:end].rstrip(b"\r\n")
        if not _UNFINISHED.match(line) and not (len(line) in _USUAL and _TOKEN.search(line, max(0, len(line) - 24))):
            break
        end = start
    begin = data.rfind(b"-----BEGIN ", 0, end)
    if begin >= 0 and data.find(b"-----END ", begin, end) < 0:
        return data.rfind(b"\n", 0, begin) + 1
    return end
