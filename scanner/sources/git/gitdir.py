"""What a repository keeps beside its objects: config, refs, reflogs, index, messages, hooks."""

from __future__ import annotations

import mmap
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scanner.sources.files import Listed, listing
from scanner.sources.git.layout import Layout

_ELSEWHERE = ("objects", "lfs", "modules", "worktrees")  # read as objects, as LFS content, in their own scope, or below
_FIELDS = (
    ("config", "config"),
    ("logs/", "reflog"),
    ("packed-refs", "ref-name"),
    ("refs/", "ref-name"),
    ("index", "index"),
)
_REFS_AT_ONCE = 5000
_REF = re.compile(rb"([0-9a-f]{64}|[0-9a-f]{40})\s*")
_PACKED = re.compile(rb"(?m)^\^?([0-9a-f]{64}|[0-9a-f]{40})[ \r\n]")
LEFT_OVER = "left-over"  # of a Git command that was interrupted: compressed, and no object
_LEFT_OVERS = ("tmp_", ".tmp")


@dataclass(slots=True)
class Refs:
    """Some thousand loose refs: their names, one to a line, the objects they stand for, and what is no plain ref."""

    names: bytes = b""
    ids: set[bytes] = field(default_factory=set)
    odd: list[tuple[Listed, Path]] = field(default_factory=list)  # symbolic, damaged or closed to us


def folders(layout: Layout) -> list[Path]:
    """The repository's own folder and those of its work trees, each once."""
    every = (layout.common_dir, layout.git_dir, *sorted((layout.common_dir / "worktrees").glob("*")))
    return list({folder.resolve(): folder for folder in reversed(every) if folder.is_dir()}.values())[::-1]


def metadata(layout: Layout) -> Iterator[tuple[Listed, Path, str]]:
    """(file, the folder it is in, field) for every file of the repository's own that is neither object nor ref."""
    for folder in folders(layout):
        for name in _names(folder):
            if name not in _ELSEWHERE and name != "refs":
                yield from _below(folder, name)
    for objects in layout.object_dirs[:1]:
        yield from _below(layout.common_dir, objects.name + "/info")
        for name in _names(objects / "pack"):
            if name.endswith((".keep", ".promisor")) or name.startswith(_LEFT_OVERS):
                yield from _below(layout.common_dir, f"{objects.name}/pack/{name}")
        for fan in ("", *_names(objects)):
            for name in _names(objects / fan) if len(fan) in (0, 2) else ():
                if name.startswith(_LEFT_OVERS):
                    yield from _below(layout.common_dir, os.path.join(objects.name, fan, name))


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _below(folder: Path, name: str) -> Iterator[tuple[Listed, Path, str]]:
    """A file, or all files below a folder; what vanishes meanwhile was not there, and a socket holds nothing."""
    try:
        known = (folder / name).lstat()
    except FileNotFoundError:
        return
    except OSError as problem:
        yield Listed(os.fsencode(name), refused=problem.strerror or "it is closed"), folder, field_of(name)
        return
    if stat.S_ISDIR(known.st_mode):
        for item in sorted(listing(folder / name), key=lambda entry: entry.path):
            inner = os.fsencode(name) + b"/" + item.path if item.path else os.fsencode(name)
            yield Listed(inner, item.size, item.refused), folder, field_of(os.fsdecode(inner))
    elif not stat.S_ISSOCK(known.st_mode):
        yield Listed(os.fsencode(name), known.st_size), folder, field_of(name)


def field_of(path: str) -> str:
    """The report's word for a file of the repository's own."""
    if path.startswith("objects/") and os.path.basename(path).startswith(_LEFT_OVERS):
        return LEFT_OVER
    return next((word for start, word in _FIELDS if path.startswith(start)), "git-file")


def loose_refs(layout: Layout) -> Iterator[Refs]:
    """The loose refs, some thousand at a time."""
    names: list[bytes] = []
    refs = Refs()
    for folder in folders(layout):
        for item in listing(folder / "refs") if (folder / "refs").is_dir() else ():
            name = b"refs/" + item.path if item.path else b"refs"
            oid = None if item.refused else _REF.fullmatch(small(os.path.join(os.fsencode(folder), name)))
            if oid:
                refs.ids.add(bytes.fromhex(oid[1].decode()))
            else:
                refs.odd.append((Listed(name, item.size, item.refused), folder))
            names.append(name)
            if len(names) >= _REFS_AT_ONCE:
                refs.names = b"\n".join(sorted(names))
                yield refs
                names, refs = [], Refs()
    if names:
        refs.names = b"\n".join(sorted(names))
        yield refs


def other_tips(layout: Layout) -> set[bytes]:
    """What packed refs and the heads stand for; the names of packed refs are searched with the file."""
    found = {bytes.fromhex(oid[1].decode()) for folder in folders(layout) if (oid := _REF.fullmatch(small(os.fsencode(folder / "HEAD"))))}
    try:
        with (layout.common_dir / "packed-refs").open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            found.update(bytes.fromhex(oid[1].decode()) for oid in _PACKED.finditer(data))
    except (OSError, ValueError):  # absent, closed (the file itself is then a gap) or empty
        pass
    return found


def modules(layout: Layout) -> list[bytes]:
    """The repositories of submodules that were fetched, below `modules`."""
    top = layout.common_dir / "modules"
    heads = (item.path for item in listing(top)) if top.is_dir() else ()
    found = (os.path.dirname(path) for path in heads if os.path.basename(path) == b"HEAD")
    return sorted(path for path in found if os.path.isdir(os.path.join(os.fsencode(top), path, b"objects")))


def small(path: bytes, limit: int = 256) -> bytes:
    """The beginning of a file, or nothing."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return b""
    try:
        return os.read(fd, limit)
    except OSError:
        return b""
    finally:
        os.close(fd)
