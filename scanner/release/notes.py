"""Assertions kept as Git notes on the commits that they speak of."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from scanner.attest.distrust import Distrust
from scanner.errors import UsageError
from scanner.release.surfaces import Release, opened, repository, requests
from scanner.sources.git import attested
from scanner.sources.git.environ import environment
from scanner.sources.git.layout import discover

PREFIX = "git-note:"


def writable(release: Release) -> None:
    """Raises UsageError unless the policy has a repository with a commit that a note can stand on."""
    place = repository(requests(release))
    if place is None:
        raise UsageError("the policy names no repository that a note could be written to", hint="leave out --git-notes")
    attested.commit_of(*opened(place, release), "HEAD")


def write(release: Release, commit: str, bundle: bytes, when: datetime) -> None:
    """Add a bundle to the released commit's note."""
    place = repository(requests(release))
    if place is not None:
        attested.keep(*opened(place, release), commit, bundle, when)


def read(name: str, *, trust_owner: bool) -> tuple[str, list[bytes]]:
    """The commit that `git-note:REPOSITORY@REVISION` names, and the bundles of its note, oldest first; raises Distrust if it has none."""
    place, at, revision = name.removeprefix(PREFIX).rpartition("@")
    layout = discover(Path(place if at else revision))
    env = environment(trust_owner=trust_owner, root=layout.root)
    commit = attested.commit_of(layout, env, revision if at else "HEAD")
    if not (found := attested.kept(layout, env, commit)):
        hint = "fetch the notes with `git fetch origin refs/notes/attest:refs/notes/attest`"
        raise Distrust("the commit has no assertion in a note", hint=hint)
    return commit, found
