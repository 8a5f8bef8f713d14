"""What it takes to accept a finding: that it was reported, an owner, a reason, a ticket and a day in the next two years."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from scanner import globs
from scanner.errors import UsageError
from scanner.findings.seal import finding_id
from scanner.findings.suppressions import ANYWHERE, VERDICTS, Suppression

SCHEMA = "leakseal.report/v1"
YEARS_MOST = 2


@dataclass(frozen=True, slots=True)
class Terms:
    """What is said about the findings that are accepted."""

    owner: str | None = None
    reason: str | None = None
    ticket: str | None = None
    expires: date | None = None
    scope: str = ANYWHERE
    verdict: str = VERDICTS[0]
    days: int | None = None  # the most until it ends; None: two years


def settled(terms: Terms, today: date) -> Terms:
    """The same, once everything that an acceptance needs is there and in bounds."""
    owner, reason, ticket = _said("--owner", terms.owner), _said("--reason", terms.reason), _said("--ticket", terms.ticket)
    day, scope = _day(terms.expires, today, terms.days), _scope(terms.scope)
    return replace(terms, owner=owner, reason=reason, ticket=ticket, expires=day, scope=scope)


def draft(ids: Sequence[str], report: Mapping[str, Any], terms: Terms, *, today: date) -> tuple[Suppression, ...]:
    """The entries for these findings of a report, in the order of their ids."""
    if not ids:
        raise UsageError("no finding is named", hint="give the ids that the report shows")
    terms = settled(terms, today)
    known = _findings(report)
    unknown = sorted(set(ids) - set(known))
    if unknown:
        shown = ", ".join(id if len(id) <= 16 and id.isalnum() else "one that is no id" for id in unknown[:5])
        raise UsageError(f"the report has no such finding: {shown}", hint="scan again, and copy the ids from that report")
    return tuple(entry(known[id][0], known[id][1], terms) for id in sorted(set(ids)))


def entry(rule: str, fingerprint: str, terms: Terms) -> Suppression:
    """The entry for a value under a rule, on settled terms."""
    if terms.owner is None or terms.reason is None or terms.ticket is None or terms.expires is None:
        raise ValueError("the terms are not settled")
    id = finding_id(rule, fingerprint)
    return Suppression(id, fingerprint, rule, terms.owner, terms.reason, terms.expires, terms.ticket, terms.scope, terms.verdict)


def open_ids(report: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of what is open in a report, sorted."""
    known = _findings(report)
    open_ones = {f["id"] for f in report["findings"] if f.get("disposition") in ("open", "expired-acceptance")}
    return tuple(sorted(open_ones & set(known)))


def merge(existing: Iterable[Suppression], new: Iterable[Suppression]) -> tuple[Suppression, ...]:
    """All entries sorted by id; a new one takes the place of an older one for the same finding."""
    entries = {entry.id: entry for entry in existing} | {entry.id: entry for entry in new}
    return tuple(entries[id] for id in sorted(entries))


def three_way(
    base: Mapping[str, Suppression], ours: Mapping[str, Suppression], theirs: Mapping[str, Suppression]
) -> tuple[tuple[Suppression, ...], tuple[str, ...]]:
    """Both sides' changes to a file, and the ids that both changed in different ways, of which ours is kept."""
    merged, torn = [], []
    for id in sorted({*ours, *theirs}):
        old, mine, other = base.get(id), ours.get(id), theirs.get(id)
        if mine not in (old, other) and other != old:
            torn.append(id)
        kept = other if mine == old else mine
        merged += [kept] if kept else []
    return tuple(merged), tuple(torn)


def _said(option: str, text: str | None) -> str:
    text = " ".join((text or "").split())
    if not text:
        raise UsageError(f"an acceptance needs {option}", hint=f"add {option} and say it in a few words")
    if len(text) > 500 or not text.isprintable():
        raise UsageError(f"{option} must be printable and at most 500 characters", hint="shorten it, and link a ticket for the rest")
    return text


def _scope(scope: str) -> str:
    scope = scope.removeprefix("./")
    if scope != ANYWHERE and ((flaw := globs.flaw(scope)) or len(scope) > globs.MOST or not scope.isprintable()):
        raise UsageError(f"--path: {flaw[0] if flaw else 'a path is expected here'}", hint=flaw[1] if flaw else "shorten it")
    return scope


def _day(expires: date | None, today: date, days: int | None) -> date:
    if expires is None:
        raise UsageError("an acceptance needs --expires", hint="add --expires YYYY-MM-DD")
    if expires < today:
        raise UsageError("--expires lies in the past", hint="choose a day from today on")
    last = date(today.year + YEARS_MOST, today.month, min(today.day, 28) if today.month == 2 else today.day)
    if expires > last:
        raise UsageError(f"--expires is more than {YEARS_MOST} years away", hint=f"choose a day up to {last.isoformat()}")
    if days is not None and (expires - today).days > days:
        hint = f"choose a day up to {(today + timedelta(days)).isoformat()}"
        raise UsageError(f"--expires is more than {days} days away, which leakseal.yaml allows", hint=hint)
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
