"""Whether a repository is as it was: every file of its own by size and times, without reading any."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping

from scanner.sources.files import listing
from scanner.sources.git.layout import Layout
from scanner.sources.git.worktree import present, tracked


def standing(layout: Layout, env: Mapping[str, str]) -> str:
    """A digest that is another one as soon as an object, a ref, a setting or a tracked file was written."""
    made = hashlib.sha256()
    for path in sorted(_files(layout, env)):
        made.update(b"%d %b\0" % (len(path), path))
        try:
            seen = os.lstat(path)
        except OSError:
            continue
        made.update(b"%d %d %d %d\0" % (seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_ino))
    return made.hexdigest()


def _files(layout: Layout, env: Mapping[str, str]) -> Iterator[bytes]:
    for folder in {layout.git_dir, layout.common_dir, *layout.object_dirs}:
        yield from (os.path.join(os.fsencode(folder), item.path) for item in listing(folder))
    root = os.fsencode(layout.work_tree or "")
    yield from (os.path.join(root, path) for path in present(layout, tracked(layout, env).files))
