"""What SLSA provenance v1 (https://slsa.dev/spec/v1.0/provenance) says of an artifact, held against what is expected of it.

The signature is somebody else's matter: a statement comes here once it is known who signed it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from scanner import canon
from scanner.artifact.check import Check

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
_COMMITS = ("gitCommit", "sha1")
_ALGORITHMS = frozenset({"sha256", "sha384", "sha512", "gitCommit", "gitTree", "gitBlob", "gitTag", "sha1", "dirHash"})
_MOST = 1000  # subjects, dependencies, parameters
# External parameters that name the source, and are held against it whatever the policy says.
_REPOSITORY = frozenset({"source", "source.uri", "repository", "workflow.repository", "source.repository"})
_COMMIT = frozenset({"commit", "source.digest.gitCommit", "source.digest.sha1", "source.commit", "revision"})
_REF = frozenset({"ref", "workflow.ref", "source.ref"})
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,9})?Z")
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Expected:
    """What the provenance must say; what is None, or empty, is not asked for."""

    digests: tuple[str, ...]  # `sha256:…`; any of them names the artifact
    builders: tuple[str, ...] = ()
    source: str | None = None  # a repository, such as git+https://forge.example/shop/app
    commit: str | None = None
    tag: str | None = None  # of Git
    parameters: Mapping[str, str] = field(default_factory=dict)  # dotted name -> value; "*" for any
    build_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a statement says, in so far as it is a provenance."""

    builder: str
    build_type: str
    sources: tuple[tuple[str, str], ...]  # (repository's address, commit), sorted
    dependencies: tuple[tuple[str, str], ...]  # (uri or name, `algorithm:value` or nothing), sorted
    finished: datetime | None
    subjects: tuple[tuple[str, str], ...]  # (name, `sha256:…`)
    parameters: tuple[tuple[str, str], ...]  # flattened, sorted

    def commits(self, source: str | None) -> tuple[str, ...]:
        """The commits of a repository, or of any, from which it was built."""
        return tuple(sorted({commit for uri, commit in self.sources if source is None or repository(uri) == repository(source)}))


class Unfit(Exception):
    """The statement is no provenance that can be used: one sentence, without anything from it."""


def read(statement: Document) -> Provenance:
    """What the statement says; raises Unfit."""
    if statement.get("_type") != STATEMENT_TYPE:
        raise Unfit("it is not an in-toto Statement v1")
    if statement.get("predicateType") != PREDICATE_TYPE:
        raise Unfit("its predicate is of another type than SLSA provenance v1")
    predicate = _map(statement, "predicate")
    made, run = _map(predicate, "buildDefinition"), _map(predicate, "runDetails")
    builder, kind = _map(run, "builder").get("id"), made.get("buildType")
    if not isinstance(builder, str) or not builder:
        raise Unfit("it does not say who built it")
    if not isinstance(kind, str) or not kind:
        raise Unfit("it does not say of which type the build was")
    found = tuple(sorted(_flat(_map(made, "externalParameters"), "", 0)))
    if len(found) > _MOST:
        raise Unfit(f"it has more than {_MOST:,} parameters")
    dependencies = _listed(made, "resolvedDependencies")
    metadata = run.get("metadata")
    return Provenance(
        builder, kind, tuple(sorted(set(_sources(dependencies)))), tuple(sorted(_dependency(one) for one in dependencies)),
        _time(metadata.get("finishedOn")) if isinstance(metadata, dict) else None,
        tuple(_subjects(statement)), found,
    )  # fmt: skip


def judge(said: Provenance, expected: Expected) -> Iterator[Check]:
    """Checks 12 to 17."""
    named = [name for name, digest in said.subjects if digest in expected.digests]
    yield _check("subject", "" if named else "it speaks of something else: the artifact's digest is not among its subjects",
                 "the artifact is among its subjects")  # fmt: skip
    if not expected.builders:
        yield Check("builder", None, f"no builder is required; it says {said.builder}")
    else:
        wrong = said.builder not in expected.builders
        yield _check("builder", f"{said.builder} built it, who is not allowed to" if wrong else "", f"built by {said.builder}")
    yield _source_check(said, expected)
    yield _commit_check(said, expected)
    yield _parameters_check(said, expected)
    pinned = sum(bool(digest) for _, digest in said.dependencies)
    none = "" if said.dependencies else "it does not say from what it was built"
    yield _check("dependencies", none, f"{pinned:,} of {len(said.dependencies):,} things that it was built from are named by digest")


def _check(name: str, problem: str, fine: str) -> Check:
    return Check(name, not problem, problem or fine)


def _source_check(said: Provenance, expected: Expected) -> Check:
    told = ", ".join(uri for uri, _ in said.sources[:3])
    if expected.source is None:
        return Check("source", None, f"no repository is required; it says {told}" if told else "no repository is required")
    if not said.sources:
        return _check("source", "it does not say, with its commit, from which repository it was built", "")
    wrong = not said.commits(expected.source)
    return _check("source", "it was built from another repository than expected" if wrong else "", f"built from {expected.source}")


def _commit_check(said: Provenance, expected: Expected) -> Check:
    commits = said.commits(expected.source)
    if expected.commit is None:
        return Check("commit", None, f"no commit is required; it says {commits[0]}" if len(commits) == 1 else "no commit is required")
    if not commits:
        return _check("commit", "it does not say from which commit it was built", "")
    if len(commits) > 1:
        return _check("commit", "it was built from several commits, and it is not known which is the source's", "")
    return _check("commit", "it was built from another commit than expected" if commits[0] != expected.commit else "",
                  f"built from commit {commits[0]}")  # fmt: skip


def _parameters_check(said: Provenance, expected: Expected) -> Check:
    unknown, other = [], []
    for name, value in said.parameters:
        fits = _fits(name, value, expected)
        if fits is None:
            unknown.append(name)
        elif not fits:
            other.append(name)
    if expected.build_types and said.build_type not in expected.build_types:
        return _check("parameters", "the build is of a type that the policy does not know, so its parameters mean nothing", "")
    if unknown:
        return _check("parameters", f"it was built with parameters that nobody expects: {_few(unknown)}", "")
    if other:
        return _check("parameters", f"it was built with other values than expected: {_few(other)}", "")
    return _check("parameters", "", f"{len(said.parameters)} parameters from outside, all as expected")


def _fits(name: str, value: str, expected: Expected) -> bool | None:
    """Whether a parameter is as it must be; None if nobody knows it."""
    if (wanted := expected.parameters.get(name)) is not None:
        return wanted in ("*", value)
    if name in _REPOSITORY and expected.source is not None:
        return repository(value) == repository(expected.source)
    if name in _COMMIT and expected.commit is not None:
        return value == expected.commit
    if name in _REF and (expected.tag is not None or expected.commit is not None):
        return value in (f"refs/tags/{expected.tag}", expected.tag, expected.commit)
    return None


def _few(names: list[str]) -> str:
    shown = ", ".join(canon.text(name.encode("utf-8", "replace"))[:60] for name in names[:5])
    return shown + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def repository(uri: str) -> str:
    """A repository's address without what may be written in one way or another: `git+`, `.git`, a revision, the host's case."""
    uri = uri.removeprefix("git+").split("#", 1)[0]
    scheme, colon, rest = uri.partition("://")
    if not colon:
        return uri
    host, _, path = rest.partition("/")
    path = path.split("@", 1)[0].rstrip("/").removesuffix(".git")
    return f"{scheme.lower()}://{host.rpartition('@')[2].lower()}/{path}"


def _map(value: Document, key: str) -> Document:
    found = value.get(key)
    if not isinstance(found, dict):
        raise Unfit(f"it has no {key}")
    return found


def _listed(value: Document, key: str) -> list[Document]:
    found = value.get(key, [])
    if not isinstance(found, list) or len(found) > _MOST or not all(isinstance(one, dict) for one in found):
        raise Unfit(f"its {key} are not a list of at most {_MOST:,} things")
    return found


def _digest(value: Document) -> Mapping[str, str]:
    found = value.get("digest", {})
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise Unfit("a digest in it is not written as one")
    return found


def _subjects(statement: Document) -> Iterator[tuple[str, str]]:
    listed = _listed(statement, "subject")
    if not listed:
        raise Unfit("it has no subject")
    for one in listed:
        digest = _digest(one)
        if not digest:
            raise Unfit("a subject in it has no digest")
        for algorithm in ("sha256", "sha512"):
            if algorithm in digest:
                yield str(one.get("name", "")), f"{algorithm}:{digest[algorithm]}"


def _dependency(one: Document) -> tuple[str, str]:
    digest = _digest(one)
    best = next((f"{name}:{digest[name]}" for name in ("sha256", "gitCommit", *sorted(_ALGORITHMS)) if name in digest), "")
    return str(one.get("uri") or one.get("name") or ""), best


def _sources(dependencies: list[Document]) -> Iterator[tuple[str, str]]:
    """The repositories among the dependencies, and their commits."""
    for one in dependencies:
        uri, digest = one.get("uri"), _digest(one)
        commit = next((digest[name] for name in _COMMITS if name in digest), None)
        if isinstance(uri, str) and commit and (uri.startswith("git+") or "gitCommit" in digest):
            yield uri.split("@refs/", 1)[0], commit


def _flat(value: Any, name: str, depth: int) -> Iterator[tuple[str, str]]:
    """Dotted names and values; what is empty says nothing."""
    if depth > 16:
        raise Unfit("its parameters are nested too deep")
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key), depth + 1)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _flat(inner, f"{name}.{number}", depth + 1)
    elif value is not None:
        yield name, value if isinstance(value, str) else canon.canonical(value).decode()


def _time(text: Any) -> datetime | None:
    if text is None:
        return None
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    try:
        return datetime.fromisoformat(match[1]).replace(tzinfo=UTC) if match else _bad()
    except ValueError:
        return _bad()


def _bad() -> datetime:
    raise Unfit("a time in it is none")
