"""SARIF: what it says, and that it satisfies the schema."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from hypothesis import given
from sarif_pydantic import Sarif

from scanner.model.content import Gap, Origin, Target
from scanner.model.evidence import Location
from scanner.model.report import Coverage
from scanner.report import render
from tests.report.samples import HOSTILE, clean, finding, report, reports
from tests.report.sarif_subset import LOG

SUBSET = jsonschema.Draft202012Validator(LOG)
# The official schema is not ours to ship; where SARIF_SCHEMA names a copy of sarif-schema-2.1.0.json, it has its say too.
_COPY = os.environ.get("SARIF_SCHEMA", "")
OFFICIAL = jsonschema.Draft4Validator(json.loads(Path(_COPY).read_bytes())) if _COPY else None


def log(value: Any) -> Any:
    stream = io.BytesIO()
    render(value, "sarif", stream)
    return json.loads(stream.getvalue())


def run(value: Any) -> Any:
    return log(value)["runs"][0]


@given(reports)
def test_any_report_satisfies_the_part_of_the_schema_that_we_use(value):
    SUBSET.validate(log(value))


@given(reports)
def test_any_report_is_read_by_a_model_of_sarif_that_we_did_not_write(value):
    dated = replace(value.run, started_on="2026-11-23T10:00:00Z", finished_on="2026-11-23T10:00:01Z")  # samples say anything there
    said = log(replace(value, run=dated))
    read = Sarif.model_validate(said)
    assert read.version == "2.1.0"
    assert [len(one.results or []) for one in read.runs] == [len(one["results"]) for one in said["runs"]]
    if OFFICIAL:
        OFFICIAL.validate(said)


def test_a_clean_run_has_no_results_and_was_successful():
    quiet = run(clean())
    assert quiet["results"] == quiet["tool"]["driver"]["rules"] == []
    assert quiet["invocations"][0]["executionSuccessful"] is True
    assert quiet["versionControlProvenance"] == [{"repositoryUri": "file:///srv/app", "revisionId": "3f2a91c0" * 5}]


def test_each_result_points_at_its_rule():
    found = run(report())
    rules = found["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["github-token", "postgres-dsn"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in found["results"])
    assert rules[1]["name"] == "PostgresDsn"


def test_accepted_findings_are_suppressed_and_expired_ones_are_not():
    by_id = {result["partialFingerprints"]["leaksealFinding/v1"]: result for result in run(report())["results"]}
    assert {id: result["suppressions"][0]["kind"] for id, result in by_id.items() if "suppressions" in result} == {
        "dd44": "external", "ee55": "inSource", "ff66": "external",
    }  # fmt: skip
    assert by_id["dd44"]["suppressions"][0]["justification"] == "ben: documented example value"
    assert "example" in by_id["ff66"]["suppressions"][0]["justification"]


def test_an_example_describes_its_rule_only_where_nothing_else_does():
    example, real = finding(id="a", disposition="example", severity="low", advice="Nothing."), finding(id="b", advice="Revoke it.")
    for findings, advice in (((example, real), "Revoke it."), ((real, example), "Revoke it."), ((example,), "Nothing.")):
        (rule,) = run(clean(findings=findings))["tool"]["driver"]["rules"]
        assert rule["help"]["text"] == advice


def test_what_is_allowed_beside_the_secret_is_suppressed_in_source():
    value = finding(disposition="accepted", acceptance="inline: the example from the manual")
    assert run(clean(findings=(value,)))["results"][0]["suppressions"][0]["kind"] == "inSource"


def test_every_gap_is_a_notification_and_the_run_is_not_successful():
    value = clean(gaps=report().gaps)
    said = run(value)["invocations"][0]
    assert (said["executionSuccessful"], said["exitCode"]) == (False, 3)
    assert [(note["descriptor"]["id"], note["level"]) for note in said["toolExecutionNotifications"]] == [
        ("missing-object", "error"), ("missing-object", "error"), ("truncated", "error"), ("encrypted-archive", "error"),
        ("illegible-image", "error"),
    ]  # fmt: skip
    allowed = run(replace(value, gaps_allowed=True))["invocations"][0]
    assert (allowed["executionSuccessful"], allowed["exitCode"]) == (False, 0)


def test_numbers_that_do_not_add_up_are_a_notification():
    notes = run(clean(coverage=(("git", Coverage(2, 0, 1)),)))["invocations"][0]["toolExecutionNotifications"]
    assert [note["descriptor"]["id"] for note in notes] == ["count-mismatch"]


@pytest.mark.parametrize("path", [*(p for p in HOSTILE if not any("\ud800" <= c <= "\udfff" for c in p)), "a b/ü#?.env"], ids=ascii)
def test_a_path_comes_back_from_its_address(path):
    value = clean(findings=(finding(location=Location(path=path, line=1)),), gaps=(Gap(Origin("t1", "git", path), "timeout"),))
    SUBSET.validate(log(value))
    uri = run(value)["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri) == path


def test_metadata_has_a_name_and_no_file():
    value = clean(findings=(finding(location=Location(commit="ab" * 20, field="commit-message", line=2)),))
    assert run(value)["results"][0]["locations"] == [
        {"logicalLocations": [{"name": "commit-message", "fullyQualifiedName": "commit-message of ababababab:2"}]}
    ]


@pytest.mark.parametrize(
    ("uri", "shown"),
    [("src", None), ("../app", None), ("http://[", None), ("/a b", "file:///a%20b"),
     ("https://forge.example/app", "https://forge.example/app")],
)  # fmt: skip
def test_only_an_absolute_address_is_provenance(uri, shown):
    entries = run(clean(targets=(Target("t1", "git", uri, head="ab" * 20),))).get("versionControlProvenance", [])
    assert [entry["repositoryUri"] for entry in entries] == ([shown] if shown else [])


def test_a_message_is_never_a_link():
    value = clean(findings=(finding(preview="[here](http://evil.example)"),))
    assert "](" not in run(value)["results"][0]["message"]["text"]


def test_no_line_of_the_source_is_in_it():
    assert "snippet" not in json.dumps(log(report()))
