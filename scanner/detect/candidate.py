"""What a check or a parser is shown: one match of a rule's pattern, in its window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scanner.model.content import Span


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pattern's match inside a window of content; spans are relative to the window."""

    window: bytes = field(repr=False)
    span: Span  # the pattern's match
    secret: Span  # its group `secret`
    groups: Mapping[str, bytes] = field(repr=False)  # every named group that took part, `secret` included

    @property
    def value(self) -> bytes:
        """The secret's own bytes."""
        return self.window[self.secret.start : self.secret.end]

    @property
    def line_before(self) -> bytes:
        """What stands before the secret on its line."""
        start = self.window.rfind(b"\n", 0, self.secret.start) + 1
        return self.window[start : self.secret.start]
