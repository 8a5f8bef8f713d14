"""Patterns for paths: `*` stays within a name, `**` is any number of folders, `docs/` is everything below it."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache

MOST = 256  # characters


def covers(glob: str, path: str) -> bool:
    """Whether a glob speaks of a path, without backtracking, whatever the glob."""
    parts = tuple((glob + "**" if glob.endswith("/") else glob).split("/"))
    names = path.split("/")
    reach = {0}  # how many names the parts so far can have used up
    for part in parts:
        if part == "**":
            reach = set(range(min(reach), len(names) + 1))
        else:
            reach = {at + 1 for at in reach if at < len(names) and _name_fits(names[at], part)}
        if not reach:
            return False
    return len(names) in reach


def holders(path: str) -> tuple[str, ...]:
    """The path, and the files that hold it: `a.zip!b.env` stands in `a.zip`."""
    return (path, *[path[:at] for at, letter in enumerate(path) if letter == "!"][:16])


def flaw(glob: str) -> tuple[str, str] | None:
    """What is wrong with a glob that somebody wrote, and what to do about it; None if nothing is."""
    if not glob.strip("*/."):
        return "this covers everything", "name the folder or the kind of file"
    if glob.startswith("/") or ".." in glob.split("/"):
        return "a path below the scanned folder is expected here", "leave out the leading `/` and any `..`"
    return None


@lru_cache(maxsize=65536)
def _name_fits(name: str, part: str) -> bool:
    return fnmatchcase(name, part)
