"""Signatures without a key of one's own: a certificate for minutes that names who signed (Sigstore's Fulcio), and a log that has both.

Everything is verified by what the bundle has and by a trusted root that the policy names: no log and no server is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from scanner.attest.envelope import Assertion
from scanner.errors import UsageError


@dataclass(frozen=True, slots=True)
class Identity:
    """Who may sign, by whose word, and what that person or job may say, and when."""

    name: str  # as the certificate has it: an address, or the URI of a workflow
    issuer: str  # who vouched for it: the URL of an OpenID Connect provider
    root: Path  # the trusted root (JSON) with the authorities and logs that count
    roles: tuple[str, ...]
    since: date | None = None
    until: date | None = None
    revoked: date | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """An identity that signed, and when its certificate was made."""

    who: Identity
    time: datetime


def shown(data: bytes, assertion: Assertion, identities: Iterable[Identity], role: str) -> Shown | None:
    """The first identity with this role that signed the bundle; `data` is the whole of it, which `assertion` was read from."""
    if not assertion.certified:
        return None
    fitting = (one for one in identities if role in one.roles)
    return next((Shown(one, time) for one in fitting if (time := _signed(data, assertion.payload, one))), None)


def _signed(data: bytes, payload: bytes, who: Identity) -> datetime | None:
    try:
        from sigstore.models import Bundle, TrustedRoot
        from sigstore.verify import Verifier
        from sigstore.verify.policy import Identity as Policy
    except ModuleNotFoundError:
        raise UsageError("identities need the package sigstore", hint="run `pip install 'leakseal[keyless]'`") from None
    try:
        trusted = TrustedRoot.from_file(str(who.root))
    except Exception as problem:  # it has many kinds, and a policy's file is the user's own
        said = f"the trusted root {who.root} cannot be read: {type(problem).__name__}"
        raise UsageError(said, hint="name a trusted_root.json of Sigstore") from None
    try:
        bundle = Bundle.from_json(data)
        _, signed = Verifier(trusted_root=trusted).verify_dsse(bundle, Policy(identity=who.name, issuer=who.issuer))
        time: datetime = bundle.signing_certificate.not_valid_before_utc
    except Exception:  # whatever is wrong with a stranger's bundle, it is not believed
        return None
    return time if signed == payload else None
