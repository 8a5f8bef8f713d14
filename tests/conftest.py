"""What every test stands on: a home without the developer's settings, and real Git repositories."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from tests.registry import Served, docker_registry

# A property that fails must fail the same way on the next machine, and a slow CI core is not a bug.
settings.register_profile("leakseal", derandomize=True, deadline=None)
settings.load_profile("leakseal")

QUIET_GIT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "A Tester",
    "GIT_AUTHOR_EMAIL": "tester@example.org",
    "GIT_AUTHOR_DATE": "2024-01-02T03:04:05+00:00",
    "GIT_COMMITTER_NAME": "A Tester",
    "GIT_COMMITTER_EMAIL": "tester@example.org",
    "GIT_COMMITTER_DATE": "2024-01-02T03:04:05+00:00",
    "LC_ALL": "C.UTF-8",
    "NO_COLOR": "1",
    "TZ": "UTC",
}


@pytest.fixture(scope="session", autouse=True)
def quiet_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """No test reads or writes the developer's home, Git configuration or Leakseal key."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        # A hook that runs the tests (git push) exports GIT_DIR and friends: they would redirect every repository below.
        for name in [n for n in os.environ if n.startswith(("GIT_", "LEAKSEAL_", "DOCKER_", "REGISTRY_"))]:
            patch.delenv(name)
        for name, value in QUIET_GIT.items():
            patch.setenv(name, value)
        patch.setenv("HOME", str(home))
        patch.delenv("XDG_RUNTIME_DIR", raising=False)
        for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
            patch.setenv(name, str(home / name.lower()))
        yield home


@dataclass(frozen=True, slots=True)
class Repo:
    """A real Git repository in a temporary folder."""

    path: Path

    def git(self, *words: str, data: bytes | None = None) -> str:
        """Standard output of one git command, stripped; raises when git fails."""
        done = subprocess.run(["git", "-C", str(self.path), *words], input=data, capture_output=True, check=True)
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Files as they stand in the work tree."""
        for name, content in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def stage(self, files: Mapping[str, str | bytes]) -> None:
        """Write the files and add them to the index."""
        self.write(files)
        self.git("add", "--force", "--", *files)

    def commit(self, files: Mapping[str, str | bytes], message: str = "Change") -> str:
        """Stage the files and commit them; the commit's id."""
        self.stage(files)
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def make_repo(tmp_path: Path) -> Callable[..., Repo]:
    """A maker of repositories: `make_repo("name", "--bare")`."""

    def make(name: str = "repo", *options: str) -> Repo:
        path = tmp_path / name
        subprocess.run(["git", "init", "--quiet", "--initial-branch=main", *options, str(path)], check=True, capture_output=True)
        return Repo(path)

    return make


@pytest.fixture
def repo(make_repo: Callable[..., Repo]) -> Repo:
    """An empty Git repository with a work tree, on branch main."""
    return make_repo()


@pytest.fixture(scope="session")
def open_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Debian's docker-registry, for everybody; one for each process of the tests, so names must differ between tests."""
    with docker_registry(tmp_path_factory.mktemp("registry")) as served:
        yield served


@pytest.fixture(scope="session")
def guarded_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The same, for the user `tester` with a random password."""
    with docker_registry(tmp_path_factory.mktemp("guarded"), secrets.token_hex(12)) as served:
        yield served
