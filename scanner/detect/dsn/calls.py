"""Logins as the arguments of a call: DriverManager.getConnection(url, "user", "password"), new PDO(…), mysqli_connect(…)."""

from __future__ import annotations

import re

from scanner.detect.candidate import Candidate
from scanner.detect.dsn.entries import entries
from scanner.detect.dsn.location import locate
from scanner.detect.dsn.parts import Dsn, Place, host_and_port, told
from scanner.detect.dsn.services import part_of, scheme_of
from scanner.model.content import Span
from scanner.model.evidence import Parsed

# Where the call takes what; a scheme before the colon.
_BY_URL = ":url user password"
_BY_HOST = "mysql:host user password database"
CALLS = {
    **dict.fromkeys((b"getconnection", b"pdo", b"dbi->connect", b"dbi.connect", b"drivermanagerdatasource", b"odbc_connect",
                     b"odbc_pconnect", b"connectionfactory.getconnection"), _BY_URL),
    **dict.fromkeys((b"mysqli", b"mysqli_connect", b"mysql_connect", b"mysql_pconnect", b"mysqldb.connect", b"pymysql.connect",
                     b"mysql.createconnection"), _BY_HOST),
    b"mysqli_real_connect": "mysql:- host user password database",
    **dict.fromkeys((b"oci_connect", b"oci_pconnect", b"oci_new_connect", b"ocilogon"), "oracle:user password database"),
    b"ftp_login": "ftp:- user password", b"ssh2_auth_password": "ssh:- user password", b"ldap_bind": "ldap:- user password",
    b"imap_open": "imap:url user password", b"sequelize": ":database user password",
    **dict.fromkeys((b"networkcredential", b"passwordauthentication", b"usernamepasswordcredentials", b"httpbasicauth"), ":user password"),
    b"login": ":user password",
}  # fmt: skip
_NAME = re.compile(rb"(?<!\w)([A-Za-z_]\w{0,40}(?:(?:->|\.)[A-Za-z_]\w{0,40})?)[ \t]{0,2}\(")
_ARGUMENT = re.compile(
    rb"\s{0,80}(?:\w{1,24}[ \t]{0,2}[=:][ \t]{0,2})?[bBrRuU@]?"
    rb"(?:\"((?:[^\"\\\r\n]|\\.){0,256})\"|'((?:[^'\\\r\n]|\\.){0,256})')\s{0,80}(?=[,)])"
)
_EXPRESSION = re.compile(rb"[^,()\"']{0,160}(?:\([^()]{0,120}\)[^,()\"']{0,40})?(?=[,)])")
_ESCAPED = re.compile(rb"\\(.)")
_NEAR = 400
_LONGEST = 6
_MAIL = ((b"imap", "imap"), (b"ftp", "ftp"), (b"smtp", "smtp"), (b"mail", "smtp"))


def call(candidate: Candidate) -> Parsed | None:
    """A call that takes a login as plain strings."""
    data = candidate.window
    name = _NAME.search(data, candidate.span.start, candidate.span.end + 1)
    known = CALLS.get(name[1].lower()) or CALLS.get(re.split(rb"->|\.", name[1].lower())[-1]) if name else None
    if name is None or known is None:
        return None
    scheme, _, order = known.partition(":")
    found = _arguments(data, name.end(), order.split())
    if "password" not in found:
        return None
    text = {part: _ESCAPED.sub(rb"\1", data[first:last]) for part, (first, last) in found.items()}
    first, last = found["password"]
    dsn = _dsn(data, name, scheme, text)
    return told(dsn, Place(Span(first, last), Span(name.start(), last + 1)), data)


def _arguments(data: bytes, at: int, order: list[str]) -> dict[str, tuple[int, int]]:
    """Where the strings stand that are written out; arguments that are expressions are passed over."""
    found: dict[str, tuple[int, int]] = {}
    for part in order[:_LONGEST]:
        argument = _ARGUMENT.match(data, at)
        if argument:
            found[part] = argument.span(1 if argument[1] is not None else 2)
        else:
            argument = _EXPRESSION.match(data, at)
        if argument is None or data[argument.end() : argument.end() + 1] != b",":
            break
        at = argument.end() + 1
    return found


def _dsn(data: bytes, name: re.Match[bytes], scheme: str, text: dict[str, bytes]) -> Dsn:
    address = locate(text.get("url", b""))
    host, port = (address.host, address.port) if address else host_and_port(text.get("host", b""))
    database = text.get("database", b"") or (address.database if address else b"")
    if not host:
        around = entries(data, max(0, name.start() - _NEAR), name.end() + _NEAR)
        host, port = next((host_and_port(one.value) for one in around if part_of(one.name) == "host" and one.value), (b"", None))
        engine = next((one.value for one in around if part_of(one.name) == "scheme" and one.quote), b"")
        scheme = scheme or scheme_of(engine.decode("latin-1"))
    if not scheme and address is None:
        near = data[max(0, name.start() - _NEAR) : name.end() + _NEAR].lower()
        scheme = next((said for word, said in _MAIL if word in near), "")
    return Dsn(address.scheme if address else scheme, text.get("user", b""), text["password"], host, port, database)
