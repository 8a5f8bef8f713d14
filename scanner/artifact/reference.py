"""The name of an image: `docker://host[:port]/repository[:tag][@sha256:…]`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from scanner.errors import UsageError

SCHEME = "docker://"
HUB = "docker.io"
# The grammars of the OCI distribution specification 1.1 (pulling manifests) and of the image specification (digests).
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_NAME_MOST, _TEXT_MOST = 255, 700


@dataclass(frozen=True, slots=True)
class Reference:
    """An image in a registry; with a digest the tag is only what it was called."""

    host: str  # with the port, if one was given
    repository: str
    tag: str | None = None
    digest: str | None = None

    @property
    def name(self) -> str:
        """Without tag and digest."""
        return f"{self.host}/{self.repository}"

    @property
    def pointer(self) -> str:
        """What the registry is asked for: the digest, else the tag."""
        return self.digest or self.tag or "latest"

    def at(self, digest: str) -> Reference:
        """The same image by its digest."""
        return replace(self, digest=digest)

    def __str__(self) -> str:
        return SCHEME + self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def is_digest(text: object) -> bool:
    """Whether it is a SHA-256 or SHA-512 digest, as `sha256:` and 64 hexadecimal digits."""
    return isinstance(text, str) and _DIGEST.fullmatch(text) is not None


def parse(text: str) -> Reference:
    """A reference, with or without `docker://`; without tag and digest the tag is `latest`. Raises UsageError."""
    rest = text.removeprefix(SCHEME)
    if len(rest) > _TEXT_MOST:
        raise _wrong("it is too long")
    rest, at, digest = rest.partition("@")
    if at and not is_digest(digest):  # it is not shown: what stands there may be a password
        raise _wrong("what follows `@` is no sha256 or sha512 digest", "a reference has no user and no password; `docker login` keeps them")
    rest, tag = _tagged(rest)
    host, repository = _split(rest)
    if not _HOST.fullmatch(host) or len(host) > _NAME_MOST:
        raise _wrong("its host is none")
    if not _REPOSITORY.fullmatch(repository) or len(repository) > _NAME_MOST:
        raise _wrong("its repository is none; small letters, digits and `.`, `_`, `-` between them are allowed, and `/` between parts")
    if tag is not None and not _TAG.fullmatch(tag):
        raise _wrong("its tag is none")
    return Reference(host.lower(), repository, tag if tag or digest else "latest", digest or None)


def _tagged(text: str) -> tuple[str, str | None]:
    """What stands before the tag, and the tag; a colon before the last slash belongs to a port."""
    head, slash, last = text.rpartition("/")
    name, colon, tag = last.partition(":")
    return head + slash + name, tag if colon else None


def _split(text: str) -> tuple[str, str]:
    """Host and repository; a name without a host is one of Docker Hub's, as for Docker."""
    host, slash, repository = text.partition("/")
    if slash and ("." in host or ":" in host or host == "localhost"):
        return (HUB, _official(repository)) if host in (HUB, "index.docker.io") else (host, repository)
    return HUB, _official(text)


def _official(repository: str) -> str:
    return repository if "/" in repository else f"library/{repository}"


def _wrong(what: str, hint: str = "write it as docker://host/repository:tag or docker://host/repository@sha256:…") -> UsageError:
    return UsageError(f"this is no reference to an image: {what}", hint=hint)
