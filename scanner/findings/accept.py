"""What it takes to accept a finding: that it was reported, an owner, a reason and a day in the next two years."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from scanner.errors import UsageError
from scanner.findings.seal import finding_id
from scanner.findings.suppressions import Suppression

SCHEMA = "leakseal.report/v1"
YEARS_MOST = 2


def draft(
    ids: Sequence[str],
    report: Mapping[str, Any],
    *,
    owner: str | None,
    reason: str | None,
    expires: date | None,
    today: date,
    ticket: str | None = None,
) -> tuple[Suppression, ...]:
    """The entries for these findings of a report, in the order of their ids."""
    if not ids:
        raise UsageError("no finding is named", hint="give the ids that the report shows")
    owner, reason = _said("--owner", owner), _said("--reason", reason)
    expires = _day(expires, today)
    known = _findings(report)
    unknown = sorted(set(ids) - set(known))
    if unknown:
        shown = ", ".join(id if len(id) <= 16 and id.isalnum() else "one that is no id" for id in unknown[:5])
        raise UsageError(f"the report has no such finding: {shown}", hint="scan again, and copy the ids from that report")
    ticket = _said("--ticket", ticket) if ticket is not None else None
    return tuple(Suppression(id, known[id][1], known[id][0], owner, reason, expires, ticket) for id in sorted(set(ids)))


def merge(existing: Iterable[Suppression], new: Iterable[Suppression]) -> tuple[Suppression, ...]:
    """All entries sorted by id; a new one takes the place of an older one for the same finding."""
    entries = {entry.id: entry for entry in existing} | {entry.id: entry for entry in new}
    return tuple(entries[id] for id in sorted(entries))


def _said(option: str, text: str | None) -> str:
    text = " ".join((text or "").split())
    if not text:
        raise UsageError(f"an acceptance needs {option}", hint=f"add {option} and say it in a few words")
    if len(text) > 500 or not text.isprintable():
        raise UsageError(f"{option} must be printable and at most 500 characters", hint="shorten it, and link a ticket for the rest")
    return text


def _day(expires: date | None, today: date) -> date:
    if expires is None:
        raise UsageError("an acceptance needs --expires", hint="add --expires YYYY-MM-DD")
    if expires < today:
        raise UsageError("--expires lies in the past", hint="choose a day from today on")
    last = date(today.year + YEARS_MOST, today.month, min(today.day, 28) if today.month == 2 else today.day)
    if expires > last:
        raise UsageError(f"--expires is more than {YEARS_MOST} years away", hint=f"choose a day up to {last.isoformat()}")
    return expires


def _findings(report: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Rule and fingerprint of every finding in the report, by id."""
    wrong = UsageError("this is not a Leakseal report", hint="make one with `leakseal scan --format json -o report.json`")
    findings = report.get("findings") if isinstance(report, Mapping) and report.get("schema") == SCHEMA else None
    if not isinstance(findings, list):
        raise wrong
    known = {}
    for finding in findings:
        parts = [finding.get(key) for key in ("id", "rule", "fingerprint")] if isinstance(finding, Mapping) else [None]
        if not all(isinstance(part, str) for part in parts):
            raise wrong
        id, rule, fingerprint = parts
        if id != finding_id(str(rule), str(fingerprint)):
            raise UsageError("a finding's id does not belong to its rule and fingerprint", hint="the report was changed: scan again")
        known[str(id)] = (str(rule), str(fingerprint))
    return known
