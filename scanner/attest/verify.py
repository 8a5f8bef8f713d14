"""Whether an assertion may be believed: numbered checks, each with its outcome.

 1 envelope     the file is a DSSE envelope or a Sigstore bundle, strictly written, of at most 2 MiB
 2 signature    a trusted key with the role `scanner` signed exactly these bytes
 3 key          the key was valid on that day, and not revoked
 4 statement    an in-toto Statement v1 of our predicate type, as its schema says
 5 scope        it speaks of the application that the policy names
 6 subject      it speaks of the commit, tree or file that was asked for
 7 result       it says PASSED
 8 surfaces     every surface that the policy requires was read completely
 9 counts       counted = read + left out, nothing unread, and the totals are the sums
10 findings     none is open, acceptances are in number and in date
11 self-test    every reader found the secret that was planted for it
12 rules        the rules are not older than the policy allows
13 freshness    it is not from the future, not expired, and not older than the policy allows
14 manifest     the list of objects is the one that was signed, and makes the same roots
15 objects      what is there now makes the same roots
16 rescan       a scan of it makes the same roots and finds the same
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from scanner.attest import manifest
from scanner.attest.distrust import Distrust
from scanner.attest.envelope import PAYLOAD_TYPE, Assertion, encoding, read
from scanner.attest.policy import Policy, Trusted
from scanner.attest.statement import PREDICATE_TYPE, STATEMENT_TYPE
from scanner.attest.strict import Document, document

NOT_TRUSTED, LEAKS, INCOMPLETE = 4, 1, 3
_SKEW = timedelta(minutes=5)  # clocks differ
_NAMES = (
    "envelope", "signature", "key", "statement", "scope", "subject", "result", "surfaces", "counts", "findings", "self-test", "rules",
    "freshness", "manifest", "objects", "rescan",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its number and name, whether it held (None: not asked for), a sentence, and the exit code if it did not hold."""

    number: int
    name: str
    held: bool | None
    said: str
    code: int = NOT_TRUSTED


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks in order, and the statement if it could be read."""

    checks: tuple[Check, ...]
    statement: Document | None = field(default=None, repr=False)

    @property
    def exit_code(self) -> int:
        """0; or 4 before 1 before 3, by what did not hold."""
        failed = {check.code for check in self.checks if check.held is False}
        return next((code for code in (NOT_TRUSTED, LEAKS, INCOMPLETE) if code in failed), 0)


@dataclass(frozen=True, slots=True)
class Expected:
    """What the assertion is held against."""

    policy: Policy
    trusted: tuple[Trusted, ...]
    now: datetime  # UTC
    subject: str | None = None  # a digest, "gitCommit:…" or "sha256:…"
    manifest: Callable[[], BinaryIO] | None = None
    objects: Callable[[Document], str] | None = None  # answers why the roots differ, or nothing
    rescan: Callable[[Document], str] | None = None


def verify(data: bytes, expected: Expected) -> Verdict:
    """Every check that can be made, in order; the first three must hold before a word of the statement is read."""
    checks: list[Check] = []

    def note(name: str, problem: str, fine: str, code: int = NOT_TRUSTED) -> bool:
        checks.append(Check(_NAMES.index(name) + 1, name, not problem, problem or fine, code))
        return not problem

    try:
        assertion = read(data)
    except Distrust as doubt:
        note("envelope", doubt.message, "")
        return _ended(checks, None)
    kind = assertion.payload_type
    if not note("envelope", "" if kind == PAYLOAD_TYPE else "the payload is not an in-toto statement", "an in-toto statement, signed"):
        return _ended(checks, None)
    signer = _signer(assertion, expected.trusted)
    wrong = "no trusted key with the role scanner made the signature" if signer is None else ""
    if not note("signature", wrong, f"by {signer.key.id if signer else ''}") or signer is None:
        return _ended(checks, None)
    try:
        found = document(assertion.payload, "the statement")
        _by_schema(found)
    except Distrust as doubt:
        note("statement", doubt.message, "")
        return _ended(checks, None)
    predicate = found["predicate"]
    note("key", _untimely(signer, _time(predicate["finishedOn"])), "it was valid then, and is not revoked")
    note("statement", "", "an in-toto Statement v1, as its schema says")
    for name, judge, fine in _JUDGES:
        problem, code = judge(found, expected)
        note(name, problem, fine, code)
    _more(found, expected, note)
    return _ended(sorted(checks, key=lambda check: check.number), found)


def _more(found: Document, expected: Expected, note: Callable[..., bool]) -> None:
    if expected.manifest is not None:
        with expected.manifest() as file:
            note("manifest", _by_manifest(found, file), "it is the one that was signed, and makes the same roots")
    if expected.objects is not None:
        note("objects", expected.objects(found), "what is there now makes the same roots")
    if expected.rescan is not None:
        note("rescan", expected.rescan(found), "a scan of it makes the same roots and finds the same")


def _ended(checks: list[Check], found: Document | None) -> Verdict:
    done = {check.name for check in checks}
    rest = [Check(number, name, None, "not looked at") for number, name in enumerate(_NAMES, 1) if name not in done]
    return Verdict(tuple(sorted([*checks, *rest], key=lambda check: check.number)), found)


def _signer(assertion: Assertion, trusted: tuple[Trusted, ...]) -> Trusted | None:
    """The first trusted scanner's key that made one of the signatures; the key's id is a hint and nothing more."""
    data = encoding(assertion.payload_type, assertion.payload)
    scanners = [one for one in trusted if "scanner" in one.roles]
    return next((one for one in scanners for made in assertion.signatures if one.key.verifies(made.sig, data)), None)


def _untimely(signer: Trusted, signed: datetime) -> str:
    day = signed.date()
    if signer.revoked is not None and day >= signer.revoked:
        return "the key was revoked before that"
    if signer.since is not None and day < signer.since:
        return "the key was not valid yet"
    return "the key was not valid any more" if signer.until is not None and day > signer.until else ""


@cache
def schema() -> Document:
    """The JSON Schema of a statement."""
    found: Document = json.loads(Path(__file__).with_name("no-secret-leak-v0.1.schema.json").read_bytes())
    return found


def _by_schema(found: Document) -> None:
    if found.get("_type") != STATEMENT_TYPE:
        raise Distrust("it is not an in-toto Statement v1")
    if found.get("predicateType") != PREDICATE_TYPE:
        raise Distrust("its predicate is of another type than no-secret-leak v0.1")
    import jsonschema

    problem = jsonschema.Draft202012Validator(schema()).iter_errors(found)
    first = next(problem, None)
    if first is not None:
        raise Distrust("it is not as its schema says, at " + ".".join(str(part) for part in list(first.absolute_schema_path)[:12:2])[:120])
    for name in ("startedOn", "finishedOn", "validUntil"):
        _time(found["predicate"][name])


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Distrust("a time in it is none") from None


# -- what the statement must say: each judge answers a sentence about what is wrong, or nothing, and an exit code ----------------

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
    if any("expiresOn" in one and _time(one["expiresOn"]) < expected.now for one in listed):
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
    started, finished, until = (_time(predicate[name]) for name in ("startedOn", "finishedOn", "validUntil"))
    if not started <= finished <= until:
        return "its times are not in order", NOT_TRUSTED
    if finished > now + _SKEW:
        return "it is from the future", NOT_TRUSTED
    if now > until:
        return "it has expired", NOT_TRUSTED
    old = now > finished + timedelta(days=expected.policy.max_age_days)
    return f"it is older than {expected.policy.max_age_days} days" if old else "", NOT_TRUSTED


_JUDGES: tuple[tuple[str, Callable[[Document, Expected], Judged], str], ...] = (
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


def _by_manifest(found: Document, file: BinaryIO) -> str:
    digest = hashlib.sha256()
    try:
        roots = manifest.roots(manifest.read(file, digest))
    except Distrust as problem:
        return problem.message
    if not any(one["name"] == manifest.NAME and one["digest"].get("sha256") == digest.hexdigest() for one in found["subject"]):
        return "the manifest is not the one that was signed"
    said = {one["surface"]: one["merkleRoot"]["sha256"] for one in found["predicate"]["surfaces"] if one["objectCount"]}
    return "" if roots == said else "the manifest makes other roots than the statement has"


def printed(verdict: Verdict) -> Iterator[str]:
    """A line for each check."""
    words: Mapping[bool | None, str] = {True: "ok", False: "FAILED", None: "-"}
    for check in verdict.checks:
        yield f"{check.number:2}  {words[check.held]:6}  {check.name:10}  {check.said}"


def told(verdict: Verdict) -> dict[str, Any]:
    """The same as plain values."""
    outcomes: Mapping[bool | None, str] = {True: "held", False: "failed", None: "not-asked"}
    checks = [{"number": c.number, "name": c.name, "outcome": outcomes[c.held], "detail": c.said} for c in verdict.checks]
    return {"schema": "leakseal.verdict/v1", "trusted": verdict.exit_code == 0, "exitCode": verdict.exit_code, "checks": checks}
