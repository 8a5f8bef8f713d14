"""Docker's configuration: config.json, .dockercfg, auth.json, and the same in YAML, in HCL and in base64."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from scanner.detect.candidate import Candidate
from scanner.detect.http_auth import user_and_password
from scanner.detect.password import is_secret_password, public_parts
from scanner.detect.registry.told import kept, told_of
from scanner.detect.structure import block, flow
from scanner.detect.structure.scalar import QUOTED, Scalar, named
from scanner.model.content import Span
from scanner.model.evidence import Parsed

TOKENS = (b"identitytoken", b"registrytoken")
_NOT_A_REGISTRY = frozenset({b"auths", b"credHelpers", b"HttpHeaders", b"data", b"stringData", b"proxies"})
_REGISTRY = re.compile(
    rb"(?:https?://)?(?:localhost|\[[0-9a-f:]+\]|(?:[A-Za-z0-9_\-]+\.)+[A-Za-z0-9\-]+|[A-Za-z0-9\-]+(?=:\d))(?::\d{1,5})?(?:/[^\s\"]*)?"
)
_OPENED = re.compile(rb"(\\{0,7})\"([^\"\\\s]{1,255})\\{0,7}\"\s{0,40}:\s{0,40}\Z")
_QUOTE = re.compile(rb"(\\{0,7})(\"?)\Z")
_BASE64_LINES = re.compile(rb"[A-Za-z0-9+/]{4,}(?:(?:[ \t]*\\?\r?\n[ \t]*|\\n|[ \t]+)[A-Za-z0-9+/]{2,}(?=[=\s\\\"']|\Z))*={0,2}")
_LETTER = re.compile(rb"\\n|[\s\\]|([A-Za-z0-9+/])")
_ENTRY = re.compile(rb"\"([^\"\\\s]{1,255})\"\s*:\s*(?=\{)")


@dataclass(frozen=True, slots=True)
class Login:
    """One registry's credential."""

    registry: str
    user: str
    secret: str = field(repr=False)


def auth_entry(candidate: Candidate) -> Parsed | None:
    """One credential in a config.json or .dockercfg: `auth`, `password`, `identitytoken` or `registrytoken`."""
    data, key = candidate.window, candidate.groups.get("field", b"auth")
    quote = _QUOTE.search(data, max(0, candidate.span.start - 8), candidate.span.start + 1)
    depth = flow.level(len(quote[1])) if quote else None
    if quote is None or depth is None:
        return None
    opened = flow.enclosing(data, quote.start(), key, depth)
    registry = None if opened < 0 else _registry(data, opened, depth)
    if registry is None:
        return None
    entry = named(flow.read(data, opened, depth=depth)[0])
    scalar = entry.get((key,))
    return _credential(scalar, {path[0]: one for path, one in entry.items() if len(path) == 1}, registry) if scalar else None


def _registry(data: bytes, opened: int, depth: int) -> bytes | None:
    """The key whose object opens there, if it can be a registry: below `auths` any, elsewhere what looks like one."""
    key = _OPENED.search(data, max(0, opened - 400), opened)
    if key is None or key[2] in _NOT_A_REGISTRY:
        return None
    if _REGISTRY.fullmatch(key[2]):
        return key[2]
    outer = flow.enclosing(data, key.start(), key[2], depth)
    above = _OPENED.search(data, max(0, outer - 400), outer) if outer >= 0 else None
    return key[2] if above and above[2] == b"auths" else None


def _credential(scalar: Scalar, entry: dict[bytes, Scalar], registry: bytes) -> Parsed | None:
    """What one field of an entry says; where two say the same, `auth` speaks, and the other must not be told by its name alone."""
    beside = entry.get(b"auth")
    pair = user_and_password(beside.value) if beside else None
    name = entry.get(b"username") or entry.get(b"user")
    user = name.value if name else pair[0] if pair else None
    if scalar.key == b"auth":
        if pair and not pair[1]:
            return Parsed(scalar.span, scalar.value, (), confidence=0.0)  # a user, whose token stands beside it
        return told_of(_with(scalar, pair[1]), registry, pair[0]) if pair else None
    if pair and pair[1] == scalar.value:
        return Parsed(scalar.span, scalar.value, (), confidence=0.0)
    return told_of(scalar, registry, user)


def _with(scalar: Scalar, value: bytes) -> Scalar:
    return Scalar(scalar.path, value, scalar.span, scalar.at, scalar.style)


def auths(candidate: Candidate) -> tuple[Parsed, ...]:
    """`auths` as a mapping of YAML or HCL; in JSON every credential is found by its own key."""
    data = candidate.window
    after = re.compile(rb"\s*([:=])\s*").match(data, candidate.secret.end)
    if after is None:
        return ()
    if data[after.end() : after.end() + 1] == b"{":
        scalars, literal = flow.read(data, after.end())[0], after[1] == b"="
        paths = [one for one in scalars if one.style in QUOTED or not literal]
    else:
        paths = [_shorter(one) for one in block.below(data, candidate.secret.start) if len(one.path) == 3]
    entries: dict[bytes, dict[bytes, Scalar]] = {}
    for one in paths:
        if len(one.path) == 2:
            entries.setdefault(one.path[0], {}).setdefault(one.path[1], one)
    return kept(_credential(one, entry, registry) for registry, entry in entries.items() for one in _fields(entry))


def _shorter(scalar: Scalar) -> Scalar:
    return Scalar(scalar.path[1:], scalar.value, scalar.span, scalar.at, scalar.style)


def _fields(entry: dict[bytes, Scalar]) -> Iterable[Scalar]:
    return (entry[name] for name in (b"auth", b"password", *TOKENS) if name in entry)


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
    entries = document.get("auths", document)
    pairs = entries.items() if isinstance(entries, dict) else ()
    found = [login for registry, entry in pairs if isinstance(entry, dict) and (login := _login(registry, entry))]
    return sorted(found, key=lambda login: (login.registry, login.user, login.secret))


def _login(registry: str, entry: dict[str, Any]) -> Login | None:
    user, secret = entry.get("username"), entry.get("password")
    auth = entry.get("auth")
    if isinstance(auth, str) and (pair := user_and_password(auth.encode("utf-8", "replace"))):
        user = user or pair[0].decode()
        secret = secret or pair[1].decode()
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
    for entry in _ENTRY.finditer(data[:65536]):
        if entry[1] in _NOT_A_REGISTRY:
            continue
        strings = {one.key.decode(): one.value.decode("latin-1") for one in flow.read(data, entry.end(), 65536)[0]}
        login = _login(entry[1].decode(), strings)
        found += [login] if login else []
    return sorted(found, key=lambda login: (login.registry, login.user, login.secret))
