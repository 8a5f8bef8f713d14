"""`leakseal accept`: record that somebody answers for a finding."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from scanner.cli import complain
from scanner.cli.hush import known_hidden
from scanner.cli.reports import rescan, stored
from scanner.errors import UsageError
from scanner.findings import accept, suppressions
from scanner.findings.accept import Terms
from scanner.findings.suppressions import ANYWHERE, VERDICTS, Suppression


@click.command("accept", short_help="Record accepted findings: owner, reason, ticket, expiry.")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all-current", "everything", is_flag=True, help="Instead of IDs: everything that is open now.")
@click.option("--owner", help="Who answers for it: a person or a team.")
@click.option("--reason", help="Why it may stay.")
@click.option("--ticket", help="Where the discussion is.")
@click.option("--expires", metavar="YYYY-MM-DD", help="The last day on which the acceptance counts, at most two years away.")
@click.option("--path", "scope", metavar="GLOB", default=ANYWHERE, help="Only on these paths; else wherever the value stands.")
@click.option("--false-positive", "false", is_flag=True, help="It is no secret at all.")
@click.option("--report", metavar="REPORT.json", help="The report that shows the findings; `-` for standard input.")
@click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False), default=suppressions.FILE, show_default=True, help="Where to record it."
)
def command(  # noqa: PLR0913, PLR0917 click passes every option
    ids: tuple[str, ...], everything: bool, owner: str | None, reason: str | None, ticket: str | None, expires: str | None, scope: str,
    false: bool, report: str | None, file: Path,
) -> None:  # fmt: skip
    """Accept the findings with these IDS until a day, so that later scans report them as accepted.

    They are looked up in a stored report, or by scanning the current folder. An acceptance is about a value: it stays when lines move and
    files are renamed, and another value in the same place is open.
    """
    today = datetime.now(UTC).date()
    terms = Terms(owner, reason, ticket, day(expires), scope, VERDICTS[false], _days())
    run(ids, terms, report=report, file=file, today=today, rescan=_rescan, everything=everything)


def _days() -> int | None:
    from scanner import config

    return config.load(config.find(Path())).bounds.days


def _rescan() -> Mapping[str, Any]:
    """What a scan of the current folder reports."""
    from scanner.report.json_v1 import document

    return document(rescan())


def run(
    ids: tuple[str, ...], terms: Terms, *, report: str | None, file: Path, today: date, rescan: Callable[[], Mapping[str, Any]],
    everything: bool = False,
) -> None:  # fmt: skip
    """The same with the clock, and with a scan to fall back on, as arguments."""
    for option, said in (("--owner", terms.owner), ("--reason", terms.reason), ("--ticket", terms.ticket), ("--path", terms.scope)):
        clean(option, said)
    terms = accept.settled(terms, today)  # before a scan that may take long
    if everything and ids:
        raise UsageError("--all-current and IDs cannot both be given", hint="leave out one of them")
    if not (everything or ids):
        raise UsageError("no finding is named", hint="give the ids that the report shows, or --all-current")
    existing = suppressions.load(file)
    shown = _stored(report) if report is not None else rescan()
    if everything and not (ids := accept.open_ids(shown)):
        click.echo("nothing is open, so nothing was accepted", err=True)
        return
    new = accept.draft(ids, shown, terms, today=today)
    write(file, accept.merge(existing, new))
    for entry in new:
        said = "is no secret, until" if entry.verdict != VERDICTS[0] else "until"
        click.echo(f"accepted {entry.id} ({entry.rule}) {said} {entry.expires.isoformat()}, owner {entry.owner}", err=True)


def write(file: Path, entries: tuple[Suppression, ...]) -> None:
    """Save the entries; says so where the file was of an older version."""
    was_old = suppressions.is_old(file)
    suppressions.save(file, entries)
    if was_old:
        lacking = sum(entry.ticket == suppressions.NO_TICKET for entry in entries)
        message = f"{file} was of version 1 and is now of version {suppressions.VERSION}: entries have a ticket, a scope and a verdict"
        hint = f"{lacking} have no ticket yet: `leakseal suppressions renew ID --ticket …`" if lacking else "commit the file"
        complain(message, hint)


def clean(option: str, said: str | None) -> None:
    """Refuse what looks like a secret: the file goes into the repository."""
    if said and known_hidden(said) != said:
        raise UsageError(f"{option} holds what looks like a secret", hint="say it without; the file goes into the repository")


def day(text: str | None) -> date | None:
    """The day that --expires says."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise UsageError("--expires is not a date", hint="write it as YYYY-MM-DD") from None


def _stored(name: str) -> Mapping[str, Any]:
    try:
        return json.loads(stored(name))  # type: ignore[no-any-return]  # draft looks at what it is
    except (ValueError, RecursionError):
        raise UsageError("the report is not JSON", hint="make one with `leakseal scan --format json -o report.json`") from None
