"""Where a repository keeps its things, read without running Git."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from scanner.errors import UnreadableError

_DEPTH = 5  # Git's own limit for alternates of alternates
_SMALL = 1 << 20


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one repository and what they say about its completeness."""

    git_dir: Path  # of this work tree
    common_dir: Path  # shared by all work trees
    work_tree: Path | None
    object_dirs: tuple[Path, ...]  # own first, then alternates
    lost_alternates: tuple[str, ...]  # named, but not there
    hash_size: int  # 20 (SHA-1) or 32 (SHA-256)
    shallow: tuple[bytes, ...]  # object ids whose parents were cut off
    grafts: int
    replaced: int  # replace refs
    promisor: bool  # a partial clone: objects may be absent by design
    reftable: bool

    @property
    def root(self) -> Path:
        """The folder to name to people and to run Git in."""
        return self.work_tree or self.git_dir


def discover(path: Path) -> Layout:
    """The repository at `path`: a work tree, a linked one, a bare repository or a `.git` folder; raises UnreadableError."""
    git_dir, work_tree = _git_dir(path)
    common = _common(git_dir)
    objects = common / "objects"
    try:
        os.listdir(objects)
    except OSError as problem:
        hint = "check the permissions of the repository"
        raise UnreadableError(f"the object store cannot be read: {problem.strerror}", hint=hint) from None
    config = _small(common / "config")
    dirs, lost = _object_dirs(objects)
    return Layout(
        git_dir=git_dir, common_dir=common, work_tree=work_tree,
        object_dirs=dirs, lost_alternates=lost,
        hash_size=32 if re.search(rb"(?mi)^\s*objectformat\s*=\s*\"?sha256", config) else 20,
        shallow=tuple(line.strip() for line in _small(common / "shallow").splitlines() if line.strip()),
        grafts=sum(1 for line in _small(common / "info/grafts").splitlines() if line.strip() and not line.startswith(b"#")),
        replaced=_replace_refs(common),
        promisor=bool(re.search(rb"(?mi)^\s*(?:promisor\s*=\s*\"?(?:true|yes|on|1)|partialclone\s*=)", config))
        or any(next(iter(d.glob("pack/*.promisor")), None) is not None for d in dirs),
        reftable=bool(re.search(rb"(?mi)^\s*refstorage\s*=\s*\"?reftable", config)),
    )  # fmt: skip


def is_repository(path: Path) -> bool:
    """Whether a repository's metadata stands at `path` itself (parents are not searched)."""
    return (path / ".git").exists() or _looks_like_git_dir(path)


def _git_dir(path: Path) -> tuple[Path, Path | None]:
    inner = path / ".git"
    if inner.is_dir():
        return inner, path
    if inner.is_file():
        pointer = _small(inner)
        if not pointer.startswith(b"gitdir:"):
            raise UnreadableError("the file .git does not point to a repository", hint="clone the repository again")
        target = path / os.fsdecode(pointer[7:].strip())
        if not _looks_like_git_dir(target) and not (target / "commondir").is_file():
            hint = "run `git worktree repair` in the main work tree"
            raise UnreadableError("the file .git points to a folder that is not there", hint=hint)
        return target, path
    if _looks_like_git_dir(path):
        return path, path.parent if path.name == ".git" else None
    raise UnreadableError("this is not a Git repository", hint="name the folder that holds .git, or a bare repository")


def _looks_like_git_dir(path: Path) -> bool:
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and ((path / "refs").is_dir() or (path / "packed-refs").is_file())


def _common(git_dir: Path) -> Path:
    pointer = _small(git_dir / "commondir").strip()
    return git_dir / os.fsdecode(pointer) if pointer else git_dir


def _object_dirs(own: Path) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    found: list[Path] = [own]
    lost: list[str] = []
    seen = {own.resolve()}
    ring = [own]
    for _ in range(_DEPTH):
        ring, last = [], ring
        for folder in last:
            for line in _small(folder / "info/alternates").splitlines():
                if not line.strip() or line.startswith(b"#"):
                    continue
                other = folder / os.fsdecode(_unquoted(line.strip()))
                if not other.is_dir():
                    lost.append(str(len(lost) + 1))
                elif other.resolve() not in seen:
                    seen.add(other.resolve())
                    ring.append(other)
        found += ring
    return tuple(found), tuple(lost)


def _unquoted(line: bytes) -> bytes:
    return line[1:-1].replace(b'\\"', b'"').replace(b"\\\\", b"\\") if line[:1] == line[-1:] == b'"' and len(line) > 1 else line


def _replace_refs(common: Path) -> int:
    packed = _small(common / "packed-refs", 256 << 20).count(b" refs/replace/")
    return packed + sum(len(files) for _, _, files in os.walk(common / "refs/replace"))


def _small(path: Path, limit: int = _SMALL) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError:
        return b""
