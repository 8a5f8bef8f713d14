"""Who reads a repository: one sweep at a time, and for a while only, so that one that was killed holds up nobody for long."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
        if found.holder != holder and found.until > now and not dead(found.holder):
            return str(found.holder)
        same = (leases.c.name == name, leases.c.holder == found.holder, leases.c.until == found.until)
        done = connection.execute(update(leases).where(*same).values(holder=holder, until=now + seconds))
        return None if done.rowcount else "another sweep"

    return ledger.write(do)


def renew(ledger: Ledger, names: Sequence[str], holder: str, *, now: float, seconds: float) -> int:
    """Hold on to leases; how many are still ours."""
    where = (leases.c.name.in_(list(names)), leases.c.holder == holder)
    return ledger.write(lambda connection: connection.execute(update(leases).where(*where).values(until=now + seconds)).rowcount)


def release(ledger: Ledger, names: Sequence[str], holder: str) -> None:
    """Give leases back, as far as they are ours."""
    ledger.write(lambda connection: connection.execute(delete(leases).where(leases.c.name.in_(list(names)), leases.c.holder == holder)))


def held(ledger: Ledger) -> dict[str, tuple[str, float]]:
    """Name -> (holder, until), of every lease."""
    rows = ledger.read(lambda connection: list(connection.execute(select(leases).order_by(leases.c.name))))
    return {row.name: (row.holder, row.until) for row in rows}
