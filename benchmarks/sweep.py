"""`python -m benchmarks.sweep`: three nights over many repositories, in one run, as ratios.

First night; second with a few changed; one with nothing changed; third with one new rule. On SQLite and, with --postgresql, on PostgreSQL,
whose ledgers must say the same. Two workers against one, a Dask cluster against processes, and a simulation of more of both.
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import random
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.made import source, token
from scanner.ledger import keep, read, write
from scanner.ledger.book import Ledger
from scanner.ledger.rows import Reading, Visit

ROOT = Path(__file__).resolve().parent.parent
_CLOCKS = frozenset({
    "first_seen_on", "last_seen_on", "gone_on", "read_on", "full_on", "run_id", "opened_run_id", "seconds", "state", "octets",
})  # fmt: skip
_RULE = """family: Benchmark
rules:
  - id: benchmark-token
    title: Benchmark token
    kind: token
    severity: high
    pattern: '\\b(?P<secret>bmk_[0-9A-Za-z]{24})\\b'
    references: ['https://example.org/']
    advice: Revoke it.
    hits: ['bmk_{alnum:24}', 'x=bmk_{alnum:24}', '"bmk_{alnum:24}"']
    misses: ['bmk_short', 'bmk-']
"""


class Took(NamedTuple):
    """Seconds by the clock, and of processors, and what was said."""

    wall: float
    cpu: float
    said: dict[str, Any]


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; 0 even if a target is missed, because that is for a person to judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sweep", description=__doc__.splitlines()[0])
    parser.add_argument("--repositories", type=int, default=200)
    parser.add_argument("--commits", type=int, default=25)
    parser.add_argument("--changed", type=int, default=10)
    parser.add_argument("--repo", action="append", default=[], help="a repository besides those that are made")
    parser.add_argument("--postgresql", metavar="URL", help="a database in which schemas may be made")
    parser.add_argument("--dask", action="store_true", help="measure a cluster too")
    parser.add_argument("--skip-workers", action="store_true", help="do not measure one worker against two")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="leakseal-sweep-", ignore_cleanup_errors=True) as name:
        bench = Bench(Path(name), asked.jobs)
        bench.make(asked.repositories, asked.commits, asked.repo)
        first = bench.three_nights(str(bench.folder / "ledger.db"), asked.changed, "SQLite")
        if asked.postgresql:
            with _schema(asked.postgresql) as url:
                bench.undo()
                second = bench.three_nights(url, asked.changed, "PostgreSQL")
                _tell(f"both ledgers say the same: {first == second}")
        times = bench.times(str(bench.folder / "ledger.db"))
        if not asked.skip_workers:
            one, two = bench.sweep(bench.new(), "--jobs", "1"), bench.sweep(bench.new(), "--jobs", "2")
            _tell(f"two workers against one: {one.wall / two.wall:.2f} times as fast by the clock ({one.wall:.1f} s, {two.wall:.1f} s)")
        if asked.dask:
            with _cluster(bench.folder) as address:
                processes, dask = bench.sweep(bench.new(), "--jobs", "2"), bench.sweep(bench.new(), "--scheduler", address)
                _tell(f"Dask with two workers against two processes: {dask.wall / processes.wall:.2f} of their time")
        _simulate(times, bench.recording(str(bench.folder / "ledger.db")))
    return 0


class Bench:
    """Some repositories in a folder, and sweeps of them."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self.folder, self.jobs = folder, jobs
        self.env = {**os.environ, "LEAKSEAL_CACHE": str(folder / "cache"), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        self._count = 0
        (folder / "inventory.yaml").write_text("version: 1\nrepositories:\n  - path: repos/*.git\n")
        (folder / "rule").mkdir()
        (folder / "rule" / "benchmark.yaml").write_text(_RULE)

    def make(self, count: int, commits: int, others: Sequence[str]) -> None:
        """Repositories that differ, a few secrets in each tenth; and copies of others."""
        chance = random.Random(1)
        for number in range(count - len(others)):
            at = self.folder / "repos" / f"r{number:05}.git"
            self._git("init", "--quiet", "--bare", "--initial-branch=main", str(at))
            self._import(at, chance, number, range(max(2, int(chance.paretovariate(1.3) * commits / 4)) if number % 7 else commits))
        for path in others:
            shutil.copytree(path, self.folder / "repos" / f"{Path(path).parent.name}.git")
        self._keep = self.folder / "kept"
        shutil.copytree(self.folder / "repos", self._keep)
        sizes = sum(file.stat().st_size for file in (self.folder / "repos").rglob("*") if file.is_file())
        _tell(f"{count} repositories, {sizes / 1e6:.0f} MB")

    def undo(self) -> None:
        """The repositories as they were made."""
        shutil.rmtree(self.folder / "repos")
        shutil.copytree(self._keep, self.folder / "repos")

    def three_nights(self, where: str, changed: int, title: str) -> list[dict[str, Any]]:
        """Measure them; what the ledger says in the end."""
        self.sweep(self.new(), "--only", str(self.folder / "repos" / "r00000.git"))  # so that the rules are cached
        first = self.sweep(where)
        chance = random.Random(2)
        for number in range(changed):
            self._import(self.folder / "repos" / f"r{number * 3:05}.git", chance, number, range(900, 901))
        second, same = self.sweep(where), self.sweep(where)
        third = self.sweep(where, "--rules", str(self.folder / "rule"))
        with Ledger(where) as ledger:
            seconds = [visit.seconds for visit in read.visits_of(ledger) if visit.status == "unchanged"]
            known = [_timeless(line) for line in keep.lines(ledger) if line["kind"] not in ("run", "visit")]
        _tell(f"{title}: first night {first.wall:.1f} s by the clock, {first.cpu:.1f} s of processors")
        for name, took, target in (("second", second, 1 / 20), ("unchanged", same, None), ("third", third, 1 / 4)):
            aim = "" if target is None else f" (at most 1/{1 / target:.0f})"
            _tell(f"{title}: {name} night 1/{first.wall / took.wall:.1f} by the clock, 1/{first.cpu / took.cpu:.1f} of processors{aim}")
        _tell(f"{title}: an unchanged repository takes {1000 * statistics.median(seconds):.0f} ms (median; at most 15)")
        _tell(f"{title}: {json.dumps(second.said['repositories'])}, then {json.dumps(third.said['repositories'])}")
        return known

    def sweep(self, where: str, *more: str) -> Took:
        """One sweep in a process of its own."""
        words = ["sweep", str(self.folder / "inventory.yaml"), "--ledger", where, "--jobs", str(self.jobs), "--format", "json", "-q", *more]
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run([sys.executable, "-m", "scanner", *words], cwd=ROOT, env=self.env, capture_output=True, check=False)
        wall, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode not in (0, 1, 3):
            raise SystemExit(done.stderr.decode())
        return Took(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, json.loads(done.stdout))

    def new(self) -> str:
        """Where there is no ledger yet."""
        self._count += 1
        return str(self.folder / f"other{self._count}.db")

    def times(self, where: str) -> list[float]:
        """Seconds that each repository took in its first night."""
        with Ledger(where) as ledger:
            return [visit.seconds for visit in read.visits_of(ledger, run=1)]

    def recording(self, where: str) -> float:
        """Seconds of processor that the one who writes needs for a repository."""
        other = self.new()
        with Ledger(where) as ledger, Ledger(other) as fresh:
            names = [one.name for one in read.all_repositories(ledger)][:50]
            run = write.begin(fresh, token="x", now="2026-01-01T00:00:00Z", tool="x", digest="x", known={})
            write.enlist(fresh, [(name, name, None, []) for name in names], "2026-01-01T00:00:00Z")
            readings = []
            for name in names:
                report, segments = read.report(ledger, name), tuple(read.segments_of(ledger, name))
                if report is not None:
                    readings.append((name, Reading(report, "", "", (), b"", segments, True, (), 0, True)))
            begun = time.process_time()
            for name, reading in readings:
                write.record(fresh, run, Visit(name, "full", "2026-01-01T00:00:00Z"), reading)
            return (time.process_time() - begun) / max(1, len(readings))

    def _git(self, *words: str, data: bytes | None = None) -> None:
        subprocess.run(["git", *words], env=self.env, input=data, check=True, capture_output=True)

    def _import(self, at: Path, chance: random.Random, number: int, days: range) -> None:
        stream = [b"feature done\n"]
        for day in days:
            who = b"committer A <a@example.org> %d +0000\n" % (1_700_000_000 + 3600 * day)
            stream.append(b"commit refs/heads/main\n" + who + b"data 2\nx\n")
            if day == days.start and day:
                stream.append(b"from refs/heads/main^0\n")
            for _ in range(3):
                text = source(chance).encode()
                if number % 10 == 0 and day % 10 == 0:
                    text += f"key = {token(number * 1000 + day)}\n".encode()
                path = f"src/{chance.choice('abcdefgh')}/{chance.choice('abcdefgh')}{number}.py".encode()
                stream.append(b"M 100644 inline %b\ndata %d\n%b\n" % (path, len(text), text))
        stream.append(b"done\n")
        self._git("-C", str(at), "fast-import", "--quiet", data=b"".join(stream))


def _timeless(line: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in line.items() if key not in _CLOCKS}


def _simulate(times: Sequence[float], recording: float) -> None:
    """So many repositories with times like these on so many workers: the longest first, one writer, who needs `recording` for each."""
    chance = random.Random(3)
    for count, workers in ((10_000, 2), (10_000, 10), (10_000, 50), (10_000, 200), (10_000, 1000)):
        jobs = sorted(chance.choices(times, k=count), reverse=True)
        free, written = [0.0] * workers, 0.0
        for job in jobs:
            done = heapq.heappop(free) + job
            written = max(written, done) + recording
            heapq.heappush(free, done)
        total = max(written, *free)
        _tell(f"simulated: {count} repositories on {workers} workers in {total / 60:.1f} minutes, {sum(jobs) / total / workers:.0%} busy")
    limit = statistics.mean(times) / recording
    _tell(f"simulated with {1000 * recording:.1f} ms of the one writer for each: it is the limit from about {limit:.0f} workers")


@contextmanager
def _schema(server: str) -> Iterator[str]:
    import psycopg

    name = f"leakseal_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"')
        yield f"{server}{'&' if '?' in server else '?'}options=-csearch_path%3D{name}"
        connection.execute(f'DROP SCHEMA "{name}" CASCADE')


@contextmanager
def _cluster(folder: Path) -> Iterator[str]:
    """A scheduler and two workers of one thread, each in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    env = {**os.environ, "LEAKSEAL_CACHE": str(folder / "cache")}
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT, "env": env}
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard",
              "--local-directory", str(folder / "dask")]  # fmt: skip
    started = [subprocess.Popen(words, **quiet) for words in (scheduler, worker, worker)]
    try:
        time.sleep(15)
        yield address
    finally:
        for one in started:
            one.terminate()
        for one in started:
            one.wait()


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
