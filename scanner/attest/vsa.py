"""The gate's verdict as a SLSA verification summary (https://slsa.dev/spec/v1.0/verification_summary)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scanner import canon
from scanner.attest.statement import STATEMENT_TYPE

PREDICATE_TYPE = "https://slsa.dev/verification_summary/v1"


@dataclass(frozen=True, slots=True)
class Summary:
    """What was verified, against what, and how it came out; digests are `algorithm:hex`."""

    subject: str
    name: str
    resource: str
    policy: str
    passed: bool
    levels: tuple[str, ...]
    inputs: tuple[tuple[str, str], ...]  # (reference, digest)


def statement(said: Summary, version: str, when: datetime) -> bytes:
    """The statement as bytes; `when` is UTC."""
    value = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": said.name, "digest": _digest(said.subject)}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "verifier": {"id": "https://leakseal.dev/gate", "version": {"leakseal": version}},
            "timeVerified": when.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "resourceUri": said.resource,
            "policy": {"digest": _digest(said.policy)},
            "inputAttestations": [{"uri": uri, "digest": _digest(digest)} for uri, digest in said.inputs],
            "verificationResult": "PASSED" if said.passed else "FAILED",
            "verifiedLevels": list(said.levels) if said.passed else [],
            "slsaVersion": "1.0",
        },
    }
    return canon.canonical(value)


def _digest(text: str) -> dict[str, str]:
    algorithm, _, value = text.partition(":")
    return {algorithm: value}
