"""Signatures without a key of one's own: a certificate for minutes that names who signed (Sigstore's Fulcio), and a log that has both.

Everything is verified by what the bundle has and by a trusted root that the policy names: no log and no server is asked. To sign is another
thing: the authority is asked for a certificate, and a log, which anybody can read, is told of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.attest.envelope import Assertion
from scanner.errors import LeaksealError, UsageError

if TYPE_CHECKING:
    from sigstore.oidc import IdentityToken
    from sigstore.sign import SigningContext


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


@dataclass(frozen=True, slots=True)
class Certified:
    """Somebody who signs by who he is."""

    name: str
    _context: SigningContext = field(repr=False)
    _token: IdentityToken = field(repr=False)

    def bundle(self, payload: bytes) -> bytes:
        """The statement in a Sigstore bundle, signed and logged; raises LeaksealError."""
        from sigstore.dsse import Statement

        said = object.__new__(Statement)  # its own checks know no digest of Git's, which in-toto does
        said._contents = payload
        try:
            with self._context.signer(self._token) as signer:
                return signer.sign_dsse(said).to_json().encode() + b"\n"
        except Exception as problem:  # its words may quote the token
            raise LeaksealError(f"Sigstore did not sign: {type(problem).__name__}", hint="look at --trust-config, and sign anew") from None


def certified(config: Path | None, token: str | None) -> Certified:
    """Who the token, or the machine that this runs on, says it is; the public Sigstore unless a client trust config is named."""
    try:
        from sigstore.models import ClientTrustConfig
        from sigstore.oidc import IdentityToken, detect_credential
        from sigstore.sign import SigningContext
    except ModuleNotFoundError:
        raise _lacking() from None
    try:
        raw = token or detect_credential()
        known = IdentityToken(raw) if raw else None
    except Exception as problem:
        raise UsageError(f"the identity token cannot be used: {type(problem).__name__}", hint="get another one") from None
    if known is None:
        raise UsageError("nobody says who you are", hint="set LEAKSEAL_IDENTITY_TOKEN, or sign in a job of a forge that gives one")
    try:
        trusted = ClientTrustConfig.from_json(config.read_text(encoding="utf-8")) if config else ClientTrustConfig.production()
        context = SigningContext.from_trust_config(trusted)
    except Exception as problem:
        said = f"the client trust config cannot be had: {type(problem).__name__}"
        raise UsageError(said, hint="name a file with --trust-config, or let the public one be fetched") from None
    return Certified(known.identity, context, known)


def _lacking() -> UsageError:
    return UsageError("identities need the package sigstore", hint="run `pip install 'leakseal[keyless]'`")


def _signed(data: bytes, payload: bytes, who: Identity) -> datetime | None:
    try:
        from sigstore.models import Bundle, TrustedRoot
        from sigstore.verify import Verifier
        from sigstore.verify.policy import Identity as Policy
    except ModuleNotFoundError:
        raise _lacking() from None
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
