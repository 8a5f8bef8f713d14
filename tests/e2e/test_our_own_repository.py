"""We keep to what we sell: a clean clone of this repository has nothing open in it, and nothing that was not read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_a_clean_clone_of_our_own_repository_is_clean(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone of the repository")
    clone = tmp_path / "leakseal"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    command = [sys.executable, "-m", "scanner", "scan", "--tree", ".", "--format", "json"]
    done = subprocess.run(command, cwd=clone, capture_output=True, check=False)
    report = json.loads(done.stdout)
    found = [(one["rule"], one["location"]["path"], one["location"]["line"]) for one in report["findings"] if one["disposition"] == "open"]
    assert (found, report["gaps"], done.returncode) == ([], [], 0)
    assert report["coverage"]["scanned"] > 500
