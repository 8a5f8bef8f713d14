"""The command as a process of its own, and secrets that are grown when they are needed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from scanner.rulepack.sample import grow

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str


@pytest.fixture
def leakseal() -> Callable[..., Said]:
    """`leakseal WORDS` in a folder."""

    def run(at: Path, *words: str | bytes, data: bytes = b"", **env: str) -> Said:
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        done = subprocess.run(
            [sys.executable, "-m", "scanner", *words], cwd=at, input=data, capture_output=True, check=False,
            env={**os.environ, "PYTHONPATH": path, **env},
        )  # fmt: skip
        return Said(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def command(tmp_path: Path) -> Path:
    """A folder for the PATH with a `leakseal` that runs this checkout."""
    place = tmp_path / "bin"
    place.mkdir()
    program = place / "leakseal"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m scanner "$@"\n')
    program.chmod(0o755)
    return place


@pytest.fixture
def token() -> Callable[[int], str]:
    """A GitHub token that never was one."""
    return lambda seed=1: grow("{github-token:ghp_}", seed).decode()
