"""Interrupts every long command at random moments, and looks at what is left: `python -m tests.interruption.hunt --moments 100`."""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.interruption.quarry import COMMANDS, ROOT, Command

INTERRUPTED = 130
_PROGRAM = """\
import os, sys
from scanner.cli import interruption, main
interruption.heed()
os.write(int(sys.argv.pop(1)), b".")
sys.exit(main())
"""
_LONGEST = 300  # seconds that a command may take to end
_AFTER = 10.0  # seconds in which what it started may end after it
_ENDING = re.compile(r"\A\n?(?:leakseal: [^\n]+\n  next: [^\n]+\n)+\Z")
WAYS = ("int", "term", "group-int", "group-term", "int-int", "term-int", "group-int-int")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended."""

    code: int
    out: bytes
    err: str
    seconds: float
    sent: float | None = None


class Ground:
    """The material of one command, and a place for each run of it."""

    def __init__(self, name: str, folder: Path, *, warm: bool = True) -> None:
        """`warm`: it is run once to fill caches before it is timed."""
        self.name, self.command, self._folder = name, COMMANDS[name], folder
        self.at = folder / "material"
        self.at.mkdir(parents=True)
        self.command.makes(self.at)
        if warm:
            self.run(None, "", self.place("first"))
        self.usual = self.run(None, "", self.place("usual"))

    def place(self, name: str) -> Path:
        """A new folder with one for outputs and an empty one for temporary files."""
        place = self._folder / name
        for part in ("out", "tmp"):
            (place / part).mkdir(parents=True)
        if self.command.fresh:
            shutil.copytree(self.at / self.command.fresh, place / "fresh", symlinks=True)
        return place

    def run(self, moment: float | None, way: str, place: Path, gap: float = 0.0) -> Ended:
        """Run it, and interrupt it `moment` seconds after its beginning."""
        names = {"at": self.at, "out": place / "out", "fresh": place / "fresh"}
        words = [word.format(**names) for word in self.command.words]
        reading, writing = os.pipe()
        env = {**os.environ, "TMPDIR": str(place / "tmp"), "PYTHONPATH": str(ROOT)}
        given = (self.at / self.command.data).open("rb") if self.command.data else subprocess.DEVNULL
        with (place / "stdout").open("wb") as out, (place / "stderr").open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, str(writing), *words], cwd=self._folder, env=env, pass_fds=[writing],
                stdin=given, stdout=out, stderr=err, start_new_session=True,
            )  # fmt: skip
        os.close(writing)
        if self.command.data:
            given.close()  # type: ignore[union-attr]
        os.read(reading, 1)
        os.close(reading)
        begun = time.monotonic()
        if moment is not None:
            _sleep_or_end(process, moment)
            _send(process, way, gap)
        try:
            code = process.wait(_LONGEST)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            code = -99
        seconds = time.monotonic() - begun
        return Ended(code, (place / "stdout").read_bytes(), (place / "stderr").read_text("utf-8", "replace"), seconds, moment)

    def flaws(self, ended: Ended, place: Path, group: int | None = None) -> Iterator[str]:
        """What an interrupted run did or left that it must not."""
        if ended.code == -99:
            yield "it did not end"
        elif ended.code not in (INTERRUPTED, self.usual.code):
            yield f"exit code {ended.code}"
        if ended.code == INTERRUPTED and not _ENDING.match(ended.err):
            yield f"it said {_short(ended.err)}"
        if ended.code == self.usual.code and ended.err != self.usual.err and not _alike(ended.err, self.usual.err):
            yield f"it ended as usual and said {_short(ended.err)}"
        if ended.out and not _whole("out.json" if "json" in self.command.words else "out", ended.out):
            yield "half of a document on standard output"
        if ended.code == self.usual.code and bool(ended.out) != bool(self.usual.out):
            yield "it ended as usual and said nothing"
        yield from (f"{path.name} was left in the folder for temporary files" for path in (place / "tmp").iterdir())
        yield from _halves(place / "out")
        yield from (f"the process {one} was left" for one in left(place / "tmp"))


def hunt(name: str, moments: int, seed: int, folder: Path, *, warm: bool = True, say: bool = True) -> Counter[str]:
    """The flaws of a command that is interrupted so often, and how often each was met."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has its background jobs ignore it, and so would what they start
    ground, chance, met = Ground(name, folder / name, warm=warm), random.Random(f"{name} {seed}"), Counter[str]()
    codes: Counter[int] = Counter()
    span = ground.usual.seconds
    for number in range(moments):
        way, moment = WAYS[number % len(WAYS)], chance.uniform(0, 1.05 * span)
        place = ground.place(str(number))
        ended = ground.run(moment, way, place, gap=chance.choice((0.0, 0.001, 0.01, 0.05, 0.3)))
        codes[ended.code] += 1
        span = min(span, ended.seconds) if ended.code != INTERRUPTED else span  # the machine is less busy than it was
        flaws = list(ground.flaws(ended, place))
        if name == "sweep":
            flaws += _ledger(place)
            if number % 5 == 0:
                flaws += _again(ground, place)
        if say and flaws:
            print(f"{name}: {number}: {way} after {moment:.3f} of {span:.3f} s: {'; '.join(flaws)}", flush=True)
        met.update(flaws)
        if not flaws:
            shutil.rmtree(place)
    if say:
        print(f"{name}: {moments} moments, {sum(met.values())} flaws, exit codes {dict(sorted(codes.items()))}", flush=True)
    return met


def left(tmp: Path) -> list[str]:
    """Processes that a run started and that are still there a while after its end; their folder for temporary files tells them."""
    mark, end = f"TMPDIR={tmp}".encode(), time.monotonic() + _AFTER
    while True:
        found = list(_processes(mark))
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.02)


def _processes(mark: bytes) -> Iterator[str]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    yield (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")[:200]
            except OSError:
                continue


def _send(process: subprocess.Popen[bytes], way: str, gap: float) -> None:
    group = way.startswith("group-")
    for number, word in enumerate(way.removeprefix("group-").split("-")):
        if number:
            time.sleep(gap)
        which = {"int": signal.SIGINT, "term": signal.SIGTERM}[word]
        try:
            os.killpg(process.pid, which) if group else process.send_signal(which)
        except ProcessLookupError:
            return


def _sleep_or_end(process: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def _halves(folder: Path) -> Iterator[str]:
    """What stands where files are written and is not whole, or nothing that was asked for."""
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if path.is_dir() or inner.parts[0] in ("mirrors", "ledger.db", "ledger.db-wal", "ledger.db-shm"):
            continue
        if path.name.startswith(".") or path.suffix in (".new", ".tmp"):
            yield f"{inner} was left"
        elif not _whole(path.name, path.read_bytes()):
            yield f"{inner} is not whole"


def _whole(name: str, data: bytes) -> bool:
    ending = name.rpartition(".")[2]
    try:
        if ending in ("json", "sarif"):
            json.loads(data)
        elif ending in ("jsonl", "out"):
            return data.endswith(b"\n")
        elif ending == "html":
            return data.rstrip().endswith(b"</html>")
        elif ending == "png":
            return b"IEND" in data[-12:]
    except ValueError:
        return False
    return bool(data)


def _ledger(place: Path) -> Iterator[str]:
    """Locks and leases that an interrupted sweep left."""
    from scanner.ledger import leases
    from scanner.ledger.book import Ledger

    if not (place / "out" / "ledger.db").exists():
        return
    with Ledger(str(place / "out" / "ledger.db")) as ledger:
        yield from (f"the lease of {name} was left" for name in leases.held(ledger))
    yield from (f"{path.name} was left in a mirror" for path in place.glob("out/mirrors/*.git/**/*.lock"))


def _again(ground: Ground, place: Path) -> Iterator[str]:
    """A sweep after an interrupted one ends as one that nobody interrupted."""
    ended = ground.run(None, "", place)
    if ended.code != ground.usual.code:
        yield f"the next sweep ended with {ended.code}: {_short(ended.err)}"


def _alike(one: str, other: str) -> bool:
    return re.sub(r"\d+|/\S+", "", one) == re.sub(r"\d+|/\S+", "", other)


def _short(text: str) -> str:
    return repr(text if len(text) < 1500 else text[:500] + " … " + text[-900:])


def main() -> int:
    """Every command in turn."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--moments", type=int, default=100, help="for each command")
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--only", action="append", choices=[*COMMANDS], help="this command; can be given again")
    words.add_argument("--keep", type=Path, help="a folder for what is made; else it is taken away")
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = asked.keep or Path(made)
        met = [hunt(name, asked.moments, asked.seed, folder) for name in asked.only or COMMANDS]
    return 1 if any(met) else 0


if __name__ == "__main__":
    sys.exit(main())


__all__ = ["Command", "Ground", "hunt", "left"]
