"""What a night says: by owner, what is new, and what was not read."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from scanner import report
from scanner.errors import UsageError
from scanner.ledger import read
from scanner.ledger.book import Ledger
from scanner.ledger.rows import Kept, KeptGap, Repository, RunRow, Visit
from scanner.model.report import Coverage
from scanner.report.json_v1 import finding_document
from scanner.report.plain import count
from scanner.sweep.night import Night, exit_code
from scanner.wholefile import whole

SCHEMA = "leakseal.sweep/v1"
NOBODY = "(no owner)"
STATUSES = ("full", "new", "rules", "unchanged", "not-read", "absent")


@dataclass(frozen=True)
class Summary:
    """A night and what the ledger says after it, read once."""

    night: Night
    run: RunRow
    repositories: tuple[Repository, ...]  # of the inventory, by name
    open: tuple[Kept, ...]  # in all of them, also those that were not due
    gaps: tuple[KeptGap, ...]
    coverages: Mapping[str, tuple[tuple[str, Coverage], ...]]  # repository -> what was read of each of its surfaces
    everything: bool = False  # whether all that is open is shown, and not only what is new

    @cached_property
    def _covered(self) -> frozenset[str]:
        return frozenset(visit.repository for visit in self.night.visits)

    @cached_property
    def shown(self) -> tuple[Kept, ...]:
        """New findings, or all open ones, of what the night covered."""
        there = (kept for kept in self.open if kept.repository in self._covered)
        return tuple(kept for kept in there if self.everything or kept.opened_run_id == self.night.run)

    @property
    def older(self) -> int:
        """Open findings that are not shown."""
        return sum(kept.repository in self._covered for kept in self.open) - len(self.shown)

    @cached_property
    def incomplete(self) -> tuple[str, ...]:
        """Repositories that were read, but not all of them."""
        gaps = {kept.repository for kept in self.gaps} & self._covered
        return tuple(one.name for one in self.repositories if one.name in gaps)

    @cached_property
    def owners(self) -> dict[str, str]:
        """Repository -> who is told."""
        return {one.name: one.owner or NOBODY for one in self.repositories}

    def surfaces(self) -> dict[str, tuple[int, int]]:
        """Surface -> (counted, not read), of what the night covered."""
        found: dict[str, tuple[int, int]] = {}
        for name in sorted(self._covered & self.coverages.keys()):
            for surface, seen in self.coverages[name]:
                objects, unread = found.get(surface, (0, 0))
                found[surface] = objects + seen.objects, unread + seen.unread
        return dict(sorted(found.items()))

    @property
    def exit_code(self) -> int:
        """As in the contract, of what is shown."""
        return exit_code(self.night, len(self.shown), incomplete=bool(self.incomplete))


def summary(ledger: Ledger, night: Night, *, everything: bool) -> Summary:
    """Of a night: new findings, or with `everything` all that are open in what it covered."""
    (run,) = [one for one in read.all_runs(ledger) if one.id == night.run]
    return Summary(
        night, run, tuple(read.all_repositories(ledger)), tuple(read.findings_of(ledger, only_open=True)), tuple(read.gaps_of(ledger)),
        read.coverages(ledger), everything,
    )  # fmt: skip


def by_owner(said: Summary) -> list[dict[str, Any]]:
    """One line for each owner, those with most to do first."""
    found: dict[str, dict[str, Any]] = defaultdict(lambda: {"repositories": 0, "open": 0, "findings": 0, "notRead": 0, "incomplete": 0})
    for visit in said.night.visits:
        line = found[said.owners.get(visit.repository, NOBODY)]
        line["repositories"] += 1
        line["notRead"] += visit.status == "not-read"
        line["incomplete"] += visit.repository in said.incomplete
    for kept in said.shown:
        found[kept.owner or NOBODY]["findings"] += 1
    for owner, line in found.items():
        line["owner"] = owner
        del line["open"]
    return sorted(found.values(), key=lambda line: (-line["findings"], -line["notRead"], line["owner"]))


def document(said: Summary) -> dict[str, Any]:
    """All of it as plain values."""
    night, run = said.night, said.run
    counts = {status: sum(visit.status == status for visit in night.visits) for status in STATUSES}
    return {
        "schema": SCHEMA,
        "run": {"id": run.id, "tool": run.tool, "startedOn": run.started_on, "finishedOn": run.finished_on, "seconds": run.seconds},
        "rules": {"digest": run.rules_digest},
        "result": {0: "clean", 1: "leaks", 3: "incomplete", 130: "interrupted"}[said.exit_code],
        "repositories": {**{name.replace("not-read", "notRead"): count for name, count in counts.items()}, "notDue": len(night.not_due)},
        "objects": {"counted": sum(v.objects for v in night.visits), "fresh": sum(v.fresh for v in night.visits)},
        "surfaces": {name: {"objects": objects, "unread": unread} for name, (objects, unread) in said.surfaces().items()},
        "older": said.older,
        "owners": by_owner(said),
        "findings": [_finding(kept) for kept in said.shown],
        "notRead": [{"repository": v.repository, "owner": said.owners.get(v.repository), "reason": v.reason, "detail": v.detail}
                    for v in night.not_read],
        "incomplete": list(said.incomplete),
        "empty": list(night.empty),
        "unlisted": [{"account": one.name, "reason": one.reason, "detail": one.detail} for one in night.unlisted],
    }  # fmt: skip


def _finding(kept: Kept) -> dict[str, Any]:
    more = {"firstSeenOn": kept.first_seen_on, "finding": finding_document(kept.finding)}
    return {"repository": kept.repository, "owner": kept.owner, **more}


def text(said: Summary) -> list[str]:
    """The same for a person, line by line."""
    night = said.night
    read_now = [visit for visit in night.visits if visit.status not in ("unchanged", "not-read", "absent")]
    same = sum(visit.status == "unchanged" for visit in night.visits)
    lines = [f"{_repositories(len(night.visits))}: {len(read_now)} read, {same} unchanged, {len(night.not_read)} not read"]
    if night.not_due:
        lines[0] += f", {len(night.not_due)} not due"
    for kept in said.shown:
        at = kept.finding.location
        place = (at.path or at.field or at.object or "") + (f":{at.line}" if at.line else "")
        lines.append(f"  {kept.finding.severity:<8} {kept.repository} {place} {kept.finding.rule} {kept.finding.preview}")
    lines += (f"  not read {visit.repository}: {visit.detail} ({visit.reason})" for visit in night.not_read)
    lines += (f"  not listed {one.name}: {one.detail} ({one.reason})" for one in night.unlisted)
    lines += (f"  not read whole {name}: its gaps are in the report" for name in said.incomplete)
    lines += (f"  nothing at {where}: the pattern found no folder" for where in night.empty)
    lines += (f"{line['owner']}: {count(line['findings'], 'finding')}, {_repositories(line['repositories'])}, {line['notRead']:,} not read"
              for line in by_owner(said))  # fmt: skip
    if beside := [f"{name} {objects:,}, {unread:,} not read" for name, (objects, unread) in said.surfaces().items() if name != "git"]:
        lines.append(f"beside Git: {'; '.join(beside)}")
    if said.older:
        lines.append(f"{count(said.older, 'open finding')} {'is' if said.older == 1 else 'are'} older; `--all` shows all")
    return lines


def _repositories(number: int) -> str:
    return count(number, "repository", "repositories")


def write_reports(ledger: Ledger, visits: Sequence[Visit], folder: Path, forms: Sequence[str] = ("sarif", "json")) -> int:
    """A report of each repository that was read, and of those of which there is none in the folder yet; how many were written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return sum(_written(ledger, visit, folder, form) for visit in visits for form in forms)
    except OSError as problem:
        raise UsageError(f"the reports cannot be written to {folder}: {problem.strerror}", hint="name another folder") from None


def file_of(name: str) -> str:
    """A file name for a repository's: readable, and never the same for two."""
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', name).strip('-.')[:80]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _written(ledger: Ledger, visit: Visit, folder: Path, form: str) -> bool:
    path = folder / f"{file_of(visit.repository)}.{form}"
    if visit.status in ("unchanged", "not-read") and path.exists():
        return False
    found = read.report(ledger, visit.repository)
    if found is None:
        return False
    with whole(path) as file:
        report.render(found, form, file)
    return True
