"""What is wrong with accepted findings: run out, unused, too broad, for too long, without a ticket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from scanner.findings.suppressions import ANYWHERE, NO_TICKET, Suppression
from scanner.model.evidence import Finding
from scanner.model.report import Report

EXPIRED, UNUSED, BROAD, NARROW, LONG, TICKET, SOON = (
    "expired", "unused", "too-broad", "out-of-scope", "too-long", "no-ticket", "ends-soon",
)  # fmt: skip
NOTICES = frozenset({SOON})  # told, but nothing is wrong yet
_SOON = timedelta(days=14)
_SHOWN = 3


class Bounds(Protocol):
    """What a project lets an acceptance be."""

    @property
    def days(self) -> int: ...  # until its end

    @property
    def places(self) -> int: ...  # paths that one without a path as its scope may stand on


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing about one entry."""

    entry: Suppression
    kind: str
    said: str


def audit(entries: Sequence[Suppression], report: Report, today: date, bounds: Bounds) -> list[Problem]:
    """Everything about the entries that somebody must look at, by id; `report` is of everything that they may speak of."""
    seen: dict[str, list[Finding]] = {}
    for finding in report.findings:
        seen.setdefault(finding.id, []).append(finding)
    return [problem for entry in sorted(entries, key=lambda e: e.id) for problem in _about(entry, seen, today, bounds)]


def unused(entries: Iterable[Suppression], report: Report) -> list[Suppression]:
    """The entries whose value was not seen."""
    ids = {finding.id for finding in report.findings}
    return [entry for entry in entries if entry.id not in ids]


def _about(entry: Suppression, seen: Mapping[str, Sequence[Finding]], today: date, bounds: Bounds) -> Iterable[Problem]:
    found = seen.get(entry.id, ())
    if entry.expires < today:
        yield Problem(entry, EXPIRED, f"it ran out on {entry.expires.isoformat()}, {_days((today - entry.expires).days)} ago")
    elif (entry.expires - today).days > bounds.days:
        yield Problem(entry, LONG, f"it lasts for {_days((entry.expires - today).days)}, and {bounds.days} are allowed")
    elif entry.expires - today <= _SOON:
        yield Problem(entry, SOON, f"it runs out on {entry.expires.isoformat()}")
    if not found:
        yield Problem(entry, UNUSED, "nothing that was read holds its value under its rule")
    places = sorted({path for finding in found for path in (*finding.paths, finding.location.path) if path})
    if entry.scope == ANYWHERE and len(places) > bounds.places:
        yield Problem(entry, BROAD, f"its value stands on {len(places)} paths, and {bounds.places} are allowed without a path as scope")
    outside = [path for path in places if not entry.reaches((path,))]
    if outside:
        more = f" and {len(outside) - _SHOWN} more" if len(outside) > _SHOWN else ""
        yield Problem(entry, NARROW, f"its value also stands outside of its scope, on {', '.join(outside[:_SHOWN])}{more}")
    if entry.ticket == NO_TICKET:
        yield Problem(entry, TICKET, "it names no ticket")


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
