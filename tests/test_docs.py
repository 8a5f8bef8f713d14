"""What the documentation says is compared with what the code has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scanner import shipped
from scanner.cli import main
from scanner.cli.options import known, named
from scanner.detect.checks import CHECKS
from scanner.detect.parsers import PARSERS
from scanner.model.content import REASONS
from scanner.pipeline.rulecheck import check
from scanner.pipeline.rulemutate import toothless
from scanner.report import ENDINGS, FORMATS
from scanner.rulepack.load import load
from scanner.rulepack.packs import read_packs, read_project
from scanner.rulepack.pages import MARK, pages
from scanner.rulepack.sample import grow

ROOT = Path(__file__).resolve().parent.parent


def test_the_readme_has_the_exit_codes_of_the_documentation():
    def codes(name: str) -> list[str]:
        cells = [line.split("|")[1].strip() for line in (ROOT / name).read_text().splitlines() if line.startswith("| ")]
        return [cell for cell in cells if cell.isdigit()]

    assert codes("README.md") == codes("docs/exit-codes.md") == ["0", "1", "2", "3", "4", "5", "130"]


def test_the_documentation_names_every_key_of_the_report():
    def keys(schema: object) -> set[str]:
        if isinstance(schema, list):
            return set().union(*map(keys, schema))
        if not isinstance(schema, dict):
            return set()
        return set(schema.get("properties", ())).union(*map(keys, schema.values()))

    schema = json.loads((ROOT / "scanner" / "report" / "report-v1.schema.json").read_text())
    page = (ROOT / "docs" / "report.md").read_text()
    assert not [key for key in sorted(keys(schema)) if f"`{key}`" not in page]


def test_the_documentation_names_every_reason_and_format():
    page = (ROOT / "docs" / "report.md").read_text()
    assert not [name for name in sorted({*REASONS, *FORMATS, *ENDINGS}) if f"`{name}`" not in page]


def test_the_documentation_names_every_check_and_parser():
    page = (ROOT / "docs" / "rules.md").read_text()
    assert not [name for name in sorted({*CHECKS, *PARSERS}) if f"`{name}`" not in page and f"`{name}:" not in page]


def _blocks(page: str) -> list[str]:
    return [part.split("```")[0] for part in (ROOT / "docs" / page).read_text().split("```yaml\n")[1:]]


def test_the_rule_in_the_documentation_keeps_its_promise(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text(_blocks("rules.md")[0])
    checked = check(read_packs([tmp_path]), known=known(), texts=lambda: (), mutate=True)
    assert [rule.id for rule in checked.rules] == ["acme-deploy-key"]
    assert [str(problem) for problem in checked.problems] == []


def test_the_configuration_in_the_documentation_adds_changes_and_disables_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (text,) = (block for block in _blocks("configuration.md") if "override:" in block)
    file = tmp_path / "leakseal.yaml"
    file.write_text(text)
    ours = read_packs([shipped.shipped("rules")])
    checked = check(ours, known=known(), project=read_project(file), texts=lambda: (), seeds=(0,))
    assert [str(problem) for problem in checked.problems if problem.file == str(file)] == []
    assert list(toothless(next(rule for rule in checked.rules if rule.id == "billing-key"))) == []
    (tmp_path / "app.py").write_bytes(b"key = '" + grow("bill_{any:abcdefghijklmnop0123456789:32}", 0) + b"'\n")
    assert main(["scan", "--format", "json", str(tmp_path)]) == 1
    assert [(found["rule"], found["severity"]) for found in json.loads(capsys.readouterr().out)["findings"]] == [("billing-key", "high")]
    assert main(["rules", "show", "generic-password", "--config", str(file)]) == 0
    assert "low password of Generic, changed by the configuration" in capsys.readouterr().out
    assert main(["rules", "list", "gitlab-feed-token", "--config", str(file)]) == 0
    assert capsys.readouterr().out == ""
    file.write_text(text.replace("severity: low", "severty: low"))
    assert main(["rules", "check", "--config", str(file)]) == 2
    assert f"{file}:17:7: unknown key `severty` in the changed rule\n  next: did you mean `severity`?" in capsys.readouterr().err


def test_the_pages_about_the_rules_are_what_the_packs_say() -> None:
    made = pages(load([shipped.shipped("rules")], known=named()).rules)
    folder = ROOT / "docs" / "rules"
    there = {path.name: path.read_text() for path in folder.glob("*.md")}
    assert sorted(there) == sorted(made), "run `make rules-docs`"
    assert [name for name in sorted(made) if there[name] != made[name]] == [], "run `make rules-docs`"


def test_the_command_writes_pages_and_takes_away_its_old_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "acme.yaml").write_text(_blocks("rules.md")[0])
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "gone.md").write_text(f"{MARK}\n")
    (folder / "mine.md").write_text("# Mine\n")
    assert main(["rules", "docs", str(folder), str(tmp_path / "acme.yaml")]) == 0
    assert capsys.readouterr().out == "2 pages\n"
    assert sorted(path.name for path in folder.iterdir()) == ["acme.md", "index.md", "mine.md"]
    page = (folder / "acme.md").read_text()
    assert "Revoke the key in Acme's console" in page
    assert "Documented at <https://acme.example/docs/tokens>." in page
    assert main(["rules", "docs", str(folder / "mine.md"), str(tmp_path / "acme.yaml")]) == 2
