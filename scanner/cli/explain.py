"""`leakseal explain`: why a finding was found, what it passed, how sure it is, and what would make it quiet."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click

from scanner.cli import screen
from scanner.cli.hook_say import REPORT
from scanner.cli.reports import rescan, stored
from scanner.errors import LeaksealError, UsageError
from scanner.model.evidence import OFFERED, Finding
from scanner.model.report import Report
from scanner.model.rule import Rule
from scanner.report.plain import count, place, printable

_PLACES = 10
_NO_COMMENT = frozenset({"logs", "screenshots", "oci", "stdin"})  # nobody reviewed what stands there
MEANS: Mapping[str, str] = {
    "base58check": "its Base58Check checksum is right",
    "base64-json": "decoded it is JSON",
    "base64-prefix": "decoded it begins as it should",
    "bech32": "its Bech32 checksum is right",
    "detect-secrets": "detect-secrets' filters take it for no sequence, template or reference",
    "entropy": "its characters are as mixed as chance would mix them",
    "github-crc32": "its checksum is right",
    "jwt": "its header and claims can be read",
    "luhn": "its check digit is right",
    "min-digits": "it has enough digits",
    "mixed": "it has letters and digits",
    "not-hex": "it is not hexadecimal only",
    "not-identifier": "it is no name that a program would use",
    "not-placeholder": "it is no placeholder such as CHANGE_ME",
    "not-uuid": "it is no UUID",
    "npm-crc32": "its checksum is right",
    "random-bytes": "decoded it looks like random bytes",
    "strength": "it is hard to guess",
    "strkey": "its checksum is right",
    "tail-crc32": "its checksum is right",
    "unless": "it holds nothing that the rule passes over",
    "unless-line": "its line holds nothing that the rule passes over",
    "unless-match": "what was matched holds nothing that the rule passes over",
}
Section = tuple[str, list[str]]


@click.command("explain", short_help="Why something was found, how sure it is, what would make it quiet.")
@click.argument("id", metavar="ID")
@click.option("--report", metavar="REPORT.json", help="The report that has it; else the last hook's, else a scan of this folder.")
@click.option("--config", "file", metavar="FILE", help="Configuration instead of the leakseal.yaml in this folder.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def command(id: str, report: str | None, file: str | None, form: str) -> int:
    """Explain the finding ID: where it is, which rule found it and what it passed, how sure that is, and what would make it quiet.

    The value is not shown, and is not needed.
    """
    from scanner.cli.options import project

    chosen = project(None, file=file)
    found = [one for one in _reported(id, report).findings if one.id == id]
    if not found:
        raise UsageError("no finding has this id", hint="copy the id from a report, and name the report with --report")
    rule = next((rule for rule in chosen.rules.rules if rule.id == found[0].rule), None)
    sections = list(explained(found, rule, datetime.now(UTC).date()))
    if form == "json":
        from scanner.report.json_v1 import dumped

        click.echo(dumped({"id": id, **dict(sections)}, indent=2))
        return 0
    if screen.terminal():
        screen.parts(sections, apart=True)
        return 0
    for number, (title, lines) in enumerate(sections):
        click.echo(("\n" if number else "") + title)
        for line in lines:
            click.echo(f"  {printable(line)}")
    return 0


def explained(found: Sequence[Finding], rule: Rule | None, today: date) -> Iterator[Section]:
    """Titles and their lines; `found` are the places of one finding."""
    first = found[0]
    yield first.id, [f"{first.title} ({first.rule}), {first.severity}, {first.disposition}", first.preview]
    yield "where", list(_where(found))
    yield "why it was found", list(_why(first, rule))
    yield "how sure", list(_sure(first, rule))
    yield "what would make it quiet", list(_quiet(first, today))
    if first.advice:
        yield "what to do", [first.advice]


def _where(found: Sequence[Finding]) -> Iterator[str]:
    for one in found[:_PLACES]:
        at = one.location
        who = f", since commit {at.commit[:12]}" + (f" of {at.author}" if at.author else "") if at.commit else ""
        steps = f", decoded: {' > '.join(at.steps)}" if at.steps else ""
        gone = ", not reachable from any ref" if at.reachable is False else ""
        yield f"{one.surface}: {place(one)}{who}{steps}{gone}"
    if len(found) > _PLACES:
        yield f"and {count(len(found) - _PLACES, 'place')} more"
    paths = sorted({path for one in found for path in one.paths} - {one.location.path for one in found})
    if paths:
        yield f"also at {', '.join(paths[:_PLACES])}" + (f" and {len(paths) - _PLACES} more" if len(paths) > _PLACES else "")
    if first := max(one.occurrences for one in found) - 1:
        yield f"seen {count(first + 1, 'time')} in all"


def _why(finding: Finding, rule: Rule | None) -> Iterator[str]:
    if rule is None:
        yield f"the rule {finding.rule} is not in use here, so only the report can be told of"
        return
    yield f"the rule {rule.id} of {rule.family} looks for: {rule.pattern}"
    if rule.needs:
        yield f"one of these words stands within {rule.before} bytes before or {rule.after} after: {', '.join(rule.needs)}"
    if rule.requires:
        yield "the other half of the pair stands nearby"
    for check in rule.checks:
        yield f"passed {check}: {MEANS.get(check.partition(':')[0], 'a check of the rule')}"
    if rule.parser:
        yield f"the parser {rule.parser} could read it" + (f": {', '.join(name for name, _ in finding.parsed)}" if finding.parsed else "")
    yield f"no more specific rule speaks of the same place (its specificity is {rule.specificity} of 100)"


def _sure(finding: Finding, rule: Rule | None) -> Iterator[str]:
    usual = f"; the rule's own is {rule.confidence:g}, and what stands around it changed that" if rule else ""
    yield f"confidence {finding.confidence:g}" + (usual if rule and rule.confidence != finding.confidence else ", as the rule says")
    if rule and rule.least:
        yield f"what is less sure than {rule.least:g} is not reported"
    if finding.disposition == "example":
        yield "it is the very value of a vendor's documentation, known by its digest"
    elif rule and finding.severity != rule.severity:
        yield f"severity {finding.severity} rather than {rule.severity}: what was read of it says so, such as a date on which it ended"


def _quiet(finding: Finding, today: date) -> Iterator[str]:
    if finding.disposition in ("accepted", "example"):
        yield f"it is quiet already: {finding.acceptance or 'an example'}"
        return
    until = (today + timedelta(OFFERED)).isoformat()
    yield "accept it:"
    yield screen.Command(f"leakseal accept {shlex.quote(finding.id)} --owner NAME --reason WHY --ticket WHERE --expires {until}")
    yield "if it is no secret: the same with --false-positive"
    at = finding.location
    if finding.surface not in _NO_COMMENT and at.field is None and at.path is not None and "!" not in at.path and not at.steps:
        yield f"if it never was one, on its line: leakseal: allow {finding.rule} the reason in a few words"
    if at.path is not None and finding.surface in ("git", "tree"):
        name = at.path.partition("!")[0]
        yield f"if nothing at its path is to be looked at, in leakseal.yaml under paths: {{exclude: {name!r}, reason: …}}"
    yield f"if the rule is of no use here, in leakseal.yaml: rules: {{disable: [{finding.rule}]}}"
    if finding.surface == "git":
        yield "taking it out of the files is not enough, it stays in the history; how it goes: leakseal remove-plan"


def _reported(id: str, name: str | None) -> Report:
    from scanner.report.read_v1 import read_report

    if name is not None:
        return read_report(stored(name))
    if (kept := _kept()) is not None and any(one.id == id for one in kept.findings):
        return kept
    return rescan()


def _kept() -> Report | None:
    """The report that the last hook left in Git's own folder."""
    from scanner.report.read_v1 import read_report
    from scanner.sources.git import narrow
    from scanner.sources.git.environ import git

    try:
        path = git(["rev-parse", "--git-path", REPORT], Path(), narrow.told()).removesuffix(b"\n")
        return read_report(stored(path.decode()))
    except (OSError, LeaksealError, UnicodeDecodeError):
        return None
