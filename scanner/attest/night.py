"""A night's coverage as an in-toto statement: what stands behind a sweep, repository by repository, in a list that is its subject."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from scanner import canon
from scanner.attest.statement import STATEMENT_TYPE

PREDICATE_TYPE = "https://leakseal.dev/attestation/sweep-coverage/v0.1"
LIST = "night-manifest.jsonl"


@dataclass(frozen=True, slots=True)
class Covered:
    """One repository: how it stands in the ledger, and what this night made of it."""

    name: str
    status: str  # full | new | rules | unchanged | not-due | not-read | absent
    read_on: str | None  # when it was last read, or seen to be as it was
    root: str | None  # `sha256:` and the Merkle root over everything that was counted
    objects: int
    gaps: int
    open: int
    beside: tuple[tuple[str, str, int], ...] = ()  # (surface, its root, objects) of what was read beside its Git


@dataclass(frozen=True, slots=True)
class Ran:
    """The run that a statement is about."""

    started: str  # ISO 8601, UTC
    finished: str
    version: str
    rules: str  # digest
    unlisted: int = 0  # accounts that could not be listed


def listed(covered: Iterable[Covered]) -> bytes:
    """The list: a line for each repository, by name."""
    lines = (
        {
            "name": one.name, "status": one.status, "readOn": one.read_on, "root": one.root,
            "objects": one.objects, "gaps": one.gaps, "open": one.open,
            "beside": {surface: {"root": root, "objects": objects} for surface, root, objects in one.beside},
        }
        for one in sorted(covered, key=lambda one: one.name)
    )  # fmt: skip
    return b"".join(canon.canonical(line) + b"\n" for line in lines)


def statement(covered: Iterable[Covered], ran: Ran) -> bytes:
    """The statement's bytes: its one subject is the list, so names of repositories stay with whoever has that."""
    rows = tuple(covered)
    unread = sum(one.status == "not-read" or (one.root is None and one.status != "absent") for one in rows) + ran.unlisted
    gaps, found = sum(one.gaps for one in rows), sum(one.open for one in rows)
    value = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": LIST, "digest": {"sha256": hashlib.sha256(listed(rows)).hexdigest()}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "result": "FAILED" if found else "INCOMPLETE" if gaps or unread else "PASSED",
            "scanner": {"id": "https://leakseal.dev", "version": ran.version},
            "configuration": [{"name": "rules", "digest": {"sha256": ran.rules.removeprefix("sha256:")}}],
            "repositories": {"listed": len(rows), "notRead": unread},
            "coverageTotals": {"objects": sum(one.objects for one in rows), "beside": _beside(rows), "gaps": gaps},
            "findings": {"open": found},
            "startedOn": ran.started,
            "finishedOn": ran.finished,
        },
    }
    return canon.canonical(value)


def _beside(rows: Iterable[Covered]) -> dict[str, int]:
    """Surface -> objects of it, in all repositories."""
    found: dict[str, int] = {}
    for surface, _, objects in sorted(part for one in rows for part in one.beside):
        found[surface] = found.get(surface, 0) + objects
    return found
