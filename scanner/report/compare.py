"""Two reports beside each other: which values are new, gone or moved, and whose disposition changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scanner.errors import UsageError
from scanner.model.evidence import Finding
from scanner.model.report import Report
from scanner.report.plain import place

_KEYED = re.compile(r"([a-z0-9-]+(?::[0-9a-f]{8})?):[0-9a-f]+")
_CLOSED = ("accepted", "example")


@dataclass(frozen=True, slots=True)
class Change:
    """A value in both reports that stands elsewhere, or that is judged in another way."""

    before: tuple[Finding, ...]
    after: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Findings by value, in the order of the reports; `unsure` is said of `gone` where the second run did not read everything."""

    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    moved: tuple[Change, ...]
    judged: tuple[Change, ...]
    same: int
    unsure: bool

    @property
    def exit_code(self) -> int:
        """1 if something new is open, 3 if something is gone that may only not have been read, else 0."""
        if any(finding.disposition not in _CLOSED for finding in self.new):
            return 1
        return 3 if self.gone and self.unsure else 0


def compare(before: Report, after: Report) -> Comparison:
    """What changed; UsageError where fingerprints were made with different keys."""
    old, new = _by_value(before.findings), _by_value(after.findings)
    schemes = [{found[1] for value in values if (found := _KEYED.fullmatch(value)) and "hmac-sha256" in value} for values in (old, new)]
    if schemes[0] != schemes[1] and old and new and not set(old) & set(new):
        raise UsageError("the two reports have fingerprints of different keys, so no value can be compared", hint="scan both with one key")
    both = [value for value in old if value in new]
    changes = [Change(old[value], new[value]) for value in both]
    return Comparison(
        new=tuple(finding for value in new if value not in old for finding in new[value]),
        gone=tuple(finding for value in old if value not in new for finding in old[value]),
        moved=tuple(change for change in changes if _places(change.before) != _places(change.after)),
        judged=tuple(change for change in changes if _open(change.before) != _open(change.after)),
        same=sum(_places(change.before) == _places(change.after) for change in changes),
        unsure=not after.complete,
    )


def _by_value(findings: Iterable[Finding]) -> Mapping[str, tuple[Finding, ...]]:
    found: dict[str, tuple[Finding, ...]] = {}
    for finding in findings:
        found[finding.fingerprint] = (*found.get(finding.fingerprint, ()), finding)
    return found


def _places(findings: Iterable[Finding]) -> set[str]:
    return {place(finding) for finding in findings}


def _open(findings: Iterable[Finding]) -> bool:
    return any(finding.disposition not in _CLOSED for finding in findings)
