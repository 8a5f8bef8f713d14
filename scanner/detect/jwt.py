"""JSON Web Tokens: header and claims are decoded, the signature is the secret's proof."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from scanner import examples
from scanner.detect.candidate import Candidate
from scanner.detect.password import public_parts
from scanner.model.content import Span
from scanner.model.evidence import Parsed

TOKEN = re.compile(rb"(ey[A-Za-z0-9_\-]{10,4096})\.(e[A-Za-z0-9_\-]{4,14000})\.([A-Za-z0-9_\-]{16,2048})(?![A-Za-z0-9_\-])")
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/]{40,}(?:\s{1,40}[A-Za-z0-9+/]{2,}){0,400}={0,2}")
_SERVICE_ACCOUNT = "kubernetes/serviceaccount"
_KUBERNETES = "kubernetes.io"
# The subjects of the tokens that jwt.io, the RFCs and most tutorials show.
_WELL_KNOWN_NAMES = frozenset({"John Doe", "Jane Doe"})
_WELL_KNOWN_SUBJECTS = frozenset({"1234567890"})
_WELL_KNOWN_CLAIM = "http://example.com/is_root"  # RFC 7515 appendix A


def jwt(candidate: Candidate) -> Parsed | None:
    """Any signed token that is not an example and not Kubernetes' own."""
    found = TOKEN.match(candidate.window, candidate.secret.start)
    return judged(found, candidate.secret.start) if found else None


def kubernetes(candidate: Candidate) -> Parsed | None:
    """A service account's token, old (kept in a Secret) or bound (projected)."""
    found = TOKEN.match(candidate.window, candidate.secret.start)
    claims = _claims(found) if found else None
    return _parsed(found, claims, found.start()) if found and claims and _is_kubernetes(claims[1]) and not _tutorial(claims[1]) else None


def encoded(candidate: Candidate) -> Parsed | None:
    """A token that was base64-encoded once more, as `data.token` of a Kubernetes Secret is."""
    run = _BASE64_RUN.match(candidate.window, candidate.secret.start)
    if run is None:
        return None
    text = b"".join(run[0].split()).rstrip(b"=")
    try:
        data = base64.b64decode(text[: len(text) - (len(text) % 4 == 1)] + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    found = TOKEN.match(data)
    parsed = judged(found, 0) if found else None
    return Parsed(Span(run.start(), run.end()), parsed.value, parsed.parts) if parsed else None


def judged(found: re.Match[bytes], start: int) -> Parsed | None:
    """The token, unless it cannot be decoded, is unsigned, or has a tutorial's claims and is none of the known examples."""
    claims = _claims(found)
    if claims is None or (_tutorial(claims[1]) and not examples.known(found[0])):
        return None
    return _parsed(found, claims, start)


def is_shaped(value: bytes) -> bool:
    """Whether a value looks like a token, so that only this module may judge it."""
    return TOKEN.match(value) is not None


def _claims(found: re.Match[bytes]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    header, claims = _object(found[1]), _object(found[2])
    if header is None or claims is None or not isinstance(header.get("alg"), str) or header["alg"].lower() == "none":
        return None
    return header, claims


def _object(part: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
    except (ValueError, RecursionError):  # binascii.Error and UnicodeDecodeError are ValueErrors
        return None
    return value if isinstance(value, dict) else None


def _tutorial(claims: dict[str, Any]) -> bool:
    name, subject = claims.get("name"), claims.get("sub")
    known = (isinstance(name, str) and name in _WELL_KNOWN_NAMES) or (isinstance(subject, str) and subject in _WELL_KNOWN_SUBJECTS)
    return known or _WELL_KNOWN_CLAIM in claims or not claims


def _is_kubernetes(claims: dict[str, Any]) -> bool:
    subject = claims.get("sub")
    return (
        claims.get("iss") == _SERVICE_ACCOUNT
        or isinstance(claims.get(_KUBERNETES), dict)
        or (isinstance(subject, str) and subject.startswith("system:serviceaccount:"))
    )


def _texts(audience: Any) -> list[str]:
    """One audience or several."""
    return [one for one in (audience if isinstance(audience, list) else [audience])[:4] if isinstance(one, str)]


def _parsed(found: re.Match[bytes], claims: tuple[dict[str, Any], dict[str, Any]], start: int) -> Parsed:
    algorithm, issuer, audience, expiry = claims[0].get("alg"), claims[1].get("iss"), claims[1].get("aud"), claims[1].get("exp")
    parts: list[tuple[str, bytes | str | int | None]] = [
        ("alg", algorithm if isinstance(algorithm, str) and len(algorithm) <= 32 else None),
        ("iss", issuer.encode("utf-8", "replace") if isinstance(issuer, str) else None),
        ("aud", ", ".join(_texts(audience)).encode("utf-8", "replace")),
        ("exp", int(expiry) if isinstance(expiry, int | float) and not isinstance(expiry, bool) and 0 <= expiry < 1 << 53 else None),
    ]
    span = Span(start, start + len(found[0]))
    return Parsed(span, found[0], public_parts(parts, found[0]), span)
