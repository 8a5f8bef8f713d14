"""Data source names of Go's MySQL driver: user:password@protocol(address)/database, nothing percent-encoded."""

from __future__ import annotations

import re

from scanner.detect.candidate import Candidate
from scanner.detect.dsn.parts import Dsn, Place, host_and_port, line_start, told
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_TARGET = re.compile(rb"@(?:(?:tcp[46]?|unix|cloudsql|cloudsql-mysql)?\(([^()\r\n\"'`]{0,255})\)|(?=/))/([\w\-.$%]{0,64})")
_BEGINS = re.compile(rb"[\"'`\s=,(<>\[{][A-Za-z0-9_.\-]{1,64}:")
_LONGEST = 320


def go_mysql(candidate: Candidate) -> Parsed | None:
    """As the driver reads it: the user ends at the first colon, the password at the last `@` before the address."""
    data = candidate.window
    target = _TARGET.match(data, candidate.secret.end)
    if target is None:
        return None
    start = _start(data, target.start())
    user, colon, password = data[start : target.start()].partition(b":")
    if not colon or not user:
        return None
    host, port = host_and_port(target[1] or b"")
    dsn = Dsn("mysql", user, password, host, port, target[2])
    first = start + len(user) + 1
    return told(dsn, Place(Span(first, target.start()), Span(start, target.end())), data)


def _start(data: bytes, at: int) -> int:
    """Where the user's name begins: after a quote, or after a blank or sign that a name and a colon follow."""
    low = max(line_start(data, at), at - _LONGEST)
    quote = max(data.rfind(sign, low, at) for sign in (b'"', b"'", b"`"))
    if quote >= 0:
        return quote + 1
    begins = [one.start() + 1 for one in _BEGINS.finditer(data, max(low - 1, 0), at)]
    return begins[0] if begins else low
