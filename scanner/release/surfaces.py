"""What a policy requires to be read: its paths as targets, its repository, and what its files are by their contents alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from glob import glob, has_magic
from pathlib import Path

from scanner import canon
from scanner.attest.merkle import root
from scanner.attest.policy import Policy
from scanner.attest.statement import GitFacts
from scanner.errors import LeaksealError, UsageError
from scanner.model.evidence import Leaf
from scanner.pipeline.run import Excluded, Judging, Request
from scanner.pipeline.settings import Settings
from scanner.sources.files import Listed, digest_of, listing
from scanner.sources.git import facts
from scanner.sources.git.environ import environment
from scanner.sources.git.layout import Layout, discover

_FOREIGN = b".git"


@dataclass(frozen=True, slots=True)
class Release:
    """What is attested: where the policy's paths begin, the policy, and how to read and judge."""

    folder: Path
    policy: Policy
    settings: Settings = field(repr=False)
    judging: Judging
    excluded: Excluded
    config: str | None  # digest of leakseal.yaml


@dataclass(frozen=True, slots=True)
class Stand:
    """How the surfaces stand at one moment."""

    requests: tuple[Request, ...]
    git: GitFacts | None
    files: dict[str, str]  # by surface that is no repository: the root over its files

    def changes(self, later: Stand | None) -> tuple[str, ...]:
        """The surfaces that are another thing later; all of them where nothing could be made of them."""
        if later is None:
            return tuple(sorted({request.surface or "" for request in self.requests}))
        changed = {name for name in self.files if later.files.get(name) != self.files[name]}
        return tuple(sorted(changed | ({"git"} if later.git != self.git else set())))


def requests(release: Release) -> tuple[Request, ...]:
    """The policy's surfaces as targets; raises UsageError where a path leads nowhere."""
    return tuple(Request(name, surface) for surface, paths in release.policy.surfaces for name in _resolved(release.folder, surface, paths))


def stand(release: Release) -> Stand:
    """Everything as it is now: where the globs lead, commit and refs, and the files' contents."""
    wanted = requests(release)
    place = repository(wanted)
    names = [surface for surface, _ in release.policy.surfaces if surface != "git"]
    return Stand(wanted, git_facts(place, release) if place else None, {name: root(files(release, name, wanted)) for name in names})


def stands(release: Release) -> Stand | None:
    """The same, or None where that cannot be told any more."""
    try:
        return stand(release)
    except LeaksealError:
        return None


def repository(wanted: Sequence[Request]) -> Path | None:
    """The first repository: the one whose commit is attested."""
    return next((Path(request.name) for request in wanted if request.surface == "git"), None)


def opened(place: Path, release: Release) -> tuple[Layout, dict[str, str]]:
    """A repository, and the environment for Git in it."""
    layout = discover(place)
    return layout, environment(trust_owner=release.settings.trust_owner, root=layout.root)


def git_facts(place: Path, release: Release) -> GitFacts:
    """What a clone of the repository must have in common with it."""
    layout, env = opened(place, release)
    commit, tree = facts.commit_and_tree(layout, env)
    return GitFacts(
        commit=commit, tree=tree, refs=facts.refs(layout, env), dirty=facts.dirty(layout, env), shallow=bool(layout.shallow),
        partial=layout.promisor, replace_refs=layout.replaced, grafts=layout.grafts, alternates=len(layout.object_dirs) - 1,
        apart=facts.apart(layout, env),
    )  # fmt: skip


def files(release: Release, surface: str, wanted: Sequence[Request]) -> Iterator[Leaf]:
    """The leaves that a surface's files make, by their contents alone."""
    for request in wanted:
        if request.surface == surface:
            path = Path(request.name)
            entries = listing(path) if path.is_dir() else [Listed(b"")]
            for item in entries:
                if item.path.split(b"/")[0] == _FOREIGN or (item.path and release.excluded(canon.text(item.path))):
                    continue
                yield _hashed(surface, os.fsencode(path) + b"/" + item.path if item.path else os.fsencode(path))


def _resolved(folder: Path, surface: str, paths: Sequence[str]) -> list[str]:
    found: list[str] = []
    for path in paths:
        full = os.path.normpath(folder / path)
        names = sorted(glob(full, recursive=True)) if has_magic(path) else [full]  # noqa: PTH207 the pattern may be absolute
        if not names or not all(map(os.path.lexists, names)):
            hint = "make it before you attest, or change the policy"
            raise UsageError(f"the policy requires the surface {surface}, and nothing is at one of its paths", hint=hint)
        found += names
    return list(dict.fromkeys(found))


def _hashed(surface: str, path: bytes) -> Leaf:
    try:
        return Leaf(surface, "file", *digest_of(path))
    except OSError:
        return Leaf(surface, "gap", status="unreadable")
