"""What a statement must say: each judge answers a sentence about what is wrong, or nothing, and an exit code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from scanner.attest.distrust import Distrust
from scanner.attest.policy import Policy, Trust
from scanner.attest.strict import Document

NOT_TRUSTED, LEAKS, INCOMPLETE = 4, 1, 3
SKEW = timedelta(minutes=5)  # clocks differ


@dataclass(frozen=True, slots=True)
class Expected:
    """What the assertion is held against."""

    policy: Policy
    trust: Trust
    now: datetime  # UTC
    subject: str | None = None  # a digest, "gitCommit:…" or "sha256:…"
    manifest: Callable[[], BinaryIO] | None = None
    objects: Callable[[Document], str] | None = None  # answers why the roots differ, or nothing
    rescan: Callable[[Document], str] | None = None


def moment(text: str) -> datetime:
    """A time as a statement has it; raises Distrust."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Distrust("a time in it is none") from None


Judged = tuple[str, int]


def _scope(found: Document, expected: Expected) -> Judged:
    other = found["predicate"]["scope"]["id"] != expected.policy.scope
    return "it speaks of another application than the policy" if other else "", NOT_TRUSTED


def _subject(found: Document, expected: Expected) -> Judged:
    if expected.subject is None:
        return "", NOT_TRUSTED
    algorithm, _, value = expected.subject.partition(":")
    named = any(one["digest"].get(algorithm) == value for one in found["subject"])
    return "" if named else "what was asked for is not among its subjects", NOT_TRUSTED


def _result(found: Document, expected: Expected) -> Judged:
    said = found["predicate"]["result"]
    if said == "FAILED":
        return "it says FAILED: findings were open", LEAKS
    return "it says INCOMPLETE: not everything was read" if said == "INCOMPLETE" else "", INCOMPLETE


def _surfaces(found: Document, expected: Expected) -> Judged:
    seen: dict[str, Document] = {}
    for one in found["predicate"]["surfaces"]:
        if one["surface"] in seen:
            return "a surface is in it twice", NOT_TRUSTED
        seen[one["surface"]] = one
    dropped = [name for name in expected.policy.required if name not in seen]
    if dropped:
        return "a required surface is not in it: " + ", ".join(dropped), NOT_TRUSTED
    bad = [name for name in expected.policy.required if seen[name]["status"] != "COMPLETE" or not seen[name]["objectCount"]]
    if bad:
        return "a required surface was not read completely: " + ", ".join(bad), INCOMPLETE
    git = seen.get("git", {}).get("git", {})
    if "git" in expected.policy.required and (not git or not git["allObjects"] or git["shallow"] or git["partialClone"] or git["grafts"]):
        return "the repository was shallow, partial or grafted, or not read as a whole", INCOMPLETE
    return "", INCOMPLETE


def _counts(found: Document, expected: Expected) -> Judged:
    predicate = found["predicate"]
    totals = dict.fromkeys(predicate["coverageTotals"], 0)
    for one in predicate["surfaces"]:
        counts = {"objects": one["objectCount"], **one["coverage"]}
        if counts["objects"] != sum(value for name, value in counts.items() if name != "objects"):
            return "more or fewer things were counted than read, left out and explained", NOT_TRUSTED
        for name, value in counts.items():
            totals[name] += value
    if totals != predicate["coverageTotals"]:
        return "the totals are not the sums of the surfaces", NOT_TRUSTED
    if predicate["result"] == "PASSED" and totals["unreadable"] + totals["truncated"] + totals["opaque"]:
        return "it says PASSED, and something was not read", NOT_TRUSTED
    many = totals["skipped"] > expected.policy.skipped_most
    return "more was left out than the policy allows" if many else "", NOT_TRUSTED


def _findings(found: Document, expected: Expected) -> Judged:
    said, result = found["predicate"]["findings"], found["predicate"]["result"]
    if bool(said["open"]) != (result == "FAILED"):
        return "its result and the number of its open findings do not fit", NOT_TRUSTED
    if said["open"]:
        return f"{said['open']} findings are open", LEAKS
    listed = [one for one in said["entries"] if one["disposition"] == "accepted"]
    if said["accepted"] > expected.policy.accepted_most:
        return "more findings are accepted than the policy allows", NOT_TRUSTED
    if len(listed) + said["entriesOmitted"] < said["accepted"]:
        return "accepted findings are counted, and not listed", NOT_TRUSTED
    if any("expiresOn" in one and moment(one["expiresOn"]) < expected.now for one in listed):
        return "an acceptance in it has expired since", NOT_TRUSTED
    return "", NOT_TRUSTED


def _self_test(found: Document, expected: Expected) -> Judged:
    tried = found["predicate"]["selfTest"]
    if not tried["canaries"]:
        return "no reader was tried with a planted secret", NOT_TRUSTED
    return "a reader missed the secret that was planted for it" if tried["detected"] != tried["canaries"] else "", NOT_TRUSTED


def _rules(found: Document, expected: Expected) -> Judged:
    used = [one for one in found["predicate"]["configuration"] if one["name"] == "rules"]
    if len(used) != 1:
        return "it does not say once which rules were used", NOT_TRUSTED
    version = used[0].get("annotations", {}).get("version", "0")
    older = _numbers(version) < _numbers(expected.policy.rules_least)
    return "the rules are older than the policy allows" if older else "", NOT_TRUSTED


def _numbers(version: str) -> tuple[int, ...]:
    parts = [part for part in version.split(".") if part.isdigit() and len(part) <= 6]
    return tuple(map(int, parts)) + (0,) * (4 - len(parts))


def _fresh(found: Document, expected: Expected) -> Judged:
    predicate, now = found["predicate"], expected.now
    started, finished, until = (moment(predicate[name]) for name in ("startedOn", "finishedOn", "validUntil"))
    if not started <= finished <= until:
        return "its times are not in order", NOT_TRUSTED
    if finished > now + SKEW:
        return "it is from the future", NOT_TRUSTED
    if now > until:
        return "it has expired", NOT_TRUSTED
    old = now > finished + timedelta(days=expected.policy.max_age_days)
    return f"it is older than {expected.policy.max_age_days} days" if old else "", NOT_TRUSTED


JUDGES: tuple[tuple[str, Callable[[Document, Expected], Judged], str], ...] = (
    ("scope", _scope, "the application is the policy's"),
    ("subject", _subject, "what was asked for is among its subjects"),
    ("result", _result, "PASSED: no secret was detected in the listed objects under the named rules"),
    ("surfaces", _surfaces, "all required surfaces were read completely"),
    ("counts", _counts, "what was counted was read"),
    ("findings", _findings, "no finding is open"),
    ("self-test", _self_test, "every reader found what was planted for it"),
    ("rules", _rules, "the rules are new enough"),
    ("freshness", _fresh, "it is fresh"),
)
