"""pre-commit itself: it clones this repository, installs it into an environment of its own, and runs the hooks on real commits."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scanner.rulepack.sample import grow

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """\
default_install_hook_types: [pre-commit, pre-push, commit-msg]
repos:
  - repo: {url}
    rev: {rev}
    hooks:
      - id: leakseal
      - id: leakseal-push
      - id: leakseal-commit-msg
"""
SHIPPED = ("scanner", "rules", "hooks", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")


def run(*words: str | Path, at: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """One program, with both outputs in one."""
    return subprocess.run(
        [str(w) for w in words], cwd=at, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


@pytest.fixture(scope="module")
def published(tmp_path_factory) -> tuple[Path, str]:
    """This checkout as a repository that pre-commit can clone, and its commit."""
    place = tmp_path_factory.mktemp("published")
    for name in SHIPPED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, place / name)
    for words in (("init", "-q"), ("add", "--force", "--all"), ("commit", "-qm", "publish")):
        assert run("git", *words, at=place).returncode == 0
    return place, run("git", "rev-parse", "HEAD", at=place).stdout.strip()


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """pre-commit's own folder: the environment is made once for all tests."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture
def project(repo, published, home, monkeypatch):
    """A repository with the three hooks installed; the first test waits for the installation, which needs the package index."""
    monkeypatch.setenv("PRE_COMMIT_HOME", str(home))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    repo.write({".pre-commit-config.yaml": CONFIG.format(url=published[0], rev=published[1])})
    done = run(sys.executable, "-m", "pre_commit", "install", "--install-hooks", at=repo.path)
    assert done.returncode == 0, done.stdout
    return repo


def secret(seed: int = 1) -> str:
    """A made-up token."""
    return grow("{github-token:ghp_}", seed).decode()


def test_a_clean_commit_passes_and_a_planted_secret_is_stopped(project):
    project.stage({".pre-commit-config.yaml": (project.path / ".pre-commit-config.yaml").read_bytes(), "a.txt": "hello\n"})
    done = run("git", "commit", "-m", "clean", at=project.path)
    assert done.returncode == 0, done.stdout
    project.stage({"app.env": f"token = {secret()}\n"})
    done = run("git", "commit", "-m", "planted", at=project.path)
    assert done.returncode == 1 and "where: app.env:1:9" in done.stdout, done.stdout
    assert secret()[8:] not in done.stdout
    assert project.git("rev-list", "--count", "HEAD") == "1"


def test_only_what_is_staged_counts_for_a_commit_and_everything_for_all_files(project):
    project.git("add", ".")
    project.stage({"a.txt": "hello\n", "old.env": f"token = {secret()}\n"})
    project.git("commit", "-qnm", "sneaked in")
    project.write({"old.env": f"token = {secret(2)}\n"})
    project.stage({"a.txt": "more\n"})
    done = run("git", "commit", "-m", "clean", at=project.path)
    assert done.returncode == 0, done.stdout
    project.git("checkout", "-q", "old.env")
    done = run(sys.executable, "-m", "pre_commit", "run", "leakseal", "--all-files", at=project.path)
    assert done.returncode == 1 and "where: old.env:1:9" in done.stdout, done.stdout
    done = run(sys.executable, "-m", "pre_commit", "run", "leakseal", "--files", "a.txt", at=project.path)
    assert done.returncode == 0, done.stdout


def test_a_message_and_a_push_are_stopped(project, make_repo):
    server = make_repo("server.git", "--bare")
    project.git("remote", "add", "origin", str(server.path))
    project.git("add", ".")
    assert run("git", "commit", "-m", f"use {secret()}", at=project.path).returncode == 1
    done = run("git", "commit", "-m", "clean", at=project.path)
    assert done.returncode == 0, done.stdout
    done = run("git", "push", "-q", "origin", "HEAD", at=project.path)
    assert done.returncode == 0, done.stdout
    project.stage({"app.env": f"token = {secret()}\n"})
    project.git("commit", "-qnm", "sneaked in")
    project.git("rm", "-q", "app.env")
    project.git("commit", "-qnm", "and out")
    done = run("git", "push", "-q", "origin", "HEAD", at=project.path)
    assert done.returncode == 1 and "where: app.env:1:9 in commit" in done.stdout, done.stdout
