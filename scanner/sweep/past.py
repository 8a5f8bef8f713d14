"""What the ledger knows of one repository, brought into the form that reading it wants."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from scanner import canon
from scanner.ledger import read
from scanner.ledger.book import Ledger
from scanner.ledger.known import few, known, packed
from scanner.ledger.rows import Segment
from scanner.model.report import Report
from scanner.model.rule import Rule, Ruleset
from scanner.pipeline.earlier import After, Earlier, Entry

if TYPE_CHECKING:
    from scanner.sweep.fetch.read import Memory

# What these say is of a match, not whether something is one.
_SPEAKS = ("title", "severity", "kind", "family", "advice", "references", "hits", "misses", "file", "line")
_SAYS = ("title", "severity", "kind", "family", "advice", "references")  # and is in a report
_DECIDES = tuple(f.name for f in fields(Rule) if f.name not in _SPEAKS)


@dataclass(frozen=True, slots=True)
class Past:
    """What earlier nights left: as it stands in the ledger, so that it can be sent to where it is wanted."""

    segments: tuple[Segment, ...] = field(default=(), repr=False)
    memory: bytes | None = None
    rules: Mapping[str, str] | None = None  # those it was read with, by digest; None: those of this run
    shared: tuple[Segment, ...] = field(default=(), repr=False)  # of repositories that share objects with it
    report: Report | None = field(default=None, repr=False)  # what the last reading came to, where rules have changed since
    tips: tuple[tuple[str, str], ...] = ()


def past(ledger: Ledger, name: str, was: int | None, now: int, reader: str, marks: Sequence[str]) -> Past:
    """The past of a repository that was read with the set of rules `was`, or of one that never was, and shares objects with others."""
    if was is None:
        alike = [other for other in read.alike(ledger, marks, ruleset=now, reader=reader) if other != name] if marks else []
        return Past(shared=tuple(one for other in alike for one in read.segments_of(ledger, other)))
    segments, memory = tuple(read.segments_of(ledger, name)), read.memory_of(ledger, name)
    if was == now:
        return Past(segments, memory)
    tips = tuple(sorted(read.tips_of(ledger, name).items()))
    return Past(segments, memory, _rules(ledger, was), report=read.report(ledger, name), tips=tips)


def earlier(there: Past, rules: Ruleset) -> Earlier:
    """What was read before; rules that are new or have changed since are named."""
    memory = json.loads(there.memory) if there.memory else {"missing": [], "submodules": []}
    fresh, gone = (None, False) if there.rules is None else _changes(there.rules, rules)
    return Earlier(
        known(there.segments).of, known(there.shared).of,
        frozenset(map(bytes.fromhex, memory["missing"])),
        frozenset((bytes.fromhex(name), bytes.fromhex(oid)) for name, oid in memory["submodules"]),
        fresh, gone,
    )  # fmt: skip


_rules_of: dict[tuple[str, int], dict[str, str]] = {}


def _rules(ledger: Ledger, was: int) -> dict[str, str]:
    """The rules of that number, which never change."""
    key = (str(ledger.url), was)
    if key not in _rules_of:
        _rules_of[key] = read.rules_of(ledger, was)
    return _rules_of[key]


_compared: dict[tuple[str, str], tuple[Ruleset | None, bool]] = {}  # of a night: many repositories were read with the same rules


def _changes(was: Mapping[str, str], rules: Ruleset) -> tuple[Ruleset | None, bool]:
    """(rules that are new or have changed, whether one has changed or is gone)."""
    key = (canon.digest(canon.canonical(was)), rules.digest)
    if key not in _compared:
        now = digests(rules)
        changed = tuple(rule for rule in rules.rules if was.get(rule.id) != now[rule.id])
        fresh = Ruleset(changed, canon.digest(canon.canonical([now[rule.id] for rule in changed]))) if changed else None
        _compared[key] = fresh, any(now.get(id) != digest for id, digest in was.items())
    return _compared[key]


def digests(rules: Ruleset) -> dict[str, str]:
    """Rule -> digest of what decides whether something is a match."""
    return {rule.id: canon.digest(canon.canonical([getattr(rule, name) for name in _DECIDES])) for rule in rules.rules}


def memory_of(after: After, fetched: Memory | None = None, said: Mapping[str, str] | None = None) -> bytes:
    """What the next night needs to know besides the objects: what they lack, what was `fetched` and holds nothing, what rules `said`."""
    submodules = sorted([name.hex(), oid.hex()] for name, oid in after.submodules)
    more = {"fetched": {key: list(one) for key, one in fetched.items()}} if fetched else {}
    missing = sorted(oid.hex() for oid in after.missing)
    return canon.canonical({"missing": missing, "submodules": submodules, "said": said or {}, **more})


def fetched_before(there: Past) -> Memory:
    """What was fetched before, and holds nothing."""
    found = json.loads(there.memory).get("fetched", {}) if there.memory else {}
    return {key: (stamp, objects, octets) for key, (stamp, objects, octets) in found.items()}


def said_of(rules: Ruleset, report: Report) -> dict[str, str]:
    """Each rule that found something -> digest of what it says of a match."""
    found = {finding.rule for finding in report.findings}
    return {one.id: canon.digest(canon.canonical([getattr(one, name) for name in _SAYS])) for one in rules.rules if one.id in found}


def stands(there: Past, before: Earlier, rules: Ruleset) -> bool:
    """Whether the last report stands if the fresh rules see nothing: no other has changed, and those that found something say the same."""
    if there.report is None or there.memory is None or before.fresh is None or before.gone:
        return False
    return bool(json.loads(there.memory).get("said") == said_of(rules, there.report))


def segments_of(before: Mapping[bytes, Entry], there: Sequence[Segment], after: After) -> tuple[tuple[Segment, ...], bool]:
    """(segments to write, whether all others go): what is new stands in one of its own, until there are many or objects have left."""
    if after.lost or not there or not few(there):
        return (packed(0, ((id, *entry) for id, entry in after.objects.items())),), True
    fresh = [(id, *entry) for id, entry in after.objects.items() if before.get(id) != entry]
    return ((packed(there[-1].number + 1, fresh),) if fresh else ()), False
