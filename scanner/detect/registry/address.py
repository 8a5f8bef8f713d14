"""Addresses of package indexes with a login in them."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from scanner.detect.candidate import Candidate
from scanner.detect.parsers import PARSERS
from scanner.detect.registry.told import told, without_login
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_TOKEN = re.compile(rb"https?://([A-Za-z0-9_\-.~%+=]{16,512})@(?=[A-Za-z0-9])")
_RUN = re.compile(rb"[^\s\"'<>`,|;\\]{1,2048}")
_DIGIT = re.compile(rb"[0-9]")


def index(candidate: Candidate) -> Parsed | None:
    """`https://user:password@host/simple`, or a token alone before the `@`."""
    data, start = candidate.window, candidate.secret.start
    run = _RUN.match(data, start)
    if run is None:
        return None
    place = without_login(run[0])
    token = _TOKEN.match(data, start)
    if token:
        value = unquote_to_bytes(token[1])
        return told(value, Span(*token.span(1)), candidate.span, place) if _DIGIT.search(value) else None
    whole = Span(start, candidate.secret.end)
    read = PARSERS["url"](Candidate(data, whole, whole, candidate.groups))
    if read is None or isinstance(read, tuple):
        return None
    return told(read.value, read.secret, candidate.span, place, dict(read.parts).get("user"))
