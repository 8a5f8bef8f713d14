"""Credentials of HTTP: Basic and Bearer headers, `curl -u`."""

from __future__ import annotations

import base64
import binascii
import math
import re

from scanner.detect import jwt
from scanner.detect.candidate import Candidate
from scanner.detect.dsn.rating import rated
from scanner.detect.dsn.shell import word_at
from scanner.detect.password import is_secret_password, public_parts
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_HOST = re.compile(rb"https?://(?:[^\s/@\"'<>]{0,200}@)?([A-Za-z0-9.\-]{1,255})")
_LONGEST_NAME = 256


def user_and_password(encoded: bytes) -> tuple[bytes, bytes] | None:
    """Base64 of `user:password`, or None if it is not that, or not text."""
    try:
        data = base64.b64decode(encoded.rstrip(b"=") + b"=" * (-len(encoded.rstrip(b"=")) % 4), validate=True)
        text = data.decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    user, colon, password = text.rstrip("\r\n").partition(":")
    if not colon or not text.rstrip("\r\n").isprintable() or len(user) > _LONGEST_NAME or any(c.isspace() for c in user):
        return None
    return user.encode(), password.encode()


def basic(candidate: Candidate) -> Parsed | None:
    """`Basic` and base64 of user:password; the password is the secret, wherever it is next written in the clear."""
    pair = user_and_password(candidate.value)
    if pair is None or not pair[1]:
        return None
    user, password = pair
    if not is_secret_password(password):
        return None
    confidence, severity = rated(password, b"", user)
    return Parsed(candidate.secret, password, public_parts([("user", user)], password), None, confidence, severity)


def bearer(candidate: Candidate) -> Parsed | None:
    """`Bearer` and a token that looks drawn by lot; a JWT only if it is a real one."""
    value = candidate.value.rstrip(b".")
    if jwt.is_shaped(value) or value.startswith(b"eyJ"):
        return jwt.jwt(candidate)
    if not is_secret_password(value) or not _drawn(value):
        return None
    return Parsed(Span(candidate.secret.start, candidate.secret.start + len(value)), value)


def _drawn(value: bytes) -> bool:
    """Letters and at least two digits with an entropy that words and counted examples do not reach."""
    digits = sum(48 <= c <= 57 for c in value)
    letters = sum(65 <= c <= 90 or 97 <= c <= 122 for c in value)
    if digits < 2 or letters < 2:
        return False
    counts = [value.count(c) for c in set(value)]
    entropy = -sum(n / len(value) * math.log2(n / len(value)) for n in counts)
    return entropy >= 3.0


def user_password(candidate: Candidate) -> Parsed | None:
    """`-u user:password` of curl, with the host that it is sent to if the line names one."""
    data, name = candidate.window, candidate.groups.get("user", b"")
    start = max(0, candidate.secret.start - len(name) - 1)
    word = word_at(data, start - (data[start - 1 : start] in (b"'", b'"')))
    user, colon, _ = word.value.partition(b":") if word else (b"", b"", b"")
    if word is None or not colon or not word.literal:
        return None
    secret = word.rest(len(user) + 1)
    if not is_secret_password(secret.value) or secret.value.startswith(b"//") or (secret.value.isdigit() and user.isdigit()):
        return None  # docker run -u 1000:1000
    line_end = data.find(b"\n", secret.span.end)
    found = _HOST.search(data, secret.span.end, line_end if line_end >= 0 else len(data)) or _HOST.search(candidate.line_before)
    host = found[1] if found else b""
    confidence, severity = rated(secret.value, host, user)
    parts = public_parts([("user", user), ("host", host)], secret.value)
    return Parsed(secret.span, secret.value, parts, None, confidence, severity)
