"""Ledgers to try: a file of SQLite, and a PostgreSQL schema of each test's own where a server answers."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator

import pytest

from scanner.ledger.book import Ledger

SERVER = os.environ.get("LEAKSEAL_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")


@pytest.fixture
def postgresql() -> Iterator[str]:
    """The URL of a schema that is empty, and is gone afterwards."""
    psycopg = pytest.importorskip("psycopg")
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        pytest.skip("needs PostgreSQL, and none answers; name one in LEAKSEAL_POSTGRESQL")
    name = f"leakseal_{uuid.uuid4().hex}"
    with server:
        server.execute(f'CREATE SCHEMA "{name}"')
        yield f"{SERVER}{'&' if '?' in SERVER else '?'}options=-csearch_path%3D{name}"
        server.execute(f'DROP SCHEMA "{name}" CASCADE')


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path) -> str:
    """Where a new ledger may be made, in either database."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    found: str = request.getfixturevalue("postgresql")
    return found


@pytest.fixture
def open_ledger() -> Iterator[Callable[[str], Ledger]]:
    """Opens ledgers, and closes them at the end."""
    opened: list[Ledger] = []

    def do(where: str) -> Ledger:
        opened.append(Ledger(where, patience=5))
        return opened[-1]

    yield do
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(where: str, open_ledger: Callable[[str], Ledger]) -> Ledger:
    """An empty ledger."""
    return open_ledger(where)
