"""What the scan of one target came to."""

from __future__ import annotations

from dataclasses import dataclass, field

from scanner.model.content import Target
from scanner.model.evidence import Match
from scanner.pipeline.tally import Tally


@dataclass(slots=True)
class Scanned:
    """A target, what was counted, and the matches, which still hold plaintext."""

    target: Target
    tally: Tally
    matches: list[Match] = field(default_factory=list, repr=False)
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
