"""What a run says."""

from __future__ import annotations

from dataclasses import dataclass, field

from scanner.model.content import Gap, Target
from scanner.model.evidence import Finding


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of one surface was counted, read, and not read."""

    objects: int = 0  # counted before reading
    bytes: int = 0  # of content read
    scanned: int = 0
    skipped: int = 0  # left out by configuration, with a reason
    unreadable: int = 0  # gaps: missing, corrupt, refused
    truncated: int = 0  # gaps: read in part
    opaque: int = 0  # gaps: read, but not understood (encrypted, no OCR)
    root: str | None = None  # Merkle root of the surface's leaves, once attested

    @property
    def balanced(self) -> bool:
        """Counted = read + left out + not read."""
        return self.objects == self.scanned + self.skipped + self.unread

    @property
    def unread(self) -> int:
        """What was not read, or not understood."""
        return self.unreadable + self.truncated + self.opaque


@dataclass(frozen=True, slots=True)
class Run:
    """What depends on the clock and the machine; outside what is compared and signed."""

    tool: str
    started_on: str | None = None
    finished_on: str | None = None
    seconds: float | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Suppressions:
    """How the accepted findings were used in this run."""

    used: int = 0
    unused: int = 0
    expired: int = 0
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Targets, rules, findings, coverage and gaps of one run; sorted, and nothing outside `run` depends on the clock."""

    targets: tuple[Target, ...]
    rules_digest: str
    rules_count: int
    findings: tuple[Finding, ...]
    coverage: tuple[tuple[str, Coverage], ...]  # by surface, sorted
    gaps: tuple[Gap, ...]
    run: Run
    suppressions: Suppressions = field(default_factory=Suppressions)
    gaps_allowed: bool = False
    notes: tuple[str, ...] = ()  # what a reader must know: replace refs counted, narrowed scope

    @property
    def open(self) -> tuple[Finding, ...]:
        """Findings that are neither accepted nor a vendor's own example."""
        return tuple(f for f in self.findings if f.disposition not in ("accepted", "example"))

    @property
    def complete(self) -> bool:
        """Everything counted was read."""
        return not self.gaps and all(c.balanced and not c.unread for _, c in self.coverage)

    @property
    def result(self) -> str:
        """`leaks`, `incomplete` or `clean`, in that order of precedence."""
        if self.open:
            return "leaks"
        return "clean" if self.complete else "incomplete"

    @property
    def exit_code(self) -> int:
        """0, 1 or 3, as in the contract."""
        return {"leaks": 1, "clean": 0, "incomplete": 0 if self.gaps_allowed else 3}[self.result]
