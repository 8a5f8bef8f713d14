"""`leakseal import`: what was said to other scanners, carried over; what could not be is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner import cachefile
from scanner.cli.accept import clean, day, write
from scanner.cli.hush import hushed
from scanner.cli.reports import stored
from scanner.findings import accept, suppressions
from scanner.findings.suppressions import Suppression
from scanner.report.plain import count, printable

if TYPE_CHECKING:
    from scanner.cli.options import Project
    from scanner.exchange.baselines import Told
    from scanner.pipeline.adopted import Adopted

_MEANT = {
    "found": "accepted",
    "confirmed": "said to be a secret; stays open",
    "unaudited": "nobody said whether it is one; stays open (--unaudited accepts it)",
    "not-reported": "not found by our rules, so there is nothing to accept",
    "changed": "the file has no such value any more",
    "gone": "the file or commit is not there",
    "several-values": "the line has several values; accept those by id",
}


@click.group("import", short_help="Carry over baselines, rules and reports of other scanners.")
def command() -> None:
    """Baselines, rules and reports of detect-secrets, gitleaks, betterleaks, trufflehog and kingfisher."""


@command.command("baseline")
@click.argument("file", metavar="FILE")
@click.option("--root", type=click.Path(path_type=Path, file_okay=False, exists=True), help="Where its paths begin; else where FILE is.")
@click.option("--owner", help="Who answers for what is accepted.")
@click.option("--reason", help="Why it may stay.")
@click.option("--ticket", help="Where the discussion is.")
@click.option("--expires", metavar="YYYY-MM-DD", help="The last day on which it counts.")
@click.option("--unaudited", is_flag=True, help="Also accept what nobody looked at.")
@click.option("--confirmed", is_flag=True, help="Also accept what somebody said is a secret.")
@click.option("--dry-run", is_flag=True, help="Only say what would be accepted.")
@click.option("--file", "into", type=click.Path(path_type=Path, dir_okay=False), default=suppressions.FILE, help="Where to record it.")
def baseline(  # noqa: PLR0913, PLR0917 click passes every option
    file: str, root: Path | None, owner: str | None, reason: str | None, ticket: str | None, expires: str | None, unaudited: bool,
    confirmed: bool, dry_run: bool, into: Path,
) -> int:  # fmt: skip
    """Accept what FILE accepts: a .secrets.baseline, a gitleaks report used as a baseline, or a .gitleaksignore.

    Each place in it is looked up in the files (or the commits) and becomes an acceptance of the value, which no longer depends on
    lines. Verdicts of an audit are kept: what is no secret becomes a false positive, what is one stays open.
    """
    from scanner import config
    from scanner.cli.options import project
    from scanner.exchange import baselines

    for option, said in (("--owner", owner), ("--reason", reason), ("--ticket", ticket)):
        clean(option, said)
    days = config.load(config.find(Path())).bounds.days
    today = datetime.now(UTC).date()
    terms = accept.settled(accept.Terms(owner, reason, ticket, day(expires), days=days), today)
    said_by = baselines.read(stored(file, baselines.MOST), Path(file).name)
    asked = ((True, baselines.ACCEPTED), (True, baselines.FALSE), (unaudited, baselines.UNAUDITED), (confirmed, baselines.CONFIRMED))
    wanted = {verdict for accepted, verdict in asked if accepted}
    place = root or Path(file).parent
    chosen = project(str(place), file=None)
    found = _found(said_by.told, place, chosen)
    entries: dict[str, Suppression] = {}
    told: Counter[str] = Counter()
    for one, answer in zip(said_by.told, found, strict=True):
        what = one.verdict if answer.kind == "found" and one.verdict not in wanted else answer.kind
        told[what] += 1
        click.echo(f"{what:<14} {_where(one)}{' -> ' + ', '.join(answer.ids) if answer.ids else ''}")
        if what == "found":
            verdict = one.verdict if one.verdict in suppressions.VERDICTS else suppressions.VERDICTS[0]
            entries |= {entry.id: entry for entry in _entries(answer, terms, verdict, entries)}
    for line in said_by.odd:
        click.echo(f"{'not-understood':<14} {printable(hushed(line))}")
    if entries and not dry_run:
        write(into, accept.merge(entries.values(), suppressions.load(into)))
    _sum(said_by.tool, told, len(said_by.told), len(said_by.odd), len(entries))
    return 0


def _found(told: Sequence[Told], root: Path, chosen: Project) -> list[Adopted]:
    from scanner.exchange.baselines import digests
    from scanner.pipeline.adopted import Finder, adopt
    from scanner.pipeline.engines import engine
    from scanner.sources.git.environ import environment

    finder = Finder(engine(chosen.rules, cachefile.folder()), chosen.judging.seal, digests)
    return adopt(told, root, environment(), finder)


def _entries(answer: Adopted, terms: accept.Terms, verdict: str, known: dict[str, Suppression]) -> Iterator[Suppression]:
    """Its acceptances; a verdict that somebody gave counts more than none."""
    from dataclasses import replace

    for rule, print in answer.ours:
        made = accept.entry(rule, print, replace(terms, verdict=verdict))
        if made.id not in known or verdict != suppressions.VERDICTS[0]:
            yield made


def _where(one: Told) -> str:
    at = f" in {one.commit[:12]}" if one.commit else ""
    return printable(hushed(f"{one.path}:{one.line or 0}{at} ({one.rule})"))


def _sum(tool: str, told: Counter[str], all: int, odd: int, entries: int) -> None:
    click.echo(f"{count(all, 'finding')} that {tool} was told to pass over; {count(entries, 'acceptance')} of ours", err=True)
    for what, meant in _MEANT.items():
        if told[what]:
            click.echo(f"  {told[what]:>5} {what}: {meant}", err=True)
    if odd:
        click.echo(f"  {odd:>5} not-understood: see above", err=True)
