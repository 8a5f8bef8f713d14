"""Where a service is, from an address in any syntax and without a password: a URL, a JDBC URL, PDO's `mysql:host=…`."""

from __future__ import annotations

import re
from typing import NamedTuple

from scanner.detect.dsn.parts import number


class Address(NamedTuple):
    """What an address says."""

    scheme: str
    host: bytes
    port: int | None
    database: bytes


_URL = re.compile(
    rb"((?:jdbc:|r2dbc:)?[A-Za-z][A-Za-z0-9+.\-]{1,40}(?::[a-z0-9]{2,20}){0,3}):(?://|\\/\\/)(?:[^\s/@\"'<>]{1,200}@)?"
    rb"(\[[0-9A-Fa-f:]{2,64}\]|[A-Za-z0-9_.\-]{1,255}(?:,[A-Za-z0-9_.\-:]{1,200})?)?(?:\\{1,2}\w+)?(?::(\d{1,5}))?(?:\\?/([\w.\-$]{1,128}))?"
)
_PROPERTY = re.compile(rb";(?:database(?:name)?)=([\w.\-$]{1,128})", re.IGNORECASE)
_ORACLE = re.compile(rb"jdbc:oracle:\w{2,5}:@(?://)?([A-Za-z0-9_.\-]{1,255})(?::(\d{1,5}))?(?:[:/]([\w.\-$]{1,128}))?", re.IGNORECASE)
_PDO = re.compile(rb"(?:dbi:)?([A-Za-z]{2,12}):(?=\w{1,40}[=;])", re.IGNORECASE)
_DRIVERS = {"pg": "postgresql", "pgsql": "postgresql", "sqlsrv": "sqlserver", "oci": "oracle"}
_PDO_PART = re.compile(rb"(host|port|dbname|database|server)=([\w.\-]{1,255})", re.IGNORECASE)
_LONGEST = 1024


def locate(text: bytes) -> Address | None:
    """Scheme, host, port and database of an address; None if it is only a host, or none."""
    text = text[:_LONGEST].strip()
    oracle = _ORACLE.match(text)
    if oracle:
        return Address("jdbc:oracle:thin", oracle[1], number(oracle[2]), oracle[3] or b"")
    url = _URL.match(text)
    if url:
        named = _PROPERTY.search(text)
        return Address(url[1].decode().lower(), url[2] or b"", number(url[3]), (named[1] if named else url[4]) or b"")
    pdo = _PDO.match(text)
    if pdo:
        said = {part[1].lower(): part[2] for part in _PDO_PART.finditer(text, pdo.end())}
        host = said.get(b"host") or said.get(b"server", b"")
        driver = pdo[1].decode().lower()
        return Address(_DRIVERS.get(driver, driver), host, number(said.get(b"port")), said.get(b"dbname") or said.get(b"database", b""))
    return None
