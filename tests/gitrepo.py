"""Repositories to scan, secrets to hide in them, and what a scan said: shared by the tests of the Git reader."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scanner.cli import main
from scanner.rulepack.sample import grow

PYTHON_SCAN = [sys.executable, "-m", "scanner", "scan", "--format", "json", "-q"]
ROOT = Path(__file__).parent.parent


def token(seed: int) -> str:
    """A synthetic GitHub token."""
    return grow("{github-token:ghp_}", seed).decode()


@dataclass(frozen=True, slots=True)
class Said:
    """The exit code and the report of one scan."""

    code: int
    report: Mapping[str, Any] = field(repr=False)
    complaint: str = ""

    @property
    def gaps(self) -> Counter[str]:
        """How many gaps of each reason."""
        return Counter(gap["reason"] for gap in self.report["gaps"])

    def gap(self, reason: str) -> list[Mapping[str, Any]]:
        """The gaps of one reason."""
        return [gap for gap in self.report["gaps"] if gap["reason"] == reason]

    @property
    def places(self) -> list[Mapping[str, Any]]:
        """The locations of all findings."""
        return [finding["location"] for finding in self.report["findings"]]

    @property
    def place(self) -> Mapping[str, Any]:
        """The location of the one finding."""
        (found,) = self.places
        return found

    @property
    def fingerprints(self) -> set[str]:
        """What was found, without where."""
        return {finding["fingerprint"] for finding in self.report["findings"]}

    @property
    def coverage(self) -> Mapping[str, Any]:
        """The figures of the Git surface."""
        found: Mapping[str, Any] = self.report["coverage"]["surfaces"]["git"]
        return found


def scan(path: Path, *options: str) -> Said:
    """What `leakseal scan --git PATH` says, in this process."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    old = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = out, err
    try:
        code = main(["scan", "--git", str(path), "--format", "json", "-q", *options])
    finally:
        sys.stdout, sys.stderr = old
    out.flush()
    text = out.buffer.getvalue().decode()  # type: ignore[attr-defined]
    assert "unforeseen" not in err.getvalue(), err.getvalue()
    return Said(code, json.loads(text) if text else {}, err.getvalue())


def scan_apart(path: Path, *options: str, **settings: Any) -> Said:
    """The same in a process of its own."""
    done = subprocess.run([*PYTHON_SCAN, "--git", str(path), *options], capture_output=True, cwd=ROOT, check=False, **settings)
    return Said(done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr.decode())


def git(at: Path, *words: str, data: bytes | None = None, **more: str) -> bytes:
    """Standard output of a git command; raises when git fails."""
    return subprocess.run(
        ["git", "-C", str(at), *words], input=data, capture_output=True, check=True, env={**os.environ, **more}
    ).stdout.strip()


def objects(at: Path) -> set[str]:
    """Every object id that Git lists."""
    return set(git(at, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").decode().split())


def own_files(git_dir: Path) -> int:
    """The repository's own files that are read one by one, and one more for the names of loose refs."""
    count = 0
    refs = 0
    for folder, _, files in os.walk(git_dir):
        inner = Path(folder).relative_to(git_dir).parts or ("",)
        if inner[0] == "objects" and inner[1:] != ("info",):
            count += sum(name.endswith((".keep", ".promisor")) for name in files)
            continue
        if inner[0] == "refs":
            refs += len(files)
            count += sum(1 for name in files if Path(folder, name).read_bytes().startswith(b"ref:"))
        else:
            count += len(files)
    return count + bool(refs)


def loose_file(repo: Path, oid: str, git_dir: str = ".git") -> Path:
    """Where a loose object stands, made writable."""
    path = repo / git_dir / "objects" / oid[:2] / oid[2:]
    path.chmod(0o644)
    return path


def write_object(repo: Path, kind: bytes, data: bytes, git_dir: str = ".git") -> str:
    """Any bytes as a loose object, which Git's own commands would refuse to make."""
    whole = kind + b" %d\0" % len(data) + data
    oid = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
    path = repo / git_dir / "objects" / oid[:2] / oid[2:]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(zlib.compress(whole))
    return oid


def packs(repo: Path, git_dir: str = ".git") -> list[Path]:
    """The packs, made writable."""
    found = sorted((repo / git_dir / "objects/pack").glob("*.pack"))
    for path in found:
        path.chmod(0o644)
        path.with_suffix(".idx").chmod(0o644)
    return found
