"""One night: what is due is dealt out, the longest first, and what comes back is written down at once."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from scanner import __version__
from scanner.ledger import leases, read, write
from scanner.ledger.book import Ledger
from scanner.ledger.rows import Repository, Visit
from scanner.pipeline.workers import Died, Pool
from scanner.sweep.holder import is_dead, this_process
from scanner.sweep.inventory import Inventory, Listed, Unlisted
from scanner.sweep.past import digests, past
from scanner.sweep.task import Outcome, Task, Ways, Worker, size_of
from scanner.unbroken import unbroken

LEASE = 180.0  # seconds
_AT_ONCE = 100  # unchanged repositories that are written down together
_TRIES = 2
_STAMP = "%Y-%m-%dT%H:%M:%SZ"


class Crew(Protocol):
    """Workers, wherever they are."""

    def results(self) -> Iterator[tuple[Task, Outcome | Died[Task]]]: ...

    def again(self, tasks: Sequence[Task]) -> None: ...

    def stop(self) -> None: ...

    beat: Callable[[], None]


Hire = Callable[[Worker, Sequence[Task]], Crew]


@dataclass(frozen=True, slots=True)
class Night:
    """What a sweep came to."""

    run: int
    visits: tuple[Visit, ...]  # by name
    not_due: tuple[str, ...]
    empty: tuple[str, ...]  # patterns of the inventory that found nothing
    interrupted: bool = False
    unlisted: tuple[Unlisted, ...] = ()  # accounts whose repositories could not be listed

    @property
    def not_read(self) -> tuple[Visit, ...]:
        """Repositories that could not be read, with the reason."""
        return tuple(visit for visit in self.visits if visit.status == "not-read")


def processes(count: int) -> Hire:
    """Workers that are processes of this machine."""
    return lambda worker, tasks: Pool(worker, tasks, count, in_hand=1, apart=True)


def sweep(
    inventory: Inventory, chosen: Sequence[Listed], ledger: Ledger, ways: Callable[[int], Ways], hire: Hire, *,
    full: bool = False, watch: Callable[[Visit, int], None] = lambda visit, left: None,
    mask: Callable[[Sequence[str]], Callable[[str], str]] = lambda uris: str,
) -> Night:  # fmt: skip
    """Read what is due of `chosen`; `ways` is told the number of the rules, `watch` each visit and how many are left."""
    begun, clock, holder = datetime.now(UTC), time.monotonic(), this_process()
    now = begun.strftime(_STAMP)
    rules = ways(0).rules
    run = write.begin(
        ledger, token=holder, now=now, tool=f"leakseal {__version__}", digest=rules.digest, known=digests(rules), dead=_ended(ledger)
    )
    every = inventory.repositories
    before, number = read.all_repositories(ledger, listed=None), read.ruleset_of(ledger, run)
    fresh = {one.uri for one in every} - {one.uri for one in before}  # what stands in the ledger holds no secret
    # Rules that nothing was read with yet are compiled for that, once, before the workers part.
    hide = mask(sorted(fresh)) if fresh or all(one.ruleset_id != number for one in before) else str
    rows = [(one.name, hide(one.uri) if one.uri in fresh else one.uri, one.owner, one.groups) for one in every]
    write.enlist(ledger, rows, now, {one.name: one.identity for one in every if one.identity}, keep=bool(inventory.unlisted))
    there = {one.name: one for one in read.all_repositories(ledger)}
    due = [one for one in chosen if _due(one, there[one.name], begun)]
    here = ways(number)
    desk = _Desk(ledger, run, here, holder, watch, len(due))
    status, code = "interrupted", 130
    try:
        others = leases.take_all(ledger, [one.name for one in due], holder, now=time.time(), seconds=LEASE, dead=is_dead)
        tasks = [_task(one, there[one.name], begun, full=full) for one in due if one.name not in others]
        tasks.sort(key=lambda task: (-task.weight, task.one.name))
        for name in sorted(others):
            desk.lost(Visit(name, "not-read", now, reason="busy", detail="another sweep is reading it"))
        desk.work(hire(Worker(here), tasks))
        status, code = "done", 0
    except KeyboardInterrupt:
        pass
    finally:
        _given_back(desk)
    visits = tuple(sorted(desk.visits.values(), key=lambda visit: visit.repository))
    not_due = tuple(sorted({one.name for one in chosen} - {one.name for one in due}))
    night = Night(run, visits, not_due, inventory.empty, status != "done", inventory.unlisted)
    code = code or exit_code(night, 0, incomplete=False)
    write.end(ledger, run, now=datetime.now(UTC).strftime(_STAMP), seconds=round(time.monotonic() - clock, 3), code=code, status=status)
    return night


def exit_code(night: Night, findings: int, *, incomplete: bool) -> int:
    """130 if it was interrupted, 1 if there are findings, 3 if something was not read, else 0."""
    if night.interrupted:
        return 130
    return 1 if findings else 3 if night.not_read or night.empty or night.unlisted or incomplete else 0


class _Desk:
    """Where outcomes come in and are written down."""

    def __init__(self, ledger: Ledger, run: int, ways: Ways, holder: str, watch: Callable[[Visit, int], None], count: int) -> None:
        self.ledger, self.run, self.ways, self.holder = ledger, run, ways, holder
        self.visits: dict[str, Visit] = {}
        self._watch, self._left = watch, count
        self._same: list[Visit] = []
        self._tries: dict[str, int] = {}
        self._beaten = time.monotonic()

    def work(self, crew: Crew) -> None:
        """Until every task has an outcome."""
        crew.beat = self._beat
        try:
            for task, outcome in crew.results():
                if isinstance(outcome, Died):
                    self._died(crew, task)
                elif outcome.wants is not None:
                    same = task.ruleset if task.reader == self.ways.reader else None
                    known = past(self.ledger, task.one.name, same, self.ways.ruleset, self.ways.reader, outcome.wants)
                    crew.again([replace(task, past=known)])
                else:
                    self._take(outcome)
                self._beat()
        finally:
            crew.stop()

    def lost(self, visit: Visit) -> None:
        """A repository that was not read."""
        write.not_read(self.ledger, self.run, visit)
        self._seen(visit)

    def flush(self) -> None:
        """Write down what was gathered."""
        if self._same:
            write.unchanged(self.ledger, self.run, self._same)
            self._same.clear()

    def _take(self, outcome: Outcome) -> None:
        visit = outcome.visit
        if outcome.reading is not None:
            opened = write.record(self.ledger, self.run, visit, outcome.reading)
            self._seen(replace(visit, opened=opened))
        elif visit.status == "unchanged":
            self._same.append(visit)
            if len(self._same) >= _AT_ONCE:
                self.flush()
            self._seen(visit)
        else:
            self.lost(visit)

    def _died(self, crew: Crew, task: Task) -> None:
        """Once may be chance: memory was short, or somebody ended it."""
        name = task.one.name
        self._tries[name] = self._tries.get(name, 1) + 1
        if self._tries[name] <= _TRIES:
            crew.again([task])
            return
        begun = datetime.now(UTC).strftime(_STAMP)
        self.lost(Visit(name, "not-read", begun, reason="worker", detail="the process that read it ended, twice"))

    def _seen(self, visit: Visit) -> None:
        self.visits[visit.repository] = visit
        self._left -= 1
        self._watch(visit, self._left)

    def _beat(self) -> None:
        """Hold on to the leases."""
        if time.monotonic() - self._beaten > LEASE / 4:
            leases.renew(self.ledger, [], self.holder, now=time.time(), seconds=LEASE)
            self._beaten = time.monotonic()


@unbroken
def _given_back(desk: _Desk) -> None:
    """Write down what was gathered, and let go of the leases."""
    desk.flush()
    leases.release(desk.ledger, desk.holder)


def _ended(ledger: Ledger) -> Callable[[str], bool]:
    """Whether a run's process is gone: for sure, or because it holds no lease any more."""
    alive = {holder for holder, until in leases.held(ledger).values() if until > time.time()}
    return lambda token: is_dead(token) or token not in alive


def _due(one: Listed, known: Repository, now: datetime) -> bool:
    if not one.every or known.read_on is None:
        return True
    slack = timedelta(minutes=min(60, one.every * 6))  # a night that begins a little earlier than the last is a night
    return now - _time(known.read_on) + slack >= timedelta(hours=one.every)


def _task(one: Listed, known: Repository, now: datetime, *, full: bool) -> Task:
    last = known.full_on
    again = full or bool(one.full and last and now - _time(last) >= timedelta(hours=one.full))
    weight = known.seconds if known.seconds is not None else size_of(one.path) if one.path else math.inf
    return Task(one, known.state, known.reader, known.ruleset_id, again, weight)


def _time(text: str) -> datetime:
    return datetime.strptime(text, _STAMP).replace(tzinfo=UTC)
