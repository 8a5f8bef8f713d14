"""Data source names in base64: `uri`, `jdbc-uri` and `pgpass` of a Kubernetes Secret, and what variables of CI systems hold."""

from __future__ import annotations

import re
from dataclasses import replace

from scanner.detect.candidate import Candidate
from scanner.detect.checksums import unbase64
from scanner.detect.dsn.jdbc import jdbc
from scanner.detect.dsn.libpq import read_passfile
from scanner.detect.dsn.parts import told
from scanner.detect.dsn.url import url
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_TEXT = re.compile(rb"[A-Za-z0-9+/]{16,2048}={0,2}")


def encoded(candidate: Candidate) -> Parsed | None:
    """A URL, a JDBC URL or a line of a passfile in base64; all of it is the secret, and its password is what counts."""
    text = _TEXT.match(candidate.window, candidate.secret.start)
    plain = unbase64(text[0]) if text else None
    if text is None or plain is None:
        return None
    inside = Candidate(plain, Span(0, len(plain)), Span(0, len(plain)), {"secret": plain})
    read = jdbc(inside) if plain.startswith(b"jdbc:") else url(inside) or _passfile(plain)
    if read is None:
        return None
    return replace(read, secret=Span(*text.span()), span=Span(min(candidate.span.start, text.start()), text.end()))


def _passfile(plain: bytes) -> Parsed | None:
    last = plain.rstrip(b"\r\n").rfind(b":") + 1
    read = read_passfile(plain, 0, last)
    return told(*read, plain) if read else None
