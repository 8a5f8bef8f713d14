"""Settings whose parts stand on separate lines: DB_HOST, DB_USER, DB_PASSWORD; Django, Rails, Spring, Laravel, Helm, Terraform, …"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from scanner.detect.candidate import Candidate
from scanner.detect.checksums import unbase64
from scanner.detect.dsn.command import client_at
from scanner.detect.dsn.entries import Entry, entries, entry_at
from scanner.detect.dsn.literal import whole, written_out
from scanner.detect.dsn.location import locate
from scanner.detect.dsn.parts import Dsn, Place, host_and_port, line_end, line_start, literal, number, told
from scanner.detect.dsn.scope import REACH, Scope, scope
from scanner.detect.dsn.secretname import SecretName, beside, secret_name, stems
from scanner.detect.dsn.services import PORTS, part_of, scheme_of, service
from scanner.detect.password import fallback, is_secret_password
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_SECRET = re.compile(rb"[\"']?kind[\"']?[ \t]{0,4}:[ \t]{0,4}[\"']?Secret\b")
_OF_NAMES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"
_LONGEST_NAME, _BEFORE_NAME, _LONGEST = 80, 60, 520  # `<property name="` and the like stand before a name
_FITS = {
    "host": re.compile(
        rb"(?!\d+\Z|nil\Z|null\Z|none\Z)(?:[A-Za-z][\w+.:\-]{1,40}//|tcp:|\[|\$\{|\{\{|<)?[\w.\-]{1,253}[^\s(){};]{0,512}\Z"
    ),
    "url": re.compile(rb"[A-Za-z/][\w+.\-]{2,40}[^\s(){}]{0,1024}\Z"),
    "user": re.compile(rb"[^\s(){}\[\]<>;]{1,128}\Z"),
    "port": re.compile(rb"\d{1,5}\Z"),
    "database": re.compile(rb"/?[\w.\-$]{1,128}\Z"),
    "scheme": re.compile(rb"[\w.\\:\-]{2,128}\Z"),
}
_KEYED = {"s3", "minio"}
_BROKERS = frozenset({"bootstrapservers", "metadatabrokerlist"})
_SIGNS = re.compile(r"[^a-z0-9]+")
_NAME_OF_ONE = re.compile(rb"[a-z][\w\-]*(?:\.[\w\-]+)+\Z|[a-z]+(?:_[a-z]+)+\Z")
_UNSURE, _ALONE = 0.8, 0.7


@dataclass(slots=True)
class Found:
    """The parts of a data source name that stand beside its password."""

    parts: dict[str, bytes] = field(default_factory=dict, repr=False)

    def add(self, part: str | None, value: bytes) -> None:
        """The nearest wins; code and prose name nothing."""
        if part and part not in self.parts and _FITS[part].match(value):
            self.parts[part] = value


def settings(candidate: Candidate) -> Parsed | None:
    """A password whose name, neighbours or surroundings say what it opens."""
    data, at = candidate.window, candidate.secret.start
    own = _own(data, candidate.span.start, at)
    if own is None:
        return None
    own = whole(data, own)
    if not (is_secret_password(own.value) or fallback(own.value)):  # most are none, and that is told soonest
        return None
    secret = secret_name(own.name)
    if secret is None or not written_out(data, own) or _names_itself(own):
        return None
    inner, outer = scope(data, own.start, indented=own.sign == ":")
    encoded = inner.parents[:1] == ("data",) and _SECRET.search(data, max(0, at - REACH), at + REACH) is not None
    if encoded:
        own = replace(own, value=_decoded(own.value))
    found = _found(data, own, secret, inner, outer)
    if own.sign == "=" and not encoded:
        _from_client(found, client_at(data, own.last, line_end(data, own.last)))
    if encoded:
        found.parts = {part: _decoded(value) for part, value in found.parts.items()}
    dsn, confidence = _dsn(own, secret, inner, found)
    if dsn is None or not own.value:
        return None
    place = Place(Span(own.first, own.last), Span(min(own.start, candidate.span.start), max(own.last + len(own.quote), candidate.span.end)))
    parsed = told(dsn, place, data)
    if parsed is None or confidence is None:
        return parsed
    return replace(parsed, confidence=min(confidence, parsed.confidence or 1.0))


def _names_itself(own: Entry) -> bool:
    """DB_PASSWORD = "db.password": the name of a property or a variable."""
    if _NAME_OF_ONE.match(own.value) and secret_name(own.value.decode("latin-1")):
        return True
    value, name = (_SIGNS.sub("", text.lower()) for text in (own.value.decode("latin-1"), own.name))
    return value == name


def _own(data: bytes, start: int, at: int) -> Entry | None:
    """The setting whose value begins at `at`, and whose name has the word for a password at `start`."""
    before = data[max(0, start - _LONGEST_NAME) : start]
    begin = start - len(before) + len(before.rstrip(_OF_NAMES))
    high = min(line_end(data, at), at + _LONGEST)
    own = entry_at(data, begin, high)
    if own and own.first <= at <= own.last and own.value:
        return own
    near = entries(data, max(line_start(data, start), begin - _BEFORE_NAME), high, at)
    return next((one for one in near if one.first <= at <= one.last and one.value), None)


def _found(data: bytes, own: Entry, secret: SecretName, inner: Scope, outer: Scope | None) -> Found:
    """Parts by what is called alike, then by what stands in the same block, then by what stands round that block."""
    found = Found()
    near = _nearest(_all(data, inner.stretches), own)
    if secret.stem:
        _alike(found, near + _nearest(entries(data, max(0, own.start - REACH), own.start + REACH), own), secret)
    for entry in near:
        if _SIGNS.sub("", entry.name.lower()) in _BROKERS:
            found.add("host", entry.value)
    if not secret.stem or len(inner.stretches) > 1 or inner.parents:
        _plain(found, near)
    if outer and not ("host" in found.parts or "url" in found.parts):
        _plain(found, _nearest(_all(data, outer.stretches), own))
    return found


def _all(data: bytes, stretches: Iterable[tuple[int, int]]) -> list[Entry]:
    return [entry for low, high in stretches for entry in entries(data, low, high)]


def _nearest(found: Iterable[Entry], own: Entry) -> list[Entry]:
    others = (entry for entry in found if entry.value and entry.first != own.first and entry.value != own.name.encode())
    return sorted(others, key=lambda entry: (abs(entry.start - own.start), entry.start))


def _alike(found: Found, near: Iterable[Entry], secret: SecretName) -> None:
    tail = secret.tail.lower()
    named = [(entry.name.lower(), entry.value) for entry in near]
    for stem in stems(secret):
        for name, value in named:
            rest = beside(name, stem, tail)
            part = part_of(rest) if rest else None
            found.add("database" if part == "name" else part, value)
        found.add("user", _user_in(stem))


def _plain(found: Found, near: Iterable[Entry]) -> None:
    later: list[Entry] = []
    for entry in near:
        part = part_of(entry.name.rpartition(".")[2] if "." in entry.name else entry.name) or part_of(entry.name)
        if part == "name":
            later.append(entry)
        else:
            found.add(part, entry.value)
    if "scheme" in found.parts:
        for entry in later:
            found.add("database", entry.value)


def _from_client(found: Found, dsn: Dsn | None) -> None:
    """PGPASSWORD=… psql -h db -U app: the program that gets the variable names the rest."""
    for part, value in dsn.parts()[1:] if dsn else ():
        found.add(part, str(value).encode() if isinstance(value, int) else value if isinstance(value, bytes) else b"")


def _dsn(own: Entry, secret: SecretName, inner: Scope, found: Found) -> tuple[Dsn | None, float | None]:
    """What the parts come to, and how sure that is; None where nothing says that this is the password of a service."""
    parts = {name: value for name, value in literal(found.parts.items()) if isinstance(value, bytes)}
    somewhere = "host" in found.parts or "url" in found.parts
    named, around = service([secret.stem, secret.tail]), service(inner.parents, own=somewhere)
    if around is None and inner.parents[:1] == ("client",):
        around = "mysql"  # an option file's section
    address = locate(found.parts.get("url", b"")) or locate(found.parts.get("host", b""))
    host, port = (address.host, address.port) if address else host_and_port(parts.get("host", b""))
    port = number(parts.get("port")) or port
    user = parts.get("user", b"")
    database = parts.get("database", b"") or (address.database if address else b"")
    engine = scheme_of(parts["scheme"].decode("latin-1")) if "scheme" in parts else ""
    scheme = (address.scheme if address else "") or engine or named or around or PORTS.get(port or 0, "")
    dsn = Dsn(scheme, user, own.value, host, port, database)
    beside = found.parts
    if secret.key and not {named, around, engine} & _KEYED and not (somewhere and "user" in beside):
        return None, None
    if named is not None:
        return dsn, None if somewhere or "user" in beside else _ALONE
    if around is not None and (somewhere or len(beside) > 1 or "user" in beside):
        return dsn, None if somewhere else _UNSURE
    if (somewhere and len(beside) > 1 and ("user" in beside or "database" in beside or engine)) or (engine and len(beside) > 1):
        return dsn, _UNSURE
    return None, None


def _user_in(stem: str) -> bytes:
    """MYSQL_ROOT_PASSWORD is root's."""
    last = re.split(r"[^a-z]+", stem.rstrip("_.-"))[-1]
    return last.encode() if last in {"root", "admin", "sa"} else b""


def _decoded(value: bytes) -> bytes:
    """Base64 of text; nothing if it is not that."""
    plain = (unbase64(value) or b"").rstrip(b"\r\n")
    try:
        return plain if plain.decode().isprintable() else b""
    except UnicodeDecodeError:
        return b""
