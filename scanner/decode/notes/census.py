"""How many records an export has, says that it has, and seems to have lost."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from scanner.decode.notes.render import shown
from scanner.model.content import Inside, Unseen

_NUMBERED = re.compile(r"(.{0,40}?)([0-9]{1,15})")
_TOLD_MOST = 100  # missing ids that are told one by one, for each run
_STRETCHES_MOST = 200_000
_SHORT_MOST = 1_000_000  # whatever an export says of itself
_LEAST = 3


@dataclass(frozen=True, slots=True)
class Lost:
    """Records that are not there: a gap that stands for so many."""

    unseen: Unseen
    objects: int = 1


class Run:
    """Numbers as the stretches that they make up: ids that count on take the room of one."""

    def __init__(self) -> None:
        self._ends: dict[int, int] = {}  # first -> last
        self._starts: dict[int, int] = {}  # last -> first
        self.given_up = False
        self.width = 0  # digits, where they are filled up with zeros

    def add(self, number: int) -> None:
        """One more number; again is no matter where it stands alone or at an end."""
        if self.given_up or number in self._ends or number in self._starts:
            return
        first = self._starts.pop(number - 1, number)
        last = self._ends.pop(number + 1, number)
        self._ends.pop(first, None)
        self._starts.pop(last, None)
        self._ends[first], self._starts[last] = last, first
        self.given_up = len(self._ends) > _STRETCHES_MOST

    def missing(self) -> tuple[list[tuple[int, int]], int]:
        """(the stretches between the least and the greatest that are not there, how many numbers are there)."""
        merged: list[list[int]] = []
        for first, last in sorted(self._ends.items()):  # a number that came twice, inside of a stretch, has made one of its own
            if merged and first <= merged[-1][1] + 1:
                merged[-1][1] = max(merged[-1][1], last)
            else:
                merged.append([first, last])
        there = sum(last - first + 1 for first, last in merged)
        return [(one[1] + 1, two[0] - 1) for one, two in pairwise(merged)], there


class Census:
    """Counts records by kind, and ids by their run of numbers."""

    def __init__(self) -> None:
        self.read: Counter[str] = Counter()
        self.cut: Counter[str] = Counter()  # records that end too early, each a gap of its own
        self.said: dict[str, int] = {}
        self._runs: dict[tuple[str, str, str], Run] = {}

    def count(self, kind: str, own: str | None, scope: str, *, runs: bool) -> None:
        """One record; `scope` keeps the numbers of one record's parts from those of another's."""
        self.read[kind] += 1
        if not runs or own is None or not (match := _NUMBERED.fullmatch(own)) or len(self._runs) > _STRETCHES_MOST:
            return
        run = self._runs.setdefault((kind, scope, match[1]), Run())
        run.add(int(match[2]))
        if match[2].startswith("0"):
            run.width = len(match[2])

    def announced(self, kind: str, number: int) -> None:
        """The export says that it has so many of a kind, or ("") of all."""
        self.said[kind] = max(number, self.said.get(kind, 0))

    def lost(self, *, cut: bool) -> list[Lost]:
        """What should be there and is not. Numbers make a run where no more are missing than are there."""
        found: list[Lost] = []
        missing: Counter[str] = Counter()
        for (kind, scope, prefix), run in sorted(self._runs.items()):
            holes, there = run.missing()
            total = sum(last - first + 1 for first, last in holes)
            if run.given_up or not total or there < _LEAST or total > there:
                continue
            missing[kind] += total
            numbers = [number for first, last in holes[:_TOLD_MOST] for number in range(first, min(last, first + _TOLD_MOST) + 1)]
            for number in numbers[:_TOLD_MOST]:
                id = shown(f"{scope}{prefix}{number:0{run.width}d}")
                said = f"a {kind} with this id is not in the export, its neighbours are"
                found.append(Lost(Unseen("missing-object", said, Inside(record=id))))
            if total > _TOLD_MOST:
                rest = total - _TOLD_MOST
                found.append(Lost(Unseen("missing-object", f"{rest:,} more ids of a {kind} are missing from their run of numbers"), rest))
        for kind, all_of_it in sorted(self.said.items()):
            read = _of(self.read, kind)
            short = all_of_it - read - _of(self.cut, kind) - _of(missing, kind)
            short = min(short, _SHORT_MOST)
            if short > 0:
                reason = "truncated" if cut else "missing-object"
                what = f"records of kind {kind}" if kind else "records"
                found.append(Lost(Unseen(reason, f"the export says that it has {all_of_it:,} {what}, and {read:,} are in it"), short))
        return found


def _of(counted: Counter[str], kind: str) -> int:
    """How many of a kind, or of all where none is named."""
    return counted[kind] if kind else counted.total()
