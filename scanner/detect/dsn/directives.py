"""A name, blanks and a value on a line: redis.conf, ldap.conf, msmtprc; and the options of a CIFS mount."""

from __future__ import annotations

import re

from scanner.detect.candidate import Candidate
from scanner.detect.dsn.location import locate
from scanner.detect.dsn.parts import Dsn, Place, host_and_port, line_end, line_start, number, told
from scanner.detect.dsn.services import part_of
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_DIRECTIVE = re.compile(
    rb"^[ \t]{0,16}([A-Za-z][\w.\-]{1,40})[ \t]{1,16}(?:\"([^\"\r\n]{1,512})\"|'([^'\r\n]{1,512})'|([^\s#\"'][^\s]{0,511}))[ \t\r]{0,8}$",
    re.MULTILINE,
)
_SCHEMES = {
    b"requirepass": "redis", b"masterauth": "redis", b"primaryauth": "redis", b"bindpw": "ldap", b"rootpw": "ldap", b"rootbindpw": "ldap",
}  # fmt: skip
_ALIASES = {"rootdn": "user", "uri": "url", "masteruser": "user", "primaryuser": "user", "bind": "host"}
_REACH = 700


def directive(candidate: Candidate) -> Parsed | None:
    """A name, blanks and a password, as in redis.conf, ldap.conf, nslcd.conf, slapd.conf and msmtprc."""
    data, at = candidate.window, candidate.secret.start
    name = candidate.groups.get("name", b"").lower()
    low = line_start(data, max(0, at - _REACH))
    found: dict[str, bytes] = {}
    high = line_end(data, min(len(data), at + _REACH))
    near = (one for one in _DIRECTIVE.finditer(data, low, high) if not one.start() <= at <= one.end())
    for one in sorted(near, key=lambda one: abs(one.start() - at)):
        said = one[1].decode().lower()
        part = _ALIASES.get(said) or part_of(said)
        if part:
            found.setdefault(part, next(value for value in one.groups()[1:] if value is not None))
    address = locate(found.get("url", b""))
    host, port = (address.host, address.port) if address else host_and_port(found.get("host", b""))
    scheme = (address.scheme if address else "") or _SCHEMES.get(name, "")
    if not scheme and not (found.get("host") and found.get("user")):
        return None
    dsn = Dsn(scheme or "smtp", found.get("user", b""), candidate.value, host, number(found.get("port")) or port)
    return told(dsn, Place(candidate.secret, candidate.span), data)


_CIFS = {name: re.compile(rb"(?:[,= \t\"'])" + name + rb"=([^,\s\"']{1,256})") for name in (b"user(?:name)?", b"pass(?:word)?")}
_SHARE = re.compile(rb"//([A-Za-z0-9_.\-]{1,255})/([^\s,\"']{1,128})")


def cifs(candidate: Candidate) -> Parsed | None:
    """`mount -t cifs -o username=…,password=… //server/share`, and the same as a line of fstab."""
    data, at = candidate.window, candidate.secret.start
    low, high = line_start(data, at), line_end(data, at)
    user, password = (pattern.search(data, low, high) for pattern in _CIFS.values())
    share = _SHARE.search(data, low, high)
    if password is None or not password.start(1) <= at <= password.end(1) or (user is None and share is None):
        return None
    dsn = Dsn("smb", user[1] if user else b"", password[1], share[1] if share else b"", None, share[2] if share else b"")
    return told(dsn, Place(Span(*password.span(1)), candidate.span), data)
