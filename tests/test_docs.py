"""What the documentation says is compared with what the code has."""

from __future__ import annotations

import json
from pathlib import Path

from scanner.detect.checks import CHECKS
from scanner.detect.engine import engine
from scanner.detect.parsers import PARSERS
from scanner.model.content import REASONS
from scanner.model.rule import Ruleset
from scanner.report import ENDINGS, FORMATS
from scanner.rulepack.load import Known, load
from scanner.rulepack.sample import grow

ROOT = Path(__file__).resolve().parent.parent


def test_the_readme_has_the_exit_codes_of_the_documentation():
    def codes(name: str) -> list[str]:
        cells = [line.split("|")[1].strip() for line in (ROOT / name).read_text().splitlines() if line.startswith("| ")]
        return [cell for cell in cells if cell.isdigit()]

    assert codes("README.md") == codes("docs/exit-codes.md") == ["0", "1", "2", "3", "130"]


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


def test_the_rule_in_the_documentation_finds_its_hits_and_nothing_else(tmp_path):
    text = (ROOT / "docs" / "rules.md").read_text().split("```yaml\n")[1].split("```")[0]
    (tmp_path / "acme.yaml").write_text(text)
    (rule,) = load([tmp_path], known=Known(CHECKS, PARSERS)).rules
    found = engine(Ruleset((rule,), "sha256:0"), None).find
    assert [bool(found(grow(sample.shape, 1))) for sample in (*rule.hits, *rule.misses)] == [True, False]
