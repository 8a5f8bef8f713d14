"""`leakseal doctor` says what is there, what is not, and what does not work."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from scanner.cli import doctor
from scanner.cli.doctor import command


@pytest.fixture
def said(monkeypatch):
    def run(*words):
        result = CliRunner().invoke(command, list(words), standalone_mode=False)
        assert result.exception is None, result.exception
        return result.return_value, result.stdout

    return run


def test_a_machine_that_works_is_told_line_by_line(said):
    code, out = said()
    assert code == 0
    lines = out.splitlines()
    assert {line.split()[0] for line in lines} <= {"ok", "lacking", "untried"}
    assert any(line.startswith("ok       reader unzip") for line in lines)
    assert any(line.split()[1] == "git" for line in lines)


def test_programs_get_the_same_as_json(said):
    code, out = said("--format", "json")
    told = json.loads(out)
    assert (code, told["schema"]) == (0, "leakseal.doctor/v1")
    assert {"git", "search", "cache", "ocr", "rules", "reader notes-json"} <= {check["name"] for check in told["checks"]}
    assert said("--format", "json")[1] == out


def test_a_reader_that_is_broken_costs_the_exit_code(said, monkeypatch):
    monkeypatch.setattr("scanner.decode.zips.read", lambda content: iter(()))
    code, out = said()
    assert code == 3
    assert any(line.startswith("broken   reader unzip") for line in out.splitlines())


@pytest.mark.parametrize(("name", "value", "state"), [("LEAKSEAL_CACHE", "", "lacking"), ("LEAKSEAL_CACHE", "/dev/null/x", "broken")])
def test_a_cache_that_is_not_there_is_told(monkeypatch, name, value, state):
    monkeypatch.setenv(name, value)
    assert doctor._cache().state == state


def test_git_that_is_not_there_is_told(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor._git().state == "lacking"
    (tmp_path / "git").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "git").chmod(0o755)
    assert doctor._git().state == "broken"
