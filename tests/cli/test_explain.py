"""`leakseal explain`: everything but the value."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from scanner.cli import main
from scanner.cli.explain import MEANS, explained
from scanner.detect.checks import CHECKS
from tests.report.samples import finding

TODAY = date(2030, 1, 1)


def told(*found, rule=None) -> dict[str, str]:
    return {title: "\n".join(lines) for title, lines in explained(found, rule, TODAY)}


def test_every_check_has_a_sentence() -> None:
    assert set(MEANS) == set(CHECKS)


def test_what_makes_it_quiet_fits_where_it_stands() -> None:
    quiet = "what would make it quiet"
    assert "allow postgres-dsn" in told(finding())[quiet]
    assert "leakseal remove-plan" in told(finding())[quiet]
    log = finding(surface="logs")
    assert "allow postgres-dsn" not in told(log)[quiet] and "paths" not in told(log)[quiet] and "remove-plan" not in told(log)[quiet]
    member = finding(location=replace(finding().location, path="a.zip!b.env"))
    assert "allow postgres-dsn" not in told(member)[quiet] and "exclude: 'a.zip'" in told(member)[quiet]
    accepted = finding(disposition="accepted", acceptance="team-a: why (until 2030-02-01)")
    assert told(accepted)[quiet] == "it is quiet already: team-a: why (until 2030-02-01)"


def test_a_finding_of_a_rule_that_is_gone_is_still_explained() -> None:
    assert "not in use here" in told(finding(rule="gone"))["why it was found"]


def test_a_finding_of_the_current_folder_is_explained_without_its_value(tmp_path: Path, monkeypatch, token, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.env").write_text(f"T={token(4)}\n")
    assert main(["scan", ".", "-q", "--format", "json"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert main(["explain", found["id"]]) == 0
    said = capsys.readouterr().out
    assert "tree: a.env:1:3" in said and "passed github-crc32: its checksum is right" in said and f"leakseal accept {found['id']}" in said
    assert token(4)[6:] not in said
    assert main(["explain", found["id"], "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == found["id"]
    assert main(["explain", "feedfeedfeedfeed"]) == 2


def test_the_report_of_the_last_hook_is_looked_into(repo, leakseal, token) -> None:
    repo.stage({"a.env": f"T={token(5)}\n"})
    said = leakseal(repo.path, "hook", "pre-commit")
    assert said.code == 1
    id = said.err.split("leakseal accept ")[1].split()[0]
    repo.git("rm", "--quiet", "--force", "a.env")  # a scan would not find it in the files
    explained = leakseal(repo.path, "explain", id)
    assert explained.code == 0 and "a.env:1:3" in explained.out and token(5)[6:] not in explained.out


@pytest.mark.parametrize("words", [("explain",), ("explain", "x", "--report", "none.json")])
def test_what_is_asked_wrongly_is_said(tmp_path: Path, monkeypatch, words: tuple[str, ...]) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(list(words)) == 2
