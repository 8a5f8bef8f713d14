"""How exports of notes are laid out: which fields are id, title, body, author, date, attachments; data in YAML, ours and a project's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from scanner import yamlnodes
from scanner.yamlnodes import Node

FOLDER = Path(__file__).resolve().parent / "mappings"
READS = ("json", "yaml", "csv", "xml", "markdown", "html")
ROLES = ("id", "title", "body", "author", "date", "attachments")
NAMED = ("path", "name-hex", "stem")  # where the id of a file that is one record comes from, if it has none inside
_PATH = re.compile(r"[^\s/][^/]{0,199}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_KIND = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
Paths = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record: where such records stand, and what their fields mean."""

    name: str
    at: Paths = ()  # "tasks" from the root, "task/comments" in a task, "*/comments" in any record; "." an item of the root, "$" the root
    roles: Mapping[str, Paths] = field(default_factory=dict)  # the mapping's own, where it says nothing
    part: bool = False  # it is told as a part of the record that it stands in: "T-7/C-2"
    runs: bool = False  # its ids are numbered one by one, so that one that is missing is a gap


@dataclass(frozen=True, slots=True)
class NoteMap:
    """One layout of exports."""

    name: str
    title: str  # for a person: "a Jira export"
    reads: Paths
    files: str = ""  # glob of the files that it is for, below what was named; empty: those that show a sign
    signs: tuple[Paths, ...] = ()  # any of these; of each, all paths must be there ("type", "format=state-hub")
    kinds: tuple[Kind, ...] = ()
    kind_in: Paths = ()  # the field that says a record's kind, where several stand in one list
    attachment: Mapping[str, Paths] = field(default_factory=dict)  # name, path, data (base64), address: of one attachment
    counts: tuple[tuple[str, str], ...] = ()  # where the export says how many there are -> of which kind ("" for all)
    named: str = "path"  # one of NAMED
    keyed: bool = False  # XML: an element is called by its attribute `name`

    def kind(self, name: str) -> Kind | None:
        """The kind of this name."""
        return next((kind for kind in self.kinds if kind.name == name), None)


def mapping_of(node: Node) -> NoteMap:
    """A mapping as it is written in YAML."""
    keys = node.mapping(
        ("name", "title", "reads", "files", "signs", "roles", "kinds", "kind-in", "attachment", "counts", "id-from", "keyed-by-name"),
        ("name", "kinds"),
    )
    name = keys["name"].text(40)
    if not _NAME.fullmatch(name):
        raise keys["name"].error("a short name of small letters, digits and `-` is expected here")
    reads = _words(keys["reads"], READS) if "reads" in keys else ("json", "yaml")
    roles = _roles(keys["roles"]) if "roles" in keys else {}
    kinds = tuple(_kind(word, node, roles) for word, node in _entries(keys["kinds"]))
    counts = {}
    for path, said in _entries(keys["counts"]) if "counts" in keys else ():
        kind = said.text(40)
        if kind != "all" and kind not in {one.name for one in kinds}:
            raise said.error("no kind has this name", "name one of `kinds`, or `all`")
        counts[path] = "" if kind == "all" else kind
    found = NoteMap(
        name, keys["title"].text(80) if "title" in keys else f"an export laid out as {name}", reads,
        files=keys["files"].text(200) if "files" in keys else "",
        signs=tuple(_paths(item) for item in keys["signs"].elements()) if "signs" in keys else (),
        kinds=kinds, kind_in=_paths(keys["kind-in"]) if "kind-in" in keys else (),
        attachment={word: _paths(node) for word, node in _known(keys["attachment"], ("name", "path", "data", "address"))}
        if "attachment" in keys else {},
        counts=tuple(counts.items()),
        named=_words(keys["id-from"], NAMED)[0] if "id-from" in keys else "path",
        keyed="keyed-by-name" in keys and keys["keyed-by-name"].text(5) == "true",
    )  # fmt: skip
    if not found.kinds:
        raise keys["kinds"].error("at least one kind of record is expected here")
    return found


@cache
def shipped() -> tuple[NoteMap, ...]:
    """Those that come with Leakseal, in the order in which their signs are looked for."""
    files = sorted(FOLDER.glob("*.yaml"))
    return tuple(mapping_of(item) for file in files for item in yamlnodes.load(file, file.name).elements())


def own(node: Node) -> tuple[NoteMap, ...]:
    """A project's own mappings, of which each says for which files it is or by what it is told."""
    found = []
    for item in node.elements():
        mapping = mapping_of(item)
        if not mapping.files and not mapping.signs:
            raise item.error("nothing says for which exports this is", "add `files:` or `signs:`")
        found.append(mapping)
    return tuple(found)


def _kind(name: str, node: Node, shared: Mapping[str, Paths]) -> Kind:
    if not _KIND.fullmatch(name):
        raise node.error("this is no name of a kind", "write a word, such as `task`")
    keys = node.mapping(("in", "part", "runs", *ROLES))
    roles = {**shared, **{role: _paths(keys[role]) for role in ROLES if role in keys}}
    flags = {word: word in keys and _words(keys[word], ("true", "false"))[0] == "true" for word in ("part", "runs")}
    places = keys["in"].elements() if "in" in keys and keys["in"].kind == "list" else (keys["in"],) if "in" in keys else ()
    return Kind(name, tuple(place.text(200) for place in places), roles, **flags)


def _roles(node: Node) -> dict[str, Paths]:
    return {word: _paths(said) for word, said in _known(node, ROLES)}


def _entries(node: Node) -> tuple[tuple[str, Node], ...]:
    node.names()
    return node.entries


def _known(node: Node, known: tuple[str, ...]) -> list[tuple[str, Node]]:
    return list(node.mapping(known).items())


def _paths(node: Node) -> Paths:
    """One path, or several of which the first that is there counts."""
    texts = [item.text(200) for item in (node.elements() if node.kind == "list" else (node,))]
    for text in texts:
        if not _PATH.fullmatch(text):
            raise node.error("the path of a field is expected here", "write the keys that lead to it with dots between them")
    return tuple(texts)


def _words(node: Node, known: tuple[str, ...]) -> Paths:
    items = node.elements() if node.kind == "list" else (node,)
    for item in items:
        if item.text(40) not in known:
            raise item.error("this is none of the known words", "known here: " + ", ".join(known))
    return tuple(item.text(40) for item in items)
