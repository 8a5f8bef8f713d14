"""Logs as their rotation left them: the files of one log, oldest first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# logrotate's numbers and dates, and what compressed them; Docker, systemd's and Java's names are of the same make
_PACKED = re.compile(rb"\.(?:gz|xz|bz2|zst|lz4|Z)\Z")
_DATED = re.compile(rb"[.\-_]((?:19|20)[0-9]{2}-?[01][0-9]-?[0-3][0-9](?:[T\-_.]?[0-9]{2,6})?(?:\.[0-9]{1,4})?)(?=\.log\Z|\Z)")
_NUMBERED = re.compile(rb"\.([0-9]{1,6})(?=\.log\Z|\Z)")


@dataclass(frozen=True, slots=True)
class Log:
    """One log: the path that it is written to, and every file that has a part of it, oldest first."""

    name: bytes
    files: tuple[bytes, ...]


def logs(paths: Iterable[bytes]) -> list[Log]:
    """The logs that these files belong to, by name."""
    parts: dict[bytes, list[tuple[tuple[int, bytes, int], bytes]]] = {}
    for path in paths:
        name, age = _told(path)
        parts.setdefault(name, []).append((age, path))
    return [Log(name, tuple(path for _, path in sorted(files))) for name, files in sorted(parts.items())]


def _told(path: bytes) -> tuple[bytes, tuple[int, bytes, int]]:
    """(the log's name, what sorts its files by time): dates first, then numbers from high to low, then the one that is written to."""
    folder, slash, file = path.rpartition(b"/")
    name = _PACKED.sub(b"", file)
    if dated := _DATED.search(name):
        base = name[: dated.start()] + name[dated.end() :]
        if base:
            return folder + slash + base, (0, dated[1].replace(b"-", b""), 0)
    if numbered := _NUMBERED.search(name):
        base = name[: numbered.start()] + name[numbered.end() :]
        if base:
            return folder + slash + base, (1, b"", -int(numbered[1]))
    return folder + slash + name, (2, b"", 0)
