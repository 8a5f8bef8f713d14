"""The nights of a sweep as a page: what is open, how it came to that, and what was read of which repository."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from scanner.model.report import Coverage
from scanner.report.html.gaps import by_reason
from scanner.report.html.parts import MOST, Entry, Facet, Fact, Sort, bar, facets, parts
from scanner.report.html.run import RESULTS, entry, given
from scanner.report.html.shell import page
from scanner.report.html.swept import Sweep, SweptFinding, SweptRepository
from scanner.report.html.trend import trend
from scanner.report.page import PIPED
from scanner.report.plain import count, gap_place, rank, size

AGES = ((0, "last night"), (7, "up to a week"), (31, "up to a month"), (92, "up to three months"), (366, "up to a year"))
OLDER = "more than a year"
_AGES = (*(name for _, name in AGES), OLDER)
_ORDER = ("leaks", "not-read", "incomplete", "clean")
_FINDINGS = (
    ("severity", "Severity", rank), ("owner", "Owner", None), ("age", "Age", _AGES.index), ("rule", "Rule", None),
    ("repository", "Repository", None),
)  # fmt: skip
_REPOSITORIES = (("result", "Result", _ORDER.index), ("owner", "Owner", None), ("visit", "Last night", None))
_FINDING_SORTS = (
    Sort("", "Worst first"), Sort("first", "Oldest first"), Sort("first", "Newest first", falling=True), Sort("repository", "Repository"),
    Sort("rule", "Rule"), Sort("owner", "Owner"),
)  # fmt: skip
_REPOSITORY_SORTS = (
    Sort("", "Worst first"), Sort("repository", "Name"), Sort("open", "Most findings", falling=True, numeric=True),
    Sort("gaps", "Most gaps", falling=True, numeric=True), Sort("seconds", "Slowest", falling=True, numeric=True),
)  # fmt: skip


def rendered(sweep: Sweep) -> Iterator[str]:
    """The whole page; the same sweep, the same bytes: ages are counted to the last night, and no clock is asked."""
    found = sorted(sweep.findings, key=lambda one: (rank(one.finding.severity), one.first_seen_on, one.repository, one.finding.id))
    last = sweep.nights[-1].started_on if sweep.nights else ""
    findings = [_finding(one, last) for one in found[:MOST]]
    ordered = sorted(sweep.repositories, key=lambda one: (_ORDER.index(one.result), -one.open, -one.gaps, one.name))
    repositories = [_repository(one) for one in ordered[:MOST]]
    told = facets(findings, _FINDINGS)
    yield page(
        "sweep.html", sweep=sweep, result=RESULTS[sweep.result], verdict=verdict(sweep), last=last,
        findings=findings, more=len(found) - len(findings), finding_facets=told, tallies=told[:4], finding_sorts=_FINDING_SORTS,
        repositories=repositories, more_repositories=len(ordered) - len(repositories), repository_sorts=_REPOSITORY_SORTS,
        repository_facets=facets(repositories, _REPOSITORIES), slowest=_slowest(sweep),
        shares=_shares(sweep), bars=[bar(surface, seen) for surface, seen in _coverage(sweep)],
        trend=trend(sweep.nights), gaps=by_reason(((gap.reason, (name, gap_place(gap), gap.detail)) for name, gap in sweep.gaps), MOST),
        more_gaps=max(0, len(sweep.gaps) - MOST),
    )  # fmt: skip


def verdict(sweep: Sweep) -> str:
    """One sentence: what is open, and what was not read."""
    number = count(len(sweep.repositories), "repository", "repositories")
    if sweep.findings:
        where = len({one.repository for one in sweep.findings})
        new = sum(one.fresh for one in sweep.findings)
        said = [f"{count(len(sweep.findings), 'open finding')} in {where:,} of {number}, {new:,} new"]
    elif sweep.result == "clean":
        said = [f"Everything in {number} was read, and nothing is open"]
    else:
        said = ["Nothing is open in what was read"]
    if sweep.unread:
        said.append(f"{sweep.unread:,} of {number} could not be read")
    if sweep.gaps:
        said.append(count(len(sweep.gaps), "gap"))
    if not sweep.nights:
        said.append("no night has been recorded")
    elif sweep.nights[-1].status != "done":
        said.append("the last night did not come to its end")
    return "; ".join(said)


def age(first: str, last: str) -> str:
    """How long before the last night something was first seen, in words of AGES."""
    try:
        days = (date.fromisoformat(last[:10]) - date.fromisoformat(first[:10])).days
    except ValueError:
        return OLDER
    return next((name for most, name in AGES if days <= most), OLDER)


def _finding(one: SweptFinding, last: str) -> Entry:
    made = entry(one.finding, one.repository, None, PIPED)
    old = age(one.first_seen_on, last)
    facts = (
        Fact("Repository", (one.repository,)), Fact("Owner", (one.owner or "nobody is named",), code=False),
        Fact("First seen", (one.first_seen_on + (" (new)" if one.fresh else ""),), code=False),
        Fact("Last seen", (one.last_seen_on,), code=False),
    )  # fmt: skip
    keys = {**made.keys, "owner": one.owner, "repository": one.repository, "age": old, "first": one.first_seen_on}
    return replace(made, place=f"{one.repository}: {made.place}", aside="new" if one.fresh else old, facts=(*facts, *made.facts), keys=keys)


def _repository(one: SweptRepository) -> Entry:
    facts = [
        *given("Address", one.uri), *given("Owner", one.owner, code=False), *given("Groups", *one.groups, code=False),
        *given("Not read", one.why, code=False), Fact("Last night", (one.visit,), code=False), *given("Last read", one.read_on, code=False),
        *given("Every object read", one.full_on, code=False),
        Fact("Time", (f"{one.seconds:.1f} s, of which {one.fetch_seconds:.1f} s to fetch",), code=False),
        Fact("Mirror", (size(one.octets),), code=False),
    ]  # fmt: skip
    keys = {
        "repository": one.name, "owner": one.owner, "result": one.result, "visit": one.visit, "open": str(one.open), "gaps": str(one.gaps),
        "seconds": f"{one.seconds:.3f}",
    }  # fmt: skip
    said = f"{one.open:,} open, {count(one.gaps, 'gap')}" if one.result != "not-read" else one.why or "not read"
    bars = tuple(bar(surface, seen) for surface, seen in one.coverage)
    return Entry(one.result, one.name, said, f"{one.seconds:.1f} s", tuple(facts), keys, bars=bars, quiet=one.result == "clean")


def _slowest(sweep: Sweep) -> Facet:
    """The repositories that took longest, in milliseconds."""
    slow = sorted(sweep.repositories, key=lambda one: (-one.seconds, one.name))[:8]
    return Facet("slowest", "Slowest, in ms", tuple((one.name, round(one.seconds * 1000)) for one in slow))


def _shares(sweep: Sweep) -> list[tuple[str, int, object]]:
    """How many repositories had which result, and the stretch of a bar for each."""
    tally = {result: sum(one.result == result for one in sweep.repositories) for result in _ORDER}
    drawn = {part.kind: part for part in parts(tally)}
    return [(result, tally[result], drawn[result]) for result in drawn]


def _coverage(sweep: Sweep) -> list[tuple[str, Coverage]]:
    """By surface, over all repositories."""
    sums: dict[str, Coverage] = {}
    for repository in sweep.repositories:
        for surface, seen in repository.coverage:
            sums[surface] = _both(sums.get(surface, Coverage()), seen)
    return sorted(sums.items())


def _both(one: Coverage, other: Coverage) -> Coverage:
    return Coverage(
        one.objects + other.objects, one.bytes + other.bytes, one.scanned + other.scanned, one.skipped + other.skipped,
        one.unreadable + other.unreadable, one.truncated + other.truncated, one.opaque + other.opaque,
    )  # fmt: skip
