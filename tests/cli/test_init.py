"""`leakseal init`: what it proposes works as it stands, and nothing that is there is changed."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from scanner.cli import main
from scanner.cli.init import CI, advice, proposals
from scanner.config import load
from tests.report.samples import clean, report


@pytest.fixture
def old(repo: Any, token: Any) -> Any:
    """An old repository with a secret in its history."""
    repo.commit({"a.env": f"T={token(1)}\n", ".github/workflows/ci.yml": "on: push\n"})
    return repo


def test_a_start_is_proposed_and_written(old: Any, token: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(old.path)
    assert main(["init", "--hooks", "pre-commit"]) == 0
    said = capsys.readouterr().out
    assert "new file leakseal.yaml" in said and "Found: 1 secret (1 critical)" in said and "leakseal accept --all-current" in said
    assert token(1)[6:] not in said
    assert not Path("leakseal.yaml").exists()
    assert main(["init", "--hooks", "pre-commit", "--write"]) == 0
    assert capsys.readouterr().out.count("wrote ") == 4
    assert load(Path("leakseal.yaml")).salt == "repo"
    for name in (".pre-commit-config.yaml", ".github/workflows/leakseal.yml"):
        assert yaml.safe_load(Path(name).read_text())
    assert main(["init", "--hooks", "pre-commit", "--write"]) == 0
    assert "wrote" not in capsys.readouterr().out


def test_what_is_there_is_added_to_by_a_person(old: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(old.path)
    Path(".pre-commit-config.yaml").write_text("repos: []\n")
    Path(".gitlab-ci.yml").write_text("stages: [test]\n")
    Path(".secrets.baseline").write_text("{}")
    Path(".gitleaks.toml").write_text("")
    assert main(["init", "--write"]) == 0
    said = capsys.readouterr().out
    assert "add to .pre-commit-config.yaml" in said and "add to .gitlab-ci.yml" in said
    assert "leakseal import baseline .secrets.baseline" in said and "leakseal import rules .gitleaks.toml" in said
    assert Path(".gitlab-ci.yml").read_text() == "stages: [test]\n"


def test_the_ids_that_it_shows_are_those_of_a_later_scan(old: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(old.path)
    from scanner.cli.init import _scanned

    first = {one.fingerprint for one in _scanned(Path(), salted=True).findings}
    main(["init", "--write", "--hooks", "none", "--ci", "none"])
    capsys.readouterr()
    main(["scan", "--format", "json", "-q"])
    assert {one["fingerprint"] for one in json.loads(capsys.readouterr().out)["findings"]} == first


def test_accepted_findings_stay_accepted(old: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(old.path)
    terms = ["--owner", "a", "--reason", "made up", "--ticket", "T-1", "--expires", "2027-06-30"]
    assert main(["accept", "--all-current", *terms]) == 0
    assert main(["init", "--write", "--hooks", "none", "--ci", "none"]) == 0
    assert "salt" not in Path("leakseal.yaml").read_text()
    assert main(["scan", "-q"]) == 0


def test_the_hooks_of_git_are_written_and_stop_a_commit(old: Any, command: Path, token: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(old.path)
    monkeypatch.setenv("PATH", f"{command}:{os.environ['PATH']}")
    assert main(["init", "--write", "--hooks", "git", "--ci", "none"]) == 0
    old.stage({"new.env": f"T={token(7)}\n"})
    done = subprocess.run(["git", "commit", "-m", "New"], capture_output=True, check=False)
    assert done.returncode == 1 and b"so the commit is stopped" in done.stderr


@pytest.mark.parametrize("service", sorted(CI))
def test_each_service_gets_a_job_that_is_yaml(tmp_path: Path, service: str) -> None:
    found = {str(one.path): one for one in proposals(tmp_path, service, "none", "https://forge.example/leakseal.git")}
    text = found[CI[service][0]].text
    assert "pip install https://forge.example/leakseal.git" in text and yaml.safe_load(text)


def test_a_clean_repository_is_not_asked_to_accept(tmp_path: Path) -> None:
    said = "\n".join(advice(clean(), tmp_path, "git", date(2030, 1, 1)))
    assert "Found: 0 secrets" in said and "accept --all-current" not in said and "rotate" not in said
    assert "--expires 2030-04-01" in "\n".join(advice(report(), tmp_path, "git", date(2030, 1, 1)))


def test_a_source_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--source", "x; rm -rf /"]) == 2
