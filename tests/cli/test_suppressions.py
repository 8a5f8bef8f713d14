"""`leakseal suppressions`: what has run out, is unused, too broad or lacks a ticket is told, cleaned, renewed and merged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from scanner.cli.suppressions import command as suppressions
from scanner.errors import UsageError
from scanner.findings.seal import finding_id
from scanner.findings.suppressions import NO_TICKET, Suppression, load, save
from scanner.model.content import Gap, Origin
from scanner.report.json_v1 import document
from tests.report.samples import clean, finding, report

TODAY = datetime.now(UTC).date()
LATER = TODAY + timedelta(100)


def entry(number: int, **changes: Any) -> Suppression:
    print = f"scrypt-v1:{number:032x}"
    return replace(Suppression(finding_id("acme", print), print, "acme", "team-a", "a fixture", LATER, "T-1"), **changes)


def shown(*entries: Suppression, paths: Sequence[str] = ("a/b.env",), **changes: Any) -> dict[str, Any]:
    """The report of a run that saw the values of these entries, and read everything."""
    place = replace(finding().location, path=paths[0])
    values = {"rule": "acme", "location": place, "paths": tuple(paths), "disposition": "accepted"}
    found = tuple(finding(id=e.id, fingerprint=e.fingerprint, **values) for e in entries)
    return document(replace(clean(), findings=found, **changes))


def run(tmp_path: Path, words: Sequence[str], entries: Sequence[Suppression], seen: dict[str, Any] | None = None) -> Any:
    file = tmp_path / "s.yaml"
    save(file, entries)
    (tmp_path / "r.json").write_text(json.dumps(seen or shown(*entries)))
    more = ["--report", str(tmp_path / "r.json")] if words[0] in ("check", "prune") else []
    return CliRunner().invoke(suppressions, [*words, *more, "--file", str(file)], standalone_mode=False)


def problems(tmp_path: Path, entries: Sequence[Suppression], seen: dict[str, Any] | None = None) -> tuple[int, list[str]]:
    result = run(tmp_path, ["check", "--format", "json"], entries, seen)
    assert result.exception is None, result.exception
    return result.return_value, [found["problem"] for found in json.loads(result.stdout)]


def test_what_is_in_order_is_quiet(tmp_path: Path) -> None:
    assert problems(tmp_path, [entry(1), entry(2, scope="a/")]) == (0, [])
    assert problems(tmp_path, []) == (0, [])
    assert problems(tmp_path, [entry(1, expires=TODAY + timedelta(3))]) == (0, ["ends-soon"])


@pytest.mark.parametrize(
    ("changes", "paths", "told"),
    [
        ({"expires": TODAY - timedelta(1)}, ["a"], "expired"),
        ({"expires": TODAY + timedelta(800)}, ["a"], "too-long"),
        ({"ticket": NO_TICKET}, ["a"], "no-ticket"),
        ({}, [f"a/{n}" for n in range(21)], "too-broad"),
        ({"scope": "b/"}, ["a/b.env", "b/b.env"], "out-of-scope"),
    ],
)
def test_what_is_not_in_order_fails_the_check(tmp_path: Path, changes: dict[str, Any], paths: list[str], told: str) -> None:
    entries = [entry(1, **changes)]
    assert problems(tmp_path, entries, shown(*entries, paths=sorted(paths))) == (1, [told])


def test_an_entry_whose_value_is_nowhere_is_unused_if_everything_was_read(tmp_path: Path) -> None:
    entries = [entry(1), entry(2)]
    assert problems(tmp_path, entries, shown(entry(2))) == (1, ["unused"])
    gap = (Gap(Origin("t1", "git", path="a.zip"), "encrypted-archive"),)
    assert problems(tmp_path, entries, shown(entry(2), gaps=gap)) == (3, ["unused"])


def test_the_table_says_whose_entry_it_is(tmp_path: Path) -> None:
    result = run(tmp_path, ["check"], [entry(1, expires=date(2020, 1, 2))])
    assert result.stdout.startswith(f"expired      {entry(1).id} (acme, owner team-a): it ran out on 2020-01-02, ")
    assert result.stderr == "1 accepted finding: 1 of them need attention\n"


def test_a_report_of_a_part_cannot_say_what_is_unused(tmp_path: Path) -> None:
    staged = replace(report(), targets=tuple(replace(target, scope="staged") for target in report().targets))
    result = run(tmp_path, ["check"], [entry(1)], document(staged))
    assert isinstance(result.exception, UsageError)


def test_prune_takes_out_what_has_run_out_and_what_is_nowhere(tmp_path: Path) -> None:
    entries = [entry(1), entry(2), entry(3, expires=TODAY - timedelta(1))]
    assert run(tmp_path, ["prune", "--dry-run"], entries, shown(entry(1), entry(3))).return_value == 0
    assert len(load(tmp_path / "s.yaml")) == 3
    assert run(tmp_path, ["prune"], entries, shown(entry(1), entry(3))).return_value == 0
    assert load(tmp_path / "s.yaml") == (entry(1),)


def test_prune_keeps_what_was_not_seen_if_not_everything_was_read(tmp_path: Path) -> None:
    gap = (Gap(Origin("t1", "git", path="a.zip"), "encrypted-archive"),)
    entries = [entry(1), entry(3, expires=TODAY - timedelta(1))]
    assert run(tmp_path, ["prune"], entries, shown(gaps=gap)).return_value == 3
    assert load(tmp_path / "s.yaml") == (entry(1),)


def test_renew_changes_what_is_named_and_nothing_else(tmp_path: Path) -> None:
    entries = sorted([entry(1, ticket=NO_TICKET), entry(2)], key=lambda e: e.id)
    day = (TODAY + timedelta(200)).isoformat()
    result = run(tmp_path, ["renew", entry(1).id, "--expires", day, "--ticket", "T-9", "--path", "deploy/"], entries)
    assert result.return_value == 0
    wanted = entry(1, ticket="T-9", scope="deploy/", expires=date.fromisoformat(day))
    assert set(load(tmp_path / "s.yaml")) == {wanted, entry(2)}
    for words in (["--expires", "2020-01-01"], [], ["--ticket", " "], ["--path", "**"]):
        assert isinstance(run(tmp_path, ["renew", entry(1).id, *words], entries).exception, UsageError)
    assert isinstance(run(tmp_path, ["renew", "feedfeedfeedfeed", "--owner", "b"], entries).exception, UsageError)


def test_the_list_begins_with_what_ends_first(tmp_path: Path) -> None:
    entries = [entry(1), entry(2, expires=TODAY)]
    lines = run(tmp_path, ["list"], entries).stdout.splitlines()
    assert [line.split()[0] for line in lines] == [entry(2).id, entry(1).id]
    assert json.loads(run(tmp_path, ["list", "--format", "json"], entries).stdout)[0]["expires"] == TODAY.isoformat()


def test_git_merges_the_file_entry_by_entry(repo, command, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    monkeypatch.setenv("PATH", f"{command}:{os.environ['PATH']}")
    file = repo.path / ".leakseal/suppressions.yaml"
    repo.commit({".gitattributes": ".leakseal/suppressions.yaml merge=leakseal\n"})
    repo.git("config", "merge.leakseal.driver", "leakseal suppressions merge %O %A %B")
    save(file, [entry(1), entry(2)])
    repo.git("add", "-A")
    repo.git("commit", "--quiet", "--message", "Two")
    repo.git("checkout", "--quiet", "-b", "other")
    save(file, [entry(n) for n in (2, 3, 5)])
    repo.git("commit", "--quiet", "--all", "--message", "Another way")
    repo.git("checkout", "--quiet", "main")
    save(file, [entry(n) for n in (1, 2, 4, 6)])
    repo.git("commit", "--quiet", "--all", "--message", "One way")
    repo.git("merge", "--quiet", "other", "--message", "Both")
    assert set(load(file)) == {entry(n) for n in (2, 3, 4, 5, 6)}
