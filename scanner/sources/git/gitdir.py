"""What a repository keeps beside its objects: config, refs, reflogs, index, messages, hooks."""

from __future__ import annotations

import os
from collections.abc import Iterator
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


def metadata(layout: Layout) -> Iterator[tuple[Listed, Path, str]]:
    """(file, the folder it is in, field) for every file of the repository's own that is neither object nor ref."""
    seen: set[Path] = set()
    for folder in (layout.common_dir, layout.git_dir, *sorted((layout.common_dir / "worktrees").glob("*"))):
        if folder.resolve() in seen or not folder.is_dir():
            continue
        seen.add(folder.resolve())
        for name in sorted(os.listdir(folder)):
            path = folder / name
            if name in _ELSEWHERE or name == "refs" or path.is_symlink() and path.is_dir():
                continue
            if path.is_dir():
                for item in sorted(listing(path), key=lambda entry: entry.path):
                    inner = os.fsencode(name) + b"/" + item.path if item.path else os.fsencode(name)
                    yield Listed(inner, item.size, item.refused), folder, field_of(os.fsdecode(inner))
            else:
                yield Listed(os.fsencode(name), path.lstat().st_size), folder, field_of(name)


def field_of(path: str) -> str:
    """The report's word for a file of the repository's own."""
    return next((word for start, word in _FIELDS if path.startswith(start)), "git-file")


def ref_names(layout: Layout) -> Iterator[bytes]:
    """The names of loose refs, some thousand to a piece, one to a line; packed ones stand in `packed-refs`."""
    names: list[bytes] = []
    folders = {layout.common_dir.resolve(): layout.common_dir, layout.git_dir.resolve(): layout.git_dir}
    for folder in folders.values():
        for item in listing(folder / "refs") if (folder / "refs").is_dir() else ():
            names.append(b"refs/" + item.path)
            if len(names) >= _REFS_AT_ONCE:
                yield b"\n".join(sorted(names))
                names = []
    if names:
        yield b"\n".join(sorted(names))
