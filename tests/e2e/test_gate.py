"""The gate of an app whose backup coverage is not confirmed, whose restore was never drilled, and whose media are disabled."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scanner.attest.envelope import encoding, read
from scanner.attest.keys import load_public
from scanner.cli import main
from tests.conftest import Repo

Run = Callable[..., tuple[int, str, str]]
POLICY = """\
version: 1
scope: vergabe-teilnahme@production
repository: git+https://forge.example/apps/vergabe-teilnahme
surfaces:
  git: .
  logs: build/logs
keys:
  - file: keys/scanner.pub
    roles: [scanner]
  - file: keys/gate.pub
    roles: [gate]
gate:
  backup-days: 7
  drill-days: 180
  builders: [forge/publish-image]
"""
RUNBOOK = """\
# vergabe-teilnahme

Database `vergabe_db` on `databases/apps-pg`.

```yaml
readiness-gate:
  version: 1
  app: vergabe-teilnahme
  workstream: WS-12
  items:
    data.class:
      class: production-critical
      database: vergabe_db
    backup.mechanism:
      reference: platform docs/apps-pg.md
      {workplan}
    backup.evidence:
      cluster: databases/apps-pg
      {backup}
    restore.drill:
      {drill}
    restore.app-checks:
      {checks}
    rollback:
      path: helm rollback to the last release, maintenance page on
    secrets.no-leak:
      assertion: attestation/no-secret-leak.intoto.json
    artifact.image:
      repository: forge.example/apps/vergabe-teilnahme
      tag: 1.4.2
      digest: sha256:{digest}
    artifact.source:
      commit: {commit}
      version: 1.4.2
    artifact.publish-job:
      reference: forge job 4711
      builder: forge/publish-image
    artifact.restore-drill:
      {packages}
    artifact.pull-secret:
      name: vergabe/forge-registry-pull
    media:
      values: deploy/values.yaml
```
"""
PLATFORM, FORGE = "workplan: RP-31", "workplan: RF-8"
PLANS = {"workplan": PLATFORM, "backup": PLATFORM, "drill": PLATFORM, "packages": FORGE, "checks": "note: later"}
BACKUP = """\
apiVersion: postgresql.cnpg.io/v1
kind: Backup
metadata:
  name: apps-pg-nightly
  namespace: databases
spec:
  cluster:
    name: apps-pg
status:
  phase: completed
  stoppedAt: "2026-03-09T02:00:11Z"
"""
CHECKS = {"date": "2026-03-02", "checks": [{"name": name, "status": "passed"} for name in (
    "migrations", "health endpoint", "https smoke", "admin login", "workflow: hand in a tender",
)]}  # fmt: skip
AT = "2026-03-10T08:00:00Z"


class App:
    """The app's repository, its keys, and what is done with them."""

    def __init__(self, repo: Repo, run: Run) -> None:
        self.repo, self.run, self.folder = repo, run, repo.path
        for name in ("scanner", "gate"):
            run("keygen", str(repo.path.parent / name))
        keys = {f"keys/{name}.pub": (repo.path.parent / f"{name}.pub").read_bytes() for name in ("scanner", "gate")}
        repo.write({**keys, ".leakseal/gate.yaml": POLICY, ".gitignore": "build/\nattestation/\nrunbook.md\nevidence/\n",
                    "build/logs/app.log": "started\n", "deploy/values.yaml": "persistence:\n  media:\n    enabled: false\n"})  # fmt: skip
        repo.git("add", ".")
        repo.git("commit", "-qm", "Release 1.4.2")
        self.commit = repo.git("rev-parse", "HEAD")

    def attest(self) -> None:
        key, out = self.folder.parent / "scanner.key", self.folder / "attestation"
        code, _, err = self.run("attest", str(self.folder), "--key", str(key), "-o", str(out), "-q", "--jobs", "1")
        assert code == 0, err

    def record(self, **said: str) -> Path:
        """Write the runbook; what is not said is as it was."""
        words = {**dict.fromkeys(PLANS, "note: none yet"), "commit": self.commit, "digest": "a" * 64} | said
        text = RUNBOOK
        for name, value in words.items():
            text = text.replace(f"{{{name}}}", value)
        (self.folder / "runbook.md").write_text(text)
        return self.folder / "runbook.md"

    def evidence(self) -> dict[str, str]:
        """The minimum evidence, and what the runbook says of it."""
        self.repo.write({"evidence/backup.yaml": BACKUP, "evidence/drill.json": json.dumps(CHECKS), "evidence/packages.log": "restored\n"})
        return {
            "backup": "evidence: evidence/backup.yaml", "drill": "evidence: evidence/drill.json\n      isolated: yes",
            "checks": "evidence: evidence/drill.json", "packages": "evidence: evidence/packages.log\n      date: 2026-02-01",
        }  # fmt: skip

    def gate(self, runbook: Path, *more: str, at: str = "now") -> tuple[int, dict[str, Any]]:
        when = () if at == "now" else ("--at", at)
        code, out, err = self.run("gate", str(runbook), "--format", "json", *when, *more)
        assert out, err
        found: dict[str, Any] = json.loads(out)
        return code, found


@pytest.fixture
def app(repo: Repo, capfd: pytest.CaptureFixture[str]) -> App:
    def run(*words: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main(list(words))
        return (code, *capfd.readouterr())

    return App(repo, run)


def _by_status(found: dict[str, Any]) -> dict[str, set[str]]:
    statuses: dict[str, set[str]] = {}
    for item in found["items"]:
        statuses.setdefault(item["status"], set()).add(item["id"])
    return statuses


def test_in_its_present_posture_it_may_be_smoked_and_not_trusted(app: App) -> None:
    app.attest()
    runbook = app.record()
    code, found = app.gate(runbook, "--level", "smoke")
    assert (code, found["result"]) == (0, "passed")
    code, found = app.gate(runbook, "--level", "trust")
    assert (code, found["result"]) == (3, "blocked")
    missing = {"backup.evidence", "restore.drill", "restore.app-checks", "artifact.restore-drill"}
    assert _by_status(found) == {"MISSING": missing, "PASS": {item["id"] for item in found["items"]} - missing}
    owners = {item["id"]: item["owner"] for item in found["items"]}
    assert owners["backup.evidence"] == owners["restore.drill"] == owners["backup.mechanism"] == "platform"
    assert owners["restore.app-checks"] == owners["rollback"] == owners["media"] == "app"
    assert owners["artifact.restore-drill"] == owners["artifact.publish-job"] == "forge"


def test_what_lacks_upstream_and_is_linked_has_a_code_of_its_own(app: App) -> None:
    app.attest()
    said = app.evidence()
    code, _ = app.gate(app.record(**{**PLANS, "checks": said["checks"]}))
    assert code == 3, "the checks are too old for today"
    waiver = "waiver: {owner: Team Vergabe, reason: no drill yet, expires: 2100-01-01}"
    code, found = app.gate(app.record(**{**PLANS, "checks": waiver}))
    assert (code, found["result"]) == (5, "blocked")
    runbook = app.record(**{**PLANS, "drill": "note: none", "checks": waiver})
    code, out, _ = app.run("gate", str(runbook), "--drafts", "--format", "markdown")
    assert code == 3
    assert "# Workplan: durability evidence for vergabe-teilnahme" in out
    assert "State Hub WS-12" in out
    linked = app.record(**{**PLANS, "checks": waiver})
    said = app.run("gate", str(linked))[1].splitlines()
    assert [line for line in said if line.startswith("to do: ") and line.endswith(("; see RP-31", "; see RF-8"))] == said[-4:-1]
    assert said[-1].endswith(
        "10 of 13 items are in order, 1 of them by a waiver; platform owes 2, forge owes 1, and all of it is linked to a workplan"
    )


def test_with_the_minimum_evidence_it_passes_and_the_verdict_is_signed(app: App, tmp_path: Path) -> None:
    app.attest()
    runbook = app.record(**app.evidence())
    (app.folder / "evidence/backup.yaml").write_text(BACKUP.replace("2026-03-09T02:00:11Z", _now()))
    (app.folder / "evidence/drill.json").write_text(json.dumps({**CHECKS, "date": _now()}))
    (app.folder / "runbook.md").write_text(runbook.read_text().replace("date: 2026-02-01", f"date: {_now()}"))
    key, out = app.folder.parent / "gate.key", tmp_path / "verdict.intoto.json"
    code, found = app.gate(runbook, "--key", str(key), "-o", str(out))
    assert (code, found["result"], set(_by_status(found))) == (0, "passed", {"PASS"})
    said = json.loads(base64.b64decode(json.loads(out.read_bytes())["payload"]))
    assert said["predicateType"] == "https://slsa.dev/verification_summary/v1"
    assert said["subject"] == [{"name": "forge.example/apps/vergabe-teilnahme:1.4.2", "digest": {"sha256": "a" * 64}}]
    assert said["predicate"]["verifiedLevels"] == ["PRODUCTION_TRUST", "NO_SECRET_LEAK"]
    inputs = {one["uri"] for one in said["predicate"]["inputAttestations"]}
    assert inputs >= {"attestation/no-secret-leak.intoto.json", "evidence/backup.yaml"}
    assert app.run("gate", str(runbook), "--key", str(app.folder.parent / "scanner.key"), "-o", str(out))[0] == 2
    # by a URI, as attest takes it: with the public key beside
    code, _ = app.gate(runbook, "--key", f"file2:{key}", "--public", str(key.with_suffix(".pub")), "-o", str(tmp_path / "by-uri.json"))
    assert code == 0
    signed = read((tmp_path / "by-uri.json").read_bytes())
    assert load_public(key.with_suffix(".pub")).verifies(signed.signatures[0].sig, encoding(signed.payload_type, signed.payload))
    assert app.run("gate", str(runbook), "--key", f"file2:{key}", "-o", str(out))[0] == 2
    assert app.run("gate", str(runbook), "--public", str(key.with_suffix(".pub")))[0] == 2


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_an_assertion_for_another_commit_is_not_trusted(app: App) -> None:
    app.attest()
    code, found = app.gate(app.record(commit="b" * 40), "--level", "smoke")
    assert (code, found["result"]) == (4, "blocked")
    assert _by_status(found)["UNTRUSTED"] == {"secrets.no-leak"}


def test_a_token_where_the_pull_secret_is_named_blocks_every_level_and_is_not_shown(app: App) -> None:
    from scanner.rulepack.sample import grow

    app.attest()
    secret = grow("{github-token:ghp_}", 9).decode()
    runbook = app.record()
    runbook.write_text(runbook.read_text().replace("vergabe/forge-registry-pull", secret))
    code, out, err = app.run("gate", str(runbook), "--level", "smoke")
    assert code == 1
    assert secret[4:12] not in out + err
    assert "the runbook itself holds what looks like a secret" in out
