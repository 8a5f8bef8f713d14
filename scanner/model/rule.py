"""What is looked for."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("dsn", "token", "pull-secret", "private-key", "password", "other")
SEVERITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Sample:
    """A shape that grows into a synthetic secret at test time; `line` is where it stands in its pack."""

    shape: str
    line: int = 0
    file: str = ""  # the file that it stands in, if that is not its rule's


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is looked for: `anchors` say "around here", `pattern` says "this", `checks` say "really"."""

    id: str
    family: str
    title: str
    kind: str  # one of KINDS
    severity: str  # one of SEVERITIES
    pattern: str  # RE2 syntax over bytes (Latin-1); the group named `secret` is what must not leak
    anchors: tuple[str, ...]  # bounded patterns that both Hyperscan and RE2 take; where one ends, `pattern` is tried
    needs: tuple[str, ...] = ()  # lower-case words, one of which must stand within `before`/`after`
    requires: tuple[str, ...] = ()  # patterns, each of which must match there as well: the other half of a pair
    beside: tuple[str, ...] = ()  # patterns that may match there; what their groups name belongs to the same finding
    checks: tuple[str, ...] = ()  # names in detect.checks, with an argument after a colon: "entropy:3.0"
    parser: str | None = None  # name in detect.parsers: refines the secret's span, fills `parsed`, or rejects
    width: int = 512  # bytes that the widest anchor can span
    before: int = 256  # bytes of context before an anchor's end that may take part in the decision
    after: int = 256  # bytes of context after it
    reach: int = 0  # bytes that the widest match of `pattern` has; 0: without bound
    core: str = ""  # what stands in every secret that `pattern` finds, for `re`; empty: nothing that says much
    specificity: int = 50  # where secrets overlap, the highest wins
    confidence: float = 0.9
    least: float = 0.0  # a match that its parser is less sure of is none
    advice: str = ""
    references: tuple[str, ...] = ()
    hits: tuple[Sample, ...] = ()
    misses: tuple[Sample, ...] = ()
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All rules of a run, sorted by id, and the digest of what decides about a finding."""

    rules: tuple[Rule, ...]
    digest: str
