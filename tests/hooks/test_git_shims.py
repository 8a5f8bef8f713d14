"""The hooks that Git itself can run: they pass everything on, and never let something through because Leakseal is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from scanner.shipped import shipped

FAKE = """#!/bin/sh
printf '%s\\n' "$*" >> "$CALLS"
[ "$2" = pre-push ] && cat >> "$CALLS"
exit "$ANSWER"
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A PATH with Git and a shell, and a place for a `leakseal` that writes down how it was called."""
    place = tmp_path / "bin"
    place.mkdir()
    for name in ("git", "sh", "cat"):
        (place / name).symlink_to(Path(shutil.which(name) or name).resolve())
    monkeypatch.setenv("PATH", str(place))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    return place


def install(machine: Path, answer: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `leakseal` that always answers the same."""
    (machine / "leakseal").write_text(FAKE)
    (machine / "leakseal").chmod(0o755)
    monkeypatch.setenv("ANSWER", str(answer))


def hooked(repo) -> None:
    """The repository uses the hooks that ship."""
    repo.git("config", "core.hooksPath", str(shipped("hooks") / "git"))


def test_a_commit_and_a_push_go_through_when_leakseal_is_content(machine, monkeypatch, make_repo, tmp_path):
    install(machine, 0, monkeypatch)
    repo, server = make_repo(), make_repo("server.git", "--bare")
    hooked(repo)
    commit = repo.commit({"a": "1"})
    repo.git("push", str(server.path), "main")
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls[:2] == ["hook pre-commit", "hook commit-msg .git/COMMIT_EDITMSG"]
    assert calls[2:] == [f"hook pre-push {server.path} {server.path}", f"refs/heads/main {commit} refs/heads/main {'0' * 40}"]


@pytest.mark.parametrize("answer", [1, 2, 3])
def test_a_commit_is_stopped_by_any_other_answer(machine, monkeypatch, repo, answer):
    install(machine, answer, monkeypatch)
    hooked(repo)
    with pytest.raises(subprocess.CalledProcessError):
        repo.commit({"a": "1"})


def test_a_commit_is_stopped_when_leakseal_is_missing(machine, repo):
    hooked(repo)
    with pytest.raises(subprocess.CalledProcessError) as stopped:
        repo.commit({"a": "1"})
    assert b"leakseal is not on the PATH" in stopped.value.stderr


def test_the_hooks_may_be_run():
    names = sorted(p.name for p in (shipped("hooks") / "git").iterdir())
    assert names == ["commit-msg", "pre-commit", "pre-push", "pre-receive"]
    assert all(os.access(shipped("hooks") / "git" / name, os.X_OK) for name in names)
