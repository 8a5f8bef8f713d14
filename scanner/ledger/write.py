"""What a sweep records: a run, a repository's reading, a repository that was not read; each in one transaction, and twice is once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from scanner import canon
from scanner.ledger.book import Ledger
from scanner.ledger.rows import NAMES, Reading, Visit, head_of, text_of
from scanner.ledger.schema import findings, gaps, repositories, rules, rulesets, runs, segments, sketches, tips, visits
from scanner.model.evidence import Finding

_AT_ONCE = 500
_OPEN = ("open", "expired-acceptance")


def begin(
    ledger: Ledger, *, token: str, now: str, tool: str, digest: str, known: Mapping[str, str],
    dead: Callable[[str], bool] = lambda token: False,
) -> int:  # fmt: skip
    """A run begins under a set of rules, given by its digest and each rule's own; the run's number.

    Runs whose process is `dead` are ended, and what became open in them became open in this one: nobody has been told of it.
    """

    def do(connection: Connection) -> int:
        found = connection.execute(select(runs.c.id).where(runs.c.token == token)).scalar()
        if found is not None:
            return int(found)
        of = _ruleset(connection, digest, known)
        running = connection.execute(select(runs.c.id, runs.c.token).where(runs.c.status == "running")).all()
        values = {"token": token, "started_on": now, "status": "running", "tool": tool, "ruleset_id": of}
        id = _number(connection.execute(insert(runs).values(values)))
        for old in (row.id for row in running if dead(row.token)):
            connection.execute(update(runs).where(runs.c.id == old).values(status="interrupted", finished_on=now))
            connection.execute(update(findings).where(findings.c.opened_run_id == old).values(opened_run_id=id))
        return id

    return ledger.write(do)


def end(ledger: Ledger, run: int, *, now: str, seconds: float, code: int, status: str = "done") -> None:
    """A run is over."""
    values = {"finished_on": now, "seconds": seconds, "exit_code": code, "status": status}
    ledger.write(lambda connection: connection.execute(update(runs).where(runs.c.id == run).values(values)))


def enlist(
    ledger: Ledger, listed: Iterable[tuple[str, str, str | None, Sequence[str]]], now: str, identities: Mapping[str, str] | None = None, *,
    keep: bool = False,
) -> None:  # fmt: skip
    """The inventory's repositories: (name, masked URI, owner, groups); those that it has no more are kept, and marked so.

    One that has a new name is known by its identity. With `keep` none is marked: a forge could not be asked for its own.
    """
    ids = identities or {}
    wanted = {
        name: {"uri": uri, "owner": owner, "groups": json.dumps(sorted(groups)), "listed": 1, "identity": ids.get(name)}
        for name, uri, owner, groups in listed
    }

    def do(connection: Connection) -> None:
        _rename(connection, {id: name for name, id in ids.items()})
        columns = (repositories.c.name, *(repositories.c[key] for key in ("uri", "owner", "groups", "listed", "identity")))
        there = {row.name: dict(row._mapping) for row in connection.execute(select(*columns))}
        fresh = [{"name": name, "first_seen_on": now, "octets": 0, **wanted[name]} for name in sorted(wanted.keys() - there.keys())]
        for part in _parts(fresh):
            connection.execute(insert(repositories), part)
        for name, had in sorted(there.items()):
            values = wanted.get(name, {} if keep else {"listed": 0})
            if any(had[key] != value for key, value in values.items()):
                connection.execute(update(repositories).where(repositories.c.name == name).values(values))

    ledger.write(do)


def _rename(connection: Connection, names: Mapping[str, str]) -> None:
    """Give repositories the names that their forges have for them now, also where two have changed names with each other."""
    known = select(repositories.c.id, repositories.c.name, repositories.c.identity).where(repositories.c.identity.is_not(None))
    moved = [(row.id, names[row.identity]) for row in connection.execute(known) if names.get(row.identity, row.name) != row.name]
    for id, _ in moved:
        connection.execute(update(repositories).where(repositories.c.id == id).values(name=f"(renamed {id})"))
    for id, name in moved:
        taken = connection.execute(select(repositories.c.id).where(repositories.c.name == name)).scalar()
        if taken is not None:  # another one stands there by this name: it is gone, or was listed by hand
            connection.execute(update(repositories).where(repositories.c.id == taken).values(name=f"{name} (before {id})", identity=None))
        connection.execute(update(repositories).where(repositories.c.id == id).values(name=name))


def unchanged(ledger: Ledger, run: int, seen: Sequence[Visit]) -> None:
    """Repositories that are as they were when they were last read."""

    def do(connection: Connection) -> None:
        for visit in seen:
            id = _repository(connection, visit.repository)
            where = (findings.c.repository_id == id, findings.c.gone_on.is_(None))
            connection.execute(update(findings).where(*where).values(last_seen_on=visit.started_on))
            connection.execute(update(gaps).where(gaps.c.repository_id == id).values(last_seen_on=visit.started_on))
            connection.execute(update(repositories).where(repositories.c.id == id).values(read_on=visit.started_on))
            _visit(connection, run, id, visit)

    ledger.write(do)


def not_read(ledger: Ledger, run: int, visit: Visit) -> None:
    """A repository that could not be read; all that is known of it stays."""
    ledger.write(lambda connection: _visit(connection, run, _repository(connection, visit.repository), visit))


def record(ledger: Ledger, run: int, visit: Visit, reading: Reading) -> int:
    """A repository's reading; how many findings became open in this run."""

    def do(connection: Connection) -> int:
        id = _repository(connection, visit.repository)
        owner = connection.execute(select(repositories.c.owner).where(repositories.c.id == id)).scalar_one()
        ruleset = connection.execute(select(runs.c.ruleset_id).where(runs.c.id == run)).scalar_one()
        opened = _findings(connection, id, owner, run, visit.started_on, reading.report.findings)
        _gaps(connection, id, visit.started_on, [text_of(gap) for gap in reading.report.gaps])
        _replace(connection, tips, id, [{"ref": ref, "object": object} for ref, object in reading.tips])
        _replace(connection, sketches, id, [{"mark": mark} for mark in reading.sketch])
        _segments(connection, id, reading)
        values: dict[str, Any] = {
            "read_on": visit.started_on, "run_id": run, "ruleset_id": ruleset, "reader": reading.reader, "state": reading.state,
            "result": reading.report.result, "head": head_of(reading.report), "memory": reading.memory, "seconds": visit.seconds,
            "octets": reading.octets,
        }  # fmt: skip
        if reading.full:
            values["full_on"] = visit.started_on
        connection.execute(update(repositories).where(repositories.c.id == id).values(values))
        _visit(connection, run, id, replace(visit, opened=opened))
        return opened

    return ledger.write(do)


def _ruleset(connection: Connection, digest: str, known: Mapping[str, str]) -> int:
    found = connection.execute(select(rulesets.c.id).where(rulesets.c.digest == digest)).scalar()
    if found is not None:
        return int(found)
    id = _number(connection.execute(insert(rulesets).values(digest=digest)))
    for part in _parts([{"ruleset_id": id, "rule": rule, "digest": own} for rule, own in sorted(known.items())]):
        connection.execute(insert(rules), part)
    return id


def _repository(connection: Connection, name: str) -> int:
    return int(connection.execute(select(repositories.c.id).where(repositories.c.name == name)).scalar_one())


def _findings(connection: Connection, id: int, owner: str | None, run: int, now: str, seen: Sequence[Finding]) -> int:
    """Take in a report's findings: what is there stays with its dates, what is missed is gone since now; how many became open."""
    columns = (findings.c.id, findings.c.surface, findings.c.finding, findings.c.ordinal, findings.c.disposition, findings.c.gone_on,
               findings.c.opened_run_id)  # fmt: skip
    rows = connection.execute(select(*columns).where(findings.c.repository_id == id))
    there = {(row.surface, row.finding, row.ordinal): row for row in rows}
    numbers: Counter[tuple[str, str]] = Counter()
    fresh, opened = [], 0
    for finding in seen:
        key = (finding.surface, finding.id, numbers[finding.surface, finding.id])
        numbers[finding.surface, finding.id] += 1
        had = there.pop(key, None)
        is_open = finding.disposition in _OPEN
        was_open = had is not None and had.gone_on is None and had.disposition in _OPEN
        values = {
            "rule": finding.rule, "severity": finding.severity, "fingerprint": finding.fingerprint, "disposition": finding.disposition,
            "owner": owner, "path": finding.location.path, "preview": finding.preview, "document": text_of(finding), "last_seen_on": now,
            "gone_on": None, "opened_run_id": (had.opened_run_id if had else None) if was_open or not is_open else run,
        }  # fmt: skip
        opened += values["opened_run_id"] == run and is_open
        if had is None:
            surface, name, ordinal = key
            more = {"repository_id": id, "surface": surface, "finding": name, "ordinal": ordinal, "first_seen_on": now}
            fresh.append({**values, **more})
        else:
            connection.execute(update(findings).where(findings.c.id == had.id).values(values))
    for part in _parts(fresh):
        connection.execute(insert(findings), part)
    gone = [row.id for row in there.values() if row.gone_on is None]
    for part in _parts(gone):
        connection.execute(update(findings).where(findings.c.id.in_(part)).values(gone_on=now))
    return opened


def _gaps(connection: Connection, id: int, now: str, documents: Sequence[str]) -> None:
    there = set(connection.execute(select(gaps.c.gap).where(gaps.c.repository_id == id)).scalars())
    numbers: Counter[str] = Counter()
    fresh, kept = [], list[str]()
    for document in documents:
        key = canon.digest(f"{numbers[document]} {document}".encode())
        numbers[document] += 1
        if key in there:
            kept.append(key)
        else:
            values = {"reason": json.loads(document)["reason"], "document": document, "first_seen_on": now, "last_seen_on": now}
            fresh.append({"repository_id": id, "gap": key, **values})
    for part in _parts(sorted(there.difference(kept))):
        connection.execute(delete(gaps).where(gaps.c.repository_id == id, gaps.c.gap.in_(part)))
    connection.execute(update(gaps).where(gaps.c.repository_id == id).values(last_seen_on=now))
    for part in _parts(fresh):
        connection.execute(insert(gaps), part)


def _segments(connection: Connection, id: int, reading: Reading) -> None:
    numbers = [segment.number for segment in reading.segments]
    where = [segments.c.repository_id == id] + ([] if reading.drop else [segments.c.number.in_(numbers)])
    connection.execute(delete(segments).where(*where))
    for one in reading.segments:
        values = {name: getattr(one, name) for name in ("number", "count", "width", "ids", "kinds", "sizes")}
        connection.execute(insert(segments).values(repository_id=id, **values))


def _replace(connection: Connection, table: Any, id: int, rows: Sequence[Mapping[str, str]]) -> None:
    """The rows of a repository, where they are not those that stand there."""
    names = [column.name for column in table.columns if column.name != "repository_id"]
    there = {tuple(row) for row in connection.execute(select(*(table.c[name] for name in names)).where(table.c.repository_id == id))}
    if there == {tuple(row[name] for name in names) for row in rows}:
        return
    connection.execute(delete(table).where(table.c.repository_id == id))
    for part in _parts([{"repository_id": id, **row} for row in rows]):
        connection.execute(insert(table), part)


def _visit(connection: Connection, run: int, id: int, visit: Visit) -> None:
    connection.execute(delete(visits).where(visits.c.run_id == run, visits.c.repository_id == id))
    values = {name: getattr(visit, name) for name in NAMES}
    connection.execute(insert(visits).values(run_id=run, repository_id=id, **values))


def _number(result: Any) -> int:
    return int(result.inserted_primary_key[0])


def _parts(rows: Sequence[Any]) -> Iterable[Any]:
    return (rows[at : at + _AT_ONCE] for at in range(0, len(rows), _AT_ONCE))
