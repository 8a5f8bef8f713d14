"""Logins of npm and Yarn: .npmrc, .yarnrc, .yarnrc.yml."""

from __future__ import annotations

import re

from scanner.detect.candidate import Candidate
from scanner.detect.checksums import unbase64
from scanner.detect.http_auth import user_and_password
from scanner.detect.identifier import identifier
from scanner.detect.registry.told import told
from scanner.detect.structure import block
from scanner.detect.structure.scalar import named
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_SCOPE = re.compile(rb"//([A-Za-z0-9.\-]{1,255}(?::\d{1,5})?(?:/[^\s:=\"']{0,200})?):\Z")
_HOST_KEY = re.compile(rb"[ \t]*[\"']?(?:https?:)?//([A-Za-z0-9.\-]{1,255}(?::\d{1,5})?(?:/[\w./@-]{0,200})?)[\"']?:\s*\Z")
_ABOVE = 8  # lines
_HOME = b"registry.npmjs.org"
_REGISTRY = re.compile(
    rb"(?m)^[ \t]*registry[ \t]*=[ \t]*[\"']?https?://(?:[^\s@/]{1,200}@)?([A-Za-z0-9.\-]{1,255}(?::\d{1,5})?[^\s\"']{0,200})"
)


def npmrc(candidate: Candidate) -> Parsed | None:
    """`//host/:_authToken=…`, `_auth=` with base64 of user:password, `_password=` with base64 of the password."""
    data, value, name = candidate.window, candidate.value, candidate.groups.get("field", b"")
    at = data.find(name, candidate.span.start)
    scope = _SCOPE.search(data, max(0, at - 300), at)
    place = scope[1].rstrip(b"/") if scope else _default(data)
    user = _user(data, scope[0] if scope else b"")
    if name == b"_auth":
        pair = user_and_password(value)
        return told(pair[1], candidate.secret, candidate.span, place, pair[0]) if pair and pair[1] else None
    if name == b"_password":
        plain = unbase64(value)
        printable = plain is not None and plain.isascii() and plain.decode("ascii").isprintable()
        if not scope and (not printable or identifier(value)):
            return None  # self._password = settings
        value = plain if plain and printable else value
    return told(value, candidate.secret, candidate.span, place, user)


def _default(data: bytes) -> bytes:
    found = _REGISTRY.search(data)
    return found[1].rstrip(b"/") if found else _HOME


def _user(data: bytes, scope: bytes) -> bytes | None:
    found = re.search(re.escape(scope) + rb"username[ \t]*=[ \t]*[\"']?([^\s\"'$]{1,128})", data)
    return found[1] if found else None


def yarnrc(candidate: Candidate) -> Parsed | None:
    """`npmAuthToken` and `npmAuthIdent` in a .yarnrc.yml, below the registry or the scope that they are for."""
    data, value = candidate.window, candidate.value
    pair = (b"", value)
    if candidate.groups.get("field") == b"npmAuthIdent":
        user, colon, password = value.partition(b":")
        decoded = (user, password) if colon else user_and_password(value)
        if decoded is None or not decoded[1]:
            return None
        pair = decoded
        secret = Span(candidate.secret.start + (len(user) + 1 if colon else 0), candidate.secret.end)
    else:
        secret = candidate.secret
    return told(pair[1], secret, candidate.span, _place(data, candidate.span.start), pair[0] or None)


def _place(data: bytes, at: int) -> bytes:
    """The registry above the key: `"//npm.corp.lan":`, or what stands beside it as `npmRegistryServer`."""
    beside = named(block.mapping(data, at)).get((b"npmRegistryServer",))
    if beside:
        return beside.value.partition(b"//")[2].rstrip(b"/") or beside.value
    line = data.rfind(b"\n", 0, at) + 1
    for _ in range(_ABOVE if at > line else 0):
        end, line = line - 1, data.rfind(b"\n", 0, max(0, line - 1)) + 1
        if end <= 0:
            break
        if above := _HOST_KEY.match(data, line, end):
            return above[1].rstrip(b"/")
    return _HOME
