"""Who we are to a registry: what `docker login` and `podman login` keep, read when it is needed and kept in memory only."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scanner.artifact.reference import HUB
from scanner.errors import ConfigError, UnreadableError

_MOST = 1 << 20  # bytes of a configuration, or of what a helper says
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SECONDS = 30
_HUB_KEYS = ("https://index.docker.io/v1/", "index.docker.io", "registry-1.docker.io", HUB)
_NOT_FOUND = b"credentials not found"  # how the helper protocol says that there are none


@dataclass(frozen=True, slots=True)
class Credential:
    """A user and his password; or a token, which is exchanged for others or is itself sent."""

    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    identity: str = field(default="", repr=False)  # a refresh token (OAuth 2)
    bearer: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """The value of an Authorization header (RFC 7617)."""
        return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()


class Credentials:
    """The credentials of a Docker configuration."""

    def __init__(self, files: tuple[Path, ...] = (), path: str | None = None) -> None:
        """`files` are tried in order; `path` is where helpers are looked for, as in PATH."""
        self._files, self._path = files, path
        self._read: list[Mapping[str, Any]] | None = None

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Credentials:
        """Those of a user by his environment: REGISTRY_AUTH_FILE, DOCKER_CONFIG or ~/.docker, and podman's file of this session."""
        home = Path(environ.get("HOME") or Path.home())
        files = [Path(environ.get("DOCKER_CONFIG") or home / ".docker") / "config.json"]
        if named := environ.get("REGISTRY_AUTH_FILE"):
            files.insert(0, Path(named))
        if runtime := environ.get("XDG_RUNTIME_DIR"):
            files.append(Path(runtime) / "containers" / "auth.json")
        return cls(tuple(files), environ.get("PATH"))

    def find(self, host: str, repository: str = "") -> Credential | None:
        """Those for a repository, a namespace of it or its host, the most special first; raises ConfigError and UnreadableError."""
        if self._read is None:
            self._read = [read for file in self._files if (read := _load(file)) is not None]
        for config in self._read:
            if found := self._in(config, host, repository):
                return found
        return None

    def _in(self, config: Mapping[str, Any], host: str, repository: str) -> Credential | None:
        helpers, auths = _table(config, "credHelpers"), _table(config, "auths")
        stored = {_plain(key): value for key, value in auths.items()}
        for key in _keys(host, repository):
            if key in helpers:
                return self._ask(str(helpers[key]), key)
            entry = auths.get(key, stored.get(key))
            if isinstance(entry, dict) and (found := _entry(entry)):
                return found
        if store := config.get("credsStore"):
            return self._ask(str(store), _HUB_KEYS[0] if host == HUB else host)
        return None

    def _ask(self, helper: str, server: str) -> Credential | None:
        """What a credential helper answers; its own words are never shown."""
        program = shutil.which(f"docker-credential-{helper}", path=self._path) if _HELPER.fullmatch(helper) else None
        if program is None:
            raise ConfigError("the Docker configuration names a credential helper that is not there", hint="install it, or log in again")
        try:
            done = subprocess.run([program, "get"], input=server.encode(), capture_output=True, timeout=_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired):
            raise UnreadableError(f"the credential helper {helper} does not answer", hint="run it by hand") from None
        if done.returncode:
            if _NOT_FOUND in done.stdout.lower():
                return None
            raise UnreadableError(f"the credential helper {helper} failed", hint="run it by hand, or log in again")
        said = _json(done.stdout[:_MOST])
        if not isinstance(said, dict) or not all(isinstance(said.get(key), str) for key in ("Username", "Secret")):
            raise UnreadableError(f"the credential helper {helper} answers with something else than credentials", hint="log in again")
        if said["Username"] == "<token>":
            return Credential(identity=said["Secret"])
        return Credential(said["Username"], said["Secret"])


def _keys(host: str, repository: str) -> Iterator[str]:
    """What the entry may be called, the most special first (containers-auth.json(5))."""
    parts = repository.split("/") if repository else []
    for count in range(len(parts), 0, -1):
        yield "/".join([host, *parts[:count]])
    yield host
    if host == HUB:
        yield from _HUB_KEYS


def _plain(key: str) -> str:
    """The host that an old entry such as `https://host/v1/` is about."""
    bare = key.removeprefix("https://").removeprefix("http://")
    return bare.partition("/")[0] if bare != key else key


def _entry(entry: Mapping[str, Any]) -> Credential | None:
    said = {key: value for key, value in entry.items() if isinstance(value, str) and value}
    if "registrytoken" in said:
        return Credential(bearer=said["registrytoken"])
    if "identitytoken" in said:
        return Credential(identity=said["identitytoken"])
    if "auth" in said:
        try:
            user, colon, password = base64.b64decode(said["auth"], validate=True).decode().strip("\0").partition(":")
        except ValueError:
            raise ConfigError("the Docker configuration has an `auth` that cannot be read", hint="run `docker login` again") from None
        return Credential(user, password) if colon else None
    if "username" in said and "password" in said:
        return Credential(said["username"], said["password"])
    return None


def _table(config: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = config.get(key)
    return found if isinstance(found, dict) else {}


def _load(file: Path) -> Mapping[str, Any] | None:
    try:
        with file.open("rb") as opened:
            data = opened.read(_MOST + 1)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise ConfigError(f"{file} cannot be read: {problem.strerror}", hint="check who may read it") from None
    said = _json(data) if len(data) <= _MOST else None
    if not isinstance(said, dict):
        raise ConfigError(f"{file} is no Docker configuration", hint="run `docker login` again")
    return said


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
