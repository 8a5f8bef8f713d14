"""Whose signature counts: keys with a role, and the days on which they were valid."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from scanner.attest.envelope import Assertion, encoding
from scanner.attest.keyless import Identity
from scanner.attest.policy import Trusted


def signer(assertion: Assertion, trusted: Iterable[Trusted], role: str) -> Trusted | None:
    """The first trusted key with this role that made one of the signatures; the key's id is a hint and nothing more."""
    data = encoding(assertion.payload_type, assertion.payload)
    fitting = [one for one in trusted if role in one.roles]
    return next((one for one in fitting for made in assertion.signatures if one.key.verifies(made.sig, data)), None)


def untimely(signer: Trusted | Identity, signed: datetime) -> str:
    """Why the key's signature of that day does not count, or nothing."""
    day = signed.date()
    if signer.revoked is not None and day >= signer.revoked:
        return "the key was revoked before that"
    if signer.since is not None and day < signer.since:
        return "the key was not valid yet"
    return "the key was not valid any more" if signer.until is not None and day > signer.until else ""
