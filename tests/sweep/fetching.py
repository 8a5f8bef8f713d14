"""One repository of a forged forge, fetched and read night after night as a sweep does it, without its Git."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from scanner import cachefile
from scanner.artifact.transport import Patience, Transport
from scanner.cli.options import Project, project
from scanner.model.report import Report, Run
from scanner.model.rule import Ruleset
from scanner.pipeline.run import Judging, reported
from scanner.pipeline.settings import Settings
from scanner.rulepack.sample import grow
from scanner.sweep.fetch import source
from scanner.sweep.fetch.bring import brought
from scanner.sweep.fetch.held import Held
from scanner.sweep.fetch.read import Fetched, read_fetched
from scanner.sweep.fetch.source import Source, Wanted
from scanner.sweep.forge.forges import listed
from scanner.sweep.forge.hosted import Account
from tests.sweep.boards import Board
from tests.sweep.forging import Forged, forging

TOKEN = grow("{alnum:30}", 7).decode()


@dataclass
class Nights:
    """Nights of one repository."""

    forged: Forged
    board: Board
    mirror: Path
    own: Project
    source: Source
    memory: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    held: Held = field(default_factory=Held)
    fetched: Fetched = field(default_factory=Fetched)
    excluded: Callable[[str], str | None] = lambda path: None

    def __call__(self, *, full: bool = False, fresh: Ruleset | None = None) -> Report:
        """One night; what is known of the nights before is used."""
        self.held = brought(self.source, self.mirror, 60, full=full)
        settings = Settings(self.own.rules, cachefile.folder(), leaves=True)
        self.fetched = read_fetched(self.held, {} if full else self.memory, settings, self.excluded, 2, fresh=fresh)
        self.memory = self.fetched.memory
        judging = Judging(self.own.judging.seal, (), self.own.judging.today, inline=("git",))
        report = reported(self.fetched.done, settings, judging, Run("x"))
        assert all(seen.balanced for _, seen in report.coverage)
        return report

    def want(self, **more: object) -> None:
        """Want something else."""
        self.source = replace(self.source, wanted=replace(self.source.wanted, **more))

    def asked(self) -> list[str]:
        """What the forge was asked for since this was last called."""
        paths = [path for _, path, _ in self.forged.seen]
        self.forged.seen.clear()
        return paths


def places(report: Report) -> list[tuple[str, str, str | None, str | None]]:
    """(surface, path, record, field) of each finding."""
    found = [(one.surface, one.location.path or "", one.location.record, one.location.field) for one in report.findings]
    return sorted(found, key=str)


def gaps(report: Report) -> list[tuple[str, str]]:
    """(path, reason) of each gap."""
    return sorted((one.origin.path or "", one.reason) for one in report.gaps)


@contextmanager
def nights(tmp_path: Path, kind: str, **said: object) -> Iterator[Nights]:
    """The nights of `acme/app` at a forge of a kind."""
    with ExitStack() as stack:
        forged = stack.enter_context(forging(Forged(kind, ("app",), token=TOKEN, **said)))  # type: ignore[arg-type]
        board = forged.boards["app"] = Board(kind, forged.url)
        host = urlsplit(forged.url).netloc
        (one,) = listed(Account(kind, forged.url, "acme", TOKEN), Transport({host}))
        forged.seen.clear()
        (tmp_path / "room").mkdir(exist_ok=True)
        where = Source(kind, forged.url, one, Wanted(source.KINDS), "FETCH_TOKEN", (host,))
        yield Nights(forged, board, tmp_path / "room" / "a.git", project(None, file=None), where)


def hurried(insecure: tuple[str, ...], environ: object = None) -> Transport:
    """A connection that waits for nothing."""
    return Transport(insecure, Patience(attempts=2, sleep=lambda seconds: None))
