"""Tokens that prove themselves and tell something of their owner: GitLab's, GitHub's new ones, AWS key ids."""

from __future__ import annotations

import re
import zlib

from scanner.detect.candidate import Candidate
from scanner.detect.checksums import aws_account, base36, unbase64
from scanner.detect.jwt import TOKEN, judged
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_CERTAIN = 0.99
_CRC = 7
_PREFIX = 32  # bytes that may stand before a token's `ey`
_OWN_PREFIX = re.compile(rb"[A-Za-z0-9_-]{1,20}\Z")  # an instance may put its own before GitLab's
_ROUTING = re.compile(rb"(?:[cgoput]:[0-9a-z]{1,13}\n?){1,6}")
_NAMES = {b"u": "user", b"g": "group", b"p": "project", b"o": "organization"}


def gitlab(candidate: Candidate) -> Parsed | None:
    """A GitLab token; one with a dot is routable: its last seven characters are the CRC32 in base 36 of all before them."""
    value = candidate.value
    if b"." not in value:
        return Parsed(candidate.secret, value) if value else None
    own = _OWN_PREFIX.search(candidate.window, max(0, candidate.secret.start - 20), candidate.secret.start)
    if not any(_summed(prefix + value) for prefix in (b"", own[0] if own else b"")):
        return None
    return Parsed(candidate.secret, value, _routing(value), confidence=_CERTAIN)


def _summed(token: bytes) -> bool:
    return base36(zlib.crc32(token[:-_CRC]), _CRC).encode() == token[-_CRC:]


def _routing(value: bytes) -> tuple[tuple[str, str | int], ...]:
    """Whose token it is, by the numbers that GitLab shows: the payload begins with `o:1`, `u:…`, a line each, in base 36."""
    payload = unbase64(value.partition(b"-")[2].partition(b".")[0]) or b""
    found = _ROUTING.match(payload, 0, max(0, len(payload) - 17))  # 16 random bytes and their number come last
    pairs = [line.partition(b":") for line in found[0].split()] if found else []
    return tuple((_NAMES[key], int(number, 36)) for key, _, number in pairs if key in _NAMES)


def prefixed_jwt(candidate: Candidate) -> Parsed | None:
    """A JSON Web Token behind a vendor's prefix, which belongs to the token."""
    start = candidate.secret.start
    begin = candidate.window.find(b"ey", start, start + _PREFIX)
    found = TOKEN.match(candidate.window, begin) if begin >= 0 else None
    parsed = judged(found, begin) if found else None
    if found is None or parsed is None:
        return None
    span = Span(start, found.end())
    return Parsed(span, candidate.window[start : found.end()], parsed.parts, span, parsed.confidence)


def aws_secret(candidate: Candidate) -> Parsed | None:
    """An AWS secret access key; its id, if it stands beside it as the group `_id`, names the account."""
    if not candidate.value:
        return None
    account = aws_account(candidate.groups.get("_id", b""))
    return Parsed(candidate.secret, candidate.value, (("account", account),) if account else ())


def aws_key_id(candidate: Candidate) -> Parsed | None:
    """An AWS access key id, with the account that it belongs to."""
    account = aws_account(candidate.value)
    if account is None:
        return None
    return Parsed(candidate.secret, candidate.value, (("account", account),) if account else ())
