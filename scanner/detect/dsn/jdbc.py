"""JDBC and R2DBC URLs: properties after `?`, `;`, `:` or in brackets, user:password@ before the host, Oracle's user/password@."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from scanner.detect.candidate import Candidate
from scanner.detect.dsn import oracle
from scanner.detect.dsn.parts import Dsn, Place, number, told
from scanner.detect.dsn.url import RUN, read_url
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_HEAD = re.compile(rb"jdbc:((?:[a-z0-9\-+]{1,24}:){1,4})(?=//|[^\s/:])", re.IGNORECASE)
_ENDS = {b"?": b"&;", b"&": b"&", b";": b";", b":": b";", b",": b",/)", b"(": b"),", b"/": b","}
_PROPERTY = re.compile(
    rb"([?&;:,(/])(?:amp;)?(user|username|user_?id|uid|password|pwd|database|databasename|db|host|hostname|servername|port|portnumber)=",
    re.IGNORECASE,
)
_AFTER_BRACE = (b"", b";", b",", b")", b"&", b'"', b"'", b"<", b"\\", b" ", b"\r", b"\n")
_BRACED = re.compile(rb"\{((?:[^}\r\n\"]|\}\}){0,256})\}")
_HOST = re.compile(rb"//([A-Za-z0-9_.\-]{1,255}|\[[0-9A-Fa-f:]{2,64}\])(?:\\{1,2}[\w$]+)?(?::(\d{1,5}))?(?:/([\w.\-$~]{1,128})(?![\w=]))?")
_NAMES = {
    "user": ("user", "username", "userid", "user_id", "uid"),
    "password": ("password", "pwd"),
    "database": ("databasename", "database", "db"),
    "host": ("host", "hostname", "servername"),
    "port": ("port", "portnumber"),
}
_MEANING = {alias: name for name, aliases in _NAMES.items() for alias in aliases}


def jdbc(candidate: Candidate) -> Parsed | None:
    """`jdbc:…` with a password."""
    data = candidate.window
    head = _HEAD.match(data, candidate.span.start)
    run = RUN.match(data, head.end()) if head else None
    if head is None or run is None:
        return None
    scheme = head[1].decode().lower().strip(":")
    read = oracle.read(data, run.start(), run.end()) if scheme.startswith("oracle") else None
    if read is None:
        read = _from_properties(data, run) or _from_userinfo(data, head)
    if read is None:
        return None
    dsn, place = read
    span = Span(candidate.span.start, max(place.span.end, place.secret.end))
    named = Dsn(f"jdbc:{scheme}", dsn.user, dsn.password, dsn.host, dsn.port, dsn.database)
    return told(named, Place(place.secret, span), data)


def _from_properties(data: bytes, run: re.Match[bytes]) -> tuple[Dsn, Place] | None:
    found: dict[str, tuple[bytes, int, int]] = {}
    at, end = run.start(), run.end()
    while one := _PROPERTY.search(data, at, end):
        name = _MEANING[one[2].decode().lower()]
        value, first, last = _value(data, one, end)
        end, at = max(end, last), max(last, one.end())
        found.setdefault(name, (value, first, last))
    if "password" not in found:
        return None
    host = _HOST.match(data, run.start(), end)
    password, first, last = found["password"]
    empty = (b"", 0, 0)
    dsn = Dsn(
        "", found.get("user", empty)[0], password,
        found.get("host", empty)[0] or (host[1] if host else b""),
        number(found.get("port", empty)[0]) or (number(host[2]) if host else None),
        found.get("database", empty)[0] or (host[3] or b"" if host else b""),
    )  # fmt: skip
    return dsn, Place(Span(first, last), Span(run.start(), last))


def _value(data: bytes, found: re.Match[bytes], end: int) -> tuple[bytes, int, int]:
    """A property's value and where it stands: in braces, or up to the sign that separates its kind of property."""
    start = found.end()
    braced = _BRACED.match(data, start) if data[start : start + 1] == b"{" else None  # it may hold blanks, which end the run
    if braced and data[start : start + 2] != b"{{" and data[braced.end() : braced.end() + 1] in _AFTER_BRACE:
        return braced[1].replace(b"}}", b"}"), *braced.span(1)
    last = start
    while last < end and data[last] not in _ENDS[found[1]]:
        last += 1
    if found[1] in b";:" and data[start:last].endswith(b"\\"):
        last -= 1  # the quote after it is escaped
    raw = data[start:last]
    return (unquote_to_bytes(raw) if found[1] in b"?&" else raw), start, last


def _from_userinfo(data: bytes, head: re.Match[bytes]) -> tuple[Dsn, Place] | None:
    """`jdbc:mysql://user:password@host/db`: the last part of the scheme begins an ordinary URL."""
    last = head[1].rstrip(b":").rsplit(b":", 1)[-1]
    return read_url(data, head.end() - len(last) - 1)
