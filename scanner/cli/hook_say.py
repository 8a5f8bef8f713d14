"""What a hook tells a person: two lines for each finding, one for each gap, how many there were, and what to do."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.findings.suppressions import Suppression
from scanner.model.content import Gap
from scanner.model.evidence import OFFERED, Finding, Match

if TYPE_CHECKING:
    from scanner.cli.hook import Asked
    from scanner.config import Config
    from scanner.detect.engine import Engine
    from scanner.model.report import Report
    from scanner.pipeline.scanned import Scanned

REPORT = "leakseal-hook.json"  # in Git's own folder, for `leakseal accept`
_MOST = 50
_GAPS = 10


@dataclass(frozen=True, slots=True)
class Speech:
    """The words that differ from hook to hook."""

    stopped: str  # "the commit"
    remedy: str
    kept: bool = True  # whether a report is kept beside the repository, for `leakseal accept`


def say(
    speech: Speech, asked: Asked, settings: Config, engine: Engine, top: bytes | None, done: Sequence[Scanned], known: Sequence[Match],
    given: tuple[Suppression, ...] | None = None,
) -> int:  # fmt: skip
    """The exit code, once everything is said; `given` are suppressions that are not in the work tree."""
    today = datetime.now(UTC).date()
    for one in done:
        one.tally.coverage()  # whatever is neither read nor explained becomes a gap
    gaps: Sequence[Gap] = [gap for one in done for gap in one.tally.gaps]
    findings: list[Finding] = []
    old: list[Finding] = []
    place = None
    if any(one.matches for one in done):
        report, ids = _judged(settings, engine, top, done, known, given, today)
        gaps = report.gaps
        old = [f for f in report.open if (f.id, f.location.path) in ids and not asked.strict]
        findings = [f for f in report.open if f not in old]
        place = _keep(report) if findings and speech.kept else None
    for finding in findings[:_MOST]:
        _out(_two(finding))
    if len(findings) > _MOST:
        _out([f"leakseal: and {len(findings) - _MOST} more" + (f"; the report {place} has them all" if place else "")])
    for finding in old[:_GAPS]:
        told = f"HEAD has this secret already ({finding.rule}), so it does not stop {speech.stopped}; --strict would"
        _out([f"leakseal: {where(finding)}: {told}"])
    _tell_gaps(gaps)
    if findings:
        _out([f"leakseal: {_count(len(findings), 'secret')}, so {speech.stopped} is stopped", *_todo(findings, speech, place, today)])
        return 1
    if gaps and asked.strict:
        _out([f"leakseal: {_count(len(gaps), 'thing')} could not be read, so {speech.stopped} is stopped (--strict)"])
        return 3
    return 0


def _judged(
    settings: Config, engine: Engine, top: bytes | None, done: Sequence[Scanned], known: Sequence[Match],
    given: tuple[Suppression, ...] | None, today: date,
) -> tuple[Report, set[tuple[str, str | None]]]:  # fmt: skip
    """The report, and which findings (id, path) are not new."""
    from scanner import __version__, config
    from scanner.findings import suppressions
    from scanner.findings.seal import Seal, finding_id
    from scanner.model.report import Run
    from scanner.pipeline.run import Judging, reported
    from scanner.pipeline.settings import Settings

    entries = given if given is not None else suppressions.load(Path(os.fsdecode(top or b".")) / suppressions.FILE)
    seal = Seal(config.read_key(settings, os.environ), settings.salt.encode())
    ids = {(finding_id(match.hit.rule.id, seal.fingerprint(match.hit.value)), match.origin.path) for match in known}
    judging = Judging(seal, entries, today)
    return reported(done, Settings(engine.rules, None), judging, Run(f"leakseal {__version__}")), ids


def _two(finding: Finding) -> list[str]:
    what = f"{finding.title} ({finding.rule}, {finding.severity})"
    late = " whose acceptance has run out" if finding.disposition == "expired-acceptance" else ""
    return [f"leakseal: {what}{late}: {finding.preview}", f"  where: {where(finding)}, id {finding.id}"]


def _todo(findings: Sequence[Finding], speech: Speech, place: str | None, today: date) -> list[str]:
    ids = dict.fromkeys(finding.id for finding in findings)
    id = next(iter(ids)) if len(ids) == 1 else "ID"
    return [
        f"  to do: {speech.remedy}; rotate it if anybody else could read it",
        f"  or accept it: {_accept(id, place, today)}",
        f"  why it was found: leakseal explain {id}",
    ]


def where(finding: Finding) -> str:
    """file:line:column, and the commit that brought it."""
    place = finding.location
    name = place.path or (place.field or "a file without a name").replace("-", " ")
    if place.path and place.field:
        name += f" ({place.field.replace('-', ' ')})"
    text = f"{name}:{place.line}:{place.column}" if place.line is not None else name
    if place.commit:
        text += f" in commit {place.commit[:12]}" + (f" of {place.author}" if place.author else "")
    elif place.object and place.path is None:
        text += f" in object {place.object[:12]}"
    return text


def _accept(id: str, place: str | None, today: date) -> str:
    until = (today + timedelta(days=OFFERED)).isoformat()
    made = "" if place else "leakseal scan --format json -o report.json; "
    terms = f'--owner YOU --reason "WHY" --ticket WHERE --expires {until}'
    return f"{made}leakseal accept {id} --report {shlex.quote(place or 'report.json')} {terms}"


def _keep(report: Report) -> str | None:
    """The path of the report in Git's own folder; None if it cannot be written there."""
    from scanner.errors import LeaksealError
    from scanner.report import render
    from scanner.sources.git import narrow
    from scanner.sources.git.environ import git
    from scanner.wholefile import whole

    try:
        path = os.fsdecode(git(["rev-parse", "--git-path", REPORT], Path(), narrow.told()).removesuffix(b"\n"))
        with whole(Path(path)) as file:
            render(report, "json", file)
    except (OSError, LeaksealError):
        return None
    return path if path.isprintable() else None


def _tell_gaps(gaps: Sequence[Gap]) -> None:
    lines = list(dict.fromkeys(map(_gap, gaps)))  # versions of one picture are told once
    _out(lines[:_GAPS])
    if len(lines) > _GAPS:
        _out([f"leakseal: not read: {len(lines) - _GAPS} more; `leakseal scan` names them all"])


def _gap(gap: Gap) -> str:
    origin = gap.origin
    name = origin.path or (f"object {origin.object[:12]}" if origin.object else "the repository")
    return f"leakseal: not read: {name}: {gap.detail or gap.reason} ({gap.reason})"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _out(lines: Iterable[str]) -> None:
    text = "".join("".join(c if c.isprintable() else "?" for c in line) + "\n" for line in lines)
    sys.stderr.write(text.encode("utf-8", "replace").decode())
