"""What is accepted in a repository: by the operator's file for it, and by its own where he trusts it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from scanner.errors import LeaksealError
from scanner.findings import suppressions
from scanner.findings.suppressions import Suppression
from scanner.sources.git.environ import git
from scanner.sweep.inventory import Listed
from scanner.yamlnodes import SIZE_MOST


class Accepted(NamedTuple):
    """The entries, by id, and what a reader must know of them."""

    entries: tuple[Suppression, ...] = ()
    notes: tuple[str, ...] = ()


def accepted_in(one: Listed, root: Path, env: Mapping[str, str]) -> Accepted:
    """All entries that count for a repository; what the operator says of a finding counts more than what the repository says."""
    entries: dict[str, Suppression] = {}
    notes: tuple[str, ...] = ()
    if one.trust_suppressions:
        try:
            entries = suppressions.by_id(suppressions.parse(_own(root, env)))
        except LeaksealError as problem:
            notes = (f"what the repository itself accepts does not count: {problem.message}",)
    entries |= suppressions.by_id(suppressions.load(one.suppressions) if one.suppressions else ())
    return Accepted(tuple(entries[id] for id in sorted(entries)), notes)


def _own(root: Path, env: Mapping[str, str]) -> bytes:
    """The file as it stands on the default branch; empty where there is none. What is no plain file of bounded size is refused."""
    try:
        said = git(["ls-tree", "-l", "-z", "HEAD", "--", str(suppressions.FILE)], root, env).rstrip(b"\0")
    except LeaksealError:
        return b""  # there is no commit yet, or none that can be read: then there are gaps
    if not said:
        return b""
    mode, _, oid, size = said.partition(b"\t")[0].split()
    if not mode.startswith(b"100") or int(size) > SIZE_MOST:
        raise LeaksealError(f"{suppressions.FILE} is no plain file, or too large")
    return git(["cat-file", "blob", oid.decode()], root, env)
