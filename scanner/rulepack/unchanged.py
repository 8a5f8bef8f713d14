"""How rule packs stand in their folders: what tells, without reading them, that none of them has changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator

FORMAT = 1  # raise it when what a pack means changes without its bytes changing
ENDINGS = (".yaml", ".yml")
_SETTLES = 2_000_000_000  # nanoseconds after which two changes of a file have two times, whatever the file system


def standing(folders: Iterable[str], now: int) -> str | None:
    """A digest of every pack's name, size, times and inode; None if one is so new that it may change without any of them changing."""
    made, newest = hashlib.sha256(), 0
    try:
        for folder in folders:
            for name, about in _packs(folder):
                newest = max(newest, about.st_mtime_ns, about.st_ctime_ns)
                numbers = (about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino, about.st_dev)
                made.update(f"{len(name)}:{name}{numbers}".encode("utf-8", "surrogateescape"))
    except OSError:
        return None
    return made.hexdigest() if newest < now - _SETTLES else None


def _packs(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """The same files as `packs.read_packs` reads."""
    about = os.stat(folder)  # noqa: PTH116 a hook does without pathlib
    yield folder, about
    if about.st_mode & 0o170000 == 0o040000:
        with os.scandir(folder) as entries:
            found = [(entry.name, entry.stat()) for entry in entries if entry.name.endswith(ENDINGS)]
        yield from sorted(found)
