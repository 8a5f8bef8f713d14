"""Runs of the gate: every item of a runbook judged, and the verdict as a statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from scanner.artifact.blobs import strict
from scanner.attest import manifest, vsa
from scanner.attest import policy as policies
from scanner.attest.judges import LEAKS, NOT_TRUSTED, Expected
from scanner.attest.policy import FILE, Policy, Trust
from scanner.attest.verify import verify
from scanner.errors import LeaksealError, UsageError
from scanner.gate import policy as gatepolicy
from scanner.gate.case import Case
from scanner.gate.evidence import NoEvidence
from scanner.gate.items import Outcome
from scanner.gate.judge import judge
from scanner.gate.runbook import Runbook
from scanner.gate.verdict import Verdict
from scanner.model.rule import Ruleset
from scanner.pipeline.engines import engine

Registry = Callable[[str, str], str | None]  # (repository, tag) -> the digest that it stands for now


def evaluate(
    runbook: Runbook, policy: Path, level: str, rules: Ruleset, cache: Path | None, now: datetime, registry: Registry | None = None
) -> Verdict:
    """Every item of a runbook judged; references begin in the policy's folder, or the runbook's. Only a given registry is asked."""
    searcher = engine(rules, cache)
    folder = policy.parent.parent if policy.parent.name == FILE.parent.name else runbook.file.parent

    def secrets(data: bytes) -> list[str]:
        return sorted({hit.rule.id for hit in searcher.find(data)})

    def assertion(path: Path, commit: str | None) -> tuple[str, str]:
        if not policy.is_file():
            return "UNTRUSTED", f"there is no policy that says what it must say; write {FILE}"
        return _believed(path, policies.load(policy), commit, now)

    trust = policies.load(policy).trust if policy.is_file() else Trust()
    keys = tuple(one.key.id for one in trust.keys if "builder" in one.roles)
    keys += tuple(one.name for one in trust.identities if "builder" in one.roles)
    found = judge(Case(runbook, folder, gatepolicy.load(policy), now, secrets, assertion, _result, keys, _careful(registry)))
    if rules_in := secrets(runbook.data):
        found = [_leaked(one, rules_in) if one.item.id == "secrets.no-leak" else one for one in found]
    return Verdict(runbook.app, level, tuple(found), runbook.workstream)


def _result(data: bytes) -> Mapping[str, Any]:
    """A stored result of `leakseal artifact`; raises NoEvidence for anything else."""
    import jsonschema

    from scanner.artifacts.result import schema

    try:
        found = strict(data)
    except ValueError:
        found = {}
    if next(jsonschema.Draft202012Validator(schema()).iter_errors(found), None) is not None:
        raise NoEvidence("it is no result that `leakseal artifact -o FILE.json` wrote")
    return found


def _careful(registry: Registry | None) -> Registry | None:
    """A registry that does not answer leaves the item open, and the others are judged."""
    if registry is None:
        return None

    def ask(repository: str, tag: str) -> str | None:
        try:
            return registry(repository, tag)
        except LeaksealError as problem:
            raise NoEvidence(problem.message) from None

    return ask


def _leaked(one: Outcome, rules: list[str]) -> Outcome:
    said = f"the runbook itself holds what looks like a secret to {', '.join(rules)}; take it out, and rotate it"
    return replace(one, status="FAIL", said=said)


def _believed(path: Path, policy: Policy, commit: str | None, now: datetime) -> tuple[str, str]:
    listed = path.parent / manifest.NAME
    expected = Expected(
        policy=policy, trust=policy.trust, now=now, subject=f"gitCommit:{commit}" if commit else None,
        manifest=(lambda: listed.open("rb")) if listed.is_file() else None,
    )  # fmt: skip
    verdict = verify(path.read_bytes()[: 4 << 20], expected)
    wrong = [check for check in verdict.checks if check.held is False]
    if not wrong and commit is None:
        return "INCOMPLETE", "it is in order, but artifact.source names no commit that it must speak of"
    if not wrong:
        return "PASS", f"it speaks of commit {commit}, and holds"
    said = "; ".join(f"{check.name}: {check.said}" for check in wrong[:3])
    if verdict.exit_code == NOT_TRUSTED:
        stale = {check.name for check in wrong} == {"freshness"}
        return "STALE" if stale else "UNTRUSTED", said
    return "FAIL" if verdict.exit_code == LEAKS else "INCOMPLETE", said


def verdict_statement(verdict: Verdict, policy: Path, keyid: str, now: datetime, version: str) -> bytes:
    """The verdict as a verification summary; raises UsageError for a key that may sign as a scanner, or if there is nothing to speak of."""
    said = policies.load(policy)
    if any("scanner" in one.roles for one in said.keys if one.key.id == keyid):
        raise UsageError("a scanner's key must not sign the gate's verdict", hint="make a key of its own with `leakseal keygen gate`")
    by_id = {one.item.id: one for one in verdict.outcomes}
    image = re.search(r"(\S+)@(sha256:[0-9a-f]{64})", by_id["artifact.image"].said)
    commit = re.search(r" of ([0-9a-f]{40,64})$", by_id["artifact.source"].said)
    if image is None and commit is None:
        raise UsageError("neither image nor commit is recorded, so there is nothing to sign about", hint="fill in artifact.source")
    subject = image[2] if image else f"gitCommit:{commit[1] if commit else ''}"
    levels = ["PRODUCTION_TRUST"] if verdict.level == "trust" else ["SMOKE"]
    levels += ["NO_SECRET_LEAK"] if by_id["secrets.no-leak"].status == "PASS" else []
    inputs = tuple(pair for one in verdict.outcomes for pair in one.evidence)
    name = image[1] if image else said.repository or "source"
    return vsa.statement(vsa.Summary(subject, name, said.scope, said.digest, verdict.passed, tuple(levels), inputs), version, now)
