"""Passwords in settings named after a registry, and in the commands that write such settings."""

from __future__ import annotations

import re
from itertools import pairwise

from scanner.detect.candidate import Candidate
from scanner.detect.identifier import identifier
from scanner.detect.placeholder import placeholder
from scanner.detect.registry.told import told, without_login
from scanner.detect.structure.shell import Word, words
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_VALUE = re.compile(rb"(?:\\{0,3}\"((?:[^\"\\\n]|\\[^\n\"]){1,1024})|'([^'\n]{1,1024})'|([^\s\"'`,;(){}<>\\&|]{1,1024}))")
_ENV = re.compile(rb"(?i)(?:\b(?:ENV|ARG|setenv)[ \t]+|\bset[ \t]+-[gUx]{1,3}[ \t]+)[\"']?\Z")
_ENDING = re.compile(rb"(?i)[._-]?(?:password|passwd|pass|psw|(?:access[._-]?|auth[._-]?)?token|api[._-]?key|secret|key)\Z")
_SIBLING = rb"(?i)(?<![A-Za-z0-9])%b[._-]?(?:%b)[\"']?[ \t]{0,4}(?:[=:]|\s+value:)[ \t]{0,4}[\"']?([^\s\"'`,;$(){}<>\\]{1,255})"
_USER = rb"user[._-]?name|user|login|account"
_PLACE = rb"registry|server|url|host|repository[._-]?url|repo[._-]?url|repository|endpoint|server[._-]?url"
_BUNDLE_HOST = re.compile(rb"[a-z0-9\-]+(?:\.[a-z0-9\-]+)+")
_POSITIONAL = re.compile(rb"(http-basic|bearer|github-oauth|gitlab-oauth|gitlab-token|forgejo-token|bitbucket-oauth|pypi-token)\.(.+)")


def environment(candidate: Candidate) -> Parsed | None:
    """`TWINE_PASSWORD=…`, `nexusPassword: …`, with what stands beside it as TWINE_USERNAME and TWINE_REPOSITORY_URL."""
    data = candidate.window
    value = _VALUE.match(data, candidate.secret.start)
    if value is None:
        return None
    group = next(number for number in (1, 2, 3) if value[number] is not None)
    text = value[group]
    if _called(data, candidate, value.end()) or (identifier(text) and (group == 3 or text.count(b".") > 0)):
        return None
    stem = _ENDING.sub(b"", candidate.groups.get("name", b""))
    user, place = _beside(data, stem, _USER), _beside(data, stem, _PLACE)
    return told(text, Span(*value.span(group)), candidate.span, without_login(place) if place else None, user)


def _called(data: bytes, candidate: Candidate, end: int) -> bool:
    """Whether the value is a call, or the name stands in the middle of a command: `$REGISTRY_PASSWORD next=…`."""
    name = candidate.groups.get("name", b"")
    at = data.find(name, candidate.span.start, candidate.secret.start)
    gap = data[at + len(name) : candidate.secret.start]
    if data[end : end + 1] in (b"(", b"[") or data[at - 1 : at] == b"$" or data[at - 2 : at] == b"${":
        return True
    return not gap.strip(b" \t\"'") and _ENV.search(data, max(0, at - 40), at) is None


def _beside(data: bytes, stem: bytes, names: bytes) -> bytes | None:
    found = re.search(_SIBLING % (re.escape(stem), names), data) if stem else None
    return found[1] if found else None


def bundler(candidate: Candidate) -> Parsed | None:
    """`BUNDLE_GEMS__CORP__LAN: user:password`; the host is written with `__` for a dot and `___` for a hyphen."""
    data, name = candidate.window, candidate.groups.get("name", b"")
    host = name.replace(b"___", b"-").replace(b"__", b".").lower()
    value = _VALUE.match(data, candidate.secret.start)
    if value is None or not _BUNDLE_HOST.fullmatch(host) or host.split(b".")[0] in (b"build", b"local", b"mirror", b"ssl", b"without"):
        return None
    group = next(number for number in (1, 2, 3) if value[number] is not None)
    return _pair(value[group], Span(*value.span(group)), candidate.span, host)


def _pair(text: bytes, span: Span, construct: Span, place: bytes) -> Parsed | None:
    """`user:password`, or a token alone."""
    user, colon, password = text.partition(b":")
    if password == b"x-oauth-basic":
        return told(user, Span(span.start, span.start + len(user)), construct, place)
    if colon and not password.startswith(b"//"):
        return told(password, Span(span.start + len(user) + 1, span.end), construct, place, user)
    token = not colon and len(text) >= 16 and any(48 <= c <= 57 for c in text) and not identifier(text)
    return told(text, span, construct, place) if token else None


def command(candidate: Candidate) -> Parsed | None:
    """`poetry config http-basic.corp user password`, `composer config bearer.host token`, `bundle config host user:password`."""
    found = [word for word in words(candidate.window, candidate.secret.end, 12) if not word.value.startswith(b"-")]
    if found and found[0].value in (b"set", b"set-unsafe"):
        found = found[1:]
    if len(found) < 2:
        return None
    name, rest = _POSITIONAL.fullmatch(found[0].value), found[1:]
    if name:
        secret, user = (rest[1], rest[0]) if name[1] in (b"http-basic", b"bitbucket-oauth") and len(rest) > 1 else (rest[0], None)
        if name[1] == b"http-basic" and user is None:
            return None
        return _literal(secret, candidate.span, name[2], user)
    if b"bundle" in candidate.value and _BUNDLE_HOST.fullmatch(found[0].value.removeprefix(b"https://")) and rest[0].literal:
        return _pair(rest[0].value, rest[0].span, candidate.span, found[0].value)
    return None


def _literal(secret: Word, construct: Span, place: bytes, user: Word | None) -> Parsed | None:
    return told(secret.value, secret.span, construct, place, user.value if user and user.literal else None) if secret.literal else None


def cargo_login(candidate: Candidate) -> Parsed | None:
    """`cargo login token`."""
    found = words(candidate.window, candidate.secret.end, 8)
    registry = next((after.value for word, after in pairwise(found) if word.value == b"--registry"), b"crates.io")
    secret = next((word for word in found if not word.value.startswith(b"-") and word.value != registry), None)
    if secret is None or len(secret.value) < 16 or identifier(secret.value) or placeholder(secret.value):
        return None
    return _literal(secret, candidate.span, registry, None)
