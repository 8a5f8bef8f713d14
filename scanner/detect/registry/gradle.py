"""Logins in the builds of Gradle and sbt."""

from __future__ import annotations

import re

from scanner.detect.candidate import Candidate
from scanner.detect.registry.told import told, without_login
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_FIELD = re.compile(rb"\b(username|password)\b[ \t]*(?:=|\.set\(|\()?[ \t]*(?:\"([^\"\n]{0,512})\"|'([^'\n]{0,512})')[ \t]*(?![ \t]*[+.])")
_URL = re.compile(rb"\burl\b[ \t]*(?:=|\()?[ \t]*(?:uri[ \t]*\(|URI[ \t]*\()?[ \t]*[\"'](https?://[^\"'\s]{1,300})[\"']")
_SBT = re.compile(rb"\s*\"([^\"\n]{0,200})\"\s*,\s*\"([^\"\n]{1,255})\"\s*,\s*\"([^\"\n]{1,255})\"\s*,\s*\"([^\"\n]{1,512})\"")
_NEAR = 500


def credentials(candidate: Candidate) -> Parsed | None:
    """`maven { url … credentials { username … password … } }`; what a property or the environment gives is none."""
    data, start = candidate.window, candidate.secret.end
    end = data.find(b"}", start)
    fields = {one[1]: one for one in _FIELD.finditer(data, start, end if end >= 0 else len(data))}
    password = fields.get(b"password")
    if password is None:
        return None
    group = 2 if password[2] is not None else 3
    if password[group].startswith(b"$") or (group == 2 and b"${" in password[group]):
        return None
    user = fields.get(b"username")
    name = (user[2] if user[2] is not None else user[3]) if user else None
    before = [one[1] for one in _URL.finditer(data, max(0, candidate.span.start - _NEAR), candidate.span.start)]
    after = _URL.search(data, end, end + _NEAR) if end >= 0 else None
    place = before[-1] if before else after[1] if after else None
    known = name if name and not name.startswith(b"$") else None
    return told(password[group], Span(*password.span(group)), Span(*password.span()), without_login(place) if place else None, known)


def sbt(candidate: Candidate) -> Parsed | None:
    """`Credentials("realm", "host", "user", "password")`."""
    found = _SBT.match(candidate.window, candidate.secret.end)
    return told(found[4], Span(*found.span(4)), Span(candidate.span.start, found.end()), found[2], found[3]) if found else None
