"""A registry's login as it was read, and what may be said of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from scanner import examples
from scanner.detect.password import is_secret_password, public_parts
from scanner.detect.spoken import spoken
from scanner.detect.structure.scalar import Scalar
from scanner.detect.words import strength
from scanner.model.content import Span
from scanner.model.evidence import Parsed

Public = bytes | str | int | None

_RESERVED = re.compile(rb"(?:\A|[./])example(?:\.(?:com|org|net))?(?:[:/]|\Z)|\.(?:example|invalid)(?:[:/]|\Z)")  # RFC 2606
_WEAK, _UNSURE = 25.0, 0.7
_UNUSED = b"optional; leave empty if not used."  # so says the settings.xml that Maven brings along


def told(secret: bytes, span: Span, construct: Span, registry: Public = None, user: Public = None) -> Parsed | None:
    """What was read: a weak password is less sure, one for a reserved domain a small matter, a placeholder surely none (confidence 0)."""
    around = Span(min(construct.start, span.start), max(construct.end, span.end))
    parts = public_parts([("registry", registry), ("user", user)], secret)
    if examples.known(secret):
        return Parsed(span, secret, parts, around)
    if secret == _UNUSED or not is_secret_password(secret) or spoken(secret):
        return Parsed(span, secret, (), around, confidence=0.0) if secret else None
    small = isinstance(registry, bytes) and _RESERVED.search(registry) is not None
    return Parsed(span, secret, parts, around, _UNSURE if strength(secret) < _WEAK else None, "low" if small else None)


def told_of(scalar: Scalar, registry: Public = None, user: Public = None) -> Parsed | None:
    """The same of a value in a structured text; templates and variables are none."""
    return told(scalar.value, scalar.span, Span(min(scalar.at, scalar.span.start), scalar.span.end), registry, user)


def kept(found: Iterable[Parsed | None]) -> tuple[Parsed, ...]:
    """Those that are secrets."""
    return tuple(one for one in found if one is not None)


def without_login(address: bytes) -> bytes:
    """Scheme, host, port and path of an address; what stands before an `@` and behind a `?` is left out."""
    try:
        parts = urlsplit(address.decode("latin-1"))
    except ValueError:
        return b""
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}".encode("latin-1") if parts.scheme and host else address.rpartition(b"@")[2]
