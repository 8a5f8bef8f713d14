"""One repository in one night, in a worker: fetch it, see whether it stands as it stood, read what is new, and say what came of it."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

from scanner import __version__, canon
from scanner.errors import LeaksealError
from scanner.findings import suppressions
from scanner.findings.seal import Seal
from scanner.ledger.known import SKETCH
from scanner.ledger.rows import Reading, Visit
from scanner.model.report import Coverage, Report, Run
from scanner.model.rule import Ruleset
from scanner.pipeline.run import Judging, reported, veil
from scanner.pipeline.scanned import Scanned
from scanner.pipeline.settings import Settings
from scanner.sources.git.environ import environment, git
from scanner.sources.git.layout import Layout, discover
from scanner.sources.git.smallest import smallest
from scanner.sources.git.standing import standing
from scanner.sweep.accepted import Accepted, accepted_in
from scanner.sweep.beside import roots_of, scanned_beside, standing_of
from scanner.sweep.fetch.bring import brought
from scanner.sweep.fetch.held import Held
from scanner.sweep.fetch.read import read_fetched
from scanner.sweep.inventory import Listed
from scanner.sweep.mirror import NotRead, Room, mirrored, octets
from scanner.sweep.past import Past, earlier, fetched_before, memory_of, past, said_of, segments_of, stands

if TYPE_CHECKING:
    from scanner.ledger.book import Ledger

_OPTIONAL = (
    "PIL", "pi_heif", "zxingcpp", "rapidocr", "pypdf", "olefile", "pyarrow", "backports.zstd", "compression.zstd", "lz4", "hyperscan",
)  # fmt: skip
_PROGRAMS = ("bsdtar", "tesseract", "7zz")
_PASSING = frozenset({"tool-error", "timeout", "unreadable", "changed-while-reading"})  # what may be read in the next night, as it stands
_STAMP = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Task:
    """A repository, and how it stood when it was last read."""

    one: Listed
    state: str | None = None
    reader: str | None = None
    ruleset: int | None = None  # that it was read with
    full: bool = False  # every object is to be read again
    weight: float = 0.0  # seconds that it took last, or a guess
    past: Past | None = None  # where the worker cannot ask the ledger


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a task."""

    visit: Visit
    reading: Reading | None = None
    wants: tuple[str, ...] | None = None  # it was not read yet: its past is wanted first, and these are its smallest ids


@dataclass(frozen=True, slots=True)
class Ways:
    """How every repository of a night is read; what a worker is given once."""

    rules: Ruleset
    ruleset: int  # its number in the ledger
    settings: Settings
    room: Room
    make_seal: Callable[[], Seal] = field(repr=False)
    today: date
    ledger: str | None = field(repr=False)  # where a worker may ask for the past
    excluded: Callable[[str], str | None]
    judged: str = ""  # digest of the configuration

    @property
    def reader(self) -> str:
        """A digest of all but the rules that decides what an object comes to: the version, the readers that are there, the limits."""
        there = [name for name in _OPTIONAL if _there(name)] + [name for name in _PROGRAMS if which(name)]
        limits = self.settings.limits
        look = limits.looking
        parts = [__version__, there, limits.total, limits.share, limits.depth, limits.members, look.mode, list(look.command), look.engine]
        return canon.digest(canon.canonical(list(map(str, parts))))


class Worker:
    """Does tasks; what is slow to make is made when it is first wanted, in the process that wants it."""

    def __init__(self, ways: Ways) -> None:
        self.ways, self.reader = ways, ways.reader
        self._seal: Seal | None = None
        self._ledger: Ledger | None = None

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_seal": None, "_ledger": None}

    def __call__(self, task: Task) -> Outcome:
        begun, clock = datetime.now(UTC).strftime(_STAMP), time.monotonic()
        blank = Visit(task.one.name, "not-read", begun, worker=f"{platform.node()}:{os.getpid()}")
        try:
            outcome = self._visited(task, blank)
        except NotRead as problem:
            status = "absent" if task.one.optional and problem.reason == "vanished" else blank.status
            outcome = Outcome(replace(blank, status=status, reason=problem.reason, detail=problem.message))
        except LeaksealError as problem:
            outcome = Outcome(replace(blank, reason="unreadable", detail=problem.message))
        except OSError as problem:
            outcome = Outcome(replace(blank, reason="disk" if problem.errno in (27, 28, 122) else "unreadable", detail=problem.strerror))
        except MemoryError:
            outcome = Outcome(replace(blank, reason="memory", detail="it needs more memory than there is"))
        except Exception as problem:
            outcome = Outcome(replace(blank, reason="tool-error", detail=f"an unforeseen {type(problem).__name__}"))
        seconds = round(time.monotonic() - clock, 3)
        return replace(outcome, visit=replace(outcome.visit, seconds=seconds))

    def _visited(self, task: Task, blank: Visit) -> Outcome:
        one, clock = task.one, time.monotonic()
        with ExitStack() as stack:
            if one.path is not None and not one.path.exists():
                raise NotRead("vanished")
            path = one.path or stack.enter_context(mirrored(one, self.ways.room))
            blank = replace(blank, fetch_seconds=round(time.monotonic() - clock, 3))
            layout = discover(path)
            env = environment(trust_owner=one.trust_owner or one.path is None, root=layout.root)
            accepted = accepted_in(one, layout.root, env)
            held = brought(one.source, path, one.timeout, full=task.full) if one.source else Held()
            beside = f"{standing_of(one.surfaces)} {held.state}"
            state = canon.digest(f"{standing(layout, env)} {self._judged(one, accepted)} {beside}".encode())
            same = task.reader == self.reader and not task.full
            if same and task.state == state and task.ruleset == self.ways.ruleset:
                return Outcome(replace(blank, status="unchanged"))
            there = task.past or self._past(task, layout, same=same)
            if there is None:
                return Outcome(blank, wants=tuple(id.hex() for id in smallest(layout, SKETCH)))
            return self._read(task, layout, there, state, (accepted, held), blank)

    def _past(self, task: Task, layout: Layout, *, same: bool) -> Past | None:
        if task.full:
            return Past()
        if self.ways.ledger is None:
            return None
        if self._ledger is None:
            from scanner.ledger.book import Ledger

            self._ledger = Ledger(self.ways.ledger)
        marks = [] if same else [id.hex() for id in smallest(layout, SKETCH)]
        return past(self._ledger, task.one.name, task.ruleset if same else None, self.ways.ruleset, self.reader, marks)

    def _read(self, task: Task, layout: Layout, there: Past, state: str, more: tuple[Accepted, Held], blank: Visit) -> Outcome:
        from scanner.pipeline.gitscan import GitScan

        one, ways, (accepted, held) = task.one, self.ways, more
        before = earlier(there, ways.rules)
        settings = replace(ways.settings, rules=ways.rules, trust_owner=one.trust_owner or one.path is None, leaves=True, remember=True)
        if task.state == state and not one.surfaces and not one.source and stands(there, before, ways.rules):
            seen = GitScan("t1", layout.root, settings, before).glance()
            if seen.quiet and _unnamed(there, before.fresh, settings):
                return self._as_it_was(layout, there, state, blank)
            before = replace(before, glance=seen)
        scan = GitScan("t1", layout.root, settings, before)
        done = scan.run(veil([one.uri], settings).text(one.uri))
        if done.interrupted or done.after is None:
            raise NotRead("timeout", "it was interrupted")
        judging = Judging(self.seal, accepted.entries, ways.today, inline=("git",) if one.trust_suppressions else ())
        beside = scanned_beside(one.surfaces, settings, judging, ways.excluded)
        known = {} if before.gone else fetched_before(there)
        fetched = read_fetched(held, known, settings, ways.excluded, 2 + len(beside), fresh=before.fresh)
        beside += fetched.done
        report = reported([done, *beside], settings, judging, Run(f"leakseal {__version__}"), excluded=ways.excluded)
        roots = roots_of([done, *beside])
        coverage = tuple((surface, replace(seen, root=roots[surface])) for surface, seen in report.coverage)
        report = replace(report, coverage=coverage, notes=tuple(sorted({*report.notes, *accepted.notes})))
        segments, drop = segments_of(before.own, there.segments, done.after)
        whole = not before.own and not before.shared
        tips = _tips(layout, scan.env, done, settings)
        silent = tips is None or not done.after.told or (tips and done.target.head is None)  # Git may have been ended by chance
        passing = silent or fetched.again or any(gap.reason in _PASSING for gap in report.gaps)
        reading = Reading(
            report, "" if passing else state, self.reader, tips or (),
            memory_of(done.after, fetched.memory, said_of(ways.rules, report)), segments, drop,
            tuple(id.hex() for id in smallest(layout, SKETCH)), octets(layout.common_dir), whole,
        )  # fmt: skip
        fresh = len(done.after.objects.keys() - before.own.keys() - before.shared.keys())
        status = "rules" if before.fresh or before.gone else "full" if whole else "new"
        return Outcome(_told(replace(blank, status=status, fresh=fresh, root=roots["git"]), report), reading)

    def _as_it_was(self, layout: Layout, there: Past, state: str, blank: Visit) -> Outcome:
        """Nothing has changed but the rules, and the new ones see nothing: what the last reading came to, under the rules of today."""
        rules = self.ways.rules
        assert there.report is not None  # noqa: S101 it stands
        report = replace(there.report, rules_digest=rules.digest, rules_count=len(rules.rules))
        marks = tuple(id.hex() for id in smallest(layout, SKETCH))
        reading = Reading(
            report, state, self.reader, there.tips, there.memory or b"", (), False, marks, octets(layout.common_dir), False,
        )  # fmt: skip
        root = dict(report.coverage).get("git", Coverage()).root
        return Outcome(_told(replace(blank, status="rules", root=root), report), reading)

    @property
    def seal(self) -> Seal:
        """The fingerprint key stays in the process that read it."""
        if self._seal is None:
            self._seal = self.ways.make_seal()
        return self._seal

    def _judged(self, one: Listed, accepted: Accepted) -> str:
        """What decides about findings besides the repository: key, configuration, acceptances, and which of them have run out."""
        ended = sorted(entry.id for entry in accepted.entries if entry.expires < self.ways.today)
        return f"{self.seal!r} {self.ways.judged} {one.trust_suppressions} {suppressions.digest(accepted.entries)} {' '.join(ended)}"


def _unnamed(there: Past, rules: Ruleset | None, settings: Settings) -> bool:
    """Whether these rules see nothing in what the last report says either, nor in the names of refs."""
    if rules is None or there.report is None:
        return False
    texts = set(_texts([asdict(there.report), there.tips]))
    mask = veil(texts, replace(settings, rules=rules))
    return all(mask.text(text) == text for text in texts)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)


def _told(visit: Visit, report: Report) -> Visit:
    git_ = dict(report.coverage).get("git", Coverage())
    return replace(visit, objects=git_.objects, octets=git_.bytes, open=len(report.open), gaps=len(report.gaps))


def _tips(layout: Layout, env: Mapping[str, str], done: Scanned, settings: Settings) -> tuple[tuple[str, str], ...] | None:
    """Every ref and what it stands for, its name masked; None if Git does not say."""
    try:
        listed = git(["for-each-ref", "--format=%(objectname) %(refname)"], layout.root, env)
    except LeaksealError:
        return None
    lines = [canon.text(line).split(" ", 1) for line in listed.split(b"\n") if line]
    mask = veil([ref for _, ref in lines], settings, [done])
    return tuple(sorted({mask.text(ref): oid for oid, ref in lines}.items()))


def _there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def size_of(path: Path) -> float:
    """A guess at how long a repository takes that was never read, in seconds."""
    try:
        return octets(path) / 2e6
    except OSError:
        return 0.0
