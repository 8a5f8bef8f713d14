"""Each item's judge on what runbooks and platforms really say."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scanner.errors import ConfigError
from scanner.gate.case import Case
from scanner.gate.items import ITEMS
from scanner.gate.judge import judge
from scanner.gate.policy import GatePolicy
from scanner.gate.runbook import KEY, blank, load
from scanner.gate.verdict import Verdict, drafts, markdown, told

NOW = datetime(2026, 3, 10, tzinfo=UTC)
Status = Callable[..., dict[str, str]]


def secrets(data: bytes) -> list[str]:
    return ["a-rule"] if b"S3CRET" in data else []


def backup(stopped: str = "2026-03-09T02:00:00Z", phase: str = "completed", cluster: str = "apps-pg") -> dict[str, Any]:
    return {
        "apiVersion": "postgresql.cnpg.io/v1", "kind": "Backup", "metadata": {"name": "nightly-1", "namespace": "databases"},
        "spec": {"cluster": {"name": cluster}}, "status": {"phase": phase, "stoppedAt": stopped},
    }  # fmt: skip


CLUSTER = {
    "apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster", "metadata": {"name": "apps-pg", "namespace": "databases"},
    "status": {"firstRecoverabilityPoint": "2026-02-01T02:00:00Z", "lastSuccessfulBackup": "2026-03-08T02:00:00Z"},
}  # fmt: skip
JUNIT = """<testsuites><testsuite name="restore" timestamp="2026-03-01T10:00:00">
<testcase name="migrations apply"/><testcase name="health endpoint"/><testcase name="https smoke"/><testcase name="admin login"/>
<testcase name="tender workflow">{}</testcase></testsuite></testsuites>"""
CHECKS = {"date": "2026-03-01", "checks": [
    {"name": name, "status": "passed"} for name in ("migrations", "health", "https", "login", "workflow: create a tender")
]}  # fmt: skip
VALUES = "image:\n  tag: '1'\npersistence:\n  media:\n    enabled: {}\n"


@pytest.fixture
def status(tmp_path: Path) -> Status:
    """The status and sentence of an item, with these files beside the runbook."""

    def ask(id: str, said: dict[str, Any] | None, files: dict[str, str | dict[str, Any]] | None = None, **more: Any) -> dict[str, str]:
        for name, content in (files or {}).items():
            (tmp_path / name).write_text(content if isinstance(content, str) else json.dumps(content))
        entries: dict[str, Any] = {"data.class": {"class": "production-critical"}}
        entries |= {id: said} if said is not None else {}
        (tmp_path / "runbook.yaml").write_text(json.dumps({KEY: {"version": 1, "app": "shop", "items": entries}}))
        runbook, limits = load(tmp_path / "runbook.yaml"), more.pop("policy", GatePolicy())
        case = Case(runbook, tmp_path, limits, NOW, secrets, lambda path, commit: ("PASS", "x"))
        one = next(one for one in judge(case) if one.item.id == id)
        return {"status": one.status, "said": one.said, "owner": one.owner}

    return ask


@pytest.mark.parametrize("id", [item.id for item in ITEMS if item.id != "data.class"])
def test_what_is_not_recorded_is_missing(status: Status, id: str) -> None:
    assert status(id, None)["status"] == "MISSING"
    assert status(id, {})["status"] == "MISSING"


@pytest.mark.parametrize(
    ("files", "said", "expected"),
    [
        ({"b.json": backup()}, {}, "PASS"),
        ({"b.json": {"apiVersion": "v1", "kind": "List", "items": [backup("2026-01-01T00:00:00Z"), backup()]}}, {}, "PASS"),
        ({"b.json": CLUSTER}, {}, "PASS"),
        ({"b.json": backup()}, {"cluster": "databases/apps-pg"}, "PASS"),
        ({"b.json": backup()}, {"cluster": "databases/other"}, "INCOMPLETE"),
        ({"b.json": backup("2026-03-01T02:00:00Z")}, {}, "STALE"),
        ({"b.json": backup("2027-03-01T02:00:00Z")}, {}, "FAIL"),
        ({"b.json": backup(phase="running")}, {}, "INCOMPLETE"),
        ({"b.json": backup(phase="failed")}, {}, "INCOMPLETE"),
        ({"b.json": backup("yesterday")}, {}, "INCOMPLETE"),
        ({"b.json": {**CLUSTER, "status": {"lastSuccessfulBackup": "2026-03-08T02:00:00Z"}}}, {}, "INCOMPLETE"),
        ({"b.json": {**backup(), "apiVersion": "example.org/v1"}}, {}, "INCOMPLETE"),
        ({"b.json": "{"}, {}, "INCOMPLETE"),
        ({"b.json": "[" * 5000}, {}, "INCOMPLETE"),
        ({"b.json": "a: &x [*x, *x]"}, {}, "INCOMPLETE"),
        ({}, {}, "INCOMPLETE"),
        ({"b.json": {**backup(), "note": "S3CRET"}}, {}, "FAIL"),
    ],
    ids=range(17),
)
def test_a_backup(status: Status, files: dict[str, Any], said: dict[str, Any], expected: str) -> None:
    assert status("backup.evidence", {"evidence": "b.json", **said}, files)["status"] == expected


def test_a_backup_in_yaml_of_several_documents(status: Status) -> None:
    text = "---\napiVersion: v1\nkind: ConfigMap\n---\napiVersion: postgresql.cnpg.io/v1\nkind: Backup\n"
    text += "metadata:\n  name: n\n  namespace: databases\n"
    text += "spec:\n  cluster:\n    name: apps-pg\nstatus:\n  phase: completed\n  stoppedAt: '2026-03-09T02:00:00+01:00'\n"
    said = status("backup.evidence", {"evidence": ["b.yaml"]}, {"b.yaml": text})["said"]
    assert said == "backup n of databases/apps-pg completed, 2026-03-09"


@pytest.mark.parametrize(
    ("content", "said", "expected"),
    [
        (JUNIT.format(""), {}, "PASS"),
        (CHECKS, {}, "PASS"),
        (JUNIT.format("<failure/>"), {}, "FAIL"),
        (JUNIT.format("<error/>"), {}, "FAIL"),
        (JUNIT.format("<skipped/>"), {}, "INCOMPLETE"),
        ({"date": "2026-03-01", "checks": CHECKS["checks"][1:]}, {}, "INCOMPLETE"),
        ({"checks": CHECKS["checks"]}, {}, "INCOMPLETE"),
        ({"checks": CHECKS["checks"]}, {"date": "2026-03-01"}, "PASS"),
        ({"checks": CHECKS["checks"]}, {"date": "2025-03-01"}, "STALE"),
        ({"date": "2026-03-01", "checks": [{"name": "health", "status": "broken"}]}, {}, "FAIL"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><testsuite/>", {}, "INCOMPLETE"),
        ("<testsuite>", {}, "INCOMPLETE"),
        ("<testsuite/>", {}, "INCOMPLETE"),
        ("all is well", {}, "INCOMPLETE"),
    ],
    ids=range(14),
)
def test_checks_after_a_restore(status: Status, content: str | dict[str, Any], said: dict[str, Any], expected: str) -> None:
    assert status("restore.app-checks", {"evidence": "c", **said}, {"c": content})["status"] == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"name": "shop/registry-pull"}, "PASS"),
        ({"name": "registry-pull"}, "FAIL"),
        ({"name": "shop/S3CRET"}, "FAIL"),
        ({"name": '{"auths": {}}'}, "FAIL"),
        ({"na": "the image is public"}, "NA"),
    ],
    ids=range(5),
)
def test_a_pull_secret_is_named_and_nothing_else(status: Status, said: dict[str, Any], expected: str) -> None:
    assert status("artifact.pull-secret", said)["status"] == expected


@pytest.mark.parametrize(
    ("said", "files", "expected", "owner"),
    [
        ({"values": "v.yaml"}, {"v.yaml": VALUES.format("false")}, "PASS", "app"),
        ({"values": "v.yaml"}, {"v.yaml": VALUES.format("true")}, "MISSING", "platform"),
        ({"values": "v.yaml", "evidence": "d", "date": "2026-03-01"}, {"v.yaml": VALUES.format("true"), "d": "log"}, "PASS", "app"),
        ({"values": "v.yaml"}, {"v.yaml": "a: b\n"}, "INCOMPLETE", "app"),
        ({"enabled": "false"}, {}, "INCOMPLETE", "app"),
        ({"enabled": "true"}, {}, "MISSING", "platform"),
    ],
    ids=range(6),
)
def test_media(status: Status, said: dict[str, Any], files: dict[str, Any], expected: str, owner: str) -> None:
    found = status("media", said, files)
    assert (found["status"], found["owner"]) == (expected, owner)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"repository": "forge.example/shop/app", "tag": "1.2", "digest": "sha256:" + "a" * 64}, "PASS"),
        ({"repository": "forge.example/shop/app", "tag": "1.2"}, "INCOMPLETE"),
        ({"repository": "forge.example/shop/app", "digest": "sha256:" + "a" * 64}, "MISSING"),
        ({"repository": "forge.example/shop/app", "tag": "1.2", "digest": "sha256:abc"}, "FAIL"),
        ({"repository": "bot:S3CRET@forge.example/shop/app", "tag": "1.2", "digest": "sha256:" + "a" * 64}, "FAIL"),
    ],
    ids=range(5),
)
def test_an_image_is_named_by_its_digest(status: Status, said: dict[str, Any], expected: str) -> None:
    assert status("artifact.image", said)["status"] == expected


@pytest.mark.parametrize(("builder", "expected"), [("ci@forge", "PASS"), ("me", "FAIL"), (None, "INCOMPLETE")])
def test_only_known_builders_publish(status: Status, builder: str | None, expected: str) -> None:
    said = {"reference": "job 7", **({"builder": builder} if builder else {})}
    assert status("artifact.publish-job", said, policy=GatePolicy(builders=("ci@forge",)))["status"] == expected


@pytest.mark.parametrize(
    ("expires", "expected"), [("2026-03-10", "WAIVED"), ("2026-03-09", "MISSING")], ids=["until today", "until yesterday"]
)
def test_a_waiver_holds_until_its_day(status: Status, expires: str, expected: str) -> None:
    waiver = {"owner": "Team Shop", "reason": "first release", "expires": expires}
    assert status("restore.drill", {"waiver": waiver})["status"] == expected


def test_what_is_wrong_cannot_be_waived(status: Status) -> None:
    waiver = {"owner": "Team Shop", "reason": "first release", "expires": "2030-01-01"}
    assert status("artifact.pull-secret", {"name": "S3CRET", "waiver": waiver})["status"] == "FAIL"


def test_disposable_data_need_no_backup(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(json.dumps({KEY: {"version": 1, "app": "shop", "items": {"data.class": {"class": "disposable"}}}}))
    case = Case(load(tmp_path / "r.yaml"), tmp_path, GatePolicy(), NOW, secrets, lambda path, commit: ("PASS", ""))
    found = {one.item.id: one.status for one in judge(case)}
    assert {id for id, status in found.items() if status == "NA"} == {item.id for item in ITEMS if item.critical_only}


# -- runbooks -----------------------------------------------------------------------------------------------------------------


def test_a_block_that_is_printed_can_be_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "runbook.md").write_text(f"# Shop\n\n{blank('shop')}\nMore text.\n\n```yaml\nother: 1\n```\n")
    assert set(load(tmp_path / "runbook.md").entries) == {item.id for item in ITEMS}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# nothing\n", "has no block of the gate"),
        (blank("a") + "\n" + blank("b"), "has more than one block of the gate"),
        (f"# a\n\n```yaml\n{KEY}:\n  version: 1\n  app: a\n  items:\n    data.clas: x\n```\n", "r.md:8:5: .*did you mean `data.class`"),
        ("```yaml\nreadiness-gate:\n  version: 2\n```\n", "is missing"),
    ],
    ids=range(4),
)
def test_a_runbook_with_mistakes_is_told_where(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "r.md").write_text(text)
    with pytest.raises(ConfigError) as refused:
        load(tmp_path / "r.md")
    import re

    assert re.search(sentence, f"{refused.value.message} {refused.value.hint}"), refused.value.message


def test_front_matter_is_a_runbook_too(tmp_path: Path) -> None:
    block = "readiness-gate:\n  version: 1\n  app: shop\n  items:\n    rollback:\n      path: helm rollback\n"
    (tmp_path / "r.md").write_text(f"---\n{block}---\n# Shop\n")
    assert load(tmp_path / "r.md").entries["rollback"].get("path") == "helm rollback"


def test_drafts_are_for_owners_upstream_of_what_nobody_linked(tmp_path: Path) -> None:
    items = {"restore.drill": {"workplan": "RP-7"}}
    (tmp_path / "r.yaml").write_text(json.dumps({KEY: {"version": 1, "app": "shop", "workstream": "WS-4", "items": items}}))
    case = Case(load(tmp_path / "r.yaml"), tmp_path, GatePolicy(), NOW, secrets, lambda path, commit: ("PASS", ""))
    verdict = Verdict("shop", "trust", tuple(judge(case)), "WS-4")
    text = drafts(verdict)
    assert "Owner: platform. Asked by: shop, State Hub WS-4." in text
    assert "Latest backup evidence" in text
    assert "Restore drill:" not in text.replace("Restore drill of packages:", "")
    assert "## Platform" in markdown(verdict)
    assert told(verdict)["exitCode"] == 3
