"""What a narrowed scan covers: the index, one commit's files, or the objects that a range brings in; Git says which."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from scanner.errors import UnreadableError, UsageError
from scanner.sources.git.ask import ask
from scanner.sources.git.environ import GitFailed, environment, git

if TYPE_CHECKING:
    from pathlib import Path

MODULE = "160000"
_TOLD = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR")
_STEP = 1 << 20
# --cached reads index and trees only: no filter, no textconv and no external diff of the repository can run.
_STAGED = ("diff", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-relative", "--no-ext-diff", "--no-textconv",
           "--ignore-submodules=none", "--ita-invisible-in-index", "-O/dev/null", "--")  # fmt: skip


class Entry(NamedTuple):
    """A path in the index or in a tree, and what stood there before."""

    path: bytes
    mode: str
    oid: str
    old_mode: str = "000000"
    old: str = ""
    status: str = "A"  # A, M, T, D or U, as in git-diff(1)


class Objects(NamedTuple):
    """What a range brings in: ids with a path where one is known, and ids that Git names and does not have."""

    ids: list[tuple[str, bytes]]
    absent: list[str]


def told() -> dict[str, str]:
    """The environment for Git inside a hook: where Git said the repository, the index and a push's quarantine are.

    The owner is trusted: Git has opened this repository for its user before it ran the hook.
    """
    env = environment(trust_owner=True, quarantine=True, index=os.environ.get("GIT_INDEX_FILE"))
    return env | {name: os.environ[name] for name in _TOLD if name in os.environ}


def top(at: str | Path, env: Mapping[str, str]) -> bytes:
    """The work tree's folder; raises UnreadableError where there is none."""
    return _above(at, _told_of(at, env, "--show-cdup").rstrip(b"\n"))


def places(at: str | Path, env: Mapping[str, str]) -> tuple[bytes, bytes | None]:
    """The work tree's folder, and that of the loose objects, by one question; None where a name has a line end in it."""
    up, *objects = _told_of(at, env, "--show-cdup", "--git-path", "objects").removesuffix(b"\n").split(b"\n")
    if len(objects) != 1:
        return top(at, env), None
    return _above(at, up), os.path.join(os.fsencode(at), objects[0])


def _told_of(at: str | Path, env: Mapping[str, str], *words: str) -> bytes:
    try:
        return _quickly(["rev-parse", *words], at, env)
    except GitFailed:
        raise UnreadableError("this is not a Git work tree", hint="run it inside the repository") from None


def _quickly(arguments: Sequence[str], at: str | Path, env: Mapping[str, str]) -> bytes:
    folder = os.fspath(at)
    said = ask(arguments if folder == "." else ["-C", folder, *arguments], env)
    return git(arguments, at, env) if said is None else said


def _above(at: str | Path, up: bytes) -> bytes:
    return os.path.normpath(os.path.join(os.path.abspath(os.fsencode(at)), up))


def from_top(path: bytes, top: bytes) -> bytes:
    """A path as Git names it, for one that counts from the current folder."""
    folder, name = os.path.split(os.path.abspath(path))
    return os.path.relpath(os.path.join(os.path.realpath(folder), name), os.path.realpath(top))


def stands(full: bytes) -> str:
    """What stands at a path of the work tree: a file (or a link), a folder, a repository, or nothing."""
    if os.path.isdir(full) and not os.path.islink(full):
        return "repository" if os.path.exists(os.path.join(full, b".git")) else "folder"
    return "file" if os.path.lexists(full) else "nothing"


def staged(at: str | Path, env: Mapping[str, str]) -> list[Entry]:
    """What the next commit changes, sorted by path."""
    fields = _quickly(_STAGED, at, env).split(b"\0")
    found = []
    for head, path in zip(fields[::2], fields[1::2], strict=False):
        old_mode, mode, old, oid, status = head.lstrip(b":").decode().split(" ")
        found.append(Entry(path, mode, oid, old_mode, old, status[0]))
    return sorted(found)


def files_of(at: Path, env: Mapping[str, str], commit: str) -> list[Entry]:
    """Every file, link and submodule of a commit."""
    return _entries(git(["ls-tree", "-r", "-z", "--full-tree", commit], at, env), 2)


def indexed(at: Path, env: Mapping[str, str], paths: Sequence[bytes]) -> list[Entry]:
    """What the index has at these paths, counted from the work tree's top."""
    wanted = set(paths)
    listed = _entries(git(["ls-files", "--stage", "-z", "--full-name", "--", ":/"], at, env), 1)
    return [entry for entry in listed if entry.path in wanted]


def _entries(records: bytes, place: int) -> list[Entry]:
    """Records of `mode … TAB path`, of which the word at `place` is the object's id."""
    found = []
    for record in records.split(b"\0"):
        head, tab, path = record.partition(b"\t")
        if tab:
            words = head.decode().split(" ")
            found.append(Entry(path, words[0], words[place]))
    return sorted(found)


def commit_of(at: Path, env: Mapping[str, str], name: str) -> str | None:
    """The id of the commit that a revision stands for."""
    try:
        return git(["rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"], at, env).decode().strip() or None
    except GitFailed:
        return None


def ends(at: Path, env: Mapping[str, str], words: str) -> tuple[str, str]:
    """The commit ids of `A..B`; a side that is left out is HEAD."""
    first, dots, last = words.partition("..")
    if not dots or last.startswith("."):
        raise UsageError("--range is written A..B", hint="for example origin/main..HEAD")
    ids = [commit_of(at, env, side or "HEAD") for side in (first, last)]
    if ids[0] is None or ids[1] is None:
        raise UsageError("--range names a commit that is not there", hint="`git log A..B` shows what Git makes of it")
    return ids[0], ids[1]


def brought(at: Path, env: Mapping[str, str], tips: Sequence[str], less: Sequence[str]) -> Objects:
    """Every object that the tips lead to and `less` (options of git-rev-list(1)) does not; raises GitFailed."""
    command = ["rev-list", "--objects", "--missing=print", "--stdin", *less]
    ids: list[tuple[str, bytes]] = []
    absent: list[str] = []
    for line in git(command, at, env, data="".join(f"{tip}\n" for tip in tips).encode()).split(b"\n"):
        oid, _, path = line.partition(b" ")
        if oid.startswith(b"?"):
            absent.append(oid[1:].decode())
        elif oid:
            ids.append((oid.decode(), path))
    return Objects(ids, absent)


def added_names(at: Path, env: Mapping[str, str], commits: Sequence[str]) -> set[bytes]:
    """The components of every path that one of these commits adds."""
    if not commits:
        return set()
    shown = ("--name-only", "--diff-filter=A", "-c", "--root", "--no-renames", "-z", "--format=")
    command = ["git", "log", "--no-walk=unsorted", "--stdin", *shown]
    names: set[bytes] = set()
    for path in _pieces(command, at, env, "".join(f"{commit}\n" for commit in commits).encode()):
        names.update(path.lstrip(b"\n").split(b"/"))
    return names - {b""}


def cut_off(at: Path, env: Mapping[str, str]) -> set[str]:
    """The commits whose parents a shallow clone left out."""
    path = os.path.join(os.fsencode(at), git(["rev-parse", "--git-path", "shallow"], at, env).rstrip(b"\n"))
    try:
        with open(path, "rb") as file:
            return {line.strip().decode("ascii", "replace") for line in file}
    except OSError:
        return set()


def common_dir(at: str | Path, env: Mapping[str, str]) -> Path:
    """The folder that all work trees share."""
    from pathlib import Path

    return Path(at, os.fsdecode(git(["rev-parse", "--git-common-dir"], at, env).rstrip(b"\n")))


def _pieces(command: list[str], at: Path, env: Mapping[str, str], data: bytes) -> Iterator[bytes]:
    """The NUL-terminated pieces of a command's output; Git reads all of its input before it answers."""
    import subprocess

    process = subprocess.Popen(command, cwd=at, env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdin and process.stdout  # noqa: S101 both are pipes
    try:
        process.stdin.write(data)
        process.stdin.close()
    except BrokenPipeError:
        pass
    rest = b""
    try:
        while block := process.stdout.read(_STEP):
            *whole, rest = (rest + block).split(b"\0")
            yield from whole
        yield rest
    finally:
        process.stdout.close()
    if process.wait():
        raise GitFailed(f"git {command[1]} failed with exit code {process.returncode}", hint="run `git fsck` in the repository")
