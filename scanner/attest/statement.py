"""What a run says of itself as an in-toto Statement v1: scope, coverage, findings by fingerprint, and until when it holds.

No text of what was scanned is in it, nor a path: only digests, counts, and words of our own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from scanner import canon
from scanner.attest import manifest
from scanner.attest.merkle import hashed, root_over
from scanner.attest.policy import Policy
from scanner.model.evidence import Finding, Leaf
from scanner.model.report import Coverage, Report

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://leakseal.dev/attestation/no-secret-leak/v0.1"
_ENTRIES_MOST = 1000  # findings that are listed; all are counted
_SHAPE = "%Y-%m-%dT%H:%M:%SZ"
GIT_KINDS = ("blob", "commit", "tag", "tree")
NOTES_REF = "refs/notes/attest"  # where assertions about a commit are kept: outside of what they speak of
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class GitFacts:
    """One repository: what a clone must have in common with it, and what it lacks."""

    commit: str | None
    tree: str | None
    refs: str  # digest over all refs and what they stand for
    dirty: bool  # tracked files are not as HEAD has them
    shallow: bool = False
    partial: bool = False
    replace_refs: int = 0
    grafts: int = 0
    alternates: int = 0
    apart: frozenset[str] = field(default=frozenset(), repr=False)  # objects that only `refs/notes/attest` leads to


@dataclass(frozen=True, slots=True)
class Tool:
    """The program that scanned: its version, a digest over its own files, and the libraries it stands on."""

    version: str
    digest: str
    dependencies: tuple[tuple[str, str], ...] = ()  # name, version


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that an assertion is made of."""

    report: Report
    leaves: Sequence[Leaf] = field(repr=False)
    policy: Policy
    tool: Tool
    config: str | None  # digest of leakseal.yaml
    git: GitFacts | None
    canaries: Mapping[str, bool]  # by reader: whether its synthetic secret was found
    files: Mapping[str, str] = field(default_factory=dict)  # by surface that is no repository: the root over its files
    changed: tuple[str, ...] = ()  # surfaces that were not the same at the end
    expiries: Mapping[str, date] = field(default_factory=dict)  # by finding id


def _objections(evidence: Evidence, counted: Mapping[str, int]) -> list[str]:
    """Why it cannot say PASSED, each as a sentence; nothing if it can."""
    report, policy = evidence.report, evidence.policy
    missed = sorted(name for name, found in evidence.canaries.items() if not found)
    coverage, accepted = dict(report.coverage), _accepted(report)
    said = [
        (bool(report.open), f"{len(report.open)} findings are open"),
        (bool(report.gaps), f"{len(report.gaps)} things were not read"),
        (bool(missed), "a planted secret was not found by the reader of: " + ", ".join(missed)),
        (not evidence.canaries, "no reader was tried with a planted secret"),
        (bool(report.suppressions.expired), f"{report.suppressions.expired} acceptances have expired"),
        (accepted > policy.accepted_most, f"{accepted} findings are accepted, and the policy allows {policy.accepted_most}"),
        (any(t.scope not in ("all-objects", "tree", "files") for t in report.targets), "a repository was not scanned as a whole"),
        (evidence.git is not None and evidence.git.dirty, "tracked files are not as the commit has them"),
        (bool(evidence.changed), "it changed while it was scanned: " + ", ".join(evidence.changed)),
        (any(counted[name] != one.objects for name, one in coverage.items()), "the leaves of a tree are not what was counted"),
    ]
    for name in policy.required:
        said.append((not coverage.get(name, Coverage()).objects, f"there was nothing to read on the required surface {name}"))
    skipped = sum(one.skipped for _, one in report.coverage)
    said.append((skipped > policy.skipped_most, f"{skipped} things were left out, and the policy allows {policy.skipped_most}"))
    return [sentence for holds, sentence in said if holds]


class Tree(NamedTuple):
    """A surface's leaves in order, and their hashes."""

    leaves: list[Leaf]
    hashes: list[bytes]


@dataclass(frozen=True, slots=True)
class Draft:
    """Evidence made ready to be signed: the list of objects as bytes, each surface's tree, and what stands against PASSED."""

    evidence: Evidence
    listed: bytes = field(repr=False)
    trees: Mapping[str, Tree] = field(repr=False)
    objections: tuple[str, ...]

    @property
    def result(self) -> str:
        """PASSED, FAILED (something is open) or INCOMPLETE."""
        if self.evidence.report.open:
            return "FAILED"
        return "INCOMPLETE" if self.objections else "PASSED"


def draft(evidence: Evidence) -> Draft:
    """Everything that a statement and its summary say, worked out once."""
    listed, codes = manifest.ordered(evidence.leaves)
    trees = {name: Tree([], []) for name, _ in evidence.report.coverage}
    for leaf, made in zip(listed, hashed(codes), strict=True):
        tree = trees.setdefault(leaf.surface, Tree([], []))
        tree.leaves.append(leaf)
        tree.hashes.append(made)
    counted = {name: len(tree.leaves) for name, tree in trees.items()}
    return Draft(evidence, b"".join(map(manifest.line, listed)), trees, tuple(_objections(evidence, counted)))


def statement(made: Draft, started: datetime, finished: datetime, nonce: str) -> bytes:
    """The statement as the bytes that are signed; times are UTC."""
    evidence = made.evidence
    value = {
        "_type": STATEMENT_TYPE,
        "subject": _subjects(evidence, canon.digest(made.listed)),
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "result": made.result,
            "scope": _scope(evidence.policy),
            "scanner": _scanner(evidence.tool),
            "configuration": _configuration(evidence),
            "surfaces": [_surface(name, one, made) for name, one in evidence.report.coverage],
            "coverageTotals": _totals(one for _, one in evidence.report.coverage),
            "findings": _findings(evidence),
            "selfTest": {"canaries": len(evidence.canaries), "detected": sum(evidence.canaries.values())},
            "startedOn": started.strftime(_SHAPE),
            "finishedOn": finished.strftime(_SHAPE),
            "validUntil": (finished + timedelta(days=evidence.policy.validity_days)).strftime(_SHAPE),
            "nonce": nonce,
        },
    }
    return canon.canonical(value)


def _subjects(evidence: Evidence, listed: str) -> list[Document]:
    found: list[Document] = []
    git, required = evidence.git, dict(evidence.report.coverage)
    if git is not None and "git" in required and git.commit and not required["git"].unread:  # only what was scanned completely
        found.append({"name": evidence.policy.repository or "source", "digest": {"gitCommit": git.commit}})
        if git.tree:
            found.append({"name": "source-tree", "digest": {"gitTree": git.tree}})
    return [*found, {"name": manifest.NAME, "digest": _digest(listed)}]


def _scope(policy: Policy) -> Document:
    return {"id": policy.scope, "requiredSurfaces": list(policy.required), "policy": {"digest": _digest(policy.digest)}}


def _scanner(tool: Tool) -> Document:
    made_of = [{"name": name, "uri": f"pkg:pypi/{name}@{version}"} for name, version in tool.dependencies]
    return {"id": "leakseal", "version": tool.version, "digest": _digest(tool.digest), "dependencies": made_of}


def _configuration(evidence: Evidence) -> list[Document]:
    report = evidence.report
    rules = {"ruleCount": report.rules_count, "version": evidence.tool.version}
    found: list[Document] = [{"name": "rules", "digest": _digest(report.rules_digest), "annotations": rules}]
    if evidence.config is not None:
        found.append({"name": "config", "digest": _digest(evidence.config)})
    if report.suppressions.digest is not None:
        used = report.suppressions
        entries = used.used + used.unused + used.expired
        found.append({"name": "suppressions", "digest": _digest(used.digest or ""), "annotations": {"entryCount": entries}})
    return found


def _surface(name: str, seen: Coverage, made: Draft) -> Document:
    evidence, tree = made.evidence, made.trees[name]
    found: Document = {
        "surface": name,
        "required": name in evidence.policy.required,
        "status": "INCOMPLETE" if seen.unread or name in evidence.changed else "COMPLETE",
        "objectCount": seen.objects,
        "byteCount": seen.bytes,
        "merkleRoot": {"sha256": root_over(tree.hashes)},
        "coverage": {key: value for key, value in _counts(seen).items() if key != "objects"},
    }
    if name in evidence.files:
        found["fileRoot"] = {"sha256": evidence.files[name]}
    if name == "git" and evidence.git is not None:
        found["git"] = _git(evidence.git, tree, evidence.report)
    return found


def _git(facts: GitFacts, tree: Tree, report: Report) -> Document:
    listed = [(leaf.id, made) for leaf, made in zip(*tree, strict=True) if leaf.kind in GIT_KINDS]
    objects = [made for id, made in listed if id not in facts.apart]
    return {
        "allObjects": all(target.scope == "all-objects" for target in report.targets if target.surface == "git"),
        "objectCount": len(objects),
        "objectRoot": {"sha256": root_over(objects)},
        "refs": _digest(facts.refs),
        "excludedRefs": [NOTES_REF],
        "excludedObjects": len(listed) - len(objects),
        "shallow": facts.shallow,
        "partialClone": facts.partial,
        "replaceRefs": facts.replace_refs,
        "grafts": facts.grafts,
        "alternates": facts.alternates,
        "lfsMissing": sum(gap.reason == "lfs-missing" for gap in report.gaps),
    }


def _findings(evidence: Evidence) -> Document:
    report = evidence.report
    by_rule: dict[str, int] = {}
    for finding in report.findings:
        by_rule[finding.rule] = by_rule.get(finding.rule, 0) + 1
    entries = sorted(
        (_entry(finding, evidence.expiries.get(finding.id)) for finding in report.findings if finding.disposition != "example"),
        key=canon.canonical,
    )
    return {
        "open": len(report.open),
        "accepted": _accepted(report),
        "examples": sum(finding.disposition == "example" for finding in report.findings),
        "byRule": by_rule,
        "entries": entries[:_ENTRIES_MOST],
        "entriesOmitted": max(0, len(entries) - _ENTRIES_MOST),
    }


def _entry(finding: Finding, expires: date | None) -> Document:
    entry: Document = {
        "id": finding.id, "fingerprint": finding.fingerprint, "ruleId": finding.rule, "surface": finding.surface,
        "disposition": finding.disposition,
    }  # fmt: skip
    if finding.disposition == "accepted":
        entry["acceptance"] = "suppression" if expires else "inline" if finding.acceptance == "inline" else "path"
    if expires is not None:
        entry["expiresOn"] = f"{expires.isoformat()}T23:59:59Z"
    return entry


def _accepted(report: Report) -> int:
    return sum(finding.disposition == "accepted" for finding in report.findings)


def _counts(seen: Coverage) -> dict[str, int]:
    return {name: getattr(seen, name) for name in ("objects", "scanned", "skipped", "unreadable", "truncated", "opaque")}


def _totals(surfaces: Iterable[Coverage]) -> dict[str, int]:
    found: dict[str, int] = {}
    for seen in surfaces:
        for name, value in _counts(seen).items():
            found[name] = found.get(name, 0) + value
    return found


def _digest(text: str) -> Document:
    algorithm, _, value = text.partition(":")
    return {algorithm: value}
