"""Who reads a repository: one sweep at a time, and for a while only, so that one that was killed holds up nobody for long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from scanner.ledger.book import Ledger
from scanner.ledger.schema import leases


def take(
    ledger: Ledger, name: str, holder: str, *, now: float, seconds: float, dead: Callable[[str], bool] = lambda holder: False
) -> str | None:
    """None if the lease is ours now, else who has it; it is taken from a holder whose time is up, or who is known to be `dead`."""

    def do(connection: Connection) -> str | None:
        found = connection.execute(select(leases.c.holder, leases.c.until).where(leases.c.name == name)).one_or_none()
        if found is None:
            try:
                with connection.begin_nested():
                    connection.execute(insert(leases).values(name=name, holder=holder, until=now + seconds))
            except IntegrityError:  # somebody else was faster
                return str(connection.execute(select(leases.c.holder).where(leases.c.name == name)).scalar())
            return None
        if _taken(found, holder, now, dead):
            return str(found.holder)
        same = (leases.c.name == name, leases.c.holder == found.holder, leases.c.until == found.until)
        done = connection.execute(update(leases).where(*same).values(holder=holder, until=now + seconds))
        return None if done.rowcount else "another sweep"

    return ledger.write(do)


def take_all(
    ledger: Ledger, names: Sequence[str], holder: str, *, now: float, seconds: float, dead: Callable[[str], bool] = lambda holder: False
) -> dict[str, str]:
    """Take many at once; name -> holder of those that somebody else has."""

    def do(connection: Connection) -> dict[str, str]:
        there = {row.name: row for row in connection.execute(select(leases))}
        others = {name: there[name].holder for name in names if name in there and _taken(there[name], holder, now, dead)}
        mine = [name for name in names if name not in others]
        for name in (name for name in mine if name in there):
            connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == there[name].holder))
        for at in range(0, len(mine), 500):
            connection.execute(insert(leases), [{"name": name, "holder": holder, "until": now + seconds} for name in mine[at : at + 500]])
        return others

    return ledger.write(do)


def _taken(row: Any, holder: str, now: float, dead: Callable[[str], bool]) -> bool:
    return row.holder != holder and row.until > now and not dead(row.holder)


def renew(ledger: Ledger, names: Sequence[str], holder: str, *, now: float, seconds: float) -> int:
    """Hold on to all leases of a holder; how many of these are still his."""
    return ledger.write(lambda connection: _renewed(connection, set(names), holder, now + seconds))


def _renewed(connection: Connection, names: set[str], holder: str, until: float) -> int:
    mine = connection.execute(select(leases.c.name).where(leases.c.holder == holder)).scalars().all()
    connection.execute(update(leases).where(leases.c.holder == holder).values(until=until))
    return len(names.intersection(mine))


def release(ledger: Ledger, holder: str) -> None:
    """Give all leases of a holder back."""
    ledger.write(lambda connection: connection.execute(delete(leases).where(leases.c.holder == holder)))


def held(ledger: Ledger) -> dict[str, tuple[str, float]]:
    """Name -> (holder, until), of every lease."""
    rows = ledger.read(lambda connection: list(connection.execute(select(leases).order_by(leases.c.name))))
    return {row.name: (row.holder, row.until) for row in rows}
