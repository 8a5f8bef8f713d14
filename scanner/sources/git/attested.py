"""Assertions beside the commit that they speak of: a Git note under `refs/notes/attest`, one bundle a line, newest last."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from scanner.errors import UsageError
from scanner.sources.git.environ import GitFailed, git
from scanner.sources.git.facts import NOTES
from scanner.sources.git.layout import Layout

_MOST = 16 << 20  # bytes of a note
_REF = f"--ref={NOTES.decode()}"
_WHO = {"NAME": "leakseal", "EMAIL": "leakseal@localhost"}


def keep(layout: Layout, env: Mapping[str, str], commit: str, bundle: bytes, when: datetime) -> None:
    """Add a bundle to the commit's note; raises UsageError where the repository cannot be written."""
    who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in _WHO.items()}
    who |= {f"GIT_{role}_DATE": when.isoformat() for role in ("AUTHOR", "COMMITTER")}
    try:
        with _alone(layout):
            there = [one for one in kept(layout, env, commit) if one != bundle.strip()]
            note = git(["hash-object", "-w", "--stdin"], layout.root, env, data=b"".join(one + b"\n" for one in (*there, bundle.strip())))
            git(["notes", _REF, "add", "--force", "-C", note.decode().strip(), commit], layout.root, {**env, **who})
    except (GitFailed, OSError):
        hint = "check that you may write to the repository, or leave out --git-notes"
        raise UsageError("the assertion cannot be written as a Git note", hint=hint) from None


def kept(layout: Layout, env: Mapping[str, str], commit: str) -> list[bytes]:
    """The bundles of the commit's note, oldest first; none if it has none. Raises UsageError for a note that is too large."""
    try:
        note = git(["notes", _REF, "list", commit], layout.root, env).decode().strip()
        size = int(git(["cat-file", "-s", note], layout.root, env))
    except GitFailed:
        return []
    if size > _MOST:
        raise UsageError(f"the commit's note is larger than {_MOST:,} bytes", hint=f"write it anew with `git notes {_REF} edit`")
    return [line for line in git(["cat-file", "blob", note], layout.root, env).splitlines() if line.strip()]


def commit_of(layout: Layout, env: Mapping[str, str], revision: str) -> str:
    """The id of the commit that a revision means; raises UsageError if there is none."""
    try:
        return git(["rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"], layout.root, env).decode().strip()
    except GitFailed:
        raise UsageError("the repository has no such commit", hint="name a commit, branch or tag behind the @") from None


@contextmanager
def _alone(layout: Layout) -> Iterator[None]:
    """One writer at a time: Git reads a note and writes it again, and knows no lock over both."""
    folder = os.open(layout.common_dir, os.O_RDONLY)
    try:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
