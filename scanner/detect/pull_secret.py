"""Pull secrets: what lets a machine fetch images, read out of Docker configurations however they are wrapped."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from scanner.detect.candidate import Candidate
from scanner.detect.http_auth import user_and_password
from scanner.detect.password import is_secret_password, public_parts
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_KEY = re.compile(rb"\\{0,3}\"([^\"\\\s]{1,255})\\{0,3}\"\s{0,40}:\s{0,40}\{")
_USER = re.compile(rb"\\{0,3}\"username\\{0,3}\"\s{0,8}:\s{0,8}\\{0,3}\"([^\"\\\s]{1,255})\\{0,3}\"")
_ENTRY = 4096  # bytes of JSON before a credential that may name its registry
_NOT_A_REGISTRY = frozenset({b"auths", b"credHelpers", b"HttpHeaders", b"data", b"stringData"})
_REGISTRY = re.compile(
    rb"(?:https?://)?(?:localhost|\[[0-9a-f:]+\]|(?:[A-Za-z0-9_\-]+\.)+[A-Za-z0-9\-]+|[A-Za-z0-9\-]+(?=:\d))(?::\d{1,5})?(?:/[^\s\"]*)?"
)
_BASE64_LINES = re.compile(rb"[A-Za-z0-9+/]{4,}(?:(?:[ \t]*\\?\r?\n[ \t]*|\\n|[ \t]+)[A-Za-z0-9+/]{2,}(?=[=\s\\\"']|\Z))*={0,2}")
_LETTER = re.compile(rb"\\n|[\s\\]|([A-Za-z0-9+/])")
_AUTH_TEXT = re.compile(rb"\"(auth|password|identitytoken|registrytoken)\"\s*:\s*\"([^\"\\]{1,4096})\"")


@dataclass(frozen=True, slots=True)
class Login:
    """One registry's credential."""

    registry: str
    user: str
    secret: str = field(repr=False)


def auth_entry(candidate: Candidate) -> Parsed | None:
    """One credential in a config.json or .dockercfg: `auth`, `password`, `identitytoken` or `registrytoken`."""
    data, at = candidate.window, candidate.secret.start
    registry, opened = _registry(data, at)
    if registry is None:
        return None
    user, value = b"", candidate.value
    if candidate.groups.get("field", b"auth") == b"auth":
        pair = user_and_password(value)
        if pair is None:
            return None
        user, value = pair
    else:
        beside = _USER.search(data, opened, min(len(data), at + _ENTRY))
        closed = data.find(b"}", at)
        if beside and (closed < 0 or beside.start() < closed):
            user = beside[1]
    if not is_secret_password(value):
        return None
    return Parsed(candidate.secret, value, public_parts([("registry", registry), ("user", user)], value))


def _registry(data: bytes, at: int) -> tuple[bytes | None, int]:
    """The JSON key whose object holds `at`, if it can be a registry, and where that object opens."""
    start = max(0, at - _ENTRY)
    opened = data.rfind(b"{", start, at)
    if opened < 0 or data.rfind(b"}", opened, at) > opened:
        return None, 0
    quote = max(start, opened - 300)
    key = None
    for found in _KEY.finditer(data, quote, opened + 1):
        key = found if found.end() == opened + 1 else key
    if key is None or key[1] in _NOT_A_REGISTRY:
        return None, 0
    inside_auths = b"auths" in data[start:opened]
    return (key[1], opened) if inside_auths or _REGISTRY.fullmatch(key[1]) else (None, 0)


def encoded_config(candidate: Candidate) -> Parsed | None:
    """Base64 of a whole configuration: `.dockerconfigjson` of a Secret, on one line, wrapped or folded."""
    run = _BASE64_LINES.match(candidate.window, candidate.secret.start)
    data = _decoded(run[0]) if run else None
    if run is None or not data:
        return None
    size = _document_size(data)
    logins = read_config(data[:size])
    if not logins:
        return None
    end = run.end() if size == len(data) else run.start() + _after_letters(run[0], -(-size * 4 // 3))
    value = "\n".join(login.secret for login in logins).encode("utf-8", "replace")
    registries, users = (",".join(dict.fromkeys(names)) for names in (
        [one.registry for one in logins if one.registry], [one.user for one in logins if one.user]))  # fmt: skip
    parts = public_parts([("registry", registries.encode("utf-8", "replace")), ("user", users.encode("utf-8", "replace"))], value)
    for login in logins:  # of several, none may be shown by another's name
        parts = tuple(p for p in parts if login.secret not in str(p[1]))
    return Parsed(Span(run.start(), end), value, parts, Span(candidate.span.start, max(end, candidate.span.start)))


def _document_size(data: bytes) -> int:
    """Where the JSON document ends: a word on the next line reads as more base64; all of it if the document is cut short."""
    try:
        size = json.JSONDecoder(strict=False).raw_decode(data.decode("latin-1"))[1]
    except (ValueError, RecursionError):
        return len(data)
    return size + len(data[size:]) - len(data[size:].lstrip())


def _after_letters(text: bytes, count: int) -> int:
    """The offset behind so many letters of base64."""
    letters = (found.end() for found in _LETTER.finditer(text) if found[1])
    return next(islice(letters, count - 1, None), len(text))


def _decoded(text: bytes) -> bytes | None:
    text = re.sub(rb"\\n|[\s\\]", b"", text).rstrip(b"=")
    text = text[: len(text) - 1] if len(text) % 4 == 1 else text
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def read_config(data: bytes) -> list[Login]:
    """Every credential of a config.json or .dockercfg, sorted by registry; also of one that was cut short."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return _read_cut(data)
    if not isinstance(document, dict):
        return []
    auths = document.get("auths", document)
    entries = auths.items() if isinstance(auths, dict) else ()
    found = [login for registry, entry in entries if isinstance(entry, dict) and (login := _login(registry, entry))]
    return sorted(found, key=lambda login: (login.registry, login.user, login.secret))


def _login(registry: str, entry: dict[str, Any]) -> Login | None:
    user, secret = entry.get("username"), entry.get("password")
    auth = entry.get("auth")
    if not (isinstance(secret, str) and secret) and isinstance(auth, str):
        pair = user_and_password(auth.encode("utf-8", "replace"))
        user, secret = (pair[0].decode(), pair[1].decode()) if pair else (user, None)
    if not (isinstance(secret, str) and secret):
        secret = next((t for k in ("identitytoken", "registrytoken") if isinstance(t := entry.get(k), str) and t), None)
    if not isinstance(secret, str) or not is_secret_password(secret.encode("utf-8", "replace")):
        return None
    return Login(registry, user if isinstance(user, str) else "", secret)


def _read_cut(data: bytes) -> list[Login]:
    """What can be read of a configuration whose end is missing."""
    if not data.lstrip().startswith(b"{") or not data.isascii():
        return []
    found: list[Login] = []
    for one in _AUTH_TEXT.finditer(data[:65536]):
        registry, _ = _registry(data, one.start(2))
        if registry is None:
            continue
        pair = user_and_password(one[2]) if one[1] == b"auth" else (b"", one[2])
        if pair and is_secret_password(pair[1]):
            found.append(Login(registry.decode(), pair[0].decode(), pair[1].decode()))
    return sorted(found, key=lambda login: (login.registry, login.user, login.secret))
