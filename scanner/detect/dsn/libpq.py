"""PostgreSQL's keyword strings, `host=db user=app password='…'`, and lines of its passfile."""

from __future__ import annotations

import re
from typing import NamedTuple

from scanner.detect.candidate import Candidate
from scanner.detect.dsn.parts import Dsn, Place, line_end, line_start, number, told
from scanner.model.content import Span
from scanner.model.evidence import Parsed


class Pair(NamedTuple):
    """A keyword, its decoded value, and where the raw value stands."""

    name: str
    value: bytes
    first: int
    last: int


_PAIR = re.compile(
    rb"([a-z_]{2,32})[ \t]{0,4}=[ \t]{0,4}"
    rb"(?:'((?:[^'\\\r\n]|\\.|''){0,512})'|\\?\"([^\"\\\r\n]{1,512})\\?\"|((?:[^\s'\"`,;()\\]|\\[^nrt\"]){1,512}))"
)
_BESIDE = frozenset({"host", "hostaddr", "dbname", "user", "port", "sslmode", "service", "database"})
_ITS_OWN = _BESIDE - {"host", "user", "port"} | {
    "password", "passfile", "connect_timeout", "application_name", "options", "sslrootcert", "sslcert", "sslkey", "target_session_attrs"
}  # fmt: skip
_OTHERS = frozenset({"name", "state", "priv", "priv_type", "login_host", "domain", "vers", "uid", "gid"})  # Ansible, mount
_EMPTY = re.compile(rb"[a-z_]{2,32}=")  # password= dbname=


def libpq(candidate: Candidate) -> Parsed | None:
    """`host=db user=app password='…'`: pairs on one line with only blanks between, as libpq reads them."""
    data, at = candidate.window, candidate.secret.start
    pairs = _list(data, at)
    named = {pair.name: pair.value for pair in pairs}
    password = next((p for p in pairs if p.name == "password" and p.first <= at <= p.last), None)
    if password is None or not _BESIDE & named.keys() or _is_next(data, password.first):
        return None
    scheme = "postgresql" if _ITS_OWN & (named.keys() - {"password"}) or not _OTHERS & named.keys() else ""
    host, database = named.get("host") or named.get("hostaddr", b""), named.get("dbname") or named.get("database", b"")
    dsn = Dsn(scheme, named.get("user", b""), password.value, host, number(named.get("port")), database)
    span = Span(min(candidate.span.start, password.first), max(candidate.span.end, password.last))
    return told(dsn, Place(Span(password.first, password.last), span), data)


def _is_next(data: bytes, at: int) -> bool:
    """Whether an empty value is followed by the next keyword: `password= dbname=`."""
    return data[at - 1 : at] not in (b"'", b'"') and _EMPTY.match(data, at) is not None


def _list(data: bytes, at: int) -> list[Pair]:
    """The pairs with only blanks between them round `at`."""
    position, end, last = line_start(data, at), line_end(data, at), -1
    pairs: list[Pair] = []
    while found := _PAIR.search(data, position, end):
        group = next(number for number in (2, 3, 4) if found[number] is not None)
        name, position = found[1].decode(), found.end()
        if group != 4 and name != "password" and found.start(group) <= at < found.end(group):
            position, last = found.start(group), -1  # conninfo='host=… password=…'
            continue
        if last < 0 or last == found.start() or data[last : found.start()].strip(b" \t"):
            if any(pair.first <= at <= pair.last for pair in pairs):
                break  # the list that holds the match is over
            pairs = []
        pairs.append(Pair(name, _unquoted(found[group], group == 2), found.start(group), found.end(group)))
        last = found.end()
    return pairs


def _unquoted(raw: bytes, quoted: bool) -> bytes:
    value = raw.replace(b"''", b"'") if quoted else raw
    return re.sub(rb"\\(.)", rb"\1", value, flags=re.DOTALL)


_FIELD = rb"((?:[^:\\\s\"'`=]|\\[:\\]){1,%d})"
_PASSFILE = re.compile(
    rb"(?:^|(?<=[\s\"'=>`]))" + _FIELD % 255 + rb":(\d{1,5}|\*):" + _FIELD % 63 + b":" + _FIELD % 63
    + rb":((?:[^:\\\r\n\"'`\s]|\\[:\\]|[ \t](?![ \t#]|$)){1,256})",
    re.MULTILINE,
)  # fmt: skip


def passfile(candidate: Candidate) -> Parsed | None:
    """`host:port:database:user:password`, where a backslash keeps a colon or a backslash."""
    read = read_passfile(candidate.window, candidate.span.start, candidate.secret.start)
    return told(*read, candidate.window) if read else None


def read_passfile(data: bytes, start: int, at: int) -> tuple[Dsn, Place] | None:
    """The line of a passfile that begins at `start` or soon after, and whose password holds `at`."""
    line = _PASSFILE.search(data, start, line_end(data, at))
    if line is None or not line.start(5) <= at <= line.end(5):
        return None
    if data[line.end() : line.end() + 1] == b":" or (line[3].isdigit() and line[4].isdigit()):
        return None  # a line of /etc/passwd
    host, port, database, user, password = map(_unescaped, line.groups())
    dsn = Dsn("postgresql", _known(user), password, _known(host), number(port), _known(database))
    return dsn, Place(Span(*line.span(5)), Span(*line.span()))


def _unescaped(field: bytes) -> bytes:
    return re.sub(rb"\\([:\\])", rb"\1", field)


def _known(field: bytes) -> bytes:
    return b"" if field == b"*" else field
