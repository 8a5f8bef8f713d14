"""What a data source name says, where its password stands, and whether that is worth telling."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from scanner.detect.dsn.rating import rated
from scanner.detect.password import fallback, is_secret_password, public_parts
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_BRACKETS = (b"[", b"]")


@dataclass(frozen=True, slots=True)
class Dsn:
    """What a data source name says, with quotes and percent-encoding undone."""

    scheme: str
    user: bytes
    password: bytes = field(repr=False)
    host: bytes = b""
    port: int | None = None
    database: bytes = b""

    def parts(self) -> list[tuple[str, bytes | str | int | None]]:
        """What may be shown, by name."""
        return [("scheme", self.scheme), ("user", self.user), ("host", self.host), ("port", self.port), ("database", self.database)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a Dsn was read: the password's raw bytes and the whole construct."""

    secret: Span
    span: Span


def told(dsn: Dsn, place: Place, data: bytes) -> Parsed | None:
    """The Dsn as a finding, if its password, as written and as meant, could open something."""
    raw = data[place.secret.start : place.secret.end]
    default = fallback(raw)
    if default is not None:  # ${PASSWORD:-what is used without one}
        start = place.secret.start + default.start
        place = Place(Span(start, start + default.end - default.start), place.span)
        raw = raw[default.start : default.end]
        dsn = replace(dsn, password=raw)
    if not is_secret_password(raw) or not is_secret_password(dsn.password):
        return None
    confidence, severity = rated(dsn.password, dsn.host, dsn.user, dsn.database)
    return Parsed(place.secret, dsn.password, public_parts(literal(dsn.parts()), dsn.password), place.span, confidence, severity)


def literal(parts: Iterable[tuple[str, bytes | str | int | None]]) -> list[tuple[str, bytes | str | int | None]]:
    """The parts that are written out: `${DB_HOST}` names nobody's host."""
    return [(name, part) for name, part in parts if not (isinstance(part, bytes) and _filled_in(part))]


def _filled_in(part: bytes) -> bool:
    return any(sign in part for sign in (b"${", b"{{", b"$(", b"#{", b"<%")) or part.startswith((b"$", b"%", b"<", b"{"))


def number(text: bytes | None) -> int | None:
    """A port."""
    text = (text or b"").strip()
    return int(text) if text.isdigit() and len(text) <= 5 else None


def host_and_port(text: bytes) -> tuple[bytes, int | None]:
    """`host`, `host:port`, `[::1]:port`; ADO.NET's `host,port`."""
    head, colon, tail = text.rpartition(b":") if b":" in text else text.rpartition(b",")
    if not colon or not tail.strip().isdigit() or (b":" in head and not head.startswith(_BRACKETS[0])):
        return text, None
    return head, number(tail)


def line_start(data: bytes, at: int) -> int:
    """Where the line of `at` begins."""
    return max(data.rfind(b"\n", 0, at), data.rfind(b"\r", 0, at)) + 1


def line_end(data: bytes, at: int) -> int:
    """Where the line of `at` ends."""
    ends = [i for i in (data.find(b"\n", at), data.find(b"\r", at)) if i >= 0]
    return min(ends, default=len(data))
