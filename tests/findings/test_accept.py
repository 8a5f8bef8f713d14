"""Accepting a finding takes an owner, a reason and a day."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scanner.cli.accept import command, run
from scanner.cli.scan import command as scan
from scanner.errors import UsageError
from scanner.findings.accept import Terms, draft, merge, three_way
from scanner.findings.seal import finding_id
from scanner.findings.suppressions import load
from scanner.rulepack.sample import grow

TODAY = date(2028, 2, 29)


def reported(number: int) -> dict[str, str]:
    fingerprint = f"scrypt-v1:{number:032x}"
    return {"id": finding_id("acme-key", fingerprint), "rule": "acme-key", "fingerprint": fingerprint}


FINDINGS = [reported(n) for n in range(3)]
REPORT = {"schema": "leakseal.report/v1", "findings": FINDINGS}
IDS = [f["id"] for f in FINDINGS]
GOOD: dict[str, Any] = {"owner": "team-a", "reason": "a fixture", "ticket": "T-1", "expires": TODAY + timedelta(30)}


def drafted(ids: Any = IDS[:1], report: Any = REPORT, **said: Any) -> Any:
    return draft(ids, report, Terms(**{**GOOD, **said}), today=TODAY)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"owner": None}, "--owner"),
        ({"owner": "  "}, "--owner"),
        ({"reason": None}, "--reason"),
        ({"reason": "x" * 501}, "--reason"),
        ({"ticket": ""}, "--ticket"),
        ({"ticket": None}, "--ticket"),
        ({"scope": "**"}, "--path"),
        ({"scope": "../x"}, "--path"),
        ({"days": 29}, "29 days"),
        ({"expires": None}, "--expires"),
        ({"expires": TODAY - timedelta(1)}, "past"),
        ({"expires": date(2030, 3, 1)}, "2 years"),
        ({"ids": []}, "no finding"),
        ({"ids": [IDS[0], "feedfeedfeedfeed"]}, "no such finding: feedfeedfeedfeed"),
        ({"report": []}, "not a Leakseal report"),
        ({"report": {"schema": "other", "findings": []}}, "not a Leakseal report"),
        ({"report": {**REPORT, "findings": [{}]}}, "not a Leakseal report"),
        ({"report": {**REPORT, "findings": [{**FINDINGS[0], "rule": "other"}]}}, "does not belong"),
    ],
)
def test_what_is_missing_is_said_with_a_next_step(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        drafted(**changes)
    assert message in caught.value.message
    assert caught.value.hint
    assert caught.value.exit_code == 2


def test_an_id_that_is_no_id_is_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        drafted(["not-an-id-" + "x" * 20])
    assert "xxxx" not in caught.value.message


def test_the_entries_are_sorted_and_complete() -> None:
    new = drafted([IDS[2], IDS[0], IDS[2]], ticket="ACME-1")
    assert [e.id for e in new] == sorted({IDS[0], IDS[2]})
    assert {(e.rule, e.owner, e.reason, e.ticket) for e in new} == {("acme-key", "team-a", "a fixture", "ACME-1")}


def test_two_years_is_the_most() -> None:
    assert drafted(expires=date(2030, 2, 28))


def test_a_new_entry_replaces_the_older_one_and_keeps_the_rest() -> None:
    old = drafted(IDS)
    new = drafted(reason="another")
    assert merge(old, new) == tuple(sorted([*new, *(e for e in old if e.id != IDS[0])], key=lambda e: e.id))


def invoke(tmp_path: Path, *words: str, stdin: str | None = None) -> Any:
    day = (datetime.now(UTC).date() + timedelta(30)).isoformat()
    terms = ["--owner", "team-a", "--reason", "a fixture", "--ticket", "T-1", "--expires", day]
    common = [*terms, "--file", str(tmp_path / ".leakseal/suppressions.yaml")]
    return CliRunner().invoke(command, [*words, *common], input=stdin)


def test_the_command_records_and_says_so_on_standard_error(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps(REPORT))
    first = invoke(tmp_path, IDS[0], "--report", str(tmp_path / "r.json"))
    second = invoke(tmp_path, IDS[1], IDS[2], "--report", "-", stdin=json.dumps(REPORT))
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert (first.stdout, second.stdout) == ("", "")
    assert first.stderr.startswith(f"accepted {IDS[0]} (acme-key) until ")
    assert len(second.stderr.splitlines()) == 2
    assert [e.id for e in load(tmp_path / ".leakseal/suppressions.yaml")] == sorted(IDS)


@pytest.mark.parametrize("content", [None, "not json", "[" * 100_000, "[]"])
def test_a_report_that_cannot_be_used_changes_nothing(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "r.json").write_text(content)
    result = invoke(tmp_path, IDS[0], "--report", str(tmp_path / "r.json"))
    assert isinstance(result.exception, UsageError)
    assert not (tmp_path / ".leakseal").exists()


def test_without_a_report_the_current_folder_is_scanned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.env").write_text(f"token = {grow('{github-token:ghp_}', 7).decode()}\n")
    seen = json.loads(CliRunner().invoke(scan, [".", "--format", "json", "--quiet"]).stdout)["findings"]
    assert [f["disposition"] for f in seen] == ["open"]
    assert invoke(tmp_path, seen[0]["id"]).exit_code == 0
    again = json.loads(CliRunner().invoke(scan, [".", "--format", "json", "--quiet"]).stdout)
    assert [f["disposition"] for f in again["findings"]] == ["accepted"]
    assert again["result"] == "clean"


def test_an_id_that_the_scan_does_not_find_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    error = invoke(tmp_path, IDS[0]).exception
    assert isinstance(error, UsageError)
    assert "no such finding" in error.message


def test_a_scan_can_stand_in_for_the_report(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    run((IDS[0],), Terms("a", "b", "c", date(2028, 3, 1)), report=None, file=file, today=TODAY, rescan=lambda: REPORT)
    assert [e.id for e in load(file)] == IDS[:1]


def test_all_that_is_open_can_be_accepted_at_once(tmp_path: Path) -> None:
    file, terms = tmp_path / "s.yaml", Terms("a", "b", "c", date(2028, 3, 1), verdict="false-positive")
    dispositions = ("open", "accepted", "expired-acceptance")
    shown = {**REPORT, "findings": [{**f, "disposition": d} for f, d in zip(FINDINGS, dispositions, strict=True)]}
    run((), terms, report=None, file=file, today=TODAY, rescan=lambda: shown, everything=True)
    assert [(e.id, e.verdict) for e in load(file)] == [(id, "false-positive") for id in sorted((IDS[0], IDS[2]))]


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "kept", "torn"),
    [
        ("", "a", "b", "ab", ""),
        ("ab", "ab", "b", "b", ""),
        ("ab", "b", "ab", "b", ""),
        ("a", "", "", "", ""),
        ("a", "A", "a", "A", ""),
        ("a", "a", "A", "A", ""),
        ("a", "A", "A", "A", ""),
        ("a", "A", "", "A", "a"),
        ("a", "", "A", "", "a"),
    ],
)
def test_two_branches_are_merged_entry_by_entry(base: str, ours: str, theirs: str, kept: str, torn: str) -> None:
    def entries(letters: str) -> Any:
        (one,) = drafted()
        return {c.lower(): replace(one, id=c.lower(), reason=c) for c in letters}

    merged, both = three_way(entries(base), entries(ours), entries(theirs))
    assert ("".join(e.reason for e in merged), "".join(both)) == (kept, torn)
