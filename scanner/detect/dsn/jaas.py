"""Logins of SASL modules in JAAS: Kafka's and ZooKeeper's clients and brokers."""

from __future__ import annotations

import re

from scanner.detect.candidate import Candidate
from scanner.detect.dsn.parts import Dsn, Place, number, told
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_OPTION = re.compile(
    rb"(?:\\?\s|\\n|\A|\\|\")\s{0,4}(user(?:name)?|password)[ \t]{0,4}=[ \t]{0,4}\\{0,3}[\"']?((?:[^\"'\\\s;]|\\[^\"'nrt\s]){1,256})"
)
_BROKERS = re.compile(
    rb"(?i:bootstrap[._-]?servers?|metadata\.broker\.list)\\{0,3}[\"']?\s{0,4}[=:,]\s{0,4}\\{0,3}[\"']?"
    rb"([A-Za-z0-9_.\-]{1,253}):(\d{1,5})"
)
_JAAS_END = re.compile(rb";|\n[ \t]{0,8}\}")


def jaas(candidate: Candidate) -> Parsed | None:
    """`…LoginModule required username="…" password="…";` of a Kafka or ZooKeeper client or broker."""
    data = candidate.window
    end = _JAAS_END.search(data, candidate.span.end)
    stop = end.start() if end else len(data)
    found = {option[1].decode()[:4]: option for option in _OPTION.finditer(data, candidate.span.end - 1, stop)}
    password = found.get("pass")
    if password is None:
        return None
    near = min(_BROKERS.finditer(data), key=lambda one: abs(one.start() - password.start()), default=None)
    user = found["user"][2] if "user" in found else b""
    dsn = Dsn("kafka", user, password[2], near[1] if near else b"", number(near[2]) if near else None)
    return told(dsn, Place(Span(*password.span(2)), Span(candidate.span.start, password.end(2))), data)
