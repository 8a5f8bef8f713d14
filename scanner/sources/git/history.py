"""Who introduced what: for the few objects that findings are in, the oldest commit, its paths, and whether a ref leads there."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

# %S is the ref by which the walk came here; -c shows of a merge only what stands in none of its parents.
_LOG = (
    "log", "--raw", "-c", "--root", "--no-abbrev", "--no-renames", "--date-order", "-z",
    "--format=%x01%H%x00%an <%ae>%x00%at%x00%S",
)  # fmt: skip
_HEADER_FIELDS = 4
_PATHS = 50
_STEP = 1 << 20


@dataclass(slots=True)
class Introduction:
    """The oldest commit that brings an object in, and how widely it is spread."""

    commit: str
    author: str
    date: str  # ISO 8601, UTC
    path: bytes
    note: bool  # it came by a ref below refs/notes
    reachable: bool
    commits: int = 0
    paths: set[bytes] = field(default_factory=set)


@dataclass(slots=True)
class History:
    """What was asked about, by hexadecimal object id, and the order of every commit that was seen."""

    of: dict[str, Introduction] = field(default_factory=dict)
    named: dict[bytes, Introduction] = field(default_factory=dict)  # by path component
    order: dict[str, int] = field(default_factory=dict)  # commit id -> place, the youngest first
    lost: set[str] = field(default_factory=set)  # commits that no ref leads to
    complete: bool = True  # False if Git could not show all of it

    def reachable(self, commit: str) -> bool:
        """Whether a ref leads to this commit."""
        return commit in self.order and commit not in self.lost


@dataclass(slots=True)
class _Commit:
    id: str
    author: str
    date: str
    note: bool
    reachable: bool


def history(
    at: Path, env: Mapping[str, str], objects: Collection[str], names: Collection[bytes], commits: Collection[str]
) -> History:
    """Look through every commit that refs lead to, then through the others among `commits`, for objects and path components."""
    found = History()
    wanted, parts = frozenset(o.encode() for o in objects), frozenset(names)
    found.complete = _look(found, [*_LOG, "--all"], at, env, wanted, parts, reachable=True)
    others = sorted(c for c in commits if c not in found.order)
    if others:
        found.complete &= _look(found, [*_LOG, "--no-walk=sorted", "--stdin"], at, env, wanted, parts, reachable=False, ids=others)
    return found


def _look(
    found: History, arguments: list[str], at: Path, env: Mapping[str, str],
    wanted: frozenset[bytes], parts: frozenset[bytes], *, reachable: bool, ids: Iterable[str] = (),
) -> bool:  # fmt: skip
    process = subprocess.Popen(
        ["git", *arguments], cwd=at, env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin and process.stdout  # noqa: S101 both are pipes
    try:
        process.stdin.write("".join(f"{c}\n" for c in ids).encode())  # Git reads all of it before it answers
        process.stdin.close()
    except BrokenPipeError:
        pass
    commit = _Commit("", "", "", False, reachable)
    for kind, value, path in _tokens(process.stdout, reachable):
        if kind is not None:
            commit = kind
            if found.order.setdefault(commit.id, len(found.order)) == len(found.order) - 1 and not reachable:
                found.lost.add(commit.id)
            continue
        new = value.split(b" ")[-2]
        if new in wanted:
            _note(found.of, new.decode(), commit, path)
        if parts:
            for part in parts.intersection(path.split(b"/")):
                _note(found.named, part, commit, path)
    process.stdout.close()
    return process.wait() == 0


def _tokens(stream: Iterable[bytes], reachable: bool) -> Iterator[tuple[_Commit | None, bytes, bytes]]:
    """Commits as they begin, and then their entries: (None, ":modes ids status", path)."""
    pieces = _split(stream)
    for piece in pieces:
        token = piece.lstrip(b"\n")
        if token.startswith(b"\x01"):
            author, date, source = next(pieces, b""), next(pieces, b"0"), next(pieces, b"")
            yield _Commit(token[1:].decode(), author.decode("utf-8", "replace"), _iso(date), source.strip().startswith(b"refs/notes/"), reachable), b"", b""
        elif token.startswith(b":"):
            yield None, token, next(pieces, b"")


def _split(stream: Iterable[bytes]) -> Iterator[bytes]:
    """The NUL-terminated pieces of a stream."""
    rest = b""
    read = stream.read  # type: ignore[attr-defined]
    while block := read(_STEP):
        *whole, rest = (rest + block).split(b"\0")
        yield from whole
    if rest:
        yield rest


def _note(into: dict, key: object, commit: _Commit, path: bytes) -> None:  # type: ignore[type-arg]
    known = into.get(key)
    if known is None or (commit.reachable, True) >= (known.reachable, True):  # the walk goes back in time: the last is the oldest
        fresh = Introduction(commit.id, commit.author, commit.date, path, commit.note, commit.reachable)
        if known:
            fresh.commits, fresh.paths = known.commits, known.paths
        into[key] = known = fresh
    known.commits += 1
    if len(known.paths) < _PATHS:
        known.paths.add(path)


def _iso(seconds: bytes) -> str:
    try:
        return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return ""
