"""GitLab's report, JUnit, CSV and Markdown: whatever a finding says, they stay what they are."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from jsonschema import Draft7Validator

from scanner.report import format_of, render
from scanner.report.markdown import MARK
from tests.report.samples import clean, finding, report, reports

# What version 15.0 of the schema asks for, as far as our report goes.
TOOL = {"type": "object", "required": ["id", "name", "version", "vendor"], "properties": {"version": {"type": "string", "minLength": 1}}}
TIME = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$"}
TEXT = {"type": "string", "minLength": 1}
IDENTIFIER = {"type": "object", "required": ["type", "name", "value"], "properties": dict.fromkeys(("type", "name", "value"), TEXT)}
GITLAB = {
    "type": "object",
    "required": ["scan", "version", "vulnerabilities"],
    "properties": {
        "version": {"type": "string", "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+$"},
        "schema": {"type": "string", "pattern": "^https?://.+"},
        "scan": {
            "type": "object",
            "required": ["analyzer", "end_time", "scanner", "start_time", "status", "type"],
            "properties": {
                "analyzer": TOOL, "scanner": TOOL, "start_time": TIME, "end_time": TIME, "status": {"enum": ["success", "failure"]},
                "type": {"enum": ["secret_detection"]},
                "messages": {"items": {
                    "required": ["level", "value"], "properties": {"level": {"enum": ["info", "warn", "fatal"]}, "value": TEXT},
                }},
            },
        },
        "vulnerabilities": {"type": "array", "items": {
            "type": "object",
            "required": ["id", "identifiers", "location"],
            "properties": {
                "id": TEXT, "name": {"type": "string", "maxLength": 255}, "solution": {"type": "string", "maxLength": 7000},
                "severity": {"enum": ["Info", "Unknown", "Low", "Medium", "High", "Critical"]},
                "identifiers": {"type": "array", "minItems": 1, "items": IDENTIFIER},
                "location": {"required": ["commit"], "properties": {
                    "file": {"type": "string"}, "start_line": {"type": "number"}, "end_line": {"type": "number"},
                    "commit": {"type": "object", "required": ["sha"], "properties": {"sha": TEXT}},
                }},
                "raw_source_code_extract": {"type": "string"},
            },
        }},
    },
}  # fmt: skip


def written(value, form: str) -> str:
    stream = io.BytesIO()
    render(value, form, stream)
    return stream.getvalue().decode()


@given(reports)
@settings(max_examples=60)
def test_gitlab_gets_what_its_schema_asks_for(value) -> None:
    document = json.loads(written(value, "gitlab"))
    assert [error.message for error in Draft7Validator(GITLAB).iter_errors(document)] == []
    assert len(document["vulnerabilities"]) == len(value.open)
    assert document["scan"]["status"] == ("success" if value.complete else "failure")


@given(reports)
@settings(max_examples=60)
def test_junit_counts_what_it_holds(value) -> None:
    top = ElementTree.fromstring(written(value, "junit"))
    suites = top.findall("testsuite")
    assert len(suites) == len(value.targets)
    for suite in suites:
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(name)) == len(suite.findall(f"testcase/{tag}"))
        assert int(suite.get("tests")) == len(suite.findall("testcase"))


@given(reports)
@settings(max_examples=60)
def test_every_row_of_a_table_has_every_column_and_no_formula(value) -> None:
    rows = list(csv.reader(io.StringIO(written(value, "csv"), newline="")))
    assert len(rows) == 1 + len(value.findings) + len(value.gaps)
    assert len({len(row) for row in rows}) == 1
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]


@given(reports)
@settings(max_examples=60)
def test_markdown_holds_no_markup_of_others(value) -> None:
    text = written(value, "markdown")
    assert text.startswith(MARK) and len(text) < 65_536
    tags = set(re.findall(r"<[^>\n]*>", text))
    assert tags <= {MARK, "<details>", "<summary>", "</summary>", "</details>", "<sub>", "</sub>"}
    assert "](" not in text and "@" not in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 6 for row in rows)


def test_markdown_says_how_many_more_there_are() -> None:
    many = replace(report(), findings=tuple(finding(id=f"{n:016x}") for n in range(60)))
    assert "and 10 more" in written(many, "markdown")
    assert "🟢 Leakseal: clean" in written(clean(), "markdown")


@pytest.mark.parametrize(
    ("path", "form"), [("r.xml", "junit"), ("r.csv", "csv"), ("r.md", "markdown"), ("x/gl-secret-detection-report.json", "gitlab")]
)
def test_the_ending_says_the_format(path: str, form: str) -> None:
    assert format_of(path) == form
