"""Our rules inside of detect-secrets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from scanner.rulepack.sample import grow

ROOT = Path(__file__).resolve().parents[2]


def test_detect_secrets_finds_what_our_rules_find(tmp_path: Path, command: Path, token) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{command}:{Path(sys.executable).parent}:{os.environ['PATH']}"}
    (tmp_path / "app.env").write_text(f"# begin\n\nDATABASE_URL=postgresql://app:{grow('{password:16}', 4).decode()}@db.internal:5432/a\n")
    (tmp_path / "run.sh").write_text(f"export GITHUB_TOKEN={token(2)}\n")
    (tmp_path / "quiet.txt").write_text("nothing to see\n")
    told = subprocess.run(["leakseal", "config", "plugin"], env=env, cwd=tmp_path, capture_output=True, check=True)
    plugin = told.stdout.decode().strip()
    only = [word for name in ("KeywordDetector", "BasicAuthDetector", "GitHubTokenDetector") for word in ("--disable-plugin", name)]
    scan = [sys.executable, "-m", "detect_secrets", "scan", "--all-files", "--no-verify", "-p", plugin, *only, "."]
    done = subprocess.run(scan, env=env, cwd=tmp_path, capture_output=True, check=True)
    baseline = json.loads(done.stdout)
    found = [(name, one["line_number"]) for name, all in baseline["results"].items() for one in all if one["type"] == "Leakseal"]
    assert sorted(found) == [("app.env", 3), ("run.sh", 1)]
