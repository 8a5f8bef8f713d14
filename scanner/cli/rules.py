"""`leakseal rules`: what is looked for, one rule explained, and packs put to the test."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scanner import config, shipped
from scanner.cli import options, screen
from scanner.cli.hush import hushed
from scanner.errors import UsageError
from scanner.model.rule import SEVERITIES, Rule
from scanner.report.plain import count, printable

if TYPE_CHECKING:
    from scanner.pipeline.rulecheck import Checked, Problem
    from scanner.rulepack.packs import Pack

COLUMNS = ("id", "kind", "severity", "title", "family")
_WIDE, _FEWER = 110, ("id", "severity", "title")  # a terminal that has room for all of them, and what the others are shown
_FORMS = click.Choice(["table", "json"])
_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan"}

_packs = click.option("--rules", "packs", multiple=True, metavar="PATH", help="A rule pack besides the shipped ones.")
_file = click.option("--config", "file", metavar="FILE", help="Configuration instead of the leakseal.yaml in this folder.")
_form = click.option("--format", "form", type=_FORMS, default="table", show_default=True, help="For people or for programs.")


@click.group("rules", short_help="List, show and check the rules.")
def command() -> None:
    """The rules: what is looked for, why, and whether they hold what they promise."""


@command.command("list")
@click.argument("words", nargs=-1, metavar="[WORD]...")
@_packs
@_file
@_form
def listing(words: tuple[str, ...], packs: tuple[str, ...], file: str | None, form: str) -> int:
    """Every rule in use here; with WORDs, those that have all of them."""
    wanted = [word.lower() for word in words]
    rules = [rule for rule in options.rules(_settings(file), packs).rules if all(word in _row_text(rule) for word in wanted)]
    if form == "json":
        _json([{name: getattr(rule, name) for name in COLUMNS} for rule in rules])
        return 0
    if not rules:
        click.echo("no rule has all of these words", err=True)
    elif sys.stdout.isatty():
        _rich_table(rules)
    else:
        for rule in rules:
            click.echo("\t".join(_row(rule)))
    return 0


@command.command("show")
@click.argument("name", metavar="ID")
@_packs
@_file
@_form
def show(name: str, packs: tuple[str, ...], file: str | None, form: str) -> int:
    """Everything about the rule ID; its samples as shapes, from which secrets are grown when they are tried."""
    from scanner.rulepack.load import load
    from scanner.rulepack.nodes import nearest

    settings = _settings(file)
    folders = [shipped.shipped("rules"), *settings.packs, *map(Path, packs)]
    rules = {rule.id: rule for rule in load(folders, project=_project(settings), known=options.known()).rules}
    if name not in rules:
        raise UsageError("there is no rule of that name", hint=_guess(nearest(name[:80], rules)))
    rule = rules[name]
    if form == "json":
        _json(_document(rule, disabled=name in settings.disabled))
        return 0
    if screen.terminal():
        screen.parts(_explained(rule, settings))
        return 0
    for label, lines in _explained(rule, settings):
        click.echo(f"{label}:" if label else "")
        for line in lines:
            click.echo(f"  {printable(line)}")
    return 0


@command.command("check")
@click.argument("packs", nargs=-1, metavar="[PACK]...")
@click.option("--engine", type=click.Choice(["auto", "hyperscan", "re2"]), default="auto", help="The prefilter.", hidden=True)
@click.option("--mutate", is_flag=True, help="Also make each rule looser, check by check: one of its misses must be found then.")
@_file
def check(packs: tuple[str, ...], engine: str, mutate: bool, file: str | None) -> int:
    """Read the PACKs (else the rules in use here), try every rule's samples, and measure how broad its anchors are."""
    from scanner.pipeline import rulecheck
    from scanner.rulepack.packs import read_packs

    settings = _settings(file)
    project = _project(settings)
    ours = [shipped.shipped("rules"), *settings.packs]
    named = [Path(name) for name in packs] or ours
    mine = read_packs(named)
    if not mine:
        raise UsageError("there is no rule pack in these folders", hint="a rule pack is a file whose name ends in .yaml or .yml")
    same = {Path(pack.path).resolve() for pack in mine}
    others = [pack for pack in read_packs(ours) if Path(pack.path).resolve() not in same] if packs else []
    checked = rulecheck.check(mine, others, known=options.known(), project=project, kind=engine, mutate=mutate)
    for problem in checked.problems:
        _complain(problem)
    if checked.measures:
        _measured(checked)
    verdict = count(len(checked.problems), "problem") if checked.problems else "nothing is wrong"
    where = count(len(mine), "pack") + (" and the configuration" if project and not packs else "")
    click.echo(f"{count(len(checked.rules), 'rule')} in {where}, {count(checked.samples, 'sample')}: {verdict}")
    return UsageError.exit_code if checked.problems else 0


@command.command("docs")
@click.argument("folder", metavar="DIR")
@click.argument("packs", nargs=-1, metavar="[PACK]...")
def docs(folder: str, packs: tuple[str, ...]) -> int:
    """Write a page for each of the PACKs (else those that ship) into DIR: what it finds, and what to do then."""
    from scanner.rulepack.load import load
    from scanner.rulepack.pages import MARK, pages

    made = pages(load([Path(name) for name in packs] or [shipped.shipped("rules")], known=options.known()).rules)
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for path in sorted(Path(folder).glob("*.md")):
            if path.name not in made and path.read_text("utf-8", "replace").startswith(MARK):
                path.unlink()
        for name, text in made.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
    except OSError as problem:
        raise UsageError(f"the pages cannot be written: {problem.strerror}", hint="check the folder") from None
    click.echo(count(len(made), "page"))
    return 0


def _settings(file: str | None) -> config.Config:
    if file and not Path(file).is_file():
        raise UsageError(f"there is no configuration at {file}", hint="check the path given with --config")
    return config.load(Path(file) if file else config.find(Path()))


def _project(settings: config.Config) -> Pack | None:
    from scanner.rulepack.packs import read_project

    return read_project(settings.project) if settings.project else None


def _row(rule: Rule) -> list[str]:
    return [printable(str(getattr(rule, name))) for name in COLUMNS]


def _row_text(rule: Rule) -> str:
    return "\n".join(_row(rule)).lower()


def _json(value: Any) -> None:
    from scanner.report.json_v1 import dumped

    click.echo(dumped(value, indent=2))


def _rich_table(rules: list[Rule]) -> None:
    from rich.table import Table
    from rich.text import Text

    paper, width = screen.console()
    shown = COLUMNS if width >= _WIDE else _FEWER
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in shown:
        table.add_column(name, no_wrap=name in ("id", "kind", "severity"), overflow="fold")
    for rule in rules:
        cells = {name: Text(cell) for name, cell in zip(COLUMNS, _row(rule), strict=True)}
        cells["severity"].stylize(_STYLES.get(rule.severity, ""))
        table.add_row(*(cells[name] for name in shown))
    paper.print(table)
    by = {severity: sum(rule.severity == severity for rule in rules) for severity in SEVERITIES}
    paper.print(Text(f"{count(len(rules), 'rule')}: " + ", ".join(f"{number} {name}" for name, number in by.items() if number), "dim"))


def _explained(rule: Rule, settings: config.Config) -> list[tuple[str, list[str]]]:
    told = ", disabled by the configuration" if rule.id in settings.disabled else ""
    told += ", changed by the configuration" if rule.id in settings.changed else ""
    near = f", beside one of: {', '.join(rule.needs)}" if rule.needs else ""
    parts = [
        (
            rule.id,
            [rule.title, f"{rule.severity} {rule.kind} of {rule.family}{told}"],
        ),
        ("what to do", [rule.advice]),
        ("pattern (RE2; the group `secret` must not leak)", [rule.pattern]),
        ("anchors (where the pattern is tried)", list(rule.anchors)),
        ("window", [f"{rule.before} bytes before an anchor's end, {rule.after} after{near}"]),
        ("requires nearby (the other half of a pair)", list(rule.requires)),
        ("takes from nearby", list(rule.beside)),
        ("checks", list(rule.checks)),
        ("parser", [rule.parser] if rule.parser else []),
        ("confidence and specificity", [f"{rule.confidence:g}, {rule.specificity} (where secrets overlap, the more specific rule speaks)"]),
        ("finds what grows from", [sample.shape for sample in rule.hits]),
        ("passes over what grows from", [sample.shape for sample in rule.misses]),
        ("references", list(rule.references)),
        ("defined in", [f"{rule.file}:{rule.line}"]),
    ]
    return [(label, lines) for label, lines in parts if lines]


def _document(rule: Rule, *, disabled: bool) -> dict[str, Any]:
    decides = ("pattern", "anchors", "needs", "requires", "beside", "checks", "parser", "before", "after", "specificity", "confidence")
    names = (*COLUMNS, *decides, "advice")
    samples = {"hits": [sample.shape for sample in rule.hits], "misses": [sample.shape for sample in rule.misses]}
    own = {name: getattr(rule, name) for name in (*names, "references", "file", "line")}
    return {**own, **samples, "disabled": disabled}


def _guess(hint: str) -> str:
    return hint if hint.startswith("did you mean") else "`leakseal rules list` shows them all"


def _complain(problem: Problem) -> None:
    next_step = f"\n  next: {printable(hushed(problem.hint))}" if problem.hint else ""
    click.echo(f"{printable(hushed(str(problem)))}{next_step}", err=True)


def _measured(checked: Checked) -> None:
    """How fast the neutral texts were searched, and whose anchors occur most often in them."""
    click.echo(f"{'neutral text':<18}{'MB':>6}{'prefilter MB/s':>16}{'search MB/s':>13}  spots per MB")
    for seen in checked.measures:
        megabytes = seen.size / 1e6
        most = ", ".join(f"{name} {rate:,.0f}" for name, rate in seen.spots[:3] if rate >= 1)
        speeds = f"{megabytes / max(seen.sieved, 1e-9):>16,.0f}{megabytes / max(seen.searched, 1e-9):>13,.0f}"
        click.echo(f"{seen.kind:<18}{megabytes:>6.1f}{speeds}  {most or '-'}")
    size = sum(seen.size for seen in checked.measures) / 1e6
    click.echo(f"all rules together: {size / max(sum(seen.searched for seen in checked.measures), 1e-9):,.0f} MB/s")
