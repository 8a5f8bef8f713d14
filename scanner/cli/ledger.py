"""`leakseal ledger`: look after what the nights have written down."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.errors import UsageError

if TYPE_CHECKING:
    from scanner.ledger.book import Ledger


def opened(where: str, *, make: bool = False) -> Ledger:
    """The ledger at a path or URL; unless it may be made, a file has to be there."""
    if not make and "://" not in where and not Path(where).is_file():
        raise UsageError(f"there is no ledger at {where}", hint="name the file or URL that `leakseal sweep --ledger` writes to")
    try:
        from scanner.ledger.book import Ledger
    except ImportError:
        raise UsageError("a ledger needs SQLAlchemy and Alembic", hint="install leakseal[sweep]") from None
    return Ledger(where)


@click.group("ledger")
def command() -> None:
    """Look after a ledger: a file, or postgresql://user@host/database."""


@command.command("export")
@click.argument("ledger", metavar="LEDGER")
@click.option("-o", "--output", metavar="FILE", help="Instead of standard output.")
def export(ledger: str, output: str | None) -> int:
    """Everything as JSON lines: runs, repositories, tips, findings, gaps, visits."""
    from scanner.ledger.keep import lines
    from scanner.report.json_v1 import dumped

    with opened(ledger) as book:
        try:
            with click.open_file(output or "-", "w", encoding="utf-8") as file:
                for line in lines(book):
                    file.write(dumped(line) + "\n")
        except OSError as problem:
            hint = "name a file in a folder that exists"
            raise UsageError(f"the export cannot be written to {output}: {problem.strerror}", hint=hint) from None
    return 0


@command.command("prune")
@click.argument("ledger", metavar="LEDGER")
@click.option("--keep-days", type=click.IntRange(1, 36500), default=400, show_default=True, help="What is younger stays.")
def prune(ledger: str, keep_days: int) -> int:
    """Forget old runs, findings that are long gone, and repositories that left the inventory.

    What is open, and what was read of a repository in the inventory, always stays.
    """
    from scanner.ledger.keep import prune as forget

    before = (datetime.now(UTC) - timedelta(days=keep_days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    with opened(ledger) as book:
        done = forget(book, before)
    click.echo(f"forgotten: {done.runs} runs, {done.findings} findings that were gone, {done.repositories} repositories")
    return 0


@command.command("doctor")
@click.argument("ledger", metavar="LEDGER")
def doctor(ledger: str) -> int:
    """Whether a ledger is sound; exit 3 if it is not."""
    from scanner.ledger.keep import examined

    with opened(ledger) as book:
        checks = examined(book, time.time())
    for check in checks:
        click.echo(f"{'ok  ' if check.well else 'bad '} {check.said}")
    return 0 if all(check.well for check in checks) else 3
