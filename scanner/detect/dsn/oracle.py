"""Oracle's logins: `user/password@` before a host, a descriptor or a net service name."""

from __future__ import annotations

import re

from scanner.detect.dsn.parts import Dsn, Place, number
from scanner.model.content import Span

_LOGIN = re.compile(rb"(\"[^\"\r\n]{1,128}\"|[A-Za-z][\w$#.\-]{0,127}(?:\[[\w$#]{1,64}\])?)/")
_QUOTED = re.compile(rb"\\?\"([^\"\r\n\\]{1,128})\\?\"@")
_EASY = re.compile(
    rb"(?:(?:tcps?:)?//)?(\[[0-9A-Fa-f:]{2,64}\]|[A-Za-z0-9_.\-]{1,255})(?::(\d{1,5}))?(?:[:/]([\w.\-$]{1,128}))?(?::\w{1,16})?(?:/[\w.\-$]{1,64})?"
)
_FIELDS = {
    name: re.compile(rb"\([ \t]{0,4}" + name + rb"[ \t]{0,4}=[ \t]{0,4}([\w.\-$]{1,255})[ \t]{0,4}\)", re.IGNORECASE)
    for name in (b"host", b"port", b"service_name", b"sid")
}


def read(data: bytes, start: int, end: int) -> tuple[Dsn, Place] | None:
    """The login that begins at `start`; the last `@` before the host wins, unless the password is in quotes."""
    login = _LOGIN.match(data, start, end)
    if login is None:
        return None
    quoted = _QUOTED.match(data, login.end())
    if quoted:
        first, last, at = *quoted.span(1), quoted.end() - 1
        end = max(end, _run_end(data, at))
    else:
        at = data.rfind(b"@", login.end(), _before_descriptor(data, login.end(), end))
        first, last = login.end(), at
    if at < 0 or last <= first or (b"//" in data[first:last] and not quoted):
        return None
    host, port, database, stop = _target(data, at + 1, end)
    dsn = Dsn("oracle", login[1].strip(b'"'), data[first:last], host, port, database)
    return dsn, Place(Span(first, last), Span(start, stop))


def _before_descriptor(data: bytes, start: int, end: int) -> int:
    """A descriptor has no login in it."""
    found = data.find(b"@(", start, end)
    return found + 1 if found >= 0 else end


def _run_end(data: bytes, at: int) -> int:
    found = re.compile(rb"[^\s\"'<>`]{0,1024}").match(data, at)
    return found.end() if found else at


def _target(data: bytes, start: int, end: int) -> tuple[bytes, int | None, bytes, int]:
    """Host, port, service and where it ends, of `//host:1521/service`, `host:1521:sid`, `(DESCRIPTION=…)` or a name from tnsnames.ora."""
    if data[start : start + 1] == b"(":
        window = data[start : start + 1024]
        found = {name: pattern.search(window) for name, pattern in _FIELDS.items()}
        host, port = found[b"host"], found[b"port"]
        service = found[b"service_name"] or found[b"sid"]
        stop = max((one.end() for one in found.values() if one), default=0)
        return host[1] if host else b"", number(port[1]) if port else None, service[1] if service else b"", max(start + stop, start)
    easy = _EASY.match(data, start, end)
    if easy is None:
        return b"", None, b"", start
    if easy[2] is None and easy[3] is None and b"//" not in easy[0] and b"." not in easy[1]:
        return b"", None, easy[1], easy.end(1)  # a net service name
    return easy[1], number(easy[2]), easy[3] or b"", easy.end()
