"""ODBC and ADO.NET connection strings, PDO's, and StackExchange.Redis': keywords in any case, braces or quotes round a value."""

from __future__ import annotations

import re

from scanner.detect.candidate import Candidate
from scanner.detect.dsn.libpq import Pair
from scanner.detect.dsn.parts import Dsn, Place, host_and_port, line_end, line_start, number, told
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_NAME = rb"[ \t]{0,8}([A-Za-z][A-Za-z0-9_ \-]{0,40}?)[ \t]{0,4}=[ \t]{0,4}"
_END = rb"[ \t]{0,4}(;|\Z|(?=[\"'`<>\r\n\\]))"
_BRACED = re.compile(_NAME + rb"\{((?:[^}\r\n]|\}\}){0,512})\}" + _END)
_QUOTED = re.compile(
    _NAME + rb"\\?(?:'((?:[^'\r\n]|''){0,512})'|\"((?:[^\"\r\n\\]|\"\"){0,512})\\?\"|&quot;([^\"&\r\n]{0,512})&quot;)" + _END
)
_BARE = re.compile(_NAME + rb"((?:[^;\"'`<>\r\n\\]|\\(?=[\\\w.])){0,512})[ \t]{0,4}(;|\\?(?=[\"'`<>\r\n\\])|\Z)")
_PDO = re.compile(rb"([a-z]{2,12}):(?=[A-Za-z_]{2,20}=)")  # pgsql:host=db;…
_VARIABLE = re.compile(
    rb"[ \t]{0,8}(?!(?i:pwd|password)\b)[A-Za-z_][\w.]{0,40}[ \t]{0,4}=[ \t]{0,4}(?=[A-Za-z][A-Za-z ]{0,20}=)"
)  # CONNECTION=Server=db;…
_SERVER = ("server", "data source", "datasource", "address", "addr", "host", "hostname", "servername", "network address", "endpoint", "dsn")
_OTHER = ("driver", "provider", "initial catalog", "database", "dbname", "account")
_USER = ("uid", "user id", "user", "username", "user name", "userid", "user_id")
_DATABASE = ("database", "initial catalog", "dbname", "db", "dbq", "servicename", "virtualhost")
_PASSWORD = ("pwd", "password")
_NAMED = re.compile(rb"[:=][ \t]{1,8}(?=[A-Za-z][A-Za-z0-9_ ]{0,20}=)")  # connection: Server=db;…
_MOST = 7


def odbc(candidate: Candidate) -> Parsed | None:
    """`Server=db;Uid=app;Pwd={…};`: ODBC, ADO.NET and PDO."""
    data, at = candidate.window, candidate.secret.start
    scheme, pairs = _pairs(data, at)
    named = {pair.name: pair.value for pair in pairs}
    password = next((p for p in pairs if p.name in _PASSWORD and p.first <= at <= p.last), None)
    server = next((named[k] for k in _SERVER if named.get(k)), b"")
    if password is None or not (server or any(k in named for k in _OTHER)):
        return None
    host, port, database = _server(server or named.get("account", b""))
    database = next((named[k] for k in _DATABASE if named.get(k)), database)
    user = next((named[k] for k in _USER if named.get(k)), b"")
    scheme = scheme or ("odbc" if "driver" in named or "dsn" in named else "ado.net")
    dsn = Dsn(scheme, user, password.value, host, number(named.get("port")) or port, database)
    span = Span(min(candidate.span.start, password.first), max(candidate.span.end, password.last))
    return told(dsn, Place(Span(password.first, password.last), span), data)


def _server(text: bytes) -> tuple[bytes, int | None, bytes]:
    """Host, port and service of `tcp:db,1433`, `db:1521/ERP`, `db\\instance`."""
    for protocol in (b"tcp:", b"np:", b"lpc:"):
        text = text.removeprefix(protocol)
    text, _, service = text.strip().removeprefix(b"//").partition(b"/")
    return *host_and_port(text), service


def _pairs(data: bytes, at: int) -> tuple[str, list[Pair]]:
    """PDO's driver, and the keyword list on the line of `at`, begun at its start or after a quote or bracket."""
    line, end = line_start(data, at), line_end(data, at)
    quotes = [i + 1 for i in range(line, at) if data[i] in b"\"'`<>"]
    named = [one.end() for one in _NAMED.finditer(data, line, at)]
    for start in [line, *quotes[-_MOST:], *named[:_MOST]]:
        pdo = _PDO.match(data, start, end)
        pairs = _list(data, pdo.end() if pdo else start, end)
        if any(pair.name in _PASSWORD and pair.first <= at <= pair.last for pair in pairs):
            return pdo[1].decode() if pdo else "", pairs
    return "", []


def _list(data: bytes, start: int, end: int) -> list[Pair]:
    pairs: list[Pair] = []
    assigned = _VARIABLE.match(data, start, end)
    position = assigned.end() if assigned else start
    while found := _BRACED.match(data, position, end) or _QUOTED.match(data, position, end) or _BARE.match(data, position, end):
        group = next((number for number in range(2, found.re.groups) if found[number] is not None), 2)
        raw = found[group]
        if found.re is _BARE:
            raw = raw.rstrip(b" \t").removesuffix(b"&quot")  # an attribute in XML
        doubled = {_BRACED: (b"}}", b"}"), _QUOTED: (b"''", b"'") if group == 2 else (b'""', b'"')}.get(found.re)
        value = raw.replace(*doubled) if doubled else raw
        pairs.append(Pair(found[1].decode().lower(), value, found.start(group), found.start(group) + len(raw)))
        if found.end() == position:
            break
        position = found.end()
    return pairs


_OPTION = re.compile(rb",[ \t]{0,4}([A-Za-z]{2,24})=([^,\s\"'<>`]{0,256})")
_ENDPOINT = re.compile(rb"(?:(?<=[\"'=\s>])|\A)([A-Za-z0-9_.\-]{1,253}:\d{1,5}|[a-z0-9\-]{1,63}(?:\.[a-z0-9\-]{1,63}){1,6})(?=,[A-Za-z])")


def stack_exchange(candidate: Candidate) -> Parsed | None:
    """`cache:6379,password=…,ssl=True`: StackExchange.Redis."""
    data, at = candidate.window, candidate.secret.start
    start = line_start(data, at)
    endpoints = list(_ENDPOINT.finditer(data, start, at))
    if not endpoints:
        return None
    options = {one[1].lower(): one for one in _OPTION.finditer(data, endpoints[-1].end(), line_end(data, at))}
    password = options.get(b"password")
    if password is None or not password.start(2) <= at <= password.end(2):
        return None
    host, port = host_and_port(endpoints[-1][1])
    user, database = options.get(b"user"), options.get(b"defaultdatabase")
    dsn = Dsn("redis", user[2] if user else b"", password[2], host, port, database[2] if database else b"")
    return told(dsn, Place(Span(*password.span(2)), Span(endpoints[-1].start(1), password.end(2))), data)
