"""Timings -> ratios, targets, a Markdown table; nothing here runs anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.measure import Timing

OURS = "leakseal"
EIGHTY = "leakseal with 80 rules"
GIT = ("git (by id)", "git (by pack)", "git (by history)")
SCANNERS = ("betterleaks", "gitleaks", "kingfisher", "detect-secrets")
_MEMORY = 400e6
_NONE = "n/a"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that every tool was measured on."""

    kind: str  # history | commit | tree | large | rules
    subject: str
    timings: tuple[Timing, ...]

    def seconds(self, tool: str) -> float | None:
        """The tool's shortest run, or None if it has none."""
        return next((min(one.seconds) for one in self.timings if one.tool == tool and one.seconds and not one.problem), None)

    def peak(self, tool: str) -> int | None:
        """The tool's memory at its highest."""
        return next((one.peak for one in self.timings if one.tool == tool and not one.problem), None)


@dataclass(frozen=True, slots=True)
class Goal:
    """Ours beside theirs, and what it should be at most."""

    title: str
    ours: float
    theirs: float
    target: float
    unit: str = "s"

    @property
    def ratio(self) -> float:
        """Ours as a multiple of theirs."""
        return self.ours / self.theirs

    @property
    def met(self) -> bool:
        """The ratio is no more than its target."""
        return self.ratio <= self.target


def goals(rows: Sequence[Row]) -> list[Goal]:
    """Every comparison that has a target and two numbers."""
    found: list[Goal] = []
    for row in rows:
        for name, theirs, target in _opponents(row):
            ours = row.seconds(OURS)
            if ours is not None and theirs is not None:
                found.append(Goal(f"{row.subject}: {OURS} / {name}", ours, theirs, target))
    for row in rows:
        peak = row.peak(OURS)
        if row.kind in ("history", "large") and peak is not None:
            found.append(Goal(f"{row.subject}: memory of {OURS} / 400 MB", peak / 1e6, _MEMORY / 1e6, 1.0, "MB"))
    return found


def _opponents(row: Row) -> list[tuple[str, float | None, float]]:
    if row.kind == "history":
        scanners = [(seconds, tool) for tool in SCANNERS if (seconds := row.seconds(tool)) is not None]
        fastest, name = min(scanners, default=(None, ""))
        return [*((tool, row.seconds(tool), 0.8) for tool in GIT), (f"{name}, the fastest other scanner", fastest, 0.2)]
    if row.kind == "commit":
        return [("betterleaks", row.seconds("betterleaks"), 1.25), ("gitleaks", row.seconds("gitleaks"), 1 / 3)]
    if row.kind == "rules":
        return [("with 80 of them", row.seconds(EIGHTY), 1.1)]
    if row.kind == "tree":
        return [("kingfisher", row.seconds("kingfisher"), 1.0)]
    return []


def markdown(rows: Sequence[Row], machine: Mapping[str, str], date: str) -> str:
    """The whole block: targets, seconds, memory, machine."""
    day = f"Measured on {date}. " if date else ""
    parts = [day + "Each number is the shortest of the runs; tools ran in turns, on two cores.", _goal_table(goals(rows))]
    parts.append("Seconds:\n\n" + _number_table(rows, lambda row, tool: _time(row.seconds(tool))))
    memory = _number_table(rows, lambda row, tool: _megabytes(row.peak(tool)))
    parts.append("Memory at its highest, in MB; pages that processes share count once:\n\n" + memory)
    if problems := [f"- {row.subject}, {one.tool}: {_cell(one.problem)}" for row in rows for one in row.timings if one.problem]:
        parts.append("Not measured:\n\n" + "\n".join(problems))
    parts.append("\n".join(f"- {name}: {_cell(value)}" for name, value in machine.items()))
    return "\n\n".join(part for part in parts if part) + "\n"


def _goal_table(found: Sequence[Goal]) -> str:
    lines = [
        (
            _cell(goal.title), _value(goal.ours, goal.unit), _value(goal.theirs, goal.unit),
            f"{goal.ratio:.2f}", f"≤ {goal.target:.2f}", "yes" if goal.met else "no",
        )
        for goal in found
    ]  # fmt: skip
    return _table(("what", "ours", "theirs", "ratio", "target", "met"), lines) if lines else ""


def _number_table(rows: Sequence[Row], cell: Any) -> str:
    tools = list(dict.fromkeys(one.tool for row in rows for one in row.timings))
    return _table(("on", *tools), [(_cell(row.subject), *(cell(row, tool) for tool in tools)) for row in rows])


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *lines))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _value(number: float, unit: str) -> str:
    return f"{number:.0f} MB" if unit == "MB" else f"{_time(number)} s"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return _NONE
    return f"{seconds:.3f}" if seconds < 1 else f"{seconds:.2f}"


def _megabytes(octets: int | None) -> str:
    return _NONE if octets is None else f"{octets / 1e6:.0f}"


def raw(rows: Sequence[Row], machine: Mapping[str, str], date: str, hidden: Mapping[str, str]) -> dict[str, Any]:
    """Every sample, for a JSON file; paths of this machine are replaced by what they stand for."""
    return {
        "date": date,
        "machine": dict(machine),
        "goals": [{**asdict(goal), "ratio": goal.ratio, "met": goal.met} for goal in goals(rows)],
        "rows": [{"kind": row.kind, "subject": row.subject, "tools": [_told(one, hidden) for one in row.timings]} for row in rows],
    }


def _told(timing: Timing, hidden: Mapping[str, str]) -> dict[str, Any]:
    told = asdict(timing)
    words = list(told["words"])
    for path, name in sorted(hidden.items(), key=lambda item: -len(item[0])):
        words = [word.replace(path, name) for word in words]
        told["problem"] = told["problem"].replace(path, name)
    return {**told, "words": words}
