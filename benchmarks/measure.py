"""Programs, run in turns and timed; the memory of a process tree."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

_BETWEEN_SAMPLES = 0.025  # seconds


@dataclass(frozen=True, slots=True)
class Ended:
    """What a program that has ended left behind."""

    code: int
    out: Path
    err: Path
    seconds: float
    cpu: float  # user and system seconds, of its children too
    peak: int | None = None  # bytes


@dataclass(frozen=True, slots=True)
class Command:
    """A program to measure, and how to tell that it really did the work."""

    tool: str
    words: tuple[str, ...]
    cwd: Path
    proof: Callable[[Ended], str]  # what it says it has read; raises Unproven
    stdin: Path | None = None


class Unproven(Exception):
    """The program ended, and nothing shows that it scanned."""


@dataclass(slots=True)
class Timing:
    """A command's samples, what it said it had read, or why there are none."""

    tool: str
    words: tuple[str, ...] = ()
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: int | None = None
    code: int | None = None
    said: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Bench:
    """How to run: where, in which environment, how often, how long."""

    folder: Path  # outputs
    env: Mapping[str, str]
    times: int = 5
    budget: float = 60.0  # seconds after which a command is not repeated
    limit: float = 1800.0  # seconds after which it is stopped
    tell: Callable[[str], None] = lambda line: None

    def once(self, command: Command, *, watched: bool = False) -> Ended:
        """One run; with `watched` also its memory, which costs it a little time."""
        out, err = self.folder / f"{command.tool}.out", self.folder / f"{command.tool}.err"
        stdin = command.stdin or Path(os.devnull)
        with stdin.open("rb") as source, out.open("wb") as sink, err.open("wb") as log:
            begun = time.perf_counter()
            try:
                process = _started(command, self.env, source, sink, log)
            except OSError as problem:
                raise Unproven(f"it cannot be started: {problem.strerror}") from None
            with _stopped_after(process, self.limit):
                peak = _watch(process) if watched else None
                _, status, used = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        return Ended(process.returncode, out, err, seconds, used.ru_utime + used.ru_stime, peak)

    def turns(self, commands: Sequence[Command]) -> list[Timing]:
        """Every command once to warm up, to prove that it works and to watch its memory; then all in turns, and timed."""
        timings = [Timing(command.tool, command.words) for command in commands]
        pairs = list(zip(commands, timings, strict=True))
        for command, timing in pairs:
            self._prove(command, timing)
        for turn in range(self.times):
            order = pairs[turn % len(pairs) :] + pairs[: turn % len(pairs)] if pairs else []
            for command, timing in order:
                if timing.problem or sum(timing.seconds) > self.budget:
                    continue
                try:
                    ended = self.once(command)
                except Unproven as problem:
                    timing.problem = f"in a later run {problem}"
                    continue
                if ended.code != timing.code:
                    timing.problem = f"exit code {ended.code} in a later run, {timing.code} in the first"
                timing.seconds.append(ended.seconds)
                timing.cpu.append(ended.cpu)
        for timing in timings:
            self.tell(f"  {timing.tool}: {timing.problem or f'{min(timing.seconds):.3f} s, the shortest of {len(timing.seconds)}'}")
        return timings

    def _prove(self, command: Command, timing: Timing) -> None:
        try:
            ended = self.once(command, watched=True)
            timing.peak, timing.code = ended.peak, ended.code
            timing.said = command.proof(ended)
        except Unproven as problem:
            timing.problem = str(problem)
            self.tell(f"  {timing.tool}: {problem}")
            return
        finally:  # a report of a real history may hold what nobody should keep
            for ending in (".out", ".err"):
                (self.folder / f"{command.tool}{ending}").unlink(missing_ok=True)
        self.tell(f"  {timing.tool}: {timing.said} in {ended.seconds:.1f} s")
        if ended.seconds > self.budget:  # this one run is its sample
            timing.seconds.append(ended.seconds)
            timing.cpu.append(ended.cpu)


def _started(command: Command, env: Mapping[str, str], stdin: IO[bytes], out: IO[bytes], err: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command.words, cwd=command.cwd, env=env, stdin=stdin, stdout=out, stderr=err, start_new_session=True)


@contextmanager
def _stopped_after(process: subprocess.Popen[bytes], limit: float) -> Iterator[None]:
    # Popen.wait with a timeout polls, which rounds times up by as much as 50 ms.
    timer = threading.Timer(limit, os.killpg, (process.pid, signal.SIGKILL))
    timer.daemon = True
    timer.start()
    try:
        yield
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    finally:
        timer.cancel()


def _watch(process: subprocess.Popen[bytes]) -> int:
    """The highest sum of proportional set sizes over the tree: a page that several of its processes share counts once."""
    peak = 0
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        peak = max(peak, sum(_pss(pid) for pid in tree(process.pid)))
        time.sleep(_BETWEEN_SAMPLES)
    return peak


def tree(pid: int) -> list[int]:
    """A process and all its descendants that are alive."""
    found, ahead = [], [pid]
    while ahead:
        found.append(one := ahead.pop())
        try:
            threads = sorted(Path(f"/proc/{one}/task").iterdir())
        except OSError:
            continue
        for thread in threads:
            try:
                children = (thread / "children").read_text()
            except OSError:
                continue
            ahead += map(int, children.split())
    return found


def _pss(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_bytes()
    except OSError:
        return 0
    for line in rollup.splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1]) << 10
    return 0
