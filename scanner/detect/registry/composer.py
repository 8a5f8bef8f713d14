"""Composer's auth.json, also in COMPOSER_AUTH."""

from __future__ import annotations

import re

from scanner.detect.candidate import Candidate
from scanner.detect.registry.told import kept, told_of
from scanner.detect.structure import flow
from scanner.detect.structure.scalar import Scalar
from scanner.model.evidence import Parsed

_HOST = re.compile(rb"(?:[A-Za-z0-9_\-]+\.)+[A-Za-z0-9\-]+(?::\d{1,5})?(?:/\S*)?|localhost(?::\d{1,5})?")
_SECRETS = (b"password", b"token", b"consumer-secret", b"access-token", b"refresh-token")
_USERS = (b"username", b"consumer-key")


def auth(candidate: Candidate) -> tuple[Parsed, ...]:
    """The hosts under `http-basic`, `bearer`, `github-oauth` and the like."""
    data = candidate.window
    opened = data.find(b"{", candidate.span.start, candidate.span.end + 64)
    if opened < 0:
        return ()
    marks = data[max(0, candidate.span.start - 7) : candidate.span.start]
    depth = flow.level(len(marks) - len(marks.rstrip(b"\\")))
    scalars = flow.read(data, opened, depth=depth)[0] if depth is not None else []
    return kept(_login(one, scalars) for one in scalars if one.style and _HOST.fullmatch(one.path[0]))


def _login(one: Scalar, scalars: list[Scalar]) -> Parsed | None:
    if len(one.path) == 1:
        return told_of(one, one.path[0])
    if len(one.path) != 2 or one.key not in _SECRETS:
        return None
    user = next((other.value for other in scalars if other.path[:1] == one.path[:1] and other.key in _USERS), None)
    return told_of(one, one.path[0], user)
