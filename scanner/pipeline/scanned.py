"""What the scan of one target came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from scanner.errors import UnreadableError
from scanner.model.content import Origin, Target
from scanner.model.evidence import Match
from scanner.pipeline.tally import Tally

if TYPE_CHECKING:
    from scanner.pipeline.earlier import After  # a hook must not pay for how objects are read
    from scanner.pipeline.run import Request


@dataclass(slots=True)
class Scanned:
    """A target, what was counted, and the matches, which still hold plaintext."""

    target: Target
    tally: Tally
    matches: list[Match] = field(default_factory=list, repr=False)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
    after: After | None = None  # what a later night may build on


class Known(Protocol):
    """Knows targets that an earlier run has read to their end, by number, and is told of each that this one has."""

    def find(self, number: int, request: Request) -> Scanned | None: ...

    def keep(self, number: int, request: Request, done: Scanned) -> None: ...


def lost(id: str, name: str, surface: str, problem: UnreadableError, *, leaves: bool) -> Scanned:
    """A target that could not be opened, among others that could: one thing counted, and one gap."""
    tally = Tally(id, surface, leaves=leaves)
    tally.expected = 1
    tally.gap(Origin(id, surface), "unreadable", problem.message)
    return Scanned(Target(id, surface, name), tally)
