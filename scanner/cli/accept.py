"""`leakseal accept`: record that somebody answers for a finding."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from scanner import __version__, cachefile
from scanner.cli.hush import known_hidden
from scanner.errors import UsageError
from scanner.findings import accept, suppressions
from scanner.model.report import Run

REPORT_MOST = 1 << 29


@click.command("accept", short_help="Record accepted findings: owner, reason, expiry.")
@click.argument("ids", nargs=-1, metavar="ID...")
@click.option("--owner", help="Who answers for it: a person or a team.")
@click.option("--reason", help="Why it may stay.")
@click.option("--expires", metavar="YYYY-MM-DD", help="The last day on which the acceptance counts, at most two years away.")
@click.option("--ticket", help="Where the discussion is.")
@click.option("--report", metavar="REPORT.json", help="The report that shows the findings; `-` for standard input.")
@click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False), default=suppressions.FILE, show_default=True, help="Where to record it."
)
def command(
    ids: tuple[str, ...], owner: str | None, reason: str | None, expires: str | None, ticket: str | None, report: str | None, file: Path
) -> None:
    """Accept the findings with these IDS until a day, so that later scans report them as accepted.

    They are looked up in a stored report, or by scanning the current folder.
    """
    today = datetime.now(UTC).date()
    run(ids, owner=owner, reason=reason, expires=expires, ticket=ticket, report=report, file=file, today=today, rescan=_rescan)


def _rescan() -> Mapping[str, Any]:
    """What a scan of the current folder reports."""
    from scanner.cli.options import looking, project, workers
    from scanner.decode.limits import Limits
    from scanner.pipeline.run import Request, scan
    from scanner.pipeline.settings import Settings
    from scanner.report.json_v1 import document

    chosen = project(".", file=None)
    limits = Limits(looking=looking(chosen, named=False))
    settings = Settings(chosen.rules, cachefile.folder(), workers=workers(None), limits=limits)
    found, interrupted = scan([Request(".")], settings, chosen.judging, Run(f"leakseal {__version__}"), excluded=chosen.config.why_excluded)
    if interrupted:
        raise KeyboardInterrupt
    return document(found)


def run(  # noqa: PLR0913 - an acceptance has that many parts
    ids: tuple[str, ...],
    *,
    owner: str | None,
    reason: str | None,
    expires: str | None,
    ticket: str | None,
    report: str | None,
    file: Path,
    today: date,
    rescan: Callable[[], Mapping[str, Any]],
) -> None:
    """The same with the clock, and with a scan to fall back on, as arguments."""
    for option, said in (("--owner", owner), ("--reason", reason), ("--ticket", ticket)):
        if said and known_hidden(said) != said:
            raise UsageError(f"{option} holds what looks like a secret", hint="say it without; the file goes into the repository")
    existing = suppressions.load(file)
    shown = _stored(report) if report is not None else rescan()
    new = accept.draft(ids, shown, owner=owner, reason=reason, expires=_day(expires), today=today, ticket=ticket)
    suppressions.save(file, accept.merge(existing, new))
    for entry in new:
        click.echo(f"accepted {entry.id} ({entry.rule}) until {entry.expires.isoformat()}, owner {entry.owner}", err=True)


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise UsageError("--expires is not a date", hint="write it as YYYY-MM-DD") from None


def _stored(name: str) -> Mapping[str, Any]:
    """The report in a file or on standard input."""
    try:
        if name == "-":
            data = sys.stdin.buffer.read(REPORT_MOST + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(REPORT_MOST + 1)
    except OSError as error:
        raise UsageError(f"the report {name} cannot be read: {error.strerror}", hint="check the path after --report") from None
    if len(data) > REPORT_MOST:
        raise UsageError("the report is larger than 512 MiB", hint="scan less at once")
    try:
        return json.loads(data)  # type: ignore[no-any-return]  # draft looks at what it is
    except (ValueError, RecursionError):
        raise UsageError("the report is not JSON", hint="make one with `leakseal scan --format json -o report.json`") from None
