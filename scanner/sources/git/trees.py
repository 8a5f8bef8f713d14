"""The files of one commit by their blob ids, and the tags that name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scanner import canon
from scanner.errors import LeaksealError, UsageError
from scanner.sources.git.catfile import CatFile, Missing
from scanner.sources.git.environ import GitFailed, git
from scanner.sources.git.kinds import Damaged
from scanner.sources.git.layout import Layout
from scanner.sources.git.lfs import pointed

_FILES_MOST = 2_000_000
_POINTER = range(100, 300)  # bytes of an LFS pointer


@dataclass(frozen=True, slots=True)
class Files:
    """A commit's files; paths are printable."""

    commit: str
    blobs: Mapping[str, tuple[str, ...]]  # blob id -> paths
    kept: Mapping[str, tuple[str, ...]]  # SHA-256 of what LFS keeps elsewhere -> paths
    submodules: tuple[str, ...]
    sizes: frozenset[int]  # of blobs
    tags: tuple[str, ...]  # that stand for this commit


def commit_of(layout: Layout, env: Mapping[str, str], revision: str) -> str:
    """The id of the commit that a revision stands for; raises UsageError."""
    try:
        return git(["rev-parse", "--verify", "--end-of-options", revision + "^{commit}"], layout.root, env).decode().strip()
    except GitFailed:
        raise UsageError("the repository has no such commit", hint="name a commit, a tag or a branch after the @") from None


def files(layout: Layout, env: Mapping[str, str], revision: str) -> Files:
    """What a commit has; raises UsageError where there is none, LeaksealError where it has absurdly many files."""
    commit = commit_of(layout, env, revision)
    blobs: dict[str, list[str]] = {}
    small: list[tuple[str, str]] = []
    modules, sizes = [], set()
    for number, record in enumerate(git(["ls-tree", "-r", "-l", "-z", commit], layout.root, env).split(b"\0")):
        if number > _FILES_MOST:
            raise LeaksealError(f"the commit has more than {_FILES_MOST:,} files", hint="bind the artifact to a smaller repository")
        head, tab, raw = record.partition(b"\t")
        if not tab:
            continue
        _, kind, oid, size = head.split()
        path = canon.text(raw)
        if kind == b"commit":
            modules.append(path)
            continue
        blobs.setdefault(oid.decode(), []).append(path)
        if size.isdigit():
            sizes.add(int(size))
            if int(size) in _POINTER:
                small.append((oid.decode(), path))
    return Files(
        commit, {oid: tuple(paths) for oid, paths in blobs.items()}, _kept(layout, env, small), tuple(sorted(modules)), frozenset(sizes),
        tuple(git(["tag", "--points-at", commit], layout.root, env).decode("utf-8", "replace").split()),
    )  # fmt: skip


def _kept(layout: Layout, env: Mapping[str, str], small: list[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    with CatFile(layout.root, env) as reader:
        for oid, path in small:
            try:
                reader.ask(oid)
                content = pointed(b"".join(reader.pieces()))
            except (Missing, Damaged):
                continue
            if content:
                found.setdefault(content, []).append(path)
    return {content: tuple(paths) for content, paths in found.items()}
