"""Who introduced what: for the few objects that findings are in, the oldest commit, its paths, and whether a ref leads there."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from scanner.sources.git.environ import bounded
from scanner.unbroken import unbroken

# -c shows of a merge only what stands in none of its parents, which is what the merge itself brings in.
_LOG = (
    "log", "--no-walk=unsorted", "--stdin", "--raw", "-c", "--root", "--no-abbrev", "--no-renames", "-z", "--ignore-submodules=none",
    "--format=%x01%H%x00%an <%ae>%x00%at",
)  # fmt: skip
_AT_ONCE = 4000  # commits to a process, so that one damaged tree costs little and memory is bounded
_FAILURES = 200
_PATHS = 50
_NOTE = re.compile(rb"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(slots=True)
class Introduction:
    """The oldest commit that brings an object in, and how widely it is spread."""

    commit: str
    author: str
    date: str  # ISO 8601, UTC
    path: bytes
    note: bool  # the path is one that git-notes(1) gives to a note
    reachable: bool
    commits: int = 0
    paths: set[bytes] = field(default_factory=set)


@dataclass(slots=True)
class History:
    """What was asked about, by hexadecimal object id, and the order of every commit that was seen."""

    of: dict[str, Introduction] = field(default_factory=dict)
    named: dict[bytes, Introduction] = field(default_factory=dict)  # by path component
    order: dict[str, int] = field(default_factory=dict)  # commit id -> place, the youngest first
    led_to: int = 0  # so many of them, the first, are what refs lead to
    complete: bool = True  # False if Git could not show all of it

    def reachable(self, commit: str) -> bool:
        """Whether a ref leads to this commit."""
        return self.order.get(commit, self.led_to) < self.led_to


class Walk:
    """The commits that refs lead to (or those of a range), listed by a Git process that is started early and asked late."""

    @unbroken
    def __init__(self, at: Path, env: Mapping[str, str], which: Sequence[str] = ("--all",), tips: Sequence[str] = ()) -> None:
        self._at, self._env = at, dict(env)
        self._ids = tempfile.TemporaryFile()  # noqa: SIM115 closed with us; ids alone, and a pipe would fill up
        with tempfile.TemporaryFile() as lines:
            lines.write(_lines(tips))
            lines.seek(0)
            self._process = subprocess.Popen(
                ["git", "rev-list", "--date-order", *which], cwd=at, env=self._env,
                stdin=lines, stdout=self._ids, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        bounded(self._process.pid)

    def _run(self, arguments: Sequence[str], lines: Iterable[str] = ()) -> tuple[bytes, bool]:
        done = subprocess.run(
            ["git", *arguments], cwd=self._at, env=self._env, input=_lines(lines),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        return done.stdout, done.returncode == 0

    def close(self) -> None:
        """Let go of the process."""
        self._process.kill()
        self._process.wait()
        self._ids.close()

    def _listed(self) -> tuple[list[str], bool]:
        whole = self._process.wait() == 0
        self._ids.seek(0)
        return self._ids.read().decode("ascii", "replace").split(), whole

    def history(self, objects: Collection[str], names: Collection[bytes], commits: Collection[str], processes: int) -> History:
        """Look for objects and path components in every commit: those that refs lead to, then the others among `commits`."""
        found = History()
        reached, found.complete = self._listed()
        found.order = {commit: place for place, commit in enumerate(reached)}
        found.led_to = len(reached)
        others = sorted(c for c in commits if c not in found.order)
        if others:
            by_age, _ = self._run(["rev-list", "--no-walk=sorted", "--ignore-missing", "--stdin"], others)
            for commit in (*by_age.decode("ascii", "replace").split(), *others):
                found.order.setdefault(commit, len(found.order))
        if objects or names:
            gather = _Gather(found, frozenset(o.encode() for o in objects), frozenset(names))
            found.complete &= self._look(list(found.order), gather, processes)
        return found

    def _look(self, commits: list[str], gather: _Gather, processes: int) -> bool:
        """Show the commits to `gather` in order, some thousand to a process; a part that fails is halved."""
        waiting = deque(commits[i : i + _AT_ONCE] for i in range(0, len(commits), _AT_ONCE))
        failures = 0
        with ThreadPoolExecutor(processes) as pool:
            running: deque[tuple[list[str], Future[tuple[bytes, bool]]]] = deque()
            while waiting or running:
                while waiting and len(running) <= processes:
                    part = waiting.popleft()
                    running.append((part, pool.submit(self._run, _LOG, part)))
                part, answer = running.popleft()
                shown, whole = answer.result()
                if whole:
                    gather.take(shown)
                    continue
                failures += len(part) == 1
                waiting.extendleft(reversed([p for p, _ in running]))
                running.clear()
                if len(part) > 1 and failures < _FAILURES:
                    middle = len(part) // 2
                    waiting.extendleft((part[middle:], part[:middle]))
                else:
                    gather.take(shown)
        return not failures


class _Gather:
    """Takes what `git log` shows and keeps what was asked about."""

    def __init__(self, into: History, wanted: frozenset[bytes], parts: frozenset[bytes]) -> None:
        self._into, self._wanted, self._parts = into, wanted, parts

    def take(self, shown: bytes) -> None:
        """The output of one process."""
        commit = author = ""
        seconds = b""
        pieces = iter(shown.split(b"\0"))
        for piece in pieces:
            token = piece.lstrip(b"\n")
            if token.startswith(b":"):
                path = next(pieces, b"")
                new = token.split(b" ")[-2]
                if new in self._wanted:
                    self._note(self._into.of, new.decode(), commit, author, seconds, path)
                if self._parts:
                    for part in self._parts.intersection(path.split(b"/")):
                        self._note(self._into.named, part, commit, author, seconds, path)
            elif token.startswith(b"\x01"):
                commit = token[1:].decode("ascii", "replace")
                author = next(pieces, b"").decode("utf-8", "replace")
                seconds = next(pieces, b"")

    def _note(self, into: dict, key: object, commit: str, author: str, seconds: bytes, path: bytes) -> None:  # type: ignore[type-arg]
        known: Introduction | None = into.get(key)
        reachable = self._into.reachable(commit)
        if known is None or reachable >= known.reachable:  # the walk goes back in time: the last is the oldest
            fresh = Introduction(commit, author, _iso(seconds.strip()), path, bool(_NOTE.fullmatch(path.replace(b"/", b""))), reachable)
            if known:
                fresh.commits, fresh.paths = known.commits, known.paths
            into[key] = known = fresh
        known.commits += 1
        if len(known.paths) < _PATHS:
            known.paths.add(path)


def _lines(ids: Iterable[str]) -> bytes:
    return "".join(f"{id}\n" for id in ids).encode()


def _iso(seconds: bytes) -> str:
    try:
        return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return ""

