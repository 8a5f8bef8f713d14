"""What one night came to, in values that may leave the house."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Notice:
    """One finding that is open; nothing in it but what a report shows."""

    finding: str  # the report's id
    repository: str
    owner: str
    rule: str
    title: str
    severity: str
    surface: str
    place: str  # as people name it
    preview: str  # masked
    advice: str
    first_seen: str  # day, ISO 8601

    @property
    def key(self) -> str:
        """What tells it from all others of a ledger."""
        return f"{self.repository} {self.surface} {self.finding}"


@dataclass(frozen=True, slots=True)
class Visited:
    """What became of one repository in a night."""

    name: str
    owner: str
    status: str  # full | new | rules | unchanged | not-read
    reason: str  # of what was not read
    seconds: float
    objects: int
    octets: int
    gaps: int


@dataclass(frozen=True, slots=True)
class Night:
    """One run of a sweep."""

    started: str  # ISO 8601, UTC
    finished: str
    seconds: float
    exit_code: int
    open: tuple[Notice, ...]  # all that are open now, sorted
    opened: tuple[Notice, ...]  # those that this night opened
    visited: tuple[Visited, ...]  # sorted by name
    gaps: Mapping[str, int]  # reason -> how many

    @property
    def unread(self) -> tuple[Visited, ...]:
        """The repositories that could not be read."""
        return tuple(one for one in self.visited if one.status == "not-read")

    def of(self, owner: str) -> Night:
        """The part of it that concerns one owner."""
        return Night(
            self.started, self.finished, self.seconds, self.exit_code, tuple(one for one in self.open if one.owner == owner),
            tuple(one for one in self.opened if one.owner == owner), tuple(one for one in self.visited if one.owner == owner), self.gaps,
        )  # fmt: skip

    def owners(self) -> list[str]:
        """Everyone who has something open or unread."""
        return sorted({one.owner for one in self.open} | {one.owner for one in self.unread})

    def document(self) -> dict[str, Any]:
        """It as `leakseal.night/v1`."""
        return {
            "schema": "leakseal.night/v1", "startedOn": self.started, "finishedOn": self.finished, "seconds": round(self.seconds, 3),
            "exitCode": self.exit_code, "open": dict(sorted(self.severities().items())), "opened": [asdict(one) for one in self.opened],
            "repositories": dict(sorted(Counter(one.status for one in self.visited).items())),
            "unread": [{"name": one.name, "owner": one.owner, "reason": one.reason} for one in self.unread],
            "gaps": dict(sorted(self.gaps.items())),
        }  # fmt: skip

    def severities(self) -> Counter[str]:
        """How many are open, by severity."""
        return Counter(one.severity for one in self.open)
