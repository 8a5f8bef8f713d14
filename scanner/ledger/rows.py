"""What a ledger takes in and answers: frozen values, and findings and gaps as JSON and back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from scanner import canon
from scanner.model.content import Gap, Origin, Target
from scanner.model.evidence import Finding, Location
from scanner.model.report import Coverage, Report, Run, Suppressions


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of a sweep."""

    id: int
    started_on: str
    finished_on: str | None
    status: str  # running | done | interrupted
    exit_code: int | None
    tool: str
    rules_digest: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository as it was last read."""

    id: int
    name: str
    uri: str
    owner: str | None
    groups: tuple[str, ...]
    listed: bool  # whether the inventory still has it
    first_seen_on: str
    read_on: str | None  # when it was last read, or seen to be as it was
    full_on: str | None
    run_id: int | None
    ruleset_id: int | None
    reader: str | None
    state: str | None
    result: str | None  # clean | leaks | incomplete
    seconds: float | None
    octets: int


@dataclass(frozen=True, slots=True)
class Visit:
    """What one run made of one repository."""

    repository: str
    status: str  # full | new | rules | unchanged | not-read | absent
    started_on: str
    seconds: float = 0.0
    fetch_seconds: float = 0.0
    reason: str | None = None
    detail: str | None = None
    objects: int = 0
    fresh: int = 0
    octets: int = 0
    open: int = 0
    opened: int = 0
    gaps: int = 0
    root: str | None = None
    worker: str | None = None
    run_id: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """A finding in the ledger, and when it was seen."""

    repository: str
    owner: str | None
    finding: Finding
    first_seen_on: str
    last_seen_on: str
    gone_on: str | None
    opened_run_id: int | None  # the run in which it last became open

    @property
    def open(self) -> bool:
        """Whether it is there and nobody has accepted it."""
        return self.gone_on is None and self.finding.disposition not in ("accepted", "example")


@dataclass(frozen=True, slots=True)
class KeptGap:
    """A gap in the ledger, and since when it is there."""

    repository: str
    owner: str | None
    gap: Gap
    first_seen_on: str
    last_seen_on: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reading of one repository came to, to be recorded."""

    report: Report
    state: str
    reader: str
    tips: tuple[tuple[str, str], ...]  # (ref, object), printable
    memory: bytes
    segments: tuple[Segment, ...]  # those to be kept; a number that is there already is replaced
    drop: bool  # whether segments that are there and not named here are to go
    sketch: tuple[str, ...]
    octets: int
    full: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """Objects that were read, in order of their ids."""

    number: int
    count: int
    width: int  # bytes of an id
    ids: bytes = field(repr=False)
    kinds: bytes = field(repr=False)
    sizes: bytes = field(repr=False)


def text_of(value: Finding | Gap) -> str:
    """A sealed finding or a gap as JSON; the same value, the same text."""
    return canon.canonical(asdict(value)).decode()


def finding_of(text: str) -> Finding:
    """What `text_of` wrote of a finding."""
    value = json.loads(text)
    at = value.pop("location")
    box = at.pop("box")
    location = Location(**{**at, "box": tuple(box) if box else None, "steps": tuple(at["steps"])})
    parsed = tuple((name, part) for name, part in value.pop("parsed"))
    return Finding(**{**value, "location": location, "paths": tuple(value["paths"]), "parsed": parsed})


def gap_of(text: str) -> Gap:
    """What `text_of` wrote of a gap."""
    value = json.loads(text)
    at = value["origin"]
    box = at.pop("box")
    return Gap(Origin(**at, box=tuple(box) if box else None), value["reason"], value["detail"])


def head_of(report: Report) -> str:
    """A report without its findings and gaps, as JSON."""
    value = {
        "targets": [asdict(target) for target in report.targets],
        "rules_digest": report.rules_digest, "rules_count": report.rules_count,
        "coverage": [[surface, asdict(seen)] for surface, seen in report.coverage],
        "run": asdict(report.run), "suppressions": asdict(report.suppressions),
        "gaps_allowed": report.gaps_allowed, "notes": list(report.notes),
    }  # fmt: skip
    return canon.canonical(value).decode()


def report_of(head: str, findings: tuple[Finding, ...], gaps: tuple[Gap, ...]) -> Report:
    """The report again."""
    value: dict[str, Any] = json.loads(head)
    return Report(
        targets=tuple(Target(**target) for target in value["targets"]),
        rules_digest=value["rules_digest"], rules_count=value["rules_count"],
        findings=findings,
        coverage=tuple((surface, Coverage(**seen)) for surface, seen in value["coverage"]),
        gaps=gaps,
        run=Run(**value["run"]),
        suppressions=Suppressions(**value["suppressions"]),
        gaps_allowed=value["gaps_allowed"], notes=tuple(value["notes"]),
    )  # fmt: skip


NAMES = tuple(f.name for f in fields(Visit) if f.name not in ("repository", "run_id"))
