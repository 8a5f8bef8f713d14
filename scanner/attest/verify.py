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
17 timestamp    a trusted authority saw the signature, not before the scan had ended; the time counts for 3
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from scanner.attest import manifest
from scanner.attest.distrust import Distrust
from scanner.attest.envelope import PAYLOAD_TYPE, Assertion, read
from scanner.attest.judges import INCOMPLETE, JUDGES, LEAKS, NOT_TRUSTED, SKEW, Expected, moment
from scanner.attest.keyless import Identity, Shown, shown
from scanner.attest.policy import Trusted
from scanner.attest.statement import PREDICATE_TYPE, STATEMENT_TYPE
from scanner.attest.strict import Document, document
from scanner.attest.timestamp import time_of
from scanner.attest.trust import signer, untimely

_NAMES = (
    "envelope", "signature", "key", "statement", "scope", "subject", "result", "surfaces", "counts", "findings", "self-test", "rules",
    "freshness", "manifest", "objects", "rescan",
    "timestamp",
)  # fmt: skip
_OWN = _NAMES[:5]
_CERTIFIED = timedelta(minutes=20)  # for how long such certificates are made, and more
_SEVERAL_MOST = 100


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
    def doubt(self) -> Check | None:
        """The first check that did not hold and decides the exit code."""
        return next((check for check in self.checks if check.held is False and check.code == self.exit_code), None)

    @property
    def exit_code(self) -> int:
        """0; or 4 before 1 before 3, by what did not hold."""
        failed = {check.code for check in self.checks if check.held is False}
        return next((code for code in (NOT_TRUSTED, LEAKS, INCOMPLETE) if code in failed), 0)


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
    made_by = signer(assertion, expected.trust.keys, "scanner")
    shown_by = shown(data, assertion, expected.trust.identities, "scanner") if made_by is None else None
    who: Trusted | Identity | None = shown_by.who if shown_by else made_by
    wrong = "no trusted key with the role scanner made the signature" if who is None else ""
    if not note("signature", wrong, f"by {shown_by.who.name if shown_by else made_by.key.id if made_by else ''}") or who is None:
        return _ended(checks, None)
    try:
        found = document(assertion.payload, "the statement")
        _by_schema(found)
    except Distrust as doubt:
        note("statement", doubt.message, "")
        return _ended(checks, None)
    finished = moment(found["predicate"]["finishedOn"])
    stamp = _stamp(assertion, expected, finished)
    checks.append(stamp.check)
    time = shown_by.time if shown_by else stamp.time or finished
    note("key", _too_early(shown_by, finished) or untimely(who, time), "it was valid then, and is not revoked")
    note("statement", "", "an in-toto Statement v1, as its schema says")
    for name, judge, fine in JUDGES:
        problem, code = judge(found, expected)
        note(name, problem, fine, code)
    _more(found, expected, note)
    return _ended(sorted(checks, key=lambda check: check.number), found)


def newest(assertions: Sequence[bytes], expected: Expected) -> Verdict:
    """The verdict on the last of several that a trusted key made of the policy's application; if there is none, on the last of all."""
    quick = replace(expected, manifest=None, objects=None, rescan=None)
    for data in assertions[: -_SEVERAL_MOST - 1 : -1]:
        if all(check.held for check in verify(data, quick).checks if check.name in _OWN):
            return verify(data, expected)
    return verify(assertions[-1], expected)


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


def _too_early(by: Shown | None, finished: datetime) -> str:
    early = by is not None and by.time + _CERTIFIED < finished - SKEW
    return "the certificate had ended before the scan had" if early else ""


@dataclass(frozen=True, slots=True)
class _Stamp:
    check: Check
    time: datetime | None = None


def _stamp(assertion: Assertion, expected: Expected, finished: datetime) -> _Stamp:
    """Check 17, and the time that the stamp gives."""
    name, authorities = "timestamp", expected.trust.authorities
    number = _NAMES.index(name) + 1
    if not assertion.timestamps or not authorities:
        lacking = "it has no time stamp" if not assertion.timestamps else "nobody is trusted to give the time"
        required = expected.policy.stamped
        return _Stamp(Check(number, name, False if required else None, lacking + (", and the policy requires one" if required else "")))
    try:
        time = time_of(assertion.timestamps, assertion.signatures[0].sig, authorities)
    except Distrust as doubt:
        return _Stamp(Check(number, name, False, doubt.message))
    if not finished - SKEW <= time <= expected.now + SKEW:
        return _Stamp(Check(number, name, False, "the signature was stamped before the scan had ended, or in the future"))
    return _Stamp(Check(number, name, True, f"the signature was there at {time.strftime('%Y-%m-%dT%H:%M:%SZ')}"), time)


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
        moment(found["predicate"][name])


def _by_manifest(found: Document, file: BinaryIO) -> str:
    digest = hashlib.sha256()
    try:
        roots = manifest.roots(file, digest)
    except Distrust as problem:
        return problem.message
    if not any(one["name"] == manifest.NAME and one["digest"].get("sha256") == digest.hexdigest() for one in found["subject"]):
        return "the manifest is not the one that was signed"
    said = {one["surface"]: one["merkleRoot"]["sha256"] for one in found["predicate"]["surfaces"] if one["objectCount"]}
    return "" if roots == said else "the manifest makes other roots than the statement has"


def told(verdict: Verdict) -> dict[str, Any]:
    """The same as plain values."""
    outcomes: Mapping[bool | None, str] = {True: "held", False: "failed", None: "not-asked"}
    checks = [{"number": c.number, "name": c.name, "outcome": outcomes[c.held], "detail": c.said} for c in verdict.checks]
    return {"schema": "leakseal.verdict/v1", "trusted": verdict.exit_code == 0, "exitCode": verdict.exit_code, "checks": checks}
