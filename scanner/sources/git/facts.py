"""What a clone of a repository must have in common with it: commit, tree, refs, and every object's kind and size."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence

from scanner import canon
from scanner.sources.git.environ import GitFailed, git
from scanner.sources.git.layout import Layout
from scanner.sources.git.worktree import present, tracked

_STEP = 1 << 20
_TEXT_MOST = 32 << 20

NOTES = b"refs/notes/attest"  # where assertions are kept, which can speak of themselves as little as a file of its own digest


def commit_and_tree(layout: Layout, env: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The ids that HEAD stands for, or None where it stands for nothing."""
    try:
        found = git(["rev-parse", "HEAD^{commit}", "HEAD^{tree}"], layout.root, env).decode().split()
    except GitFailed:
        return None, None
    return (found[0], found[1]) if len(found) == 2 else (None, None)


def refs(layout: Layout, env: Mapping[str, str]) -> str:
    """A digest over all refs, sorted, and what each stands for."""
    listed = git(["for-each-ref", "--format=%(objectname) %(refname)"], layout.root, env)
    return canon.digest(b"\n".join(sorted(line for line in listed.splitlines() if line.split(b" ", 1)[-1] != NOTES)))


def dirty(layout: Layout, env: Mapping[str, str]) -> bool:
    """Whether a tracked file is not as HEAD has it; what is not tracked does not count.

    `git status` would run the filters that the repository names, so contents are compared here: as they are, with LF for CRLF, and as
    the pointer that LFS has for them.
    """
    if layout.work_tree is None:
        return False
    staged = tracked(layout, env).files
    if staged != _committed(layout, env):
        return True
    root = os.fsencode(layout.work_tree)
    there = present(layout, staged)
    return len(there) != len(staged) or not all(_is(os.path.join(root, path), staged[path], layout.hash_size) for path in there)


def _committed(layout: Layout, env: Mapping[str, str]) -> dict[bytes, str]:
    """Path -> blob id of every file and link of HEAD."""
    found = {}
    for record in git(["ls-tree", "-r", "-z", "HEAD"], layout.root, env).split(b"\0"):
        head, tab, path = record.partition(b"\t")
        if tab and head.split(b" ")[1] == b"blob":
            found[path] = head.split(b" ")[2].decode()
    return found


def _is(path: bytes, oid: str, hash_size: int) -> bool:
    """Whether a file has the content of that blob, written as Git may write it."""
    try:
        if os.path.islink(path):
            target = os.readlink(path)
            return _blob([target], len(target), hash_size) == oid
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if _blob(iter(lambda: file.read(_STEP), b""), size, hash_size) == oid:
                return True
            file.seek(0)
            pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:%b\nsize %d\n" % (
                hashlib.file_digest(file, "sha256").hexdigest().encode(), size,
            )  # fmt: skip
            if _blob([pointer], len(pointer), hash_size) == oid:
                return True
            file.seek(0)
            text = file.read(_TEXT_MOST).replace(b"\r\n", b"\n") if size <= _TEXT_MOST else b""
            return _blob([text], len(text), hash_size) == oid
    except OSError:
        return False


def _blob(pieces: Iterable[bytes], size: int, hash_size: int) -> str:
    made = hashlib.new("sha1" if hash_size == 20 else "sha256", b"blob %d\0" % size, usedforsecurity=False)
    for piece in pieces:
        made.update(piece)
    return made.hexdigest()


def objects(layout: Layout, env: Mapping[str, str]) -> Iterator[tuple[str, str, int]]:
    """(kind, id, size) of every object in the store, reachable or not, as Git lists them; raises GitFailed at a damaged one."""
    form = "--batch-check=%(objecttype) %(objectname) %(objectsize)"
    for line in _lines(["cat-file", "--batch-all-objects", "--unordered", form], layout, env):
        try:
            kind, oid, size = line.split()
            yield kind.decode(), oid.decode(), int(size)
        except ValueError:
            raise GitFailed("git cat-file answered what it should not", hint="run `git fsck` in the repository") from None


def apart(layout: Layout, env: Mapping[str, str]) -> frozenset[str]:
    """The objects that NOTES leads to and no other ref, nor the index: they come after what they speak of."""
    if not git(["for-each-ref", "--count=1", NOTES.decode()], layout.root, env):
        return frozenset()
    walk = ["rev-list", "--objects", "--missing=allow-any"]
    mine = {line[: 2 * layout.hash_size] for line in _lines([*walk, NOTES.decode()], layout, env)}
    for line in _lines([*walk, f"--exclude={NOTES.decode()}", "--all", "--indexed-objects"], layout, env):
        mine.discard(line[: 2 * layout.hash_size])
    return frozenset(oid.decode() for oid in mine)


def _lines(words: Sequence[str], layout: Layout, env: Mapping[str, str]) -> Iterator[bytes]:
    """What a Git command prints, line by line; raises GitFailed if it fails."""
    with subprocess.Popen(
        ["git", *words], cwd=layout.root, env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as listed:  # fmt: skip
        assert listed.stdout is not None  # noqa: S101 a pipe was asked for
        try:
            yield from listed.stdout
        except BaseException:
            listed.kill()
            raise
    if listed.returncode:
        raise GitFailed(f"git {words[0]} failed with exit code {listed.returncode}", hint="run `git fsck` in the repository")
