"""What the items mean together, and how that is told: as plain values, as Markdown, as a draft for an owner's workplan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from scanner.gate.items import APP, FAIL, FORGE, PLATFORM, UNTRUSTED, WAIVED, Outcome

SMOKE, TRUST = "smoke", "trust"
LEVELS = (SMOKE, TRUST)
_NAMES = {APP: "App", PLATFORM: "Platform", FORGE: "Forge"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One application at one level."""

    app: str
    level: str
    outcomes: tuple[Outcome, ...]
    workstream: str | None = None

    @property
    def gaps(self) -> tuple[Outcome, ...]:
        """What the gate is not content with."""
        return tuple(one for one in self.outcomes if not one.fine)

    @property
    def blocking(self) -> tuple[Outcome, ...]:
        """What stands against this level: smoke allows what is not there yet, and nothing that is wrong."""
        wrong = (FAIL, UNTRUSTED)
        return tuple(one for one in self.gaps if self.level == TRUST or one.status in wrong)

    @property
    def passed(self) -> bool:
        """Whether the app may be used at this level."""
        return not self.blocking

    @property
    def exit_code(self) -> int:
        """0; 4 something is not trusted; 1 something is wrong; 5 all that lacks is upstream's, and linked; 3 something lacks."""
        blocking = self.blocking
        if not blocking:
            return 0
        if any(one.status == UNTRUSTED for one in blocking):
            return 4
        if any(one.status == FAIL for one in blocking):
            return 1
        return 5 if all(one.upstream for one in blocking) else 3


def todo(verdict: Verdict) -> Iterator[tuple[str, str, str]]:
    """Owner, item and what is to be done, for each gap."""
    for owner in (APP, PLATFORM, FORGE):
        for one in (one for one in verdict.gaps if one.owner == owner):
            link = f"; see {one.workplan}" if one.workplan else f"; link the {owner}'s workplan" if owner != APP else ""
            yield owner, one.item.id, one.item.todo + link


def sentence(verdict: Verdict) -> str:
    """What it comes to."""
    outcomes, gaps = verdict.outcomes, verdict.gaps
    said = f"{verdict.app}: {'passed' if verdict.passed else 'blocked'} at level {verdict.level}: "
    said += f"{len(outcomes) - len(gaps)} of {len(outcomes)} items are in order"
    if waived := sum(one.status == WAIVED for one in outcomes):
        said += f", {waived} of them by a waiver"
    if gaps:
        owed = {owner: sum(one.owner == owner for one in gaps) for owner in (APP, PLATFORM, FORGE)}
        said += f"; {', '.join(f'{owner} owes {number}' for owner, number in owed.items() if number)}"
        if all(one.upstream for one in gaps):
            said += ", and all of it is linked to a workplan"
    return said


def told(verdict: Verdict) -> dict[str, Any]:
    """As plain values: `leakseal.gate/v1`."""
    rows = [
        {
            "id": one.item.id, "title": one.item.title, "status": one.status, "owner": one.owner, "detail": one.said,
            "workplan": one.workplan, "evidence": [{"reference": name, "digest": digest} for name, digest in one.evidence],
        }
        for one in verdict.outcomes
    ]  # fmt: skip
    return {
        "schema": "leakseal.gate/v1", "app": verdict.app, "level": verdict.level, "workstream": verdict.workstream,
        "result": "passed" if verdict.passed else "blocked", "exitCode": verdict.exit_code, "items": rows,
    }  # fmt: skip


def markdown(verdict: Verdict) -> str:
    """A page for people, by owner."""
    return "\n".join(_page(verdict)) + "\n"


def _page(verdict: Verdict) -> Iterator[str]:
    word = "passed" if verdict.passed else "blocked"
    yield f"# {verdict.app}: {word} at level {verdict.level}"
    yield ""
    fine = sum(one.fine for one in verdict.outcomes)
    yield f"{fine} of {len(verdict.outcomes)} items are in order."
    if verdict.level == SMOKE and verdict.gaps:
        yield "Smoke, development and migration validation are allowed; production trust is not."
    for owner in (APP, PLATFORM, FORGE):
        rows = [one for one in verdict.outcomes if one.owner == owner]
        if rows:
            yield ""
            yield f"## {_NAMES[owner]}"
            yield ""
            yield "| item | status | what | workplan |"
            yield "| --- | --- | --- | --- |"
            yield from (f"| {one.item.title} | {one.status} | {_cell(one.said)} | {_cell(one.workplan or '')} |" for one in rows)
    if verdict.gaps:
        yield ""
        yield "## To do"
        yield ""
        yield from (f"- **{_NAMES[one.owner]}**, {one.item.title}: {_todo(one, verdict)}" for one in verdict.gaps)


def _todo(one: Outcome, verdict: Verdict) -> str:
    if one.owner == APP:
        return one.item.todo
    if one.workplan:
        return f"{one.item.todo}; see {_cell(one.workplan)}"
    return f"{one.item.todo}; create or link the {one.owner}'s workplan, and keep the app's task to what that means for the release"


def drafts(verdict: Verdict) -> str:
    """For each owner upstream a workplan to file, of what nobody has linked yet."""
    return "\n".join(line for owner in (PLATFORM, FORGE) for line in _draft(owner, verdict))


def _draft(owner: str, verdict: Verdict) -> Iterator[str]:
    rows: Sequence[Outcome] = [one for one in verdict.gaps if one.owner == owner and one.workplan is None]
    if not rows:
        return
    yield f"# Workplan: durability evidence for {verdict.app}"
    yield ""
    yield f"Owner: {owner}. Asked by: {verdict.app}" + (f", State Hub {verdict.workstream}." if verdict.workstream else ".")
    yield ""
    yield from (f"- [ ] {one.item.title}: {one.item.todo} (now: {one.status}, {_cell(one.said)})" for one in rows)
    yield ""
    yield "Release impact: promotion beyond smoke use waits for these. Record the State Hub id of this workplan in the app's runbook."
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
