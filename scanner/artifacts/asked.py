"""What is asked of an artifact, and what is expected of it: options, policy and runbook put together."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from scanner.artifact import naming
from scanner.artifact.naming import Package
from scanner.artifact.provenance import Expected
from scanner.attest import policy as policies
from scanner.attest.keys import load_public
from scanner.attest.policy import Trust, Trusted
from scanner.errors import UsageError
from scanner.gate import policy as gatepolicy
from scanner.gate import runbook as runbooks

_FILE_MOST = 64 << 20


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything that was asked for."""

    target: str
    now: datetime  # UTC
    expect: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()  # checksum files
    locks: tuple[str, ...] = ()  # lock files
    repository: str | None = None  # of the image, as the runbook says
    version: str | None = None
    tag: str | None = None  # of Git
    commit: str | None = None
    source_uri: str | None = None
    source: str | None = None  # REPO@REVISION, to compare with
    base: str | None = None
    platform: str | None = None
    declared: tuple[str, ...] = ()
    nowhere_most: int = 0
    provenance: tuple[str, ...] = ()
    signatures: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()  # provenance, signature
    builders: tuple[str, ...] = ()
    build_types: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    trust: Trust = field(default_factory=Trust)
    allow_tag: bool = False
    scan: bool = True
    trust_owner: bool = False

    def expected(self, digests: tuple[str, ...]) -> Expected:
        """What a provenance must say of something with these digests."""
        return Expected(
            digests, self.builders, self.source_uri, self.commit, self.tag, self.parameters, self.build_types
        )  # fmt: skip

    @property
    def wants_provenance(self) -> bool:
        """Whether there must be a provenance."""
        return bool(self.provenance) or "provenance" in self.required

    @property
    def wants_signature(self) -> bool:
        """Whether there must be a signature."""
        return bool(self.signatures) or "signature" in self.required


def with_policy(asked: Asked, policy: Path | None, trust: Path | None, keys: tuple[str, ...]) -> Asked:
    """With keys, builders, repository and parameters of a policy, where nothing else was said; raises ConfigError."""
    believed = Trust()
    if policy is not None:
        said, gate = policies.load(policy), gatepolicy.load(policy)
        believed = said.trust
        asked = replace(
            asked, builders=asked.builders or gate.builders, source_uri=asked.source_uri or said.repository,
            build_types=asked.build_types or gate.build_types, parameters={**dict(gate.parameters), **asked.parameters},
            declared=(*gate.built, *asked.declared), nowhere_most=max(gate.nowhere_most, asked.nowhere_most),
        )  # fmt: skip
    if trust is not None:
        believed = policies.load_trust(trust)
    if keys:
        believed = replace(believed, identities=(), keys=tuple(Trusted(load_public(Path(name)), ("builder",)) for name in keys))
    return replace(asked, trust=believed)


def with_runbook(asked: Asked, path: Path) -> Asked:
    """With what a runbook says in `artifact.image`, `artifact.source` and `artifact.publish-job`; raises ConfigError or UsageError."""
    entries = runbooks.load(path).entries
    image, source = (entries.get(id, runbooks.Entry()) for id in ("artifact.image", "artifact.source"))
    digest = image.get("digest")
    if digest is not None and not naming.is_digest(digest):
        raise UsageError("the digest in the runbook is none", hint="write it as sha256: and 64 digits")
    return replace(
        asked, expect=(*asked.expect, *((digest,) if digest else ())), repository=image.get("repository"),
        commit=asked.commit or source.get("commit"), version=asked.version or source.get("version"),
    )  # fmt: skip


def contents(path: str, what: str) -> bytes:
    """A small file; raises UsageError."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            data = file.read(_FILE_MOST + 1)
    except OSError as problem:
        raise UsageError(f"the {what} {path} cannot be read: {problem.strerror}", hint="check its name") from None
    if len(data) > _FILE_MOST:
        raise UsageError(f"the {what} {path} is larger than {_FILE_MOST >> 20} MiB", hint="check its name")
    return data


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere that should name the artifact by its digest."""

    name: str
    digests: tuple[str, ...]
    all_of_it: bool = True  # every digest there is the artifact's; a lock file names other files of the package too


def places(asked: Asked, name: str, package: Package | None) -> Iterator[Place]:
    """Every place, and the digests that it has for the artifact."""
    for digest in asked.expect:
        yield Place("what is expected", (digest,))
    for path in asked.sums:
        yield Place(path, tuple(naming.checksums(contents(path, "checksum file").decode("utf-8", "replace"), name)))
    for path in asked.locks:
        yield Place(path, tuple(naming.locked(contents(path, "lock file").decode("utf-8", "replace"), name, package)), all_of_it=False)


def disagreement(place: Place, digests: Mapping[str, str]) -> str:
    """What is wrong with a place, or nothing; `digests` are the artifact's own, by algorithm."""
    known = [digest for digest in place.digests if digest.partition(":")[0] in digests]
    if not known:
        return f"{place.name} does not name it by a digest"
    for algorithm in sorted({digest.partition(":")[0] for digest in known}):
        fitting = [digest == digests[algorithm] for digest in known if digest.startswith(algorithm)]
        if not (all(fitting) if place.all_of_it else any(fitting)):
            return f"{place.name} names another digest than the one that it has"
    return ""
