"""User and password side by side under a key that says they are a registry's: CI steps, Ansible tasks, chart values, HCL blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from scanner.detect.candidate import Candidate
from scanner.detect.http_auth import user_and_password
from scanner.detect.registry.told import kept, told_of, without_login
from scanner.detect.structure import block, flow
from scanner.detect.structure.scalar import QUOTED, Scalar
from scanner.model.content import Span
from scanner.model.evidence import Parsed

USERS = ("username", "user", "login", "login_username", "registry_username", "docker_username", "repository_username", "docker_user")
PASSWORDS = (
    "password", "passwd", "pass", "token", "login_password", "registry_password", "docker_password", "repository_password", "access_token",
    "identitytoken", "registrytoken", "identity_token", "registry_token", "accesstoken", "apikey", "api_key",
)  # fmt: skip
PLACES = (
    "registry", "registry_url", "registry_server", "server", "server_address", "serveraddress", "url", "address", "host", "hostname",
    "repo", "repository", "artifactoryurl", "image", "name", "index_url", "index-url",
)  # fmt: skip
_BRACE = re.compile(rb"[^\n{]{0,512}\{")
_ASSIGNED = re.compile(rb"\\{0,7}[\"']?\s{0,8}[:=]?\s{0,8}\{")
_KEY_VALUE = re.compile(rb"([\w-]{2,40})=(?:'([^'\n]*)'|\"([^\"\n]*)\"|([^\s\"']+))")
_HOST = rb"(?:[\w-]+\.)+[\w-]+(?::\d{1,5})?"
_HOST_LINE = re.compile(rb"[ \t-]*(?:[\"']?((?:https?://)?%b)[\"']?:\s*\Z|image:[ \t]*[\"']?(%b)/)" % (_HOST, _HOST))
_LINES = 6
_VARIABLE = re.compile(rb"\$\{|\$\w|\{\{|<")


def step(candidate: Candidate) -> tuple[Parsed, ...]:
    """The mapping that has this key: `uses: docker/login-action@v3` with its `with`."""
    return _logins(block.mapping(candidate.window, _key(candidate)))


def value(candidate: Candidate) -> tuple[Parsed, ...]:
    """What stands below this key, in block or flow style: `docker_login:`, `imageCredentials:`, `repositories:`."""
    data, at = candidate.window, _key(candidate)
    opened = _ASSIGNED.match(data, candidate.secret.end)
    if opened and b"\n" not in opened[0]:
        return _logins(flow.read(data, opened.end() - 1, depth=_depth(data, at))[0], strict=True)
    scalars = block.below(data, at)
    return _logins([inner for one in scalars for inner in _inline(one)], above=_above(data, at))


def hcl(candidate: Candidate) -> tuple[Parsed, ...]:
    """A block of HCL: `registry_auth {`."""
    opened = _BRACE.match(candidate.window, candidate.secret.end)
    if opened is None:
        return ()
    return _logins(flow.read(candidate.window, opened.end() - 1)[0], strict=True)


def beside(candidate: Candidate) -> tuple[Parsed, ...]:
    """The object of JSON, YAML or HCL that has this key directly: `pass_credentials_all: false`, `"serverId": "…"`."""
    data, at = candidate.window, _key(candidate)
    name = candidate.groups.get("field", candidate.value)
    depth = _depth(data, at)
    if data[at : at + 1] in (b'"', b"\\") or b"=" in data[candidate.secret.end : candidate.span.end]:
        opened = flow.enclosing(data, at, name, depth)
        return _logins(flow.read(data, opened, depth=depth)[0], strict=True) if opened >= 0 else ()
    return _logins(block.mapping(data, at))


def _key(candidate: Candidate) -> int:
    """Where the key begins, quotes and all."""
    at = candidate.secret.start
    while at > 0 and candidate.window[at - 1] in b"\"'\\" and candidate.secret.start - at < 8:
        at -= 1
    return at


def _depth(data: bytes, at: int) -> int:
    marks = 0
    while data[at + marks : at + marks + 1] == b"\\":
        marks += 1
    return flow.level(marks) or 0


def _inline(scalar: Scalar) -> Iterable[Scalar]:
    """`docker_login: registry=… username=… password=…`: one scalar for each, or the scalar itself."""
    pairs = list(_KEY_VALUE.finditer(scalar.value)) if scalar.style == "" and b"=" in scalar.value else []
    if not pairs or scalar.span.end - scalar.span.start != len(scalar.value):
        return (scalar,)
    found = []
    for pair in pairs:
        group = next(number for number in (2, 3, 4) if pair[number] is not None)
        span = Span(scalar.span.start + pair.start(group), scalar.span.start + pair.end(group))
        found.append(Scalar((*scalar.path, pair[1]), pair[group], span, scalar.span.start + pair.start()))
    return found


def _above(data: bytes, at: int) -> bytes | None:
    """The host that `auth` or `credentials` is for: the key that it stands under, or the image beside it."""
    line = data.rfind(b"\n", 0, at) + 1
    for _ in range(_LINES):
        end, line = line - 1, data.rfind(b"\n", 0, max(0, line - 1)) + 1
        if end <= 0:
            return None
        if found := _HOST_LINE.match(data, line, end):
            return found[1] or found[2]
    return None


def _logins(scalars: Sequence[Scalar], *, strict: bool = False, above: bytes | None = None) -> tuple[Parsed, ...]:
    """A login for each group of siblings that has a password; `strict`: a bare word is a variable, no literal."""
    groups: dict[tuple[bytes, ...], dict[str, Scalar]] = {}
    for one in scalars:
        if one.path and one.path[-1]:
            groups.setdefault(one.path[:-1], {}).setdefault(one.path[-1].decode("latin-1").lower().replace("-", "_"), one)
    found = []
    for path, group in groups.items():
        user, registry = _named(group, USERS), _registry(groups, path) or above
        for name in PASSWORDS:
            if name in group and (group[name].style in QUOTED or not strict):
                found.append(told_of(group[name], registry, user))
        if "auth" in group and (pair := user_and_password(group["auth"].value)) and not any(name in group for name in PASSWORDS):
            one = group["auth"]
            found.append(told_of(Scalar(one.path, pair[1], one.span, one.at, one.style), registry, pair[0]))
    return kept(found)


def _named(group: dict[str, Scalar], names: Iterable[str]) -> bytes | None:
    """The first of these that is written out."""
    return next((group[n].value for n in names if n in group and group[n].value and not _VARIABLE.search(group[n].value)), None)


def _registry(groups: dict[tuple[bytes, ...], dict[str, Scalar]], path: tuple[bytes, ...]) -> bytes | None:
    """The address beside the login, or in the mapping around it, or the key that it stands under."""
    for depth in range(len(path), max(-1, len(path) - 3), -1):
        place = _named(groups.get(path[:depth], {}), PLACES)
        if place:
            return without_login(place)
    return next((name for name in reversed(path) if b"." in name and b" " not in name), None)
