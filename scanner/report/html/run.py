"""A report as a page: the verdict, what was read of each surface, the findings, and what was not read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.model.evidence import Finding
from scanner.model.report import Report
from scanner.report.html.gaps import by_reason
from scanner.report.html.parts import MOST, Entry, Fact, Sort, bar, facets
from scanner.report.html.shell import page as paper
from scanner.report.json_v1 import ordered
from scanner.report.page import Page
from scanner.report.plain import count, gap_place, place, rank, target_name, verdict

RESULTS = {"clean": "Clean", "leaks": "Open findings", "incomplete": "Incomplete"}
STATUSES = ("open", "accepted", "example")  # an acceptance that has expired leaves it open
SORTS = (
    Sort("", "Worst first"), Sort("path", "Path"), Sort("rule", "Rule"), Sort("date", "Newest first", falling=True),
    Sort("seen", "Most often seen", falling=True, numeric=True),
)  # fmt: skip
FACETS = (
    ("severity", "Severity", rank), ("rule", "Rule", None), ("owner", "Owner or author", None), ("surface", "Surface", None),
    ("status", "Status", STATUSES.index),
)  # fmt: skip
_ANCHOR = re.compile(r"[0-9A-Za-z_-]{1,80}")


def rendered(report: Report, page: Page) -> Iterator[str]:
    """The whole page; the same report, the same bytes."""
    report = ordered(report)
    found = sorted(report.findings, key=lambda f: (STATUSES.index(_status(f)), rank(f.severity)))
    entries = list(_entries(found[:MOST], report, page))
    yield paper(
        "run.html",
        report=report, result=RESULTS[report.result], verdict=_said(report), targets=[target_name(t) for t in report.targets],
        bars=[bar(surface, seen) for surface, seen in report.coverage],
        entries=entries, more=len(found) - len(entries), sorts=SORTS, closed=len(report.findings) - len(report.open),
        facets=facets(entries, FACETS), tallies=facets([one for one in entries if not one.quiet], FACETS[:3]),
        gaps=by_reason(((gap.reason, (gap.origin.surface, gap_place(gap), gap.detail)) for gap in report.gaps), MOST),
        more_gaps=max(0, len(report.gaps) - MOST),
    )  # fmt: skip


def _status(finding: Finding) -> str:
    return finding.disposition if finding.disposition in STATUSES else "open"


def _said(report: Report) -> str:
    """The verdict behind its first word."""
    text = verdict(report).removeprefix("clean: ").removeprefix("incomplete: ")
    return text[:1].upper() + text[1:]


def _entries(findings: list[Finding], report: Report, page: Page) -> Iterator[Entry]:
    names = {target.id: target.uri for target in report.targets}
    anchors: set[str] = set()
    for finding in findings:
        anchor = finding.id if _ANCHOR.fullmatch(finding.id) and finding.id not in anchors else None
        anchors.add(finding.id)
        yield entry(finding, names.get(finding.target, finding.target), anchor, page)


def entry(finding: Finding, target: str, anchor: str | None, page: Page) -> Entry:
    """A finding as an entry of a list."""
    at = finding.location
    keys = {
        "severity": finding.severity, "rule": finding.rule, "owner": _owner(finding), "surface": finding.surface,
        "status": _status(finding), "path": at.path or "", "date": at.date or "", "seen": str(finding.occurrences),
    }  # fmt: skip
    closed = _status(finding) != "open"
    return Entry(
        finding.severity, finding.title, place(finding), finding.rule if finding.disposition == "open" else finding.disposition,
        tuple(_facts(finding, target)), keys, anchor=anchor, preview=finding.preview, advice="" if closed else finding.advice, quiet=closed,
        picture=page.pictures.get((finding.target, at.path or "")) if at.box else None, box=at.box,
    )  # fmt: skip


def _owner(finding: Finding) -> str:
    """Who accepted it; of what nobody has, who brought it."""
    if finding.acceptance and finding.acceptance != "inline":
        return finding.acceptance.partition(":")[0]
    return finding.location.author or ""


def _facts(finding: Finding, target: str) -> Iterator[Fact]:
    at = finding.location
    yield Fact("Rule", (finding.rule,))
    yield Fact("Where", (place(finding),))
    yield Fact("In", (f"{finding.surface} {target}",))
    yield from given("Inside of", *at.steps)
    yield from given("Object", at.object)
    yield from given("Commit", at.commit)
    yield from given("Author", at.author, code=False)
    yield from given("Date", at.date, code=False)
    if at.reachable is False:
        yield Fact("Reachable", ("no ref reaches it" if finding.surface == "git" else "no image shows it any more",), code=False)
    yield from given("Also in", *(path for path in finding.paths if path != at.path))
    commits = f" in {count(finding.commits, 'commit')}" if finding.commits else ""
    yield Fact("Seen", (count(finding.occurrences, "time") + commits,), code=False)
    yield from given("Parts", *(f"{name}: {value}" for name, value in finding.parsed))
    yield Fact("Confidence", (f"{finding.confidence:.0%}",), code=False)
    yield Fact("Status", (finding.disposition, *filter(None, (finding.acceptance,))), code=False)
    yield Fact("Fingerprint", (finding.fingerprint,))
    yield Fact("Id", (finding.id,))


def given(label: str, *values: str | None, code: bool = True) -> Iterator[Fact]:
    """A fact, if there is any."""
    there = tuple(value for value in values if value)
    if there:
        yield Fact(label, there, code)
