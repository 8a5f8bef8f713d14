"""A night's statement of coverage: put together from the ledger, signed, and written beside its list."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from scanner import __version__
from scanner.attest import night
from scanner.attest.envelope import bundle, envelope, sign
from scanner.attest.keys import PrivateKey
from scanner.attest.night import Covered, Ran
from scanner.errors import UsageError
from scanner.sweep.summary import Summary
from scanner.wholefile import whole

NAME = "night"


def covered(said: Summary) -> tuple[Covered, ...]:
    """Every repository of the inventory, as the ledger has it after this night."""
    visits = {visit.repository: visit for visit in said.night.visits}
    gaps, open_ = Counter(kept.repository for kept in said.gaps), Counter(kept.repository for kept in said.open)
    rows = []
    for one in said.repositories:
        visit, seen = visits.get(one.name), dict(said.coverages.get(one.name, ()))
        git = seen.pop("git", None)
        beside = tuple((surface, coverage.root or "", coverage.objects) for surface, coverage in sorted(seen.items()))
        rows.append(Covered(
            one.name, visit.status if visit else "not-due", one.read_on, git.root if git else None, git.objects if git else 0,
            gaps[one.name], open_[one.name], beside,
        ))  # fmt: skip
    return tuple(rows)


def write(said: Summary, key: PrivateKey, folder: Path) -> None:
    """The list, the DSSE envelope and the Sigstore bundle, each put in its place at once."""
    rows, run = covered(said), said.run
    ran = Ran(run.started_on, run.finished_on or run.started_on, __version__, run.rules_digest, len(said.night.unlisted))
    signed = sign(night.statement(rows, ran), key.public.id, key.sign)
    made = {night.LIST: night.listed(rows), f"{NAME}.intoto.json": envelope(signed), f"{NAME}.sigstore.json": bundle(signed)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in made.items():
            with whole(folder / name) as file:
                file.write(data)
    except OSError as problem:
        raise UsageError(f"the statement cannot be written to {folder}: {problem.strerror}", hint="name another folder") from None
