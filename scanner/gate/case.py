"""What the judges of the gate have in common: the case, evidence as files, and how old it may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from scanner import canon
from scanner.gate.evidence import NoEvidence
from scanner.gate.items import CLASSES, FAIL, INCOMPLETE, PASS, STALE
from scanner.gate.policy import GatePolicy
from scanner.gate.runbook import Entry, Runbook

_FILE_MOST = 64 << 20


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that judges look at; what other rooms know comes in as functions."""

    runbook: Runbook
    folder: Path  # where references begin
    policy: GatePolicy
    now: datetime  # UTC
    secrets: Callable[[bytes], list[str]]  # the rules that find something
    assertion: Callable[[Path, str | None], tuple[str, str]]  # (status, sentence) of an assertion for this commit
    artifact: Callable[[bytes], Mapping[str, Any]] | None = None  # a stored result, as its schema says; raises NoEvidence
    builder_keys: tuple[str, ...] = ()  # ids of the keys that may sign provenance; none: any that the result trusted
    registry: Callable[[str, str], str | None] | None = None  # (repository, tag) -> the digest now; None: nobody is asked

    def entry(self, id: str) -> Entry:
        """What the runbook says of an item."""
        return self.runbook.entries.get(id, Entry())

    @property
    def critical(self) -> bool:
        """Whether the data are production-critical, as they are until the runbook says otherwise."""
        return self.entry("data.class").get("class") not in CLASSES[:2]


@dataclass(frozen=True, slots=True)
class Judged:
    """A status and a sentence."""

    status: str
    said: str
    evidence: tuple[tuple[str, str], ...] = field(default=())


def files_of(entry: Entry, case: Case, key: str = "evidence") -> list[tuple[str, bytes]]:
    """The files that an entry names, each read whole; raises NoEvidence, and for a secret in one `Leaked`."""
    found = []
    for name in entry.said.get(key, ()):
        path = case.folder / name
        try:
            if path.stat().st_size > _FILE_MOST:
                raise NoEvidence("a file of evidence is too large")
            data = path.read_bytes()
        except OSError:
            raise NoEvidence("a file that is named is not there, or cannot be read") from None
        if rules := case.secrets(data):
            raise Leaked(f"a file of evidence holds what looks like a secret to {', '.join(rules)}; take it out, and rotate it")
        found.append((name, data))
    return found


class Leaked(NoEvidence):
    """A file of evidence holds what looks like a secret."""


def digests_of(files: list[tuple[str, bytes]]) -> tuple[tuple[str, str], ...]:
    """The name and digest of each."""
    return tuple((name, canon.digest(data)) for name, data in files)


def aged(when: datetime | None, days: int, case: Case, fine: str, files: list[tuple[str, bytes]]) -> Judged:
    """A status by age."""
    if when is None:
        return Judged(INCOMPLETE, "it does not say when that was", digests_of(files))
    if when > case.now + timedelta(hours=1):
        return Judged(FAIL, "it is dated in the future", digests_of(files))
    if case.now - when > timedelta(days=days):
        return Judged(STALE, f"it is of {when.date()}, and may be {days} days old", digests_of(files))
    return Judged(PASS, f"{fine}, {when.date()}", digests_of(files))
