"""Source binding: which files of an artifact are files of a commit, which were made by known packaging, and which came from nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

LISTED_MOST = 1000  # names that are kept of each kind
MEMBERS_MOST = 200_000
KINDS = ("source", "empty", "generated", "bytecode", "declared", "deleted", "renamed", "nowhere")
_WHITEOUT = re.compile(r"(?:.*/)?\.wh\.[^/]+")
_BYTECODE = re.compile(r"(?P<folder>(?:.*/)?)__pycache__/(?P<name>[^/]+)\.(?:cpython|pypy)-?[0-9]+(?:\.opt-[0-9])?\.pyc")
_EMPTY_CONFIG = re.compile(rb"\[egg_info\]\ntag_build = ?\ntag_date = 0\n\s*")
# What packaging tools make, by kind of artifact. METADATA and PKG-INFO are held to name and version by another check, RECORD to every file.
_GENERATED = {
    "wheel": re.compile(
        r"[^/]+\.dist-info/(?:METADATA|WHEEL|RECORD|RECORD\.jws|RECORD\.p7s|entry_points\.txt|top_level\.txt|namespace_packages\.txt|zip-safe"
        r"|dependency_links\.txt|sboms/[^/]+\.(?:json|xml))"
    ),
    "sdist": re.compile(
        r"[^/]+/PKG-INFO|[^/]+/(?:[^/]+/){0,2}[^/]+\.egg-info/(?:PKG-INFO|SOURCES\.txt|requires\.txt|top_level\.txt|entry_points\.txt"
        r"|dependency_links\.txt|not-zip-safe|zip-safe|namespace_packages\.txt)"
    ),
}


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an artifact, by its digests."""

    name: str
    size: int
    sha256: str
    blob: str  # the id that Git would give it; empty if that was not needed
    text: str = ""  # the same with LF for CRLF, where that is another
    head: bytes = field(default=b"", repr=False)  # its first 256 bytes
    kind: str = "file"  # file | link | hardlink | special


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of a commit: blob id -> paths; and by the digest of their content what LFS keeps elsewhere."""

    commit: str
    blobs: Mapping[str, tuple[str, ...]]
    kept: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    submodules: tuple[str, ...] = ()
    large: frozenset[int] = frozenset()  # sizes of blobs over 1 MiB


@dataclass(slots=True)
class Binding:
    """How many files there are of each kind, and the names of those that a person must look at."""

    commit: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    nowhere: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    more: bool = False  # there were more files than are compared

    @property
    def unbound(self) -> int:
        """Files that are neither the commit's under their name nor known otherwise."""
        return self.counts["nowhere"] + self.counts["renamed"]


def bind(members: Iterable[Member], tree: Tree, packaging: str, declared: Iterable[str] = ()) -> Binding:
    """Every file is of one kind; `declared` are patterns of paths that the user says are made by the build."""
    found, patterns = Binding(tree.commit), tuple(declared)
    sources: dict[str, int] = {}  # Python files of the commit, and their size
    waiting: list[Member] = []
    for number, member in enumerate(members):
        if number >= MEMBERS_MOST:
            found.more = True
            break
        if member.name.endswith(".pyc"):
            waiting.append(member)
            continue
        kind = _kind(member, tree, packaging, patterns)
        if kind == "source" and member.name.endswith(".py"):
            sources[member.name] = member.size
        _count(found, kind, member.name)
    for member in waiting:
        kind = _kind(member, tree, packaging, patterns) if member.blob in tree.blobs else _compiled(member, sources, patterns)
        _count(found, kind, member.name)
    found.nowhere.sort()
    found.renamed.sort()
    return found


def _count(found: Binding, kind: str, name: str) -> None:
    found.counts[kind] += 1
    listed = {"nowhere": found.nowhere, "renamed": found.renamed}.get(kind)
    if listed is not None and len(listed) < LISTED_MOST:
        listed.append(name)


def _kind(member: Member, tree: Tree, packaging: str, patterns: tuple[str, ...]) -> str:
    if member.kind == "special":
        return "declared" if _declared(member.name, patterns) else "nowhere"
    paths = [path for id in (member.blob, member.text) if id for path in tree.blobs.get(id, ())]
    paths += tree.kept.get(member.sha256, ())
    base = member.name.rpartition("/")[2]
    if any(path.rpartition("/")[2] == base for path in paths):
        return "source"
    if not member.size and member.kind == "file":
        return "deleted" if _WHITEOUT.fullmatch(member.name) else "empty"
    if _declared(member.name, patterns):
        return "declared"
    if (made := _GENERATED.get(packaging)) and made.fullmatch(member.name):
        return "generated"
    if packaging == "sdist" and base == "setup.cfg" and _EMPTY_CONFIG.fullmatch(member.head):
        return "generated"
    return "renamed" if paths else "nowhere"


def _compiled(member: Member, sources: Mapping[str, int], patterns: tuple[str, ...]) -> str:
    """Compiled Python belongs to a file of the commit if it says that it was made of one of that size (PEP 552)."""
    if _declared(member.name, patterns):
        return "declared"
    match = _BYTECODE.fullmatch(member.name)
    size = sources.get(f"{match['folder']}{match['name']}.py") if match else None
    if size is None or len(member.head) < 16:
        return "nowhere"
    hashed = int.from_bytes(member.head[4:8], "little") & 1
    return "bytecode" if hashed or int.from_bytes(member.head[12:16], "little") == size & 0xFFFFFFFF else "nowhere"


def _declared(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def folders(names: Iterable[str], depth: int = 3) -> Iterator[tuple[str, int]]:
    """How many of these names stand in which folder, the largest first."""
    counts: dict[str, int] = {}
    for name in names:
        parts = name.split("/")[:-1][:depth]
        counts["/".join(parts) or "."] = counts.get("/".join(parts) or ".", 0) + 1
    yield from sorted(counts.items(), key=lambda item: (-item[1], item[0]))
