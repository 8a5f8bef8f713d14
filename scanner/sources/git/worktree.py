"""Tracked files as they stand in the work tree, and what the index says of them."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass

from scanner.sources.git.environ import git
from scanner.sources.git.layout import Layout

_LINK, _MODULE = b"120000", b"160000"


@dataclass(frozen=True, slots=True)
class Tracked:
    """The index's entries: path -> blob id in hex for files and links, and the submodules."""

    files: Mapping[bytes, str]
    submodules: Mapping[bytes, str]


def tracked(layout: Layout, env: Mapping[str, str]) -> Tracked:
    """What the index lists; raises GitFailed where the index is damaged."""
    files: dict[bytes, str] = {}
    modules: dict[bytes, str] = {}
    if layout.work_tree is not None and (layout.git_dir / "index").exists():
        for record in git(["ls-files", "--stage", "-z"], layout.work_tree, env).split(b"\0"):
            head, tab, path = record.partition(b"\t")
            if tab:
                mode, oid, _ = head.split(b" ")
                (modules if mode == _MODULE else files)[path] = oid.decode()
    return Tracked(files, modules)


def sound(layout: Layout) -> bool:
    """Whether the index is what its own checksum says; Git itself looks only in `git fsck`. All zeros stand for none (index.skipHash)."""
    try:
        with (layout.git_dir / "index").open("rb") as file:
            made = hashlib.new("sha1" if layout.hash_size == 20 else "sha256", usedforsecurity=False)
            tail = b""
            while block := file.read(1 << 20):
                block = tail + block
                made.update(block[: -layout.hash_size])
                tail = block[-layout.hash_size :]
    except OSError:  # absent, or closed: then it is a gap among the repository's own files
        return True
    return tail == made.digest() or not any(tail)


def _there(path: bytes) -> bool:
    """Whether something other than a folder stands there: in a folder's place the tracked file is deleted."""
    try:
        return not stat.S_ISDIR(os.lstat(path).st_mode)
    except FileNotFoundError:
        return False
    except OSError:  # closed: reading it will say so
        return True


def present(layout: Layout, paths: Mapping[bytes, str]) -> list[bytes]:
    """Those tracked paths that stand in the work tree and are not reached through a link, sorted."""
    root = os.fsencode(layout.work_tree or "")
    real = os.path.realpath(root)
    folders: dict[bytes, bool] = {}
    found = []
    for path in sorted(paths):
        folder = os.path.dirname(path)
        if folder not in folders:
            folders[folder] = os.path.realpath(os.path.join(root, folder)) == (os.path.join(real, folder) if folder else real)
        if folders[folder] and _there(os.path.join(root, path)):
            found.append(path)
    return found
