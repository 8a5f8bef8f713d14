"""`leakseal import`: what was said to other scanners, carried over; what could not be is told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanner import cachefile
from scanner.cli.accept import clean, day, write
from scanner.cli.hush import hushed, known_hidden
from scanner.cli.reports import stored
from scanner.errors import UsageError
from scanner.findings import accept, suppressions
from scanner.findings.suppressions import Suppression
from scanner.report.plain import count, printable
from scanner.wholefile import whole

if TYPE_CHECKING:
    from scanner.cli.options import Project
    from scanner.exchange.baselines import Told
    from scanner.pipeline.adopted import Adopted
    from scanner.rulepack.build import Known

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


@command.command("rules")
@click.argument("file", metavar="FILE.toml")
@click.option("-o", "--output", metavar="PACK.yaml", required=True, help="Where the rule pack is written.")
def rules(file: str, output: str) -> int:
    """Make a rule pack of the rules and allowlists in a .gitleaks.toml or .betterleaks.toml.

    Each rule is tried before it is written. On standard output stands what belongs into leakseal.yaml; on standard error what could not be
    carried over, and why.
    """
    from scanner.exchange import gitleaksrules

    known, taken = _known()
    found = gitleaksrules.read(stored(file, gitleaksrules.MOST), taken, lambda text: hushed(text) != text)
    kept = []
    for rule in found.rules:
        if flaw := _flaw(gitleaksrules.render(replace(found, rules=[rule]), "Imported"), known):
            found.lose(rule["id"], f"the rule is not carried over: {flaw}")
        else:
            kept.append(rule)
    found.rules = kept
    if kept:
        try:
            with whole(Path(output), 0o644) as pack:
                pack.write(gitleaksrules.render(found, "Imported").encode())
        except OSError as problem:
            raise UsageError(f"the rule pack cannot be written: {problem.strerror}", hint="name a file in a folder that exists") from None
    click.echo("version: 1")
    if kept:
        click.echo(f"rules:\n  packs: [{json.dumps(output)}]")
    for number, (glob, reason) in enumerate(found.paths):
        head = "paths:\n" if number == 0 else ""
        click.echo(f"{head}  - exclude: {json.dumps(glob)}\n    reason: {json.dumps(known_hidden(reason))}")
    for where, what in found.lost:
        click.echo(printable(hushed(f"not carried over: `{where}`: {what}")), err=True)
    done = f"{count(len(kept), 'rule')} and {count(len(found.paths), 'path')} carried over"
    click.echo(f"{done}, {count(len(found.lost), 'thing')} not, or differently", err=True)
    return 0


@command.command("report")
@click.argument("file", metavar="FILE.json")
@click.option("-o", "--output", metavar="REPORT.json", required=True, help="Where our report is written.")
def report(file: str, output: str) -> int:
    """Make a report of ours of another scanner's: trufflehog, kingfisher, gitleaks or betterleaks, in JSON.

    It is there to be compared with a scan: `leakseal compare REPORT.json OURS.json`. The values in FILE are fingerprinted, and not written.
    """
    from scanner import __version__
    from scanner.cli.options import project
    from scanner.exchange import foreign
    from scanner.model.report import Run
    from scanner.pipeline.engines import engine
    from scanner.pipeline.foreigners import Desk, adopted
    from scanner.report import render

    theirs = foreign.read(stored(file, foreign.MOST))
    chosen = project(None, file=None)
    desk = Desk(engine(chosen.rules, cachefile.folder()), chosen.judging.seal)
    made = adopted(theirs.tool, theirs.seen, file, desk, Run(f"leakseal {__version__}"), theirs.hidden)
    try:
        with whole(Path(output), 0o644) as stream:
            render(made, "json", stream)
    except OSError as problem:
        raise UsageError(f"the report cannot be written: {problem.strerror}", hint="name a file in a folder that exists") from None
    told = f"{count(len(made.findings), 'finding')} of {theirs.tool}"
    told += f", {theirs.hidden} without a value" if theirs.hidden else ""
    click.echo(told + (f", {theirs.odd} that could not be understood" if theirs.odd else ""), err=True)
    return 0


def _known() -> tuple[Known, set[str]]:
    from scanner import config
    from scanner.cli import options

    settings = replace(config.load(config.find(Path())), disabled=())
    return options.known(), {rule.id for rule in options.rules(settings).rules}


def _flaw(pack: str, known: Known) -> str:
    """What is wrong with a pack of one rule, or nothing."""
    from scanner.pipeline.rulecheck import check
    from scanner.rulepack.packs import Pack

    checked = check([Pack("imported.yaml", "imported.yaml", pack.encode())], known=known, texts=lambda: (), seeds=(0, 1))
    return checked.problems[0].message.partition(": ")[2] or checked.problems[0].message if checked.problems else ""


def _found(told: Sequence[Told], root: Path, chosen: Project) -> list[Adopted]:
    from scanner.exchange.baselines import digests
    from scanner.pipeline.adopted import Finder, adopt
    from scanner.pipeline.engines import engine
    from scanner.sources.git.environ import environment

    finder = Finder(engine(chosen.rules, cachefile.folder()), chosen.judging.seal, digests)
    return adopt(told, root, environment(), finder)


def _entries(answer: Adopted, terms: accept.Terms, verdict: str, known: dict[str, Suppression]) -> Iterator[Suppression]:
    """Its acceptances; a verdict that somebody gave counts more than none."""
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
