"""Data source names as keyword lists: libpq, ODBC and ADO.NET, JDBC."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from scanner.detect.candidate import Candidate
from scanner.detect.dsn import RUN, read_url, shown
from scanner.detect.password import is_secret_password, public_parts
from scanner.model.content import Span
from scanner.model.evidence import Parsed

Pair = tuple[str, bytes, int, int]  # keyword, decoded value, where the raw value stands

_LIBPQ_PAIR = re.compile(
    rb"([a-z_]{2,32})[ \t]{0,4}=[ \t]{0,4}"
    rb"(?:'((?:[^'\\\r\n]|\\.|''){0,512})'|((?:[^\s'\"`,;()\\]|\\[^nrt\"]){1,512}))"
)
_LIBPQ_BESIDE = frozenset({"host", "hostaddr", "dbname", "user", "port", "sslmode", "service"})
_ODBC_PAIR = re.compile(
    rb"[ \t]{0,8}([A-Za-z][A-Za-z0-9_ \-]{0,40}?)[ \t]{0,4}=[ \t]{0,4}"
    rb"(?:\{((?:[^}\r\n]|\}\}){0,512})\}|([^;\"'`<>\r\n]{0,512}))[ \t]{0,4}(;|(?=[\"'`<>\r\n])|\Z)"
)
_ODBC_QUOTED = re.compile(
    rb"[ \t]{0,8}([A-Za-z][A-Za-z0-9_ \-]{0,40}?)[ \t]{0,4}=[ \t]{0,4}"
    rb"(['\"])([^'\"\r\n]{0,512})\2[ \t]{0,4}(;|\Z|(?=[\"'`<\r\n]))"
)
_SERVER = ("server", "data source", "datasource", "address", "addr", "host", "hostname", "network address", "endpoint", "dsn")
_OTHER = ("driver", "provider", "initial catalog", "database")
_USER = ("uid", "user id", "user", "username", "user name", "userid", "account")
_PASSWORD = ("pwd", "password")
_JDBC = re.compile(rb"jdbc:((?:[a-z0-9\-]{1,24}:){1,4})(?=//|[^\s/])", re.IGNORECASE)
_JDBC_PARAM = rb"[?&;:,(](?:amp;)?(?:%b)=(?:\{([^}\s]{0,256})\}|([^&;,)\s\\]{0,256}))"
_JDBC_PASSWORD = re.compile(_JDBC_PARAM % rb"password|pwd", re.IGNORECASE)
_JDBC_USER = re.compile(_JDBC_PARAM % rb"user|username|uid", re.IGNORECASE)
_JDBC_HOST = re.compile(rb"//([A-Za-z0-9_.\-]{1,255}|\[[0-9a-f:]{2,64}\])(?:\\{1,2}[\w$]+)?(?::(\d{1,5}))?(?:/([\w.\-$]{1,128}))?")
_JDBC_DATABASE = re.compile(rb";database(?:name)?=([^;\s]{1,128})", re.IGNORECASE)
_ORACLE_HOST = re.compile(rb"(?://)?([A-Za-z0-9_.\-]{1,255})(?::(\d{1,5}))?(?:[:/]([\w.\-$]{1,128}))?")


def libpq(candidate: Candidate) -> Parsed | None:
    """`host=db user=app password='…'`: pairs on one line with only blanks between, as libpq reads them."""
    data, at = candidate.window, candidate.secret.start
    pairs = _libpq_list(data, at)
    named = {name: value for name, value, _, _ in pairs}
    password = next((p for p in pairs if p[0] == "password" and p[2] <= at <= p[3]), None)
    if password is None or not _LIBPQ_BESIDE & named.keys() or not is_secret_password(password[1]):
        return None
    port = named.get("port", b"")
    parts = [
        ("scheme", "postgresql"),
        ("user", named.get("user")),
        ("host", named.get("host") or named.get("hostaddr")),
        ("port", _port(port)),
        ("database", named.get("dbname")),
    ]
    return Parsed(Span(password[2], password[3]), password[1], public_parts(parts, password[1]), _around(candidate, password))


def _libpq_list(data: bytes, at: int) -> list[Pair]:
    """The pairs with only blanks between them round `at`."""
    position, end, last = _line_start(data, at), _line_end(data, at), -1
    pairs: list[Pair] = []
    while found := _LIBPQ_PAIR.search(data, position, end):
        group = 2 if found[2] is not None else 3
        name, position = found[1].decode(), found.end()
        if group == 2 and name != "password" and found.start(2) <= at < found.end(2):
            position, last = found.start(2), -1  # conninfo='host=… password=…'
            continue
        if last < 0 or last == found.start() or data[last : found.start()].strip(b" \t"):
            if any(first <= at <= stop for _, _, first, stop in pairs):
                break  # the list that holds the match is over
            pairs = []
        pairs.append((name, _unquoted(found[group], group == 2), found.start(group), found.end(group)))
        last = found.end()
    return pairs


def odbc(candidate: Candidate) -> Parsed | None:
    """`Server=db;Uid=app;Pwd={…};`: ODBC and ADO.NET, keywords in any case, braces or quotes round a value."""
    pairs = _odbc_pairs(candidate.window, candidate.secret.start)
    named = {name: value for name, value, _, _ in pairs}
    password = next((p for p in pairs if p[0] in _PASSWORD and p[2] <= candidate.secret.start <= p[3]), None)
    server = next((named[k] for k in _SERVER if named.get(k)), None)
    if password is None or (server is None and not any(k in named for k in _OTHER)) or not is_secret_password(password[1]):
        return None
    host, _, port = (server or b"").removeprefix(b"tcp:").partition(b",")
    parts: list[tuple[str, bytes | str | int | None]] = [
        ("scheme", "odbc" if "driver" in named or "dsn" in named else "ado.net"),
        ("user", next((named[k] for k in _USER if named.get(k)), None)),
        ("host", host),
        ("port", _port(port or named.get("port", b""))),
        ("database", named.get("database") or named.get("initial catalog")),
    ]
    return Parsed(Span(password[2], password[3]), password[1], public_parts(parts, password[1]), _around(candidate, password))


def _odbc_pairs(data: bytes, at: int) -> list[Pair]:
    """The keyword list on the line of `at`, begun at its start or after a quote or bracket."""
    line, end = _line_start(data, at), _line_end(data, at)
    quotes = [i + 1 for i in range(line, at) if data[i] in b"\"'`<>"]
    starts = [line, *quotes[-7:]]
    for start in starts:
        pairs = _odbc_list(data, start, end)
        if any(name in _PASSWORD and first <= at <= last for name, _, first, last in pairs):
            return pairs
    return []


def _odbc_list(data: bytes, start: int, end: int) -> list[Pair]:
    pairs: list[Pair] = []
    assigned = re.compile(rb"[ \t]{0,8}[A-Za-z_][\w.]{0,40}[ \t]{0,4}=[ \t]{0,4}(?=[A-Za-z][A-Za-z ]{0,20}=)").match(data, start, end)
    position = assigned.end() if assigned else start  # CONNECTION=Server=db;…
    while found := _ODBC_QUOTED.match(data, position, end) or _ODBC_PAIR.match(data, position, end):
        group = 3 if found.re is _ODBC_QUOTED or found[2] is None else 2
        raw = found[group].rstrip(b" \t\\") if found.re is _ODBC_PAIR and group == 3 else found[group]
        raw = raw.removesuffix(b"&quot")  # an attribute in XML
        value = raw.replace(b"}}", b"}") if found.re is _ODBC_PAIR and group == 2 else raw
        pairs.append((found[1].decode().lower(), value, found.start(group), found.start(group) + len(raw)))
        if found.end() == position:
            break
        position = found.end()
    return pairs


def jdbc(candidate: Candidate) -> Parsed | None:
    """`jdbc:…`: properties after `?` or `;`, user:password@ before the host, Oracle's user/password@."""
    data = candidate.window
    head = _JDBC.match(data, candidate.span.start)
    run = RUN.match(data, head.end()) if head else None
    if head is None or run is None:
        return None
    scheme = head[1].decode().lower().strip(":")
    if scheme.startswith("oracle"):
        found = _oracle(run)
        if found:
            return found
    password = _JDBC_PASSWORD.search(run[0])
    if password is None:
        return _jdbc_userinfo(candidate, head, scheme)
    raw = password[1] if password[1] is not None else password[2]
    group = 1 if password[1] is not None else 2
    value = unquote_to_bytes(raw) if run[0][password.start() : password.start() + 1] in b"?&" else raw
    if not is_secret_password(raw) or not is_secret_password(value):
        return None
    user, host, database = _JDBC_USER.search(run[0]), _JDBC_HOST.search(run[0]), _JDBC_DATABASE.search(run[0])
    parts: list[tuple[str, bytes | str | int | None]] = [
        ("scheme", f"jdbc:{scheme}"),
        ("user", (user[1] or user[2]) if user else None),
        ("host", host[1] if host else None),
        ("port", _port(host[2] or b"") if host else None),
        ("database", (host[3] if host and host[3] else None) or (database[1] if database else None)),
    ]
    secret = Span(run.start() + password.start(group), run.start() + password.end(group))
    return Parsed(secret, value, public_parts(parts, value), Span(candidate.span.start, max(secret.end, candidate.span.start)))


def _jdbc_userinfo(candidate: Candidate, head: re.Match[bytes], scheme: str) -> Parsed | None:
    last = scheme.rsplit(":", 1)[-1].encode()
    read = read_url(candidate.window, head.end() - len(last) - 1)
    if read is None:
        return None
    dsn, place = read
    if not is_secret_password(candidate.window[place.secret.start : place.secret.end]) or not is_secret_password(dsn.password):
        return None
    parts = [("scheme", f"jdbc:{scheme}"), *shown(dsn)[1:]]
    return Parsed(place.secret, dsn.password, public_parts(parts, dsn.password), Span(candidate.span.start, place.span.end))


def _oracle(run: re.Match[bytes]) -> Parsed | None:
    """`user/password@host:1521:sid`; the last `@` wins."""
    at = run[0].rfind(b"@")
    user, slash, raw = run[0][: max(at, 0)].partition(b"/")
    if not user or not slash or not raw or b"//" in run[0][:at] or not is_secret_password(raw):
        return None
    host = _ORACLE_HOST.match(run[0], at + 1)
    parts: list[tuple[str, bytes | str | int | None]] = [
        ("scheme", "jdbc:oracle"),
        ("user", user),
        ("host", host[1] if host else None),
        ("port", _port(host[2] or b"") if host else None),
        ("database", host[3] if host else None),
    ]
    end = run.start() + (host.end() if host else at)
    start = run.start() + len(user) + 1
    return Parsed(Span(start, run.start() + at), raw, public_parts(parts, raw), Span(run.start(), end))


def _unquoted(raw: bytes, quoted: bool) -> bytes:
    value = raw.replace(b"''", b"'") if quoted else raw
    return re.sub(rb"\\(.)", rb"\1", value, flags=re.DOTALL)


def _port(text: bytes) -> int | None:
    text = text.strip()
    return int(text) if text.isdigit() and len(text) <= 5 else None


def _around(candidate: Candidate, password: Pair) -> Span:
    """The pattern's match, widened to the password."""
    return Span(min(candidate.span.start, password[2]), max(candidate.span.end, password[3]))


def _line_start(data: bytes, at: int) -> int:
    return max(data.rfind(b"\n", 0, at), data.rfind(b"\r", 0, at)) + 1


def _line_end(data: bytes, at: int) -> int:
    ends = [i for i in (data.find(b"\n", at), data.find(b"\r", at)) if i >= 0]
    return min(ends, default=len(data))
