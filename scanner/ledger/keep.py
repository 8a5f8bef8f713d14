"""Housekeeping: a ledger as text, what may be forgotten, and whether all is well."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, or_, select, text

from scanner.errors import LeaksealError
from scanner.ledger import read
from scanner.ledger.book import HEAD, Ledger
from scanner.ledger.known import known
from scanner.ledger.leases import held
from scanner.ledger.rows import Repository
from scanner.ledger.schema import findings, repositories, rulesets, runs, visits

SCHEMA = "leakseal.ledger/v1"


class Check(NamedTuple):
    """Something that was looked at, and whether it is as it should be."""

    well: bool
    said: str


class Pruned(NamedTuple):
    """How much was forgotten."""

    runs: int
    findings: int
    repositories: int


def lines(ledger: Ledger) -> Iterator[dict[str, Any]]:
    """The ledger as values, one after the other, each with its `kind`; by names and not by the numbers of rows."""
    yield {"kind": "ledger", "schema": SCHEMA}
    for run in sorted(read.all_runs(ledger), key=lambda one: one.id):
        yield {"kind": "run", **asdict(run)}
    for repository in read.all_repositories(ledger, listed=None):
        yield from _lines(ledger, repository)
    for visit in read.visits_of(ledger):
        yield {"kind": "visit", **asdict(visit)}


def _lines(ledger: Ledger, repository: Repository) -> Iterator[dict[str, Any]]:
    name = repository.name
    same = {key: value for key, value in asdict(repository).items() if key not in ("id", "ruleset_id", "groups")}
    report, held_objects = read.report(ledger, name), known(read.segments_of(ledger, name)).of
    coverage = {surface: asdict(seen) for surface, seen in report.coverage} if report else {}
    digest = report.rules_digest if report else None
    more = {"groups": list(repository.groups), "rules": digest, "coverage": coverage, "known": len(held_objects)}
    yield {"kind": "repository", **same, **more}
    for ref, oid in read.tips_of(ledger, name).items():
        yield {"kind": "tip", "repository": name, "ref": ref, "object": oid}
    for kept in read.findings_of(ledger, repository=name, gone=True):
        same = {key: value for key, value in asdict(kept).items() if key != "finding"}
        yield {"kind": "finding", **same, "finding": {**asdict(kept.finding), "parsed": dict(kept.finding.parsed)}}
    for gap in read.gaps_of(ledger, repository=name):
        yield {"kind": "gap", **asdict(gap)}


def prune(ledger: Ledger, before: str) -> Pruned:
    """Forget runs that began before this time (but the last), findings that were gone by then, and repositories that left before it."""

    def do(connection: Connection) -> Pruned:
        last = connection.execute(select(func.max(runs.c.id))).scalar()
        old = connection.execute(delete(runs).where(runs.c.started_on < before, runs.c.id != last, runs.c.status != "running")).rowcount
        gone = connection.execute(delete(findings).where(findings.c.gone_on < before)).rowcount
        never = repositories.c.read_on.is_(None) & (repositories.c.first_seen_on < before)
        left = delete(repositories).where(repositories.c.listed == 0, or_(repositories.c.read_on < before, never))
        away = connection.execute(left).rowcount
        used = select(runs.c.ruleset_id).union(select(repositories.c.ruleset_id).where(repositories.c.ruleset_id.is_not(None)))
        connection.execute(delete(rulesets).where(rulesets.c.id.not_in(used)))
        return Pruned(old, gone, away)

    done = ledger.write(do)
    if ledger.url.get_backend_name() == "sqlite":
        ledger.vacuum()
    return done


def examined(ledger: Ledger, now: float) -> list[Check]:
    """What is looked at: 1 the tables' version, 2 the file, 3 the database's own check, 4 documents and objects, 5 runs and leases."""
    checks = [Check(True, f"the tables are of version {HEAD}")]  # 1 opening it would have failed
    if ledger.url.get_backend_name() == "sqlite":
        mode = stat.S_IMODE(Path(str(ledger.url.database)).stat().st_mode)
        checks.append(Check(not mode & 0o077, f"the file's mode is {mode:04o}" + ("; run chmod 600" if mode & 0o077 else "")))  # 2
        said = ledger.read(lambda connection: [row[0] for row in connection.execute(text("PRAGMA integrity_check(20)"))])
        lost = ledger.read(lambda connection: len(connection.execute(text("PRAGMA foreign_key_check")).all()))
        sound = said == ["ok"] and not lost
        checks.append(Check(sound, "the file is sound" if sound else "the file is damaged"))  # 3
    checks += _contents(ledger)  # 4
    running = [run for run in read.all_runs(ledger) if run.status == "running"]
    checks.append(Check(len(running) <= 1, f"{len(running)} runs have no end" if running else "every run has ended"))  # 5
    late = [name for name, (_, until) in held(ledger).items() if until < now]
    checks.append(Check(True, f"{len(late)} leases have run out, and will be taken over" if late else "no lease has run out"))
    return checks


def _contents(ledger: Ledger) -> list[Check]:
    broken = []
    count = objects = 0
    for repository in read.all_repositories(ledger, listed=None):
        try:
            report = read.report(ledger, repository.name)
            objects += len(known(read.segments_of(ledger, repository.name)).of)
        except (LeaksealError, ValueError, TypeError, KeyError):
            broken.append(repository.name)
            continue
        count += 1
        if report is not None and report.result != repository.result:
            broken.append(repository.name)
    checks = [Check(False, f"what is known of {name} does not add up; read it again with `leakseal sweep --full`") for name in broken]
    last = ledger.read(lambda connection: connection.execute(select(func.count()).select_from(visits)).scalar())
    return [*checks, Check(True, f"{count} repositories with {objects} objects, {last} visits")]
