"""Logins in INI, TOML and properties files: .pypirc, Cargo, Poetry, containerd, sbt."""

from __future__ import annotations

import re
from collections.abc import Iterable

from scanner.detect.candidate import Candidate
from scanner.detect.http_auth import user_and_password
from scanner.detect.registry.told import kept, told_of, without_login
from scanner.detect.structure import sections
from scanner.detect.structure.scalar import Scalar
from scanner.detect.structure.sections import Section
from scanner.model.evidence import Parsed

_CARGO = re.compile(rb"registries\.[\"']?([\w.\-]{1,100})[\"']?\Z")
_POETRY = re.compile(rb"http-basic\.[\"']?([\w.\-]{1,100})[\"']?\Z")
_CONTAINERD = re.compile(rb"registry\.configs\.[\"']?([^\"'\]]{1,255}?)[\"']?\.auth\Z")
_INLINE = re.compile(rb"(token|password|username)\s*=\s*\"([^\"\n]{1,1024})\"")


def pypirc(candidate: Candidate) -> tuple[Parsed, ...]:
    """Sections of a .pypirc: all of them behind `index-servers`, else the one that names a repository."""
    data, at = candidate.window, candidate.span.start
    if candidate.value.lower().startswith(b"index"):
        return kept(_login(section) for section in sections.after(data, data.rfind(b"\n", 0, at) + 1))
    return kept([_login(sections.around(data, at))])


def _login(section: Section) -> Parsed | None:
    secret = section.values.get(b"password")
    if secret is None or not section.header:
        return None
    place = section.values.get(b"repository")
    return told_of(secret, without_login(place.value) if place else section.header, _said(section.values.get(b"username")))


def tables(candidate: Candidate) -> tuple[Parsed, ...]:
    """Tables of TOML whose name says whose they are: [registries.corp], [http-basic.corp], […registry.configs."host".auth]."""
    section = sections.around(candidate.window, candidate.span.start)
    header, values = section.header, section.values
    if header == b"pypi-token":
        return kept(told_of(one, one.key) for one in values.values() if one.style)
    if header in (b"registry", b"registries") or _CARGO.search(header):
        named = _CARGO.search(header)
        index = values.get(b"index")
        place = without_login(index.value) if index else named[1] if named else b"crates.io"
        return kept([told_of(values[b"token"], place)] if b"token" in values and values[b"token"].style else [])
    found = _POETRY.search(header) or _CONTAINERD.search(header)
    return kept(_fields(values, found[1])) if found else ()


def _fields(values: dict[bytes, Scalar], place: bytes) -> Iterable[Parsed | None]:
    user = _said(values.get(b"username"))
    for name in (b"password", b"identitytoken", b"registrytoken"):
        if name in values and values[name].style:
            yield told_of(values[name], place, user)
    auth = values.get(b"auth")
    if auth and b"password" not in values and (pair := user_and_password(auth.value)):
        yield told_of(Scalar(auth.path, pair[1], auth.span, auth.at, auth.style), place, pair[0])


def properties(candidate: Candidate) -> tuple[Parsed, ...]:
    """`realm=…`, `host=…`, `user=…`, `password=…`: the credentials file of sbt and Ivy."""
    values = sections.around(candidate.window, candidate.span.start).values
    if b"host" not in values or b"password" not in values:
        return ()
    return kept([told_of(values[b"password"], values[b"host"].value, _said(values.get(b"user") or values.get(b"username")))])


def _said(scalar: Scalar | None) -> bytes | None:
    return scalar.value if scalar and b"${" not in scalar.value else None
