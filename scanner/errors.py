"""What can go wrong, as one sentence and a next step, with the exit code that it leads to."""

from __future__ import annotations


class LeaksealError(Exception):
    """A failure that a person can act on: one sentence, a next step, and an exit code."""

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(LeaksealError):
    """Asked wrongly: arguments or targets."""

    exit_code = 2


class ConfigError(UsageError):
    """`leakseal.yaml` or `.leakseal/suppressions.yaml` says something that cannot be understood."""


class RuleError(UsageError):
    """A rule pack is wrong; `file`, `line` and `column` (1-based; 0: not known) say where."""

    def __init__(self, message: str, *, hint: str = "", file: str = "", line: int = 0, column: int = 0) -> None:
        self.where = (f"{file}:{line}:{column}: " if column else f"{file}:{line}: ") if file else ""
        super().__init__(f"{self.where}{message}", hint=hint)
        self.file = file
        self.line = line
        self.column = column


class UnreadableError(LeaksealError):
    """A target cannot be opened at all, so nothing in it was read."""
