"""`leakseal review`: what is asked, and what there is to look at."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from scanner.errors import UsageError
from scanner.findings import review, suppressions
from scanner.findings.accept import Terms


@click.command("review", short_help="Open findings one by one, and a decision about each.")
@click.argument("report", required=False, metavar="[REPORT.json]")
@click.option("--web", is_flag=True, help="In a browser, served on this machine alone.")
@click.option("--owner", help="Who answers for what is accepted; asked for otherwise.")
@click.option("--ticket", help="Where the discussion is; asked for otherwise.")
@click.option("--expires", metavar="YYYY-MM-DD", help="Until when; asked for otherwise.")
@click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False), default=suppressions.FILE, show_default=True, help="Where to record it."
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="With --web: the port; else one that is free.")
def command(
    report: str | None, web: bool, owner: str | None, ticket: str | None, expires: str | None, file: Path, port: int
) -> int:
    """Walk through the open findings of REPORT.json, or of a scan of the current folder.

    Each is shown masked, with the lines around it masked too. A decision is written down at once, so that a review can stop and go on.

    Exit codes: 0 nothing waits for a decision, 1 something does.
    """
    from scanner import cachefile, config
    from scanner.cli.accept import day, write
    from scanner.cli.options import looking, project
    from scanner.cli.reports import reported
    from scanner.decode.limits import Limits
    from scanner.pipeline.context import Surroundings
    from scanner.pipeline.engines import engine

    if not web and not sys.stdin.isatty():
        raise UsageError("a review asks questions, and there is nobody to answer", hint="run it in a terminal, or use --web")
    chosen = project(".", file=None)
    shown = reported(report, chosen)
    bounds = config.load(config.find(Path())).bounds
    desk = review.Desk.opened(shown.findings, file, review.FILE, write)
    around = Surroundings(engine(chosen.rules, cachefile.folder()), shown.targets, Limits(looking=looking(chosen, named=False)))
    terms = Terms(owner, None, ticket, day(expires), days=bounds.days)
    if web:
        from scanner.cli.review.web import serve

        serve(desk, around, terms, today=datetime.now(UTC).date(), port=port, say=lambda line: click.echo(line, err=True))
    else:
        from scanner.cli.review.terminal import walk

        walk(desk, around, terms, today=datetime.now(UTC).date())
    return 1 if desk.waiting() else 0
