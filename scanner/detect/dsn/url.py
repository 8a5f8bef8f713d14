"""Connection URLs: scheme://user:password@host:port/database, and those that name user and password in their query."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from scanner.detect.candidate import Candidate
from scanner.detect.dsn.parts import Dsn, Place, told
from scanner.detect.words import entropy
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_SCHEME = re.compile(rb"([A-Za-z][A-Za-z0-9+.\-_]{0,63}):(?://|\\/\\/)")  # PHP's JSON writes \/
RUN = re.compile(rb"[^\s\"'<>`\x00-\x1f\x7f]{1,4096}")  # what may stand in a URL; quotes and angle brackets end it
_HOST = rb"\[[0-9A-Fa-f:.%]{2,64}\]|[A-Za-z0-9_\x80-\xff%][A-Za-z0-9_.\-\x80-\xff%]{0,254}"
_TAIL = re.compile(
    rb"(?P<host>" + _HOST + rb")?(?::(?P<port>\d{1,5})(?!\d))?(?P<more>(?:,(?:" + _HOST + rb")(?::\d{1,5})?){0,16})"
    rb"(?:\\?/(?P<database>[^\s?#&,;|\\\"'(){}\[\]<>@$*]{0,255}))?"
)
_FIELD = re.compile(rb"\{[A-Za-z_]\w{0,64}:[^{}]{0,99}\}")  # {name:40}, whose colon ends no user
_TEMPLATE_HOST = re.compile(rb"[${%(]")
_WEB = frozenset({"http", "https", "ws", "wss", "git", "ftp", "ftps", "sftp", "ssh", "git+https", "git+http"})
_PASSWORD_PARAM = re.compile(rb"[?&;](?:amp;)?(?:password|passwd|pwd)=([^&;#\s\\]*)", re.IGNORECASE)
_USER_PARAM = re.compile(rb"[?&;](?:amp;)?(?:user|username|uid)=([^&;#\s\\]*)", re.IGNORECASE)
_TOKEN_AS_USER = frozenset({b"", b"x-oauth-basic", b"x-oauth-token", b"x"})  # git hosts take the token as the user and no password
_NUMBER = re.compile(rb"\d+/?\Z")  # Sentry's project: the key before it is public
_DRAWN = 3.2  # bits for each character, which words do not reach
_PORT = re.compile(rb"\d{1,5}(?=[/?#;,]|\Z)")


def url(candidate: Candidate) -> Parsed | None:
    """A URL that carries a password, scheme://user:password@host:port/database, or one as `password` in its query."""
    read = read_url(candidate.window, candidate.span.start)
    return told(*read, candidate.window) if read else None


def proxy(candidate: Candidate) -> Parsed | None:
    """`user:password@host:port` without a scheme, as curl takes it from `http_proxy`."""
    start = candidate.secret.start
    run = RUN.match(candidate.window, start)
    read = _read(run, "http", start) if run else None
    return told(*read, candidate.window) if read else None


def token(candidate: Candidate) -> Parsed | None:
    """`https://TOKEN@host/owner/repository.git`: what is drawn by lot stands where a user name should."""
    dsn = Dsn("https", b"", candidate.value, candidate.groups.get("host", b""), None, candidate.groups.get("database", b""))
    if not drawn(candidate.value) or entropy(candidate.value) < _DRAWN or _NUMBER.match(dsn.database):
        return None
    return told(dsn, Place(candidate.secret, candidate.span), candidate.window)


def read_url(data: bytes, start: int = 0) -> tuple[Dsn, Place] | None:
    """Read the URL that begins at `start`; None if it has no password."""
    scheme = _SCHEME.match(data, start)
    run = RUN.match(data, scheme.end()) if scheme else None
    return _read(run, scheme[1].decode().lower(), start) if scheme and run else None


def _read(run: re.Match[bytes], name: str, start: int) -> tuple[Dsn, Place] | None:
    at = _at(run[0], name in _WEB)
    found = _from_userinfo(run[0], at) or _from_query(run[0], at)
    if found is None:
        return None
    user, password, first, last = found
    tail = _TAIL.match(run[0], at + 1)
    if tail is None or (at >= 0 and not tail["host"] and not _may_lack_host(run[0], at + 1)):
        return None
    database = tail["database"] or b""
    if tail.end() == len(run[0]):
        database = database.rstrip(b".:!")  # the end of a sentence
    port = int(tail["port"]) if tail["port"] else None
    dsn = Dsn(name, user, password, unquote_to_bytes(_hosts(tail)), port, unquote_to_bytes(database))
    offset = run.start()
    return dsn, Place(Span(offset + first, offset + last), Span(start, offset + max(tail.end(), last)))


def _hosts(tail: re.Match[bytes]) -> bytes:
    """`h1,h2` of `h1:27017,h2:27018`."""
    more = tail["more"].split(b",")[1:]
    return b",".join([tail["host"] or b"", *(one if one.endswith(b"]") else one.rsplit(b":", 1)[0] for one in more)])


def _at(run: bytes, web: bool) -> int:
    """Where the `@` before the host stands, or -1.

    A raw `/`, `?` or `#` in a password is not legal in a URL, but people write it; so unless the authority as RFC 3986
    sees it has an `@` (for a web URL) or the path has none (for a database), the last `@` wins.
    """
    ends = [i for i in (run.find(b"/"), run.find(b"?"), run.find(b"#")) if i >= 0]
    authority = min(ends, default=len(run))
    legal = run.rfind(b"@", 0, authority)
    if web and legal >= 0:
        return legal
    query = run.find(b"?", max(legal, 0))
    path = query if query >= 0 else len(run)
    last = run.rfind(b"@", max(legal, 0), path)
    if legal >= 0 and b":" in run[:legal]:
        return last if b"://" not in run[legal:last] else legal
    if legal >= 0:  # user@server:pass?word@host
        last = run.rfind(b"@")
        return last if _looks_like_host(run, last + 1) else legal
    head = run[:authority]
    user, colon, password = head.partition(b":")
    if not colon or (password.isdigit() and web) or run.startswith(b"["):
        return -1
    last = last if last >= 0 else run.rfind(b"@")
    port = _PORT.match(run, len(user) + 1)
    return last if (b"://" not in run[:last] and port is None) or _looks_like_host(run, last + 1) else -1


def _looks_like_host(run: bytes, at: int) -> bool:
    """Whether host:port or host/ stands at `at`, for a password that begins like a port."""
    tail = _TAIL.match(run, at)
    return at > 0 and tail is not None and bool(tail["host"]) and bool(tail["port"] or tail["database"]) and b"://" not in run[:at]


def _may_lack_host(run: bytes, at: int) -> bool:
    """`@/database` (a socket), `@` before a closing quote (the host is added by code) and `@${HOST}`."""
    return at >= len(run) or run[at : at + 1] in (b"/", b"?", b":", b"\\") or _TEMPLATE_HOST.match(run, at) is not None


def _from_userinfo(run: bytes, at: int) -> tuple[bytes, bytes, int, int] | None:
    """User, password and where the password stands, from `user:password@`."""
    if at < 0:
        return None
    field = _FIELD.match(run, 0, at)
    colon = run.find(b":", field.end() if field else 0, at)
    if colon < 0:
        return None
    user, password = run[:colon], run[colon + 1 : at]
    if password.lower() in _TOKEN_AS_USER:
        return (b"", unquote_to_bytes(user), 0, colon) if drawn(user) else None
    return unquote_to_bytes(user), unquote_to_bytes(password), colon + 1, at


def drawn(user: bytes) -> bool:
    """Long, and of letters and digits: a token where a user name should be."""
    return len(user) >= 20 and any(48 <= c <= 57 for c in user) and any(c >= 65 for c in user) and b"$" not in user


def _from_query(run: bytes, at: int) -> tuple[bytes, bytes, int, int] | None:
    """The same from `?user=…&password=…`."""
    password = _PASSWORD_PARAM.search(run, max(at, 0))
    if password is None or not password[1]:
        return None
    user = _USER_PARAM.search(run, max(at, 0))
    name = user[1] if user else run[: max(at, 0)]
    return unquote_to_bytes(name), unquote_to_bytes(password[1]), password.start(1), password.end(1)
