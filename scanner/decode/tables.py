"""Rows of cells as lines that say what each cell is called, as a setting would."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LABEL_MOST = 64
# Names by which people call a column of secrets, and those that say nothing about what stands in it.
_TELLING = re.compile(
    r"(?i)pass|pwd|pw\b|kennwort|secret|geheim|token|credential|dsn|conn|url|uri|api.?key|access.?key|private.?key|license.?key|pin\b"
)
_MUTE = re.compile(r"(?i)(?:value|val|wert|data|daten|content|contents|text|setting|body|blob|json|[a-z]{0,2}[0-9]*)")


def lines(header: Sequence[str], cells: Sequence[str]) -> list[tuple[int, str]]:
    """For each cell that holds something: its column, and a line that names it."""
    named = enumerate(zip(cells, labels(header, cells), strict=True))
    return [(column, f"{label}: {cell}\n" if label else f"{cell}\n") for column, (cell, label) in named if cell.strip()]


def labels(header: Sequence[str], cells: Sequence[str]) -> list[str]:
    """What each cell is called, by its column or by the cell before it; empty where nothing calls it anything."""
    made: list[str] = []
    before = ""
    for column, cell in enumerate(cells):
        label = _label(header[column] if column < len(header) else "", before) if cell.strip() else ""
        made.append(label if label != cell else "")
        before = cell if cell.strip() else before
    return made


def wordy(cell: str) -> bool:
    """Whether a cell could be what a column is called."""
    return 0 < len(cell) <= _LABEL_MOST and not cell[0].isdigit()


def _label(name: str, before: str) -> str:
    """What a cell is called: by a column that tells, else by the cell before it where the column says nothing."""
    name, before = _fit(name), _fit(before).rstrip(":= ")
    if _TELLING.search(name):
        return name
    if before and (_MUTE.fullmatch(name) or _TELLING.search(before)):
        return before
    return name


def _fit(label: str) -> str:
    return label.strip() if len(label) <= _LABEL_MOST and "\n" not in label.strip() else ""
