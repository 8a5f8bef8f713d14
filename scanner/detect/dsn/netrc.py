"""Logins of a netrc file and of fetchmail: a host, then names and values in any order."""

from __future__ import annotations

import re

from scanner.detect.candidate import Candidate
from scanner.detect.dsn.parts import Dsn, Place, number, told
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_TOKEN = re.compile(rb"\s{0,64}(?:\"((?:[^\"\\\r\n]|\\.){0,256})\"|'([^'\r\n]{0,256})'|([^\s\"'][^\s]{0,511}))")
_NETRC = {b"login": "user", b"user": "user", b"username": "user", b"account": "account", b"password": "password", b"pass": "password",
          b"protocol": "scheme", b"proto": "scheme", b"port": "port", b"service": "port"}  # fmt: skip
_FILLERS = frozenset({b"with", b"there", b"is", b"and", b"has", b"options", b"ssl", b"here", b"to", b"keep", b"fetchall", b"nokeep", b"no"})
_MOST = 24


def netrc(candidate: Candidate) -> Parsed | None:
    """`machine HOST login USER password PASSWORD` in any order; fetchmail's `poll HOST protocol imap user USER password PASSWORD`."""
    data = candidate.window
    first = _TOKEN.match(data, candidate.span.start)
    if first is None:
        return None
    begins, default = first[3], first[3] == b"default"
    found: dict[str, tuple[bytes, int, int]] = {}
    at = first.end()
    if not default:
        host = _token(data, at)
        if host is None:
            return None
        found["host"], at = host, host[2]
    for _ in range(_MOST):
        word = _token(data, at)
        if word is None or word[0] in (b"machine", b"default", b"macdef", b"poll"):
            break
        at = word[2] + (data[word[2] : word[2] + 1] in (b'"', b"'"))
        name = _NETRC.get(word[0])
        if name is None:
            if word[0] not in _FILLERS:
                break
            continue
        value = _token(data, at)
        if value is None:
            break
        found.setdefault(name, value)
        at = value[2] + (data[value[2] : value[2] + 1] in (b'"', b"'"))
    if "password" not in found or (begins != b"poll" and "user" not in found):
        return None
    empty = (b"", 0, 0)
    password, start, end = found["password"]
    scheme = found.get("scheme", empty)[0].decode("latin-1").lower() if begins == b"poll" else ""
    dsn = Dsn(scheme, found.get("user", empty)[0], password, found.get("host", empty)[0], number(found.get("port", empty)[0]))
    return told(dsn, Place(Span(start, end), Span(first.end() - len(begins or b""), end)), data)


def _token(data: bytes, at: int) -> tuple[bytes, int, int] | None:
    """A word, with its quotes removed, and where it stands."""
    token = _TOKEN.match(data, at)
    if token is None:
        return None
    group = next(number for number in (1, 2, 3) if token[number] is not None)
    first, last = token.span(group)
    if group == 3:
        last = first + len(re.split(rb"\\n|[\"'`;]", data[first:last], maxsplit=1)[0])  # the end of a string in code
    value = data[first:last]
    return (re.sub(rb"\\(.)", rb"\1", value) if group == 1 else value), first, last
