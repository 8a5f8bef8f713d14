"""What the page of a sweep is made of: plain values, which whoever keeps a ledger fills in."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.model.content import Gap
from scanner.model.evidence import Finding
from scanner.model.report import Coverage


@dataclass(frozen=True, slots=True)
class Night:
    """One run over many repositories, and how things stood after it."""

    started_on: str  # ISO 8601, UTC
    status: str  # running | done | interrupted
    seconds: float | None
    exit_code: int | None
    repositories: int  # that were visited
    not_read: int  # of them
    open: int  # findings, over all repositories
    opened: int  # of them new in this night
    gaps: int


@dataclass(frozen=True, slots=True)
class SweptRepository:
    """A repository as it stands after the last night."""

    name: str
    uri: str  # without a password
    owner: str
    groups: tuple[str, ...]
    result: str  # clean | leaks | incomplete | not-read
    visit: str  # what the last night did: full | new | rules | unchanged | not-read
    why: str  # of what was not read
    read_on: str
    full_on: str
    seconds: float
    fetch_seconds: float
    octets: int  # of the mirror
    open: int
    gaps: int
    coverage: tuple[tuple[str, Coverage], ...]


@dataclass(frozen=True, slots=True)
class SweptFinding:
    """An open finding, and since when it is known."""

    repository: str
    owner: str
    finding: Finding
    first_seen_on: str
    last_seen_on: str
    fresh: bool  # it became open in the last night


@dataclass(frozen=True, slots=True)
class Sweep:
    """Everything that the page says."""

    tool: str
    rules_digest: str
    nights: tuple[Night, ...]  # oldest first
    repositories: tuple[SweptRepository, ...]
    findings: tuple[SweptFinding, ...]
    gaps: tuple[tuple[str, Gap], ...]  # with the repository's name

    @property
    def unread(self) -> int:
        """Repositories that the last night could not read."""
        return sum(one.result == "not-read" for one in self.repositories)

    @property
    def result(self) -> str:
        """`leaks`, `incomplete` or `clean`, in that order of precedence."""
        if self.findings:
            return "leaks"
        whole = self.nights and self.nights[-1].status == "done" and all(one.result == "clean" for one in self.repositories)
        return "clean" if whole and not self.gaps else "incomplete"
