"""Who signed an artifact and its provenance: envelopes and keys of the room attest, held against what the room artifact expects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from scanner.artifact import provenance
from scanner.artifact.check import PROVENANCE, Check
from scanner.artifact.provenance import Expected, Provenance, Unfit
from scanner.artifact.signing import SIGN_TYPE, Signed, decoded, spoken_of
from scanner.attest import envelope
from scanner.attest.distrust import Distrust
from scanner.attest.envelope import PAYLOAD_TYPE, Assertion
from scanner.attest.judges import SKEW
from scanner.attest.keyless import Identity, shown
from scanner.attest.policy import Trust, Trusted
from scanner.attest.strict import Document, document
from scanner.attest.timestamp import time_of
from scanner.attest.trust import signer, untimely

ROLE = "builder"
_LINES_MOST = 1000


@dataclass(frozen=True, slots=True)
class Judged:
    """The checks of a provenance, and what it says if that could be read."""

    checks: tuple[Check, ...]
    said: Provenance | None = None
    key: str | None = None


def judged(files: Sequence[bytes], trust: Trust, expected: Expected, now: datetime) -> Judged:
    """The provenance in envelopes, bundles or JSON lines of them: the one of which the most holds."""
    found = [_one(data, trust, expected, now) for file in files for data in statements(file)]
    if not found:
        return Judged((Check("envelope", False, "there is no provenance"),))
    return max(found, key=_held)


def _held(one: Judged) -> tuple[bool, int]:
    return not any(check.held is False for check in one.checks), sum(check.held is True for check in one.checks)


def statements(file: bytes) -> Iterator[bytes]:
    """The documents of a file: the one that it is, or one for each line."""
    lines = [line for line in file.splitlines() if line.strip()]
    if len(lines) > 1 and all(line.lstrip().startswith(b"{") and line.rstrip().endswith(b"}") for line in lines):
        yield from lines[:_LINES_MOST]
    else:
        yield file


def _one(data: bytes, trust: Trust, expected: Expected, now: datetime) -> Judged:
    checks: list[Check] = []

    def note(name: str, problem: str, fine: str) -> bool:
        checks.append(Check(name, not problem, problem or fine))
        return not problem

    try:
        assertion = envelope.read(data)
    except Distrust as doubt:
        note("envelope", f"the provenance is not to be read: {doubt.message}", "")
        return Judged(tuple(checks))
    strange = assertion.payload_type != PAYLOAD_TYPE
    if not note("envelope", "what is signed is not an in-toto statement" if strange else "", "an in-toto statement, signed"):
        return Judged(tuple(checks))
    who = _who(data, assertion, trust)
    wrong = "no trusted key with the role builder made the signature" if who is None else ""
    if not note("signer", wrong, f"signed by {who.name if who else ''}") or who is None:
        return Judged(tuple(checks))
    try:
        said = provenance.read(document(assertion.payload, "the statement"))
    except Distrust as doubt:
        note("statement", doubt.message, "")
        return Judged(tuple(checks))
    except Unfit as problem:
        note("statement", str(problem), "")
        return Judged(tuple(checks))
    note("statement", "", "an in-toto Statement v1 with SLSA provenance v1")
    note("key", _wrong_time(assertion, who, said, trust, now), "it was valid then, and is not revoked")
    return Judged((*checks, *provenance.judge(said, expected)), said, who.name)


@dataclass(frozen=True, slots=True)
class _Who:
    """Who signed, by key or by certificate, and for a certificate when that was."""

    name: str
    entry: Trusted | Identity
    time: datetime | None = None


def _who(data: bytes, assertion: Assertion, trust: Trust) -> _Who | None:
    """The trusted builder who signed; `data` is the whole bundle."""
    if (key := signer(assertion, trust.keys, ROLE)) is not None:
        return _Who(key.key.id, key)
    certified = shown(data, assertion, trust.identities, ROLE)
    return _Who(certified.who.name, certified.who, certified.time) if certified else None


def _wrong_time(assertion: Assertion, who: _Who, said: Provenance, trust: Trust, now: datetime) -> str:
    """Why the key does not count for the day on which it signed, or nothing; a certificate or a trusted time stamp says which that was."""
    if said.finished and said.finished > now + SKEW:
        return "the provenance is from the future"
    signed = who.time
    if signed is None and assertion.timestamps and trust.authorities:
        try:
            signed = time_of(assertion.timestamps, assertion.signatures[0].sig, trust.authorities)
        except Distrust as doubt:
            return doubt.message
    if signed and (signed > now + SKEW or (said.finished and signed < said.finished - SKEW)):
        return "the signature was made before the build had ended, or in the future"
    return untimely(who.entry, signed or said.finished or now)


def asked_for(judged: Judged) -> tuple[Check, ...]:
    """Its checks, with those that could not be made."""
    done = {check.name for check in judged.checks}
    rest = (Check(name, None, "not looked at, as what comes before did not hold") for name in PROVENANCE if name not in done)
    return (*judged.checks, *rest)


# -- signatures of the artifact itself ---------------------------------------------------------------------------------------


def signature(found: Iterable[Signed | bytes], digests: Sequence[str], trust: Trust, now: datetime) -> Check:
    """Check 7 of an image: one of the simple signing payloads, or of the bundles, is a trusted builder's and speaks of its digest."""
    problems = [_signed(one, digests, trust, now) for one in found]
    if not problems:
        return Check("signature", False, "it is not signed")
    return min(problems, key=lambda check: (not check.held, check.said))


def _signed(one: Signed | bytes, digests: Sequence[str], trust: Trust, now: datetime) -> Check:
    if isinstance(one, bytes):
        return _bundled(one, digests, trust, now)
    fitting = [key for key in trust.keys if ROLE in key.roles]
    key = next((key for key in fitting if key.key.verifies(one.signature, one.payload)), None)
    if key is None:
        return Check("signature", False, "no trusted key with the role builder signed it")
    try:
        spoken = spoken_of(document(one.payload, "the payload"))
    except Distrust as doubt:
        return Check("signature", False, doubt.message)
    return _about(_Who(key.key.id, key), spoken in digests, now)


def _bundled(data: bytes, digests: Sequence[str], trust: Trust, now: datetime) -> Check:
    try:
        assertion = envelope.read(data)
        who = _who(data, assertion, trust)
        if who is None:
            return Check("signature", False, "no trusted key with the role builder signed it")
        said = document(assertion.payload, "the statement")
    except Distrust as doubt:
        return Check("signature", False, doubt.message)
    if said.get("predicateType") != SIGN_TYPE:
        return Check("signature", False, "what is signed is a statement of another kind, and no signature of the artifact")
    return _about(who, any(digest in digests for digest in _subjects(said)), now)


def _about(who: _Who, speaks: bool, now: datetime) -> Check:
    if not speaks:
        return Check("signature", False, "a trusted key signed something else, and not this digest")
    late = untimely(who.entry, who.time or now)
    return Check("signature", not late, late or f"signed by {who.name}")


def _subjects(said: Document) -> Iterator[str]:
    listed = said.get("subject")
    for one in listed if isinstance(listed, list) else ():
        digest = one.get("digest") if isinstance(one, dict) else None
        if isinstance(digest, dict) and isinstance(value := digest.get("sha256"), str):
            yield f"sha256:{value}"


def file_signature(files: Sequence[bytes], sha256: str, trust: Trust, now: datetime) -> Check:
    """Check 7 of a file: a detached signature in base64 or DER, as `cosign sign-blob` and openssl write, or a bundle with one."""
    found = [_detached(data, sha256, trust, now) for data in files]
    return min(found, key=lambda check: (not check.held, check.said)) if found else Check("signature", False, "it is not signed")


def _detached(data: bytes, sha256: str, trust: Trust, now: datetime) -> Check:
    raw = data
    if data.lstrip().startswith(b"{"):
        try:
            said = document(data, "the bundle")
        except Distrust as doubt:
            return Check("signature", False, doubt.message)
        if "dsseEnvelope" in said or "payload" in said:
            return _bundled(data, [f"sha256:{sha256}"], trust, now)
        message = said.get("messageSignature")
        text = message.get("signature") if isinstance(message, dict) else None
        raw = (decoded(text) if isinstance(text, str) else None) or b""
    elif data[:1] != b"\x30":
        raw = decoded(data.decode("ascii", "replace")) or b""
    made = bytes.fromhex(sha256)
    key = next((key for key in trust.keys if ROLE in key.roles and key.key.verifies_digest(raw, made)), None)
    if key is None:
        return Check("signature", False, "no trusted key with the role builder signed these bytes")
    return _about(_Who(key.key.id, key), True, now)


__all__ = ["Judged", "asked_for", "file_signature", "judged", "signature", "statements"]
