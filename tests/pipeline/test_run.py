"""One run over several targets: none of them takes another's findings along."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from scanner.cli.scan import command
from scanner.rulepack.sample import grow
from tests.conftest import Repo


def test_a_target_that_cannot_be_opened_costs_no_other_its_findings(repo: Repo, tmp_path: Path) -> None:
    repo.commit({"app.env": f"token = {grow('{github-token:ghp_}', 3).decode()}\n"})
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / ".git").write_text("gitdir: nowhere\n")
    result = CliRunner().invoke(command, [str(repo.path), str(broken), "--format", "json", "--quiet"], standalone_mode=False)
    report = json.loads(result.stdout)
    assert (result.return_value, report["result"]) == (1, "leaks")
    assert [finding["target"] for finding in report["findings"]] == ["t1"]
    assert [(gap["target"], gap["reason"]) for gap in report["gaps"]] == [("t2", "unreadable")]
    assert [target["id"] for target in report["targets"]] == ["t1", "t2"]


def test_a_single_target_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: nowhere\n")
    result = CliRunner().invoke(command, [str(tmp_path)], standalone_mode=False)
    assert type(result.exception).__name__ == "UnreadableError"
    assert result.stdout == ""
