"""Decisions about open findings: one for each value and rule, kept as they are made, taken back one by one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from scanner.errors import UsageError
from scanner.findings import accept, suppressions
from scanner.findings.accept import Terms
from scanner.findings.suppressions import VERDICTS, Suppression
from scanner.model.evidence import Finding
from scanner.model.rule import SEVERITIES
from scanner.wholefile import whole

FILE = Path(".leakseal/review.json")
SCHEMA = "leakseal.review/v1"
ACCEPT, FALSE, ROTATE, SKIP = DECISIONS = ("accept", "false-positive", "rotate", "skip")
_MOST = 16 << 20
Save = Callable[[Path, tuple[Suppression, ...]], None]


@dataclass(frozen=True, slots=True)
class Item:
    """A value under a rule, with every place of the report that has it."""

    id: str
    findings: tuple[Finding, ...]  # the first one is shown

    @property
    def first(self) -> Finding:
        """The one that stands for all."""
        return self.findings[0]

    def others(self) -> list[str]:
        """Where else it stands, each place once."""
        here = {one.location.path for one in self.findings}
        at = [(one.location.path or one.location.field or one.target, one.location.line) for one in self.findings[1:]]
        places = [f"{name}:{line}" if line else name for name, line in at]
        return list(dict.fromkeys(places + [path for one in self.findings for path in one.paths if path not in here]))


def queue(found: Iterable[Finding]) -> tuple[Item, ...]:
    """What is open, the worst first; the same report gives the same order."""
    by_id: dict[str, list[Finding]] = {}
    for finding in found:
        if finding.disposition in ("open", "expired-acceptance"):
            by_id.setdefault(finding.id, []).append(finding)
    return tuple(sorted((Item(id, tuple(seen)) for id, seen in by_id.items()), key=_rank))


def _rank(item: Item) -> tuple[int, float, str, str]:
    first = item.first
    return SEVERITIES.index(first.severity), -first.confidence, first.location.path or "", item.id


@dataclass(frozen=True, slots=True)
class Done:
    """One decision, and what stood there before, so that it can be taken back."""

    id: str
    decision: str
    before: Suppression | None = None
    rotated: bool = False  # whether it was to be rotated before


@dataclass(slots=True)
class Desk:
    """The items of a review, what was decided, and the two files that hold it."""

    items: tuple[Item, ...]
    accepted: Path = suppressions.FILE
    state: Path = FILE
    save: Save = suppressions.save
    to_rotate: dict[str, str] = field(default_factory=dict)  # id -> rule
    done: list[Done] = field(default_factory=list)

    @classmethod
    def opened(cls, found: Iterable[Finding], accepted: Path, state: Path, save: Save = suppressions.save) -> Desk:
        """A desk that goes on where the last review stopped."""
        return cls(queue(found), accepted, state, save, load(state))

    def waiting(self) -> tuple[Item, ...]:
        """What has no decision yet: neither in a file, nor passed over in this review."""
        known = {entry.id for entry in suppressions.load(self.accepted)} if self.done else set()
        decided = {one.id: one for one in self.done}
        return tuple(
            item for item in self.items
            if item.id not in self.to_rotate and not (item.id in decided and (decided[item.id].decision == SKIP or item.id in known))
        )  # fmt: skip

    def decide(self, item: Item, decision: str, terms: Terms | None = None) -> None:
        """Write a decision down; `terms` are settled, and needed to accept."""
        before = suppressions.by_id(suppressions.load(self.accepted)).get(item.id)
        done = Done(item.id, decision, before, item.id in self.to_rotate)
        if decision in (ACCEPT, FALSE):
            if terms is None:
                raise UsageError("an acceptance needs an owner, a reason, a ticket and a day", hint="say them first")
            self._put(item.id, accept.entry(item.first.rule, item.first.fingerprint, terms))
            self._rotate(item, on=False)
        elif decision == ROTATE:
            self._rotate(item, on=True)
        self.done.append(done)

    def undo(self) -> Item | None:
        """Take the last decision back; answers what it was about, or nothing."""
        if not self.done:
            return None
        last = self.done.pop()
        item = next(one for one in self.items if one.id == last.id)
        if last.decision in (ACCEPT, FALSE):
            self._put(item.id, last.before)
        self._rotate(item, on=last.rotated)
        return item

    def counts(self) -> dict[str, int]:
        """How often each decision was made in this review."""
        return {name: sum(one.decision == name for one in self.done) for name in DECISIONS}

    def rotation(self) -> list[tuple[str, str, str]]:
        """Id, rule and advice of everything that is to be rotated."""
        advice = {item.id: item.first.advice for item in self.items}
        return [(id, rule, advice.get(id, "no longer in this report")) for id, rule in sorted(self.to_rotate.items())]

    def _put(self, id: str, entry: Suppression | None) -> None:
        others = [one for one in suppressions.load(self.accepted) if one.id != id]
        self.save(self.accepted, accept.merge(others, [entry] if entry else []))

    def _rotate(self, item: Item, *, on: bool) -> None:
        if on == (item.id in self.to_rotate):
            return
        if on:
            self.to_rotate[item.id] = item.first.rule
        else:
            del self.to_rotate[item.id]
        _store(self.state, self.to_rotate)


def verdict_of(decision: str) -> str:
    """What an acceptance says of the finding."""
    return VERDICTS[decision == FALSE]


def load(path: Path) -> dict[str, str]:
    """What is to be rotated, by id; nothing when there is no such file."""
    try:
        with path.open("rb") as file:
            said = json.loads(file.read(_MOST))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        said = None
    rows = said.get("rotate") if isinstance(said, dict) and said.get("schema") == SCHEMA else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) and set(row) == {"id", "rule"} for row in rows):
        raise UsageError(f"{path} is not what a review wrote", hint="delete it to begin anew")
    return {str(row["id"]): str(row["rule"]) for row in rows}


def _store(path: Path, rotate: dict[str, str]) -> None:
    if not rotate:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"id": id, "rule": rotate[id]} for id in sorted(rotate)]
    with whole(path) as file:
        file.write((json.dumps({"rotate": rows, "schema": SCHEMA}, indent=1, sort_keys=True) + "\n").encode())
