"""A ledger that is open: SQLite in one file, or PostgreSQL by its URL."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import NullPool

from scanner.errors import LeaksealError, UsageError

HEAD = "0001"  # the newest of `migrations`
BUSY = 60  # seconds that a writer waits for another one
PATIENCE = 120.0  # seconds for which a database may be gone
T = TypeVar("T")
_WRITING = "leakseal_writing"


class LedgerError(LeaksealError):
    """The ledger cannot be read or written."""


class Ledger:
    """One ledger; every write is one transaction, tried again while the database is away."""

    def __init__(self, where: str, *, patience: float = PATIENCE, sleep: Callable[[float], None] = time.sleep) -> None:
        self.url = url_of(where)
        self.shown = shown(where)
        self._patience, self._sleep = patience, sleep
        self.engine = _engine(self.url)
        self._made()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self.engine.dispose()

    def read(self, ask: Callable[[Connection], T]) -> T:
        """What `ask` answers in a transaction of its own."""
        return self._again(ask, writing=False)

    def write(self, do: Callable[[Connection], T]) -> T:
        """The same, committed; `do` may be run more than once, and must come to the same."""
        return self._again(do, writing=True)

    def vacuum(self) -> None:
        """Give the file system back what a file of SQLite does not need any more; no transaction can do that."""
        raw = self.engine.raw_connection()
        try:
            raw.cursor().execute("VACUUM")
        except sqlite3.OperationalError:
            raise LedgerError(f"the ledger {self.shown} cannot be made smaller now", hint="end what else reads it") from None
        finally:
            raw.close()

    def _again(self, do: Callable[[Connection], T], *, writing: bool) -> T:
        begun, pause = time.monotonic(), 0.1
        while True:
            try:
                with self.engine.connect().execution_options(**self._manner(writing=writing)) as connection, connection.begin():
                    return do(connection)
            except DBAPIError as problem:
                if not _passing(problem) or time.monotonic() - begun + pause > self._patience:
                    raise LedgerError(_sentence(problem, self.shown), hint="run `leakseal ledger doctor`") from None
                self._sleep(pause)
                pause = min(pause * 2, 5.0)

    def _manner(self, *, writing: bool) -> dict[str, Any]:
        if self.url.get_backend_name() == "sqlite":
            return {_WRITING: writing}
        return {"isolation_level": "READ COMMITTED" if writing else "REPEATABLE READ"}  # who reads sees one state of the ledger

    def _made(self) -> None:
        """Bring the tables up to date; a ledger of a newer version is refused."""
        here = self.read(_version)
        if here != HEAD:
            from scanner.ledger.migrate import upgrade

            upgrade(self, here)


def url_of(where: str) -> URL:
    """A path or a URL as SQLAlchemy's; only SQLite and PostgreSQL are taken."""
    if "://" not in where:
        return URL.create("sqlite", database=str(Path(where)))
    try:
        url = make_url(where)
    except ArgumentError:
        raise UsageError("the ledger's URL cannot be understood", hint="write postgresql://user@host/database, or name a file") from None
    kind = url.get_backend_name()
    if kind == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if kind == "sqlite":
        return url
    raise UsageError("a ledger is kept in SQLite or PostgreSQL", hint="name a file, or write postgresql://user@host/database")


def shown(where: str) -> str:
    """How messages name a ledger: never with a password."""
    return where if "://" not in where else url_of(where).render_as_string(hide_password=True).replace("+psycopg", "")


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        _file(url.database)
        engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": BUSY})  # nothing is open when a process forks
        event.listen(engine, "connect", _pragmas)
        event.listen(engine, "begin", _begin)
        return engine
    try:
        return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except (ImportError, NoSuchModuleError):
        raise UsageError("PostgreSQL needs a driver", hint="install leakseal[postgresql]") from None


def _file(name: str | None) -> None:
    """Make the file ours alone before anything is written into it."""
    if not name or name == ":memory:":
        raise UsageError("a ledger needs a file", hint="name one, such as ledger.db")
    path = Path(name)
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0), 0o600)
        try:
            regular = stat.S_ISREG(os.fstat(handle).st_mode)
        finally:
            os.close(handle)
    except OSError as problem:
        hint = "name a file in a folder that exists and may be written"
        raise UsageError(f"the ledger {path} cannot be opened: {problem.strerror}", hint=hint) from None
    if not regular:
        raise UsageError(f"the ledger {path} is not a regular file", hint="name a file")


def _pragmas(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes then cannot wait for another one's writing: it would have read too early.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITING) else "BEGIN")


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _passing(problem: DBAPIError) -> bool:
    """Whether it may be over in a moment: the database is away or busy, or two writers met."""
    code = getattr(problem.orig, "sqlstate", None)
    if code is not None:
        return str(code)[:2] in ("08", "40", "53", "57") or code in ("55P03", "23505", "42P07")  # the last two: two made the same at once
    if isinstance(problem, IntegrityError):
        return False
    said = str(problem.orig)
    if "sqlite" in type(problem.orig).__module__:
        return "locked" in said or "busy" in said
    return problem.connection_invalidated or isinstance(problem, OperationalError)


def _sentence(problem: DBAPIError, where: str) -> str:
    """What went wrong, without the words of the database, which may quote values."""
    said = str(problem.orig)
    for word, sentence in (
        ("disk is full", "the disk is full"), ("disk I/O", "the disk failed, or is full"), ("malformed", "the file is damaged"),
        ("not a database", "the file is no ledger"), ("readonly", "it may not be written"), ("locked", "another program holds it"),
    ):  # fmt: skip
        if word in said:
            return f"the ledger {where} cannot be used: {sentence}"
    return f"the ledger {where} cannot be used: the database answered with {type(problem.orig).__name__}"
