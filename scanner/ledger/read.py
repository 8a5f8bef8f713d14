"""What a ledger answers: runs, repositories, findings, gaps and how long things took; always in one order."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import fields
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from scanner.ledger.book import Ledger
from scanner.ledger.rows import NAMES, Kept, KeptGap, Repository, RunRow, Segment, Visit, finding_of, gap_of, report_of
from scanner.ledger.schema import findings, gaps, repositories, rules, rulesets, runs, segments, sketches, tips, visits
from scanner.model.report import Coverage, Report

_OPEN = ("open", "expired-acceptance")
_PLAIN = tuple(f.name for f in fields(Repository) if f.name not in ("groups", "listed"))


def all_runs(ledger: Ledger, most: int | None = None) -> list[RunRow]:
    """The runs, the last first."""
    before = (runs.c.id, runs.c.started_on, runs.c.finished_on, runs.c.status, runs.c.exit_code, runs.c.tool)
    columns = (*before, rulesets.c.digest, runs.c.seconds)
    ask = select(*columns).join(rulesets, rulesets.c.id == runs.c.ruleset_id).order_by(runs.c.id.desc()).limit(most)
    return [RunRow(*row) for row in _rows(ledger, ask)]


def all_repositories(ledger: Ledger, *, listed: bool | None = True) -> list[Repository]:
    """The repositories by name; `listed` None: those that the inventory has no more as well."""
    ask = select(repositories).order_by(repositories.c.name)
    if listed is not None:
        ask = ask.where(repositories.c.listed == int(listed))
    return [_repository(row) for row in _rows(ledger, ask)]


def names(ledger: Ledger) -> set[str]:
    """What repositories, owners and groups are called here."""
    there = all_repositories(ledger, listed=None)
    return {text for one in there for text in (one.name, one.owner, *one.groups) if text}


def visits_of(ledger: Ledger, *, run: int | None = None, repository: str | None = None) -> list[Visit]:
    """What runs made of repositories, by run and name."""
    ask = select(repositories.c.name, visits.c.run_id, *(visits.c[name] for name in NAMES))
    ask = ask.join(repositories, repositories.c.id == visits.c.repository_id).order_by(visits.c.run_id, repositories.c.name)
    if run is not None:
        ask = ask.where(visits.c.run_id == run)
    if repository is not None:
        ask = ask.where(repositories.c.name == repository)
    return [Visit(repository=row[0], run_id=row[1], **dict(zip(NAMES, row[2:], strict=True))) for row in _rows(ledger, ask)]


def findings_of(
    ledger: Ledger, *, repository: str | None = None, only_open: bool = False, opened_in: int | None = None, gone: bool = False
) -> list[Kept]:
    """Findings by repository, path and id; `opened_in` a run: only what became open in it; `gone`: also what is not there any more."""
    where: list[ColumnElement[bool]] = []
    if repository is not None:
        where.append(repositories.c.name == repository)
    if only_open:
        where.append(findings.c.disposition.in_(_OPEN))
    if opened_in is not None:
        where.append(findings.c.opened_run_id == opened_in)
    if not gone:
        where.append(findings.c.gone_on.is_(None))
    columns = (repositories.c.name, findings.c.owner, findings.c.document, findings.c.first_seen_on, findings.c.last_seen_on,
               findings.c.gone_on, findings.c.opened_run_id)  # fmt: skip
    ask = select(*columns).join(repositories, repositories.c.id == findings.c.repository_id).where(*where)
    ask = ask.order_by(repositories.c.name, findings.c.surface, findings.c.finding, findings.c.ordinal)
    found = [Kept(row[0], row[1], finding_of(row[2]), *row[3:]) for row in _rows(ledger, ask)]
    return sorted(found, key=lambda kept: (kept.repository, kept.finding.surface, kept.finding.location.path or "", kept.finding.id))


def gaps_of(ledger: Ledger, *, repository: str | None = None) -> list[KeptGap]:
    """Gaps by repository and digest."""
    columns = (repositories.c.name, repositories.c.owner, gaps.c.document, gaps.c.first_seen_on, gaps.c.last_seen_on)
    ask = select(*columns).join(repositories, repositories.c.id == gaps.c.repository_id).order_by(repositories.c.name, gaps.c.gap)
    if repository is not None:
        ask = ask.where(repositories.c.name == repository)
    return [KeptGap(row[0], row[1], gap_of(row[2]), *row[3:]) for row in _rows(ledger, ask)]


def tips_of(ledger: Ledger, repository: str) -> dict[str, str]:
    """Ref -> object, as it was when the repository was last read."""
    ask = select(tips.c.ref, tips.c.object).join(repositories, repositories.c.id == tips.c.repository_id)
    return {str(row[0]): str(row[1]) for row in _rows(ledger, ask.where(repositories.c.name == repository).order_by(tips.c.ref))}


def report(ledger: Ledger, repository: str) -> Report | None:
    """The whole report of a repository as it was last read."""
    heads = _rows(ledger, select(repositories.c.head).where(repositories.c.name == repository))
    if not heads or heads[0][0] is None:
        return None
    found = tuple(kept.finding for kept in findings_of(ledger, repository=repository))
    return report_of(heads[0][0], found, tuple(kept.gap for kept in gaps_of(ledger, repository=repository)))


def ruleset_of(ledger: Ledger, run: int) -> int:
    """The number of the set of rules that a run goes by."""
    return int(_rows(ledger, select(runs.c.ruleset_id).where(runs.c.id == run))[0][0])


def coverages(ledger: Ledger) -> dict[str, tuple[tuple[str, Coverage], ...]]:
    """Repository -> what was read of each of its surfaces."""
    ask = select(repositories.c.name, repositories.c.head).where(repositories.c.head.is_not(None)).order_by(repositories.c.name)
    return {str(row[0]): report_of(row[1], (), ()).coverage for row in _rows(ledger, ask)}


def rules_of(ledger: Ledger, ruleset: int) -> dict[str, str]:
    """Rule -> digest, of a set of rules by its number."""
    ask = select(rules.c.rule, rules.c.digest).where(rules.c.ruleset_id == ruleset).order_by(rules.c.rule)
    return {str(row[0]): str(row[1]) for row in _rows(ledger, ask)}


def memory_of(ledger: Ledger, repository: str) -> bytes | None:
    """What the last reading left for the next one."""
    rows = _rows(ledger, select(repositories.c.memory).where(repositories.c.name == repository))
    return bytes(rows[0][0]) if rows and rows[0][0] is not None else None


def segments_of(ledger: Ledger, repository: str) -> list[Segment]:
    """The objects of a repository that were read."""
    columns = (segments.c.number, segments.c.count, segments.c.width, segments.c.ids, segments.c.kinds, segments.c.sizes)
    ask = select(*columns).join(repositories, repositories.c.id == segments.c.repository_id)
    rows = _rows(ledger, ask.where(repositories.c.name == repository).order_by(segments.c.number))
    return [Segment(row[0], row[1], row[2], bytes(row[3]), bytes(row[4]), bytes(row[5])) for row in rows]


def alike(ledger: Ledger, marks: Collection[str], *, ruleset: int, reader: str, most: int = 4) -> list[str]:
    """Repositories, read with the same rules, that share some of these marks: those that share most first."""
    ask = select(repositories.c.name).join(sketches, sketches.c.repository_id == repositories.c.id)
    ask = ask.where(sketches.c.mark.in_(sorted(marks)), repositories.c.ruleset_id == ruleset, repositories.c.reader == reader)
    shared: dict[str, int] = {}
    for row in _rows(ledger, ask):
        shared[row[0]] = shared.get(row[0], 0) + 1
    return sorted(shared, key=lambda name: (-shared[name], name))[:most]


def _repository(row: Any) -> Repository:
    plain = {name: getattr(row, name) for name in _PLAIN}
    return Repository(groups=tuple(json.loads(row.groups)), listed=bool(row.listed), **plain)


def _rows(ledger: Ledger, ask: Select[Any]) -> list[Any]:
    return ledger.read(lambda connection: list(connection.execute(ask)))
