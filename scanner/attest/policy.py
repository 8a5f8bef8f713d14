"""The gate's policy, `.leakseal/gate.yaml`: what must be read, how long it holds, and whose word counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from scanner import canon
from scanner.attest.keyless import Identity
from scanner.attest.keys import PublicKey, load_public
from scanner.attest.timestamp import Authority, load_certificates
from scanner.errors import ConfigError

if TYPE_CHECKING:
    from scanner.yamlnodes import Node

FILE = Path(".leakseal/gate.yaml")
SURFACES = ("git", "logs", "screenshots", "notes", "tree", "oci")
ROLES = ("scanner", "gate", "builder")
_LIMITS = {"validity-days": (1, 366), "max-age-days": (1, 366), "accepted-most": (0, 100_000), "skipped-most": (0, 10**9)}
_TOP = (
    "version", "scope", "repository", "surfaces", *_LIMITS, "rules-least", "keys", "identities", "timestamp", "timestamp-authorities",
    "gate",  # is read where it is needed
)  # fmt: skip
_SCOPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/@-]{0,199}")
_DAYS = ("since", "until", "revoked")
_STAMPED = re.compile("required|optional")
_VERSION = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6}){0,3}")


@dataclass(frozen=True, slots=True)
class Trusted:
    """A key, what its owner may say, and when."""

    key: PublicKey
    roles: tuple[str, ...]
    since: date | None = None
    until: date | None = None  # the last day on which it may sign
    revoked: date | None = None  # nothing that was signed on or after that day counts


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose keys count, and whose time."""

    keys: tuple[Trusted, ...] = ()
    authorities: tuple[Authority, ...] = ()
    identities: tuple[Identity, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """What an assertion must say before it is believed."""

    scope: str  # "x/app@production"
    surfaces: tuple[tuple[str, tuple[str, ...]], ...]  # required ones, sorted, each with its paths or globs
    digest: str = ""
    repository: str | None = None
    validity_days: int = 30
    max_age_days: int = 7
    accepted_most: int = 20
    skipped_most: int = 0
    rules_least: str = "0"
    trust: Trust = Trust()
    stamped: bool = False  # whether a time stamp is required

    @property
    def keys(self) -> tuple[Trusted, ...]:
        """The keys that count."""
        return self.trust.keys

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the surfaces."""
        return tuple(name for name, _ in self.surfaces)


def load(path: Path) -> Policy:
    """The policy in a file; keys are looked for from the folder that holds `.leakseal`, or the file's own."""
    from scanner import yamlnodes

    if not path.is_file():
        hint = f"write {FILE} as docs/release.md shows, or name another with --policy"
        raise ConfigError(f"there is no policy at {path}", hint=hint)
    root = yamlnodes.load(path)
    base = path.parent.parent if path.parent.name == FILE.parent.name else path.parent
    top = root.mapping(_TOP, ("version", "scope", "surfaces"))
    top["version"].number(1, 1)
    numbers = {name.replace("-", "_"): top[name].number(*bounds) for name, bounds in _LIMITS.items() if name in top}
    return Policy(
        scope=_fitting(top["scope"], _SCOPE, "a name such as x/app@production is expected here"),
        surfaces=_surfaces(top["surfaces"]),
        digest=canon.digest(path.read_bytes()),
        repository=top["repository"].text() if "repository" in top else None,
        rules_least=_fitting(top["rules-least"], _VERSION, "a version such as 1.4.0 is expected here") if "rules-least" in top else "0",
        trust=_trust(top, base),
        stamped="timestamp" in top and _fitting(top["timestamp"], _STAMPED, "`required` or `optional` is expected here") == "required",
        **numbers,
    )


def load_trust(path: Path) -> Trust:
    """A trust file: `version`, `keys`, `identities` and `timestamp-authorities`, as in a policy."""
    from scanner import yamlnodes

    top = yamlnodes.load(path).mapping(("version", "keys", "identities", "timestamp-authorities"), ("version",))
    top["version"].number(1, 1)
    return _trust(top, path.parent)


def _trust(top: Mapping[str, Node], base: Path) -> Trust:
    keys = tuple(_key(one, base) for one in top["keys"].elements()) if "keys" in top else ()
    listed = top["timestamp-authorities"].elements() if "timestamp-authorities" in top else ()
    shown = top["identities"].elements() if "identities" in top else ()
    return Trust(keys, tuple(_authority(one, base) for one in listed), tuple(_identity(one, base) for one in shown))


def _identity(node: Node, base: Path) -> Identity:
    said = node.mapping(("identity", "issuer", "trusted-root", "roles", *_DAYS), ("identity", "issuer", "trusted-root", "roles"))
    root = base / said["trusted-root"].text()
    if not root.is_file():
        raise said["trusted-root"].error("there is no such file", "name a trusted_root.json of Sigstore")
    return Identity(said["identity"].text(), said["issuer"].text(), root, _roles(said["roles"]), *_days(said))


def _authority(node: Node, base: Path) -> Authority:
    said = node.mapping(("file", "since", "until"), ("file",))
    since, until = (said[name].day() if name in said else None for name in ("since", "until"))
    return Authority(load_certificates(base / said["file"].text()), since, until)


def _surfaces(node: Node) -> tuple[tuple[str, tuple[str, ...]], ...]:
    named = node.mapping(SURFACES)
    if not named:
        raise node.error("no surface is required", "add `git: [.]`, for example")
    return tuple((name, _paths(named[name])) for name in sorted(named))


def _paths(node: Node) -> tuple[str, ...]:
    paths = (node.text(),) if node.kind == "text" else tuple(one.text() for one in node.elements())
    if not paths:
        raise node.error("a required surface has no paths", "name its files, folders or globs")
    return paths


def _key(node: Node, base: Path) -> Trusted:
    said = node.mapping(("file", "roles", *_DAYS), ("file", "roles"))
    return Trusted(load_public(base / said["file"].text()), _roles(said["roles"]), *_days(said))


def _roles(node: Node) -> tuple[str, ...]:
    roles = tuple(one.text(40) for one in node.elements())
    if not roles or not set(roles) <= set(ROLES):
        raise node.error("a key has one or more of the roles " + ", ".join(ROLES))
    return roles


def _days(said: Mapping[str, Node]) -> tuple[date | None, date | None, date | None]:
    since, until, revoked = (said[name].day() if name in said else None for name in _DAYS)
    return since, until, revoked


def _fitting(node: Node, pattern: re.Pattern[str], wanted: str) -> str:
    text = node.text()
    if not pattern.fullmatch(text):
        raise node.error(wanted)
    return text
