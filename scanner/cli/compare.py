"""`leakseal compare`: what is new, gone and moved between two reports."""

from __future__ import annotations

from collections.abc import Iterable

import click

from scanner.cli.reports import stored
from scanner.model.evidence import Finding
from scanner.report.compare import Change, compare
from scanner.report.plain import place, printable


@click.command("compare")
@click.argument("before", metavar="A.json")
@click.argument("after", metavar="B.json")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def command(before: str, after: str, form: str) -> int:
    """Compare two reports by value: what B has and A has not, what is gone, and what stands elsewhere.

    Values are told by their fingerprints, so both must be made with the same key or salt; rules and places may differ.

    Exit codes: 0 nothing new is open, 1 something is, 3 something is gone, but B did not read everything.
    """
    from scanner.report.json_v1 import dumped
    from scanner.report.read_v1 import read_report

    found = compare(read_report(stored(before)), read_report(stored(after)))
    if form == "json":
        told = {
            "new": [_document(one) for one in found.new], "gone": [_document(one) for one in found.gone], "same": found.same,
            "moved": [_change(one) for one in found.moved], "judged": [_change(one) for one in found.judged], "unsure": found.unsure,
        }  # fmt: skip
        click.echo(dumped({"schema": "leakseal.comparison/v1", **told}, indent=2))
        return found.exit_code
    for word, findings in (("new", found.new), ("gone", found.gone)):
        for one in findings:
            doubt = " (or not read)" if word == "gone" and found.unsure else ""
            click.echo(f"{word:<6}  {_line(one)}{doubt}")
    for change in found.moved:
        click.echo(f"moved   {_line(change.before[0])} -> {_places(change.after)}")
    for change in found.judged:
        click.echo(f"judged  {_line(change.after[0])}: {change.before[0].disposition} -> {change.after[0].disposition}")
    numbers = f"{len(found.new)} new, {len(found.gone)} gone, {len(found.moved)} moved, {len(found.judged)} judged anew"
    click.echo(f"{numbers}, {found.same} as before", err=True)
    return found.exit_code


def _line(finding: Finding) -> str:
    return f"{finding.severity} {printable(finding.rule)} {place(finding)} {printable(finding.preview)} [{printable(finding.id)}]"


def _places(findings: Iterable[Finding]) -> str:
    return ", ".join(dict.fromkeys(place(finding) for finding in findings))


def _document(finding: Finding) -> dict[str, object]:
    names = ("id", "rule", "severity", "disposition", "fingerprint", "preview")
    return {**{name: getattr(finding, name) for name in names}, "place": place(finding)}


def _change(change: Change) -> dict[str, object]:
    return {"before": [_document(one) for one in change.before], "after": [_document(one) for one in change.after]}
