"""Repositories that live, inventories of them, and what a sweep says."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from scanner.cli import main
from scanner.ledger import keep
from scanner.ledger.book import Ledger
from tests.gitrepo import git, token
from tests.ledger.conftest import postgresql

__all__ = ["postgresql"]
WHO = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org"}
DAY = 1_700_000_000


@dataclass
class Living:
    """A repository that changes as they do."""

    at: Path
    dice: random.Random
    days: int = 0
    secrets: int = 0

    def commit(self, files: Mapping[str, str], message: str = "x") -> str:
        """A commit with these files."""
        self.days += 1
        for name, text in files.items():
            path = self.at / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        git(self.at, "add", "--all")
        when = f"{DAY + 3600 * self.days} +0000"
        git(self.at, "commit", "--quiet", "--allow-empty", "-m", message, GIT_AUTHOR_DATE=when, GIT_COMMITTER_DATE=when, **WHO)
        return git(self.at, "rev-parse", "HEAD").decode()

    def secret(self) -> str:
        """A line with a secret of its own."""
        self.secrets += 1
        return f"token = {token(1000 * self.dice.randrange(1000) + self.secrets)}\n"

    def text(self) -> str:
        """Lines without one."""
        return "".join(f"line {self.dice.random()}\n" for _ in range(self.dice.randrange(1, 40)))

    def start(self) -> Living:
        """Some commits, of which one has a secret."""
        self.commit({"a.txt": self.text(), "src/b.txt": self.text()})
        self.commit({"app.env": self.secret(), "a.txt": self.text()})
        return self


@pytest.fixture
def live(tmp_path) -> Callable[[str], Living]:
    """Makes repositories by name."""

    def make(name: str, seed: int = 1) -> Living:
        at = tmp_path / "repos" / name
        at.mkdir(parents=True)
        git(at, "init", "--quiet", "--initial-branch=main")
        return Living(at, random.Random(f"{name} {seed}"))

    return make


@dataclass
class Said:
    """What one sweep said."""

    code: int
    document: dict[str, Any] = field(repr=False)
    complaint: str

    @property
    def places(self) -> list[tuple[str, str]]:
        """(repository, path) of each finding shown."""
        return sorted((one["repository"], one["finding"]["location"]["path"]) for one in self.document["findings"])

    @property
    def statuses(self) -> dict[str, int]:
        """How many repositories were read how."""
        return {name: count for name, count in self.document["repositories"].items() if count}

    @property
    def not_read(self) -> dict[str, str]:
        """Repository -> reason."""
        return {one["repository"]: one["reason"] for one in self.document["notRead"]}


@dataclass
class Sweeps:
    """Sweeps of one inventory into one ledger."""

    folder: Path
    where: str

    def inventory(self, text: str) -> Path:
        """Write the inventory."""
        path = self.folder / "inventory.yaml"
        path.write_text("version: 1\nprotocols: [file, https, ssh]\n" + text)
        return path

    def words(self, *more: str) -> list[str]:
        """The command's arguments."""
        mirrors = str(self.folder / "mirrors")
        path = str(self.folder / "inventory.yaml")
        return ["sweep", path, "--ledger", self.where, "--cache", mirrors, "--format", "json", "-q", "--jobs", "2", *more]

    def __call__(self, *more: str) -> Said:
        out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
        old, sys.stdout = sys.stdout, out
        try:
            with redirect_stderr(err):
                code = main(self.words(*more))
        finally:
            sys.stdout = old
        out.flush()
        text = out.buffer.getvalue().decode()  # type: ignore[attr-defined]
        assert "unforeseen" not in err.getvalue(), err.getvalue()
        return Said(code, json.loads(text) if text else {}, err.getvalue())

    def apart(self, *more: str, **settings: Any) -> subprocess.Popen[bytes]:
        """The same in a process of its own, which may be killed."""
        command = [sys.executable, "-m", "scanner", *self.words(*more)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, **settings)

    def known(self) -> list[dict[str, Any]]:
        """What the ledger says, without what depends on the clock and on how often it was tried."""
        with Ledger(self.where) as ledger:
            lines = [line for line in keep.lines(ledger) if line["kind"] not in ("run", "visit")]
        return [_timeless(line) for line in lines]


def _timeless(line: dict[str, Any]) -> dict[str, Any]:
    times = {"first_seen_on", "last_seen_on", "gone_on", "read_on", "full_on", "run_id", "opened_run_id", "seconds", "state", "octets"}
    return {key: value for key, value in line.items() if key not in times}


@pytest.fixture
def sweeps(tmp_path) -> Sweeps:
    """Sweeps into a file of SQLite."""
    return Sweeps(tmp_path, str(tmp_path / "ledger.db"))
