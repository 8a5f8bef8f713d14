"""Another scanner's findings as a report of ours, to be compared with one: sealed at once, and clean of nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from scanner import canon, examples
from scanner.detect.engine import Engine
from scanner.findings.mask import STARS, Mask
from scanner.findings.seal import Seal, finding_id
from scanner.model.content import Gap, Origin, Target
from scanner.model.evidence import Finding, Location
from scanner.model.report import Report, Run

_RULE_MOST = 120


class Seen(Protocol):
    """One finding of theirs."""

    @property
    def tool(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def value(self) -> bytes: ...
    @property
    def path(self) -> str | None: ...
    @property
    def line(self) -> int | None: ...
    @property
    def commit(self) -> str | None: ...
    @property
    def author(self) -> str | None: ...
    @property
    def date(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Desk:
    """What turns their findings into ours: the engine that says which part of a value is the secret, and the seal."""

    engine: Engine
    seal: Seal


def adopted(tool: str, seen: Iterable[Seen], uri: str, desk: Desk, run: Run, hidden: int) -> Report:
    """The report; it has a gap, because theirs does not say what was read."""
    seen = list(seen)
    surface = "git" if any(one.commit for one in seen) else "tree"
    values = [_secret(one.value, desk.engine) for one in seen]
    mask = Mask()
    for value in {*values, *(one.value for one in seen)}:
        mask.learn(value)
    desk.seal.fingerprints(values)
    found: dict[object, Finding] = {}
    for one, value in zip(seen, values, strict=True):
        finding = _finding(one, value, surface, desk.seal, mask)
        found.setdefault((finding.id, finding.location), finding)
    origin = Origin("t1", surface)
    gaps = [Gap(origin, "unsupported-format", f"a report of {tool} does not say what was read, and what was not")]
    if hidden:
        gaps.append(Gap(origin, "unsupported-format", f"{hidden} findings have their value masked, so that they cannot be told apart"))
    return Report(
        targets=(Target("t1", surface, mask.text(canon.text(uri.encode("utf-8", "surrogateescape"))), None, f"report of {tool}"),),
        rules_digest="", rules_count=0, findings=tuple(found.values()), coverage=(), gaps=tuple(gaps), run=run,
    )  # fmt: skip


def _secret(value: bytes, engine: Engine) -> bytes:
    """The part of their value that our rules take for the secret, if they take one: theirs may be a whole URL."""
    ours = {hit.value for hit in engine.find(value[: 1 << 20]) if hit.confidence}
    return ours.pop() if len(ours) == 1 else value


def _finding(one: Seen, value: bytes, surface: str, seal: Seal, mask: Mask) -> Finding:
    def text(said: str | None) -> str | None:
        return None if said is None else mask.text(canon.text(said.encode("utf-8", "surrogatepass")))

    rule, print = f"{one.tool}:{text(one.rule)}"[:_RULE_MOST], seal.fingerprint(value)
    path = text(one.path)
    place = Location(path=path, line=one.line, commit=one.commit, author=text(one.author), date=text(one.date))
    return Finding(
        id=finding_id(rule, print), rule=rule, kind="other", title=f"Found by {one.tool}", severity="high", confidence=0.5,
        fingerprint=print, surface=surface, target="t1", location=place, occurrences=1, commits=None, paths=(path,) if path else (),
        parsed=(), preview=STARS, disposition="example" if examples.known(value) else "open", advice="",
    )  # fmt: skip
