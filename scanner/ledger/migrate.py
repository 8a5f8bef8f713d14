"""Brings a ledger's tables up to date."""

from __future__ import annotations

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from scanner.errors import UsageError
from scanner.ledger.book import HEAD, Ledger

_LOCK = 0x6C65616B  # "leak": two sweeps that start at once do not both make the tables


def upgrade(ledger: Ledger, here: str | None) -> None:
    """Run what is missing, in one transaction."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if here is not None and here not in known:
        hint = "use that version, or a ledger of its own"
        raise UsageError(f"the ledger {ledger.shown} was written by a newer version of Leakseal", hint=hint)
    logging.getLogger("alembic").setLevel(logging.WARNING)

    def run(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)

    ledger.write(run)
