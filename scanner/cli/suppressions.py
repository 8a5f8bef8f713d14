"""`leakseal suppressions`: the accepted findings listed, checked, cleaned, renewed and merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner.cli import complain
from scanner.cli.accept import clean, day, write
from scanner.cli.reports import reported
from scanner.errors import UsageError
from scanner.findings import accept, suppressions
from scanner.findings.audit import EXPIRED, NOTICES, UNUSED, Problem, audit, unused
from scanner.findings.suppressions import Suppression
from scanner.report.plain import count, printable

if TYPE_CHECKING:
    from scanner.model.report import Report

WRONG, NOT_READ = 1, 3
_file = click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False), default=suppressions.FILE, show_default=True, help="Where they are recorded."
)
_report = click.option("--report", metavar="REPORT.json", help="A stored report, else the current folder is scanned; `-`: standard input.")
_form = click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)


@click.group("suppressions", short_help="List, check, prune, renew the accepted findings.")
def command() -> None:
    """The accepted findings, and whether they are still in order."""


@command.command("list")
@_file
@_form
def listing(file: Path, form: str) -> int:
    """Every accepted finding, the one that ends first on top."""
    entries = sorted(suppressions.load(file), key=lambda e: (e.expires, e.id))
    if form == "json":
        _json([_document(entry) for entry in entries])
        return 0
    for entry in entries:
        click.echo(_line(entry))
    click.echo(count(len(entries), "accepted finding"), err=True)
    return 0


@command.command("check")
@_file
@_report
@_form
def check(file: Path, report: str | None, form: str) -> int:
    """Whether every entry is in date, used, no broader than allowed, and has a ticket.

    Exit codes: 0 all are, 1 some are not, 3 entries were not seen but something was not read.
    """
    from scanner import config

    entries, today = suppressions.load(file), datetime.now(UTC).date()
    shown = _whole(reported(report)) if entries else None
    found = audit(entries, shown, today, config.load(config.find(Path())).bounds) if shown else []
    unsure = [p for p in found if p.kind == UNUSED and shown and not shown.complete]
    wrong = [p for p in found if p.kind not in NOTICES and p not in unsure]
    if form == "json":
        _json([{"id": p.entry.id, "problem": p.kind, "detail": p.said, "certain": p not in unsure} for p in found])
    else:
        for problem in found:
            doubt = ", but not everything was read" if problem in unsure else ""
            click.echo(f"{problem.kind:<12} {_name(problem)}: {printable(problem.said)}{doubt}")
    if suppressions.is_old(file):
        hint = "any change writes it anew: `leakseal suppressions renew ID`"
        complain(f"{file} is of version 1, which says neither scope nor verdict", hint)
    said = "not all are sure" if unsure else "nothing is wrong"
    said = f"{len({p.entry.id for p in wrong})} of them need attention" if wrong else said
    click.echo(f"{count(len(entries), 'accepted finding')}: {said}", err=True)
    return WRONG if wrong else NOT_READ if unsure else 0


@command.command("prune")
@_file
@_report
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
def prune(file: Path, report: str | None, dry_run: bool) -> int:
    """Take out the entries that have run out, and those whose value is nowhere any more."""
    entries, today = suppressions.load(file), datetime.now(UTC).date()
    if not entries:
        click.echo("there are no accepted findings", err=True)
        return 0
    shown = _whole(reported(report))
    gone = {entry.id: UNUSED for entry in unused(entries, shown)} if shown.complete else {}
    gone |= {entry.id: EXPIRED for entry in entries if entry.expires < today}
    for entry in entries:
        if entry.id in gone:
            click.echo(f"{gone[entry.id]:<12} {entry.id} ({entry.rule}), owner {entry.owner}", err=True)
    if gone and not dry_run:
        write(file, tuple(entry for entry in entries if entry.id not in gone))
    click.echo(f"{'would be' if dry_run else 'were'} taken out: {len(gone)} of {count(len(entries), 'accepted finding')}", err=True)
    if not shown.complete:
        complain("something was not read, so no entry counts as unused", "`leakseal scan` names what was not read")
        return NOT_READ
    return 0


@command.command("renew")
@click.argument("ids", nargs=-1, metavar="ID...", required=True)
@click.option("--expires", metavar="YYYY-MM-DD", help="The new last day.")
@click.option("--owner", help="Who answers for it from now on.")
@click.option("--reason", help="Why it may stay.")
@click.option("--ticket", help="Where the discussion is.")
@click.option("--path", "scope", metavar="GLOB", help="Only on these paths from now on; `anywhere` lifts that.")
@_file
def renew(
    ids: tuple[str, ...], expires: str | None, owner: str | None, reason: str | None, ticket: str | None, scope: str | None, file: Path
) -> int:
    """Change what the entries with these IDS say: a later day, another owner, a ticket."""
    from scanner import config

    given = {"expires": day(expires), "owner": owner, "reason": reason, "ticket": ticket, "scope": scope}
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        raise UsageError("nothing is changed", hint="give --expires, --owner, --reason, --ticket or --path")
    for name, said in changes.items():
        if isinstance(said, str):
            clean("--path" if name == "scope" else f"--{name}", said)
    today, days = datetime.now(UTC).date(), config.load(config.find(Path())).bounds.days
    entries = suppressions.by_id(suppressions.load(file))
    unknown = sorted(set(ids) - set(entries))
    if unknown:
        shown = ", ".join(id if len(id) <= 16 and id.isalnum() else "one that is no id" for id in unknown[:5])
        raise UsageError(f"no entry has this id: {shown}", hint="`leakseal suppressions list` shows them")
    renewed = {id: _renewed(entries[id], changes, today, days) for id in ids}
    write(file, tuple(sorted({**entries, **renewed}.values(), key=lambda e: e.id)))
    for id in sorted(renewed):
        click.echo(f"renewed {_line(renewed[id])}", err=True)
    return 0


@command.command("merge")
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("ours", type=click.Path(path_type=Path))
@click.argument("theirs", type=click.Path(path_type=Path))
def merge(base: Path, ours: Path, theirs: Path) -> int:
    """Git's merge driver for the file: entry by entry, the result into OURS.

    `git config merge.leakseal.driver "leakseal suppressions merge %O %A %B"`, and in .gitattributes
    `.leakseal/suppressions.yaml merge=leakseal`.
    """
    merged, torn = accept.three_way(*(suppressions.by_id(suppressions.load(path)) for path in (base, ours, theirs)))
    suppressions.save(ours, merged)
    for id in torn:
        complain(f"both sides changed {id}; ours was kept", "compare with the other branch, and `leakseal suppressions renew` it")
    return WRONG if torn else 0


def _renewed(entry: Suppression, changes: Mapping[str, object], today: date, days: int) -> Suppression:
    told = {name: changes.get(name, getattr(entry, name)) for name in ("owner", "reason", "ticket", "expires", "scope")}
    terms = accept.settled(accept.Terms(**told, days=days), today)  # type: ignore[arg-type]
    return replace(entry, **{name: getattr(terms, name) for name in told})


def _whole(report: Report) -> Report:
    """The report, if it is of everything that entries may speak of."""
    narrow = [target.scope for target in report.targets if target.surface == "git" and target.scope != "all-objects"]
    if narrow:
        hint = "scan it whole: `leakseal scan --format json -o report.json`"
        raise UsageError("the report is of a part of the repository only", hint=hint)
    return report


def _line(entry: Suppression) -> str:
    told = (entry.id, entry.expires.isoformat(), entry.verdict, entry.rule, entry.scope, entry.owner, entry.ticket, entry.reason)
    return "  ".join(printable(part) for part in told)


def _name(problem: Problem) -> str:
    return printable(f"{problem.entry.id} ({problem.entry.rule}, owner {problem.entry.owner})")


def _document(entry: Suppression) -> dict[str, str]:
    names = ("id", "rule", "fingerprint", "verdict", "owner", "reason", "ticket", "scope")
    return {**{name: getattr(entry, name) for name in names}, "expires": entry.expires.isoformat()}


def _json(value: Sequence[object]) -> None:
    from scanner.report.json_v1 import dumped

    click.echo(dumped(list(value), indent=2))
