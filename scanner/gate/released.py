"""The three items about what is released, by stored results of `leakseal artifact` and by what a registry says now."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scanner.gate.case import Case, Judged, aged, digests_of, files_of
from scanner.gate.evidence import NoEvidence, moment
from scanner.gate.items import FAIL, INCOMPLETE, MISSING, PASS, UNTRUSTED
from scanner.gate.policy import GatePolicy
from scanner.gate.runbook import Entry

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REPOSITORY = re.compile(r"[a-z0-9][a-z0-9.:-]{0,200}(?:/[a-z0-9._-]{1,100}){1,8}")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
IMAGE = frozenset({"reference", "content", "expected", "metadata", "signature", "base", "binding", "secrets", "coverage", "unmoved"})
SOURCE = frozenset({"version", "labels", "statement", "subject", "source", "commit", "dependencies", "binding"})
JOB = frozenset({"envelope", "signer", "key", "statement", "subject", "builder", "parameters"})
_STATUS = {4: UNTRUSTED, 1: FAIL, 3: INCOMPLETE}
_LEAKS, _LACKS = frozenset({"secrets"}), frozenset({"coverage"})
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Results:
    """Results of `leakseal artifact` about one release; each as its schema says."""

    documents: Sequence[Document]

    def failed(self, names: frozenset[str]) -> Judged | None:
        """What did not hold among these checks, the worst of it."""
        found = [
            Judged(_status(one["name"], document["exitCode"]), f"{one['name']}: {one['detail']}")
            for document in self.documents for one in document["checks"] if one["name"] in names and one["outcome"] == "failed"
        ]  # fmt: skip
        order = [UNTRUSTED, FAIL, INCOMPLETE]
        return min(found, key=lambda one: order.index(one.status), default=None)

    def image(self, repository: str, digest: str) -> Judged | None:
        """Why they do not speak well of this image, or nothing."""
        for document in self.documents:
            about = document["artifact"]
            if about["digest"] != digest:
                return Judged(FAIL, "the result of `leakseal artifact` is about another digest than the runbook names")
            if about["name"] is not None and about["kind"] == "image" and about["name"] != repository:
                return Judged(FAIL, "the result of `leakseal artifact` is about another repository than the runbook names")
            if not any(one["name"] == "content" and one["outcome"] == "held" for one in document["checks"]):
                return self.failed(IMAGE) or Judged(INCOMPLETE, "the result does not say that the digests hold")
            if document["scan"] is None:
                return Judged(INCOMPLETE, "its content was not scanned")
        return self.failed(IMAGE)

    def source(self, commit: str, version: str, policy: GatePolicy) -> Judged | None:
        """Why they do not speak of this commit and version, or nothing."""
        for document in self.documents:
            asked = document["asked"]
            if document["binding"] and (asked["nowhereMost"] > policy.nowhere_most or not set(asked["built"]) <= set(policy.built)):
                return Judged(UNTRUSTED, "files were let pass by more than the policy's `built` and `nowhere-most`")
            named = {one["labels"]["revision"] for one in document["images"]} | {(document["binding"] or {}).get("commit")}
            built = {one["commit"] for one in (document["provenance"] or {"sources": ()})["sources"]}
            said = (named | {commit for commit in built if len(built) == 1}) - {None}
            if not said:
                return Judged(INCOMPLETE, "neither label nor provenance nor binding names the commit; run it with --source REPO@REV")
            if said != {commit}:
                return Judged(UNTRUSTED, "the artifact was made from another commit than the runbook names")
            made = document["artifact"]["version"]
            if made is not None and made.removeprefix("v") != version.removeprefix("v"):
                return Judged(UNTRUSTED, "the artifact says that it is another version than the runbook names")
        return self.failed(SOURCE)

    def job(self, builder: str | None, policy: GatePolicy, keys: Sequence[str]) -> Judged | None:
        """Why its builder is not the one that is named and allowed, or nothing; `keys` are the ids of builders' keys."""
        for document in self.documents:
            if document["provenance"] is None:
                return self.failed(JOB) or Judged(INCOMPLETE, "there is no provenance that says who built it; run it with --provenance")
            made = document["provenance"]["builder"]
            if builder is not None and made != builder:
                return Judged(UNTRUSTED, "the provenance names another builder than the runbook")
            if policy.builders and made not in policy.builders:
                return Judged(FAIL, "the provenance names a builder that the policy does not allow")
            if not any(one["name"] == "signer" and one["outcome"] == "held" for one in document["checks"]):
                return Judged(UNTRUSTED, "no trusted key signed the provenance")
            if keys and document["provenance"]["signer"] not in keys:
                return Judged(UNTRUSTED, "the provenance was signed by a key that is no builder's in the policy")
            if not document["asked"]["parameters"].items() <= dict(policy.parameters).items():
                return Judged(UNTRUSTED, "parameters were let pass that the policy does not name")
        return self.failed(JOB)

    @property
    def when(self) -> datetime:
        """The day on which the oldest of them was made."""
        times = [moment(document["run"].get("finishedOn")) for document in self.documents]
        if None in times or not times:
            raise NoEvidence("a result does not say when it was made")
        return min(time for time in times if time is not None)


def _status(name: str, code: int) -> str:
    if name in _LEAKS:
        return FAIL
    return INCOMPLETE if name in _LACKS else _STATUS.get(code, UNTRUSTED)


def moved(tag: str, digest: str, now: str | None) -> Judged:
    """What a registry's answer means: the digest that the tag stands for now, or None for no such tag."""
    if now is None:
        return Judged(FAIL, f"the registry has no tag {tag} there")
    if now != digest:
        return Judged(UNTRUSTED, f"the tag {tag} was pushed again: it stands for {now} now, and not for what the runbook names")
    return Judged(PASS, "the registry says so now")


def image(entry: Entry, case: Case) -> Judged:
    """The image: repository, tag and digest agree, and it was looked at."""
    repository, tag, digest = (entry.get(key) for key in ("repository", "tag", "digest"))
    if repository is None or tag is None:
        return Judged(MISSING, "the runbook names no image with its tag")
    if digest is None:
        return Judged(INCOMPLETE, "the image is named by its tag alone, which can be moved; add its digest")
    if not (_REPOSITORY.fullmatch(repository) and _TAG.fullmatch(tag) and _DIGEST.fullmatch(digest)):
        return Judged(FAIL, "repository, tag or digest is not written as one")
    name = f"{repository}:{tag}@{digest}"
    files, results = _results(entry, case)
    wrong = results.image(repository, digest) if files else None
    if wrong is not None:
        return Judged(wrong.status, wrong.said, digests_of(files))
    asked = moved(tag, digest, case.registry(repository, tag)) if case.registry else None
    if asked is not None and asked.status != PASS:
        return Judged(asked.status, asked.said, digests_of(files))
    now = asked.said if asked else "no registry was asked"
    if files:
        return aged(results.when, case.policy.artifact_days, case, f"{name}, looked at whole; {now}", files)
    if case.policy.artifact_required:
        return Judged(INCOMPLETE, "no result of `leakseal artifact` is recorded, and the policy requires one")
    return Judged(PASS, f"{name}, as the runbook says; {now}")


def source(entry: Entry, case: Case) -> Judged:
    """The source: commit and version agree with what the artifact says and was made from."""
    commit, version = entry.get("commit"), entry.get("version")
    if commit is None or version is None:
        return Judged(MISSING, "commit or version is not recorded")
    if not _COMMIT.fullmatch(commit):
        return Judged(FAIL, "the commit is not a whole id")
    files, results = _results(entry, case)
    wrong = results.source(commit, version, case.policy) if files else None
    if wrong is not None:
        return Judged(wrong.status, wrong.said, digests_of(files))
    if not files and case.policy.artifact_required:
        return Judged(INCOMPLETE, "no result of `leakseal artifact` is recorded, and the policy requires one")
    return Judged(PASS, f"{'made from it: ' if files else ''}{version} of {commit}", digests_of(files))


def publish_job(entry: Entry, case: Case) -> Judged:
    """The publish job: its builder is allowed, and the provenance names it."""
    if entry.get("reference") is None:
        return Judged(MISSING, "no publish job is recorded")
    builder = entry.get("builder")
    if case.policy.builders and builder not in case.policy.builders:
        return Judged(FAIL if builder else INCOMPLETE, "the builder is none that the policy allows")
    files, results = _results(entry, case)
    proven = any(document["provenance"] is not None for document in results.documents)
    if not proven and not case.policy.artifact_required and not entry.said.get("evidence"):
        return Judged(PASS, entry.get("reference") or "")
    wrong = results.job(builder, case.policy, case.builder_keys) if files else None
    if wrong is not None or not files:
        found = wrong or Judged(INCOMPLETE, "no result of `leakseal artifact` is recorded, and the policy requires one")
        return Judged(found.status, found.said, digests_of(files))
    return Judged(PASS, f"{entry.get('reference')}, as the signed provenance says", digests_of(files))


def _results(entry: Entry, case: Case) -> tuple[list[tuple[str, bytes]], Results]:
    """The stored results that an item names, else those of the image; raises NoEvidence for what is none."""
    files = files_of(entry if entry.said.get("evidence") else case.entry("artifact.image"), case)
    if files and case.artifact is None:
        raise NoEvidence("results of `leakseal artifact` are not read here")
    return files, Results([case.artifact(data) for _, data in files] if case.artifact else [])
