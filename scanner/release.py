"""A release's assertion from policy to signature, and back: joins the pipeline and the attest room."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from glob import glob, has_magic
from importlib import metadata
from pathlib import Path

from scanner import __version__, canon
from scanner.attest import manifest, vsa
from scanner.attest import policy as policies
from scanner.attest.merkle import root
from scanner.attest.policy import FILE, Policy
from scanner.attest.statement import GIT_KINDS, Evidence, GitFacts, Tool
from scanner.attest.strict import Document
from scanner.attest.verify import LEAKS, NOT_TRUSTED, Expected, verify
from scanner.errors import LeaksealError, UsageError
from scanner.gate import policy as gatepolicy
from scanner.gate.items import Outcome
from scanner.gate.judge import Case, judge
from scanner.gate.runbook import Runbook
from scanner.gate.verdict import Verdict
from scanner.model.evidence import Leaf
from scanner.model.report import Run
from scanner.model.rule import Ruleset
from scanner.pipeline.engines import engine
from scanner.pipeline.run import Excluded, Judging, Request, leaves, read_all, reported
from scanner.pipeline.settings import Settings
from scanner.sources.files import Listed, digest_of, listing
from scanner.sources.git import facts
from scanner.sources.git.environ import GitFailed, environment
from scanner.sources.git.layout import discover

_LIBRARIES = ("cryptography", "detect-secrets", "dulwich", "gitpython", "google-re2", "hyperscan", "isal", "pyyaml")
_FOREIGN = b".git"


@dataclass(frozen=True, slots=True)
class Release:
    """What is attested: where the policy's paths begin, the policy, and how to read and judge."""

    folder: Path
    policy: Policy
    settings: Settings = field(repr=False)
    judging: Judging
    excluded: Excluded
    config: str | None  # digest of leakseal.yaml


def attest(release: Release, tried: Callable[[], Mapping[str, bool]]) -> Evidence:
    """Try the readers, scan every surface that the policy requires, and look a second time; raises LeaksealError if interrupted."""
    canaries = tried()
    wanted = requests(release)
    place = _repository(release)
    before, stood = _facts(place, release) if place else None, _file_roots(release)
    done = read_all(wanted, release.settings, release.judging, excluded=release.excluded)
    if any(one.interrupted for one in done):
        raise KeyboardInterrupt
    report = reported(done, release.settings, release.judging, Run(f"leakseal {__version__}"), excluded=release.excluded)
    stands = _file_roots(release)
    changed = [name for name in stood if stands[name] != stood[name]]
    if place is not None and not _same(place, release, before):
        changed.append("git")
    return Evidence(
        report=report, leaves=leaves(done, release.settings), policy=release.policy, tool=_tool(), config=release.config, git=before,
        canaries=canaries, files=stood, changed=tuple(sorted(changed)), expiries=_expiries(release.judging),
    )  # fmt: skip


def requests(release: Release) -> list[Request]:
    """The policy's surfaces as targets; raises UsageError where a path leads nowhere."""
    return [Request(name, surface) for surface, paths in release.policy.surfaces for name in _resolved(release.folder, surface, paths)]


def _resolved(folder: Path, surface: str, paths: Sequence[str]) -> list[str]:
    found: list[str] = []
    for path in paths:
        full = os.path.normpath(folder / path)
        names = sorted(glob(full, recursive=True)) if has_magic(path) else [full]  # noqa: PTH207 the pattern may be absolute
        if not names or not all(map(os.path.lexists, names)):
            hint = "make it before you attest, or change the policy"
            raise UsageError(f"the policy requires the surface {surface}, and nothing is at one of its paths", hint=hint)
        found += names
    return list(dict.fromkeys(found))


def self_scan(release: Release, *written: bytes) -> None:
    """Raises LeaksealError if a rule finds something in what is about to be written."""
    searcher = engine(release.settings.rules, release.settings.cache, release.settings.engine)
    rules = sorted({hit.rule.id for data in written for hit in searcher.find(data)})
    if rules:
        hint = "please report this; nothing was written"
        raise LeaksealError(f"what was to be signed looks like a secret to: {', '.join(rules)}", hint=hint)


# -- facts ----------------------------------------------------------------------------------------------------------------


def _repository(release: Release) -> Path | None:
    """The first repository: the one whose commit is attested."""
    return next((Path(request.name) for request in requests(release) if request.surface == "git"), None)


def _facts(place: Path, release: Release) -> GitFacts:
    layout = discover(place)
    env = environment(trust_owner=release.settings.trust_owner, root=layout.root)
    commit, tree = facts.commit_and_tree(layout, env)
    return GitFacts(
        commit=commit, tree=tree, refs=facts.refs(layout, env), dirty=facts.dirty(layout, env), shallow=bool(layout.shallow),
        partial=layout.promisor, replace_refs=layout.replaced, grafts=layout.grafts, alternates=len(layout.object_dirs) - 1,
    )  # fmt: skip


def _same(place: Path, release: Release, before: GitFacts | None) -> bool:
    """Whether refs and tracked files are where they were."""
    try:
        return _facts(place, release) == before
    except LeaksealError:
        return False


def _file_roots(release: Release) -> dict[str, str]:
    """For each surface that is no repository the root over its files as they are now."""
    return {surface: root(files(release, surface)) for surface, _ in release.policy.surfaces if surface != "git"}


def files(release: Release, surface: str) -> Iterator[Leaf]:
    """The leaves that a surface's files make, by their contents alone."""
    for request in requests(release):
        if request.surface == surface:
            path = Path(request.name)
            entries = listing(path) if path.is_dir() else [Listed(b"")]
            for item in entries:
                if item.path.split(b"/")[0] == _FOREIGN or (item.path and release.excluded(canon.text(item.path))):
                    continue
                yield _hashed(surface, os.fsencode(path) + b"/" + item.path if item.path else os.fsencode(path))


def _hashed(surface: str, path: bytes) -> Leaf:
    try:
        return Leaf(surface, "file", *digest_of(path))
    except OSError:
        return Leaf(surface, "gap", status="unreadable")


def _expiries(judging: Judging) -> dict[str, date]:
    return {entry.id: entry.expires for entry in judging.suppressions}


def _tool() -> Tool:
    digest, here = hashlib.sha256(), Path(__file__).parent
    for path in sorted(path for path in here.rglob("*") if path.is_file() and path.suffix in (".py", ".json", ".yaml", ".txt")):
        digest.update(str(path.relative_to(here)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return Tool(__version__, f"sha256:{digest.hexdigest()}", tuple(_versions()))


def _versions() -> Iterator[tuple[str, str]]:
    for name in _LIBRARIES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue


# -- the way back ------------------------------------------------------------------------------------------------------------


def by_objects(found: Document, release: Release) -> str:
    """Why what is there now makes other roots than the statement has, or nothing; no content is searched."""
    for said in found["predicate"]["surfaces"]:
        name = said["surface"]
        if name == "git" and "git" in said:
            place = _repository(release)
            problem = _other_objects(said["git"], place, release) if place else "the policy names no repository"
            if problem:
                return problem
        elif name != "git" and root(files(release, name)) != said.get("fileRoot", said["merkleRoot"])["sha256"]:
            return f"the files of the surface {name} make another root"
    return ""


def _other_objects(said: Document, place: Path, release: Release) -> str:
    layout = discover(place)
    env = environment(trust_owner=release.settings.trust_owner, root=layout.root)
    try:
        there = [Leaf("git", kind, oid, size) for kind, oid, size in facts.objects(layout, env)]
    except GitFailed:
        return "Git cannot list the repository's objects"
    if len(there) != said["objectCount"]:
        return f"the repository has {len(there):,} objects, and the statement speaks of {said['objectCount']:,}"
    return "" if root(there) == said["objectRoot"]["sha256"] else "the repository's objects make another root"


def by_rescan(found: Document, release: Release) -> str:
    """Why a scan of what is there finds something else than the statement says, or nothing."""
    evidence = attest(release, dict)
    mine = {one.fingerprint for one in evidence.report.findings if one.disposition != "example"}
    said = found["predicate"]
    if not said["findings"]["entriesOmitted"] and mine != {one["fingerprint"] for one in said["findings"]["entries"]}:
        return "a scan finds other secrets than the statement lists"
    for one in said["surfaces"]:
        listed = [leaf for leaf in evidence.leaves if leaf.surface == one["surface"]]
        kinds = one["surface"] == "git" and "git" in one
        here = root(leaf for leaf in listed if leaf.kind in GIT_KINDS) if kinds else root(listed)
        if here != (one["git"]["objectRoot"] if kinds else one["merkleRoot"])["sha256"]:
            return f"a scan of the surface {one['surface']} makes another root"
    return ""


# -- the gate ------------------------------------------------------------------------------------------------------------------


def evaluate(runbook: Runbook, policy: Path, level: str, rules: Ruleset, cache: Path | None, now: datetime) -> Verdict:
    """Every item of a runbook judged; references begin in the policy's folder, or the runbook's."""
    searcher = engine(rules, cache)
    folder = policy.parent.parent if policy.parent.name == FILE.parent.name else runbook.file.parent

    def secrets(data: bytes) -> list[str]:
        return sorted({hit.rule.id for hit in searcher.find(data)})

    def assertion(path: Path, commit: str | None) -> tuple[str, str]:
        if not policy.is_file():
            return "UNTRUSTED", f"there is no policy that says what it must say; write {FILE}"
        return _believed(path, policies.load(policy), commit, now)

    found = judge(Case(runbook, folder, gatepolicy.load(policy), now, secrets, assertion))
    if rules_in := secrets(runbook.data):
        found = [_leaked(one, rules_in) if one.item.id == "secrets.no-leak" else one for one in found]
    return Verdict(runbook.app, level, tuple(found), runbook.workstream)


def _leaked(one: Outcome, rules: list[str]) -> Outcome:
    said = f"the runbook itself holds what looks like a secret to {', '.join(rules)}; take it out, and rotate it"
    return replace(one, status="FAIL", said=said)


def _believed(path: Path, policy: Policy, commit: str | None, now: datetime) -> tuple[str, str]:
    listed = path.parent / manifest.NAME
    expected = Expected(
        policy=policy, trusted=policy.keys, now=now, subject=f"gitCommit:{commit}" if commit else None,
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


__all__ = ["Release", "attest", "by_objects", "by_rescan", "evaluate", "requests", "self_scan", "verdict_statement"]
