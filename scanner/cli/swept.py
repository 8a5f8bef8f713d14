"""What a ledger knows, as the values that the page of a sweep is made of."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from scanner.ledger import read
from scanner.report.html.swept import Night, Sweep, SweptFinding, SweptRepository

if TYPE_CHECKING:
    from scanner.ledger.book import Ledger
    from scanner.ledger.rows import Kept, Repository, RunRow, Visit
    from scanner.model.report import Coverage

NIGHTS = 60  # that the page shows


def sweep_of(ledger: Ledger) -> Sweep:
    """The last nights, and everything that is open or was not read in the repositories of the inventory."""
    runs = read.all_runs(ledger, NIGHTS)[::-1]
    last = runs[-1] if runs else None
    repositories = read.all_repositories(ledger)
    listed = {one.name for one in repositories}
    nights, visits = _nights(ledger, runs)
    found = [kept for kept in read.findings_of(ledger, only_open=True) if kept.repository in listed]
    gaps = tuple((kept.repository, kept.gap) for kept in read.gaps_of(ledger) if kept.repository in listed)
    seen = read.coverages(ledger)
    opens, lacks = Counter(kept.repository for kept in found), Counter(name for name, _ in gaps)
    return Sweep(
        last.tool if last else "", last.rules_digest if last else "", nights,
        tuple(_repository(one, visits.get(one.name), opens[one.name], lacks[one.name], seen.get(one.name, ())) for one in repositories),
        tuple(_finding(kept, last) for kept in found), gaps,
    )  # fmt: skip


def _nights(ledger: Ledger, runs: list[RunRow]) -> tuple[tuple[Night, ...], dict[str, Visit]]:
    """Each night, and the last visit of each repository. What a night did not read stays as the night before left it."""
    stand: dict[str, Visit] = {}
    last: dict[str, Visit] = {}
    nights = []
    for run in runs:
        visits = read.visits_of(ledger, run=run.id)
        last.update((one.repository, one) for one in visits)
        stand.update((one.repository, one) for one in visits if one.status != "not-read")
        unread = sum(one.status == "not-read" for one in visits)
        nights.append(Night(
            run.started_on, run.status, run.seconds, run.exit_code, len(visits), unread, sum(one.open for one in stand.values()),
            sum(one.opened for one in visits), sum(one.gaps for one in stand.values()),
        ))  # fmt: skip
    return tuple(nights), last


def _repository(one: Repository, visit: Visit | None, open: int, gaps: int, coverage: tuple[tuple[str, Coverage], ...]) -> SweptRepository:
    unread = one.result is None or (visit is not None and visit.status == "not-read")
    why = ": ".join(filter(None, (visit.reason, visit.detail))) if visit and unread else ""
    result = "not-read" if unread or one.result is None else one.result
    return SweptRepository(
        one.name, one.uri, one.owner or "", one.groups, result, visit.status if visit else "never", why, one.read_on or "",
        one.full_on or "", visit.seconds if visit else one.seconds or 0.0, visit.fetch_seconds if visit else 0.0, one.octets,
        open, gaps, coverage,
    )  # fmt: skip


def _finding(kept: Kept, last: RunRow | None) -> SweptFinding:
    fresh = last is not None and kept.opened_run_id == last.id
    return SweptFinding(kept.repository, kept.owner or "", kept.finding, kept.first_seen_on, kept.last_seen_on, fresh)
