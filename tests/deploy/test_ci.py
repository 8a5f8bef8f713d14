"""The examples for CI are what the forges take, and call the scanner as it is understood."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from scanner.cli.root import cli

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "ci"
SCHEMAS = {"github-or-gitea-actions.yaml": "vendor.github-workflows", "gitlab-ci.yml": "vendor.gitlab-ci"}


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
def test_an_example_is_valid(path: Path) -> None:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", SCHEMAS[path.name], str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
def test_an_example_calls_what_there_is(path: Path) -> None:
    said = yaml.safe_load(path.read_text())
    lines = said["leakseal"]["script"] if "leakseal" in said else [step.get("run", "") for step in said["jobs"]["scan"]["steps"]]
    (scan,) = (shlex.split(line) for line in lines if line.startswith("leakseal "))
    command = cli.get_command(None, "scan")  # type: ignore[arg-type]
    assert command is not None
    words = scan[2 : scan.index(">")] if ">" in scan else scan[2:]
    assert command.make_context("scan", words).params["form"] in ("github", "gitlab")
