"""What a hook may load and start before it says that a commit is clean: counted, as times depend on the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Repo

ROOT = Path(__file__).resolve().parents[2]

# A module that is added here is waited for at every commit: see whether it can be imported where it is needed instead.
CLEAN = {
    "scanner", "scanner.cachefile", "scanner.cli", "scanner.cli.hook", "scanner.cli.interruption", "scanner.decode",
    "scanner.decode.marks", "scanner.decode.textonly", "scanner.detect", "scanner.detect.prefilter", "scanner.errors", "scanner.pipeline",
    "scanner.pipeline.glance", "scanner.rulepack", "scanner.rulepack.unchanged", "scanner.shipped", "scanner.sources",
    "scanner.sources.git", "scanner.sources.git.ask", "scanner.sources.git.environ", "scanner.sources.git.fresh",
    "scanner.sources.git.narrow", "scanner.unbroken",
}  # fmt: skip
CONFIGURED = CLEAN | {"scanner.globs", "scanner.canon"}  # and with them json
GIT = ["rev-parse", "diff"]  # the processes of Git that are started, by command

HEAVY = {  # modules of others that a clean commit does not need, and that would cost milliseconds each
    "_strptime", "argparse", "ast", "asyncio", "base64", "click", "concurrent", "csv", "ctypes", "dataclasses", "datetime", "decimal",
    "difflib", "dis", "email", "html", "http", "importlib.metadata", "inspect", "isal", "json", "locale", "logging", "multiprocessing",
    "pathlib", "platformdirs", "random", "re2", "rich", "selectors", "shutil", "socket", "ssl", "subprocess", "tempfile",
    "threading", "tokenize", "unittest", "urllib", "uuid", "xml", "yaml",
}  # fmt: skip
FOUND = {  # the same where something is found in the text of a file and has to be looked at
    "argparse", "asyncio", "click", "concurrent", "cryptography", "ctypes", "difflib", "email", "http", "importlib.metadata", "lzma", "bz2",
    "multiprocessing", "PIL", "platformdirs", "pypdf", "rich", "sqlite3", "ssl", "unittest", "uuid", "xml", "yaml", "zipfile",
}  # fmt: skip


def hook(repo: Repo, tmp_path: Path, *words: str) -> tuple[int, set[str], list[str]]:
    """(exit code, modules that were imported, commands that Git was run with) of a hook whose cache is warm."""
    told = tmp_path / "told"
    real = shutil.which("git")
    program = tmp_path / "bin/git"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\necho "$1" >> "{told}"\nexec "{real}" "$@"\n')
    program.chmod(0o755)
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    env = {**os.environ, "PYTHONPATH": path, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
    for options in ((), ("-X", "importtime")):  # the first run makes what is kept
        told.write_text("")
        command = [sys.executable, *options, "-m", "scanner", "hook", "pre-commit", *words]
        done = subprocess.run(command, cwd=repo.path, env=env, capture_output=True, text=True, check=False)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:") and line.count("|") == 2]
    return done.returncode, {line.rpartition("|")[2].strip() for line in lines}, told.read_text().split()


def ours(modules: set[str]) -> set[str]:
    return {name for name in modules if name.partition(".")[0] == "scanner"} - {"scanner.__main__"}


def others(modules: set[str]) -> set[str]:
    """The packages and modules of others, and those in them."""
    return {name for name in modules if name.partition(".")[0] != "scanner"} | {name.partition(".")[0] for name in modules}


def commit_a_line(repo: Repo) -> None:
    """A line is staged in a file that was there, as benchmarks do it."""
    repo.commit({f"f{number}.py": f"LIMIT = {number}\n" for number in range(20)})
    repo.stage({"f3.py": "LIMIT = 3\nretry_limit = 3\n"})


@pytest.mark.parametrize("words", [(), ("--", "f3.py")], ids=["by-git", "by-pre-commit"])
def test_a_clean_commit_loads_and_starts_no_more_than_it_needs(repo: Repo, tmp_path: Path, words: tuple[str, ...]) -> None:
    commit_a_line(repo)
    code, modules, commands = hook(repo, tmp_path, *words)
    assert code == 0
    assert ours(modules) == CLEAN
    assert not others(modules) & HEAVY
    assert commands == GIT


def test_a_configuration_costs_a_clean_commit_no_reading_of_yaml(repo: Repo, tmp_path: Path) -> None:
    commit_a_line(repo)
    repo.write({"leakseal.yaml": "version: 1\npaths:\n  - exclude: made/\n    reason: made up\n"})
    code, modules, commands = hook(repo, tmp_path)
    assert code == 0
    assert ours(modules) == CONFIGURED
    assert not others(modules) & HEAVY - {"json"}
    assert commands == GIT


def test_what_has_to_be_looked_at_loads_no_reader_of_files_that_are_none(repo: Repo, tmp_path: Path) -> None:
    commit_a_line(repo)
    repo.stage({"f4.py": "password = os.environ['APP_PASSWORD']\nline = '%41%42'\n"})
    code, modules, commands = hook(repo, tmp_path)
    assert code == 0
    assert not others(modules) & FOUND
    assert commands == [*GIT, "cat-file"]
