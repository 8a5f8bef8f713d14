"""YAML that says where everything stands: plain text, lists and maps with lines and columns; no tags, no aliases, no key twice.

Messages name the file, line and column, and what was expected; they repeat nothing from the file but keys that look like keys, as a secret
may stand anywhere.
"""

from __future__ import annotations

import difflib
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from scanner.errors import ConfigError

SIZE_MOST = 4 << 20
_DEPTH_MOST = 20
_KEY = re.compile(r"[a-z][a-z-]{0,23}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SHARE = re.compile(r"0(?:\.[0-9]{1,3})?|1(?:\.0{1,3})?")
Place = tuple[int, int]  # line and column
_KINDS = {"text": "a text", "list": "a list", "map": "keys and values", "none": "nothing"}


@dataclass(frozen=True, slots=True)
class Node:
    """A text, a list, a map or nothing, and where it begins."""

    file: str
    line: int
    kind: str  # text | list | map | none
    scalar: str = field(default="", repr=False)
    items: tuple[Node, ...] = field(default=(), repr=False)
    entries: tuple[tuple[str, Node], ...] = field(default=(), repr=False)
    column: int = 1  # in characters, from 1

    def error(self, message: str, hint: str = "") -> ConfigError:
        """The error to raise about this place."""
        return ConfigError(f"{self.file}:{self.line}:{self.column}: {message}", hint=hint)

    def mapping(self, known: Iterable[str], required: Iterable[str] = ()) -> dict[str, Node]:
        """The entries by key, when every key is known and none of the required ones is missing."""
        self._expect("map")
        known = list(known)
        for key, node in self.entries:
            if key not in known:
                raise node._unknown(key, known)
        found = dict(self.entries)
        for key in required:
            if key not in found:
                raise self.error(f"`{key}` is missing", f"add `{key}:`")
        return found

    def names(self) -> tuple[str, ...]:
        """The keys, where any key may stand."""
        self._expect("map")
        return tuple(key for key, _ in self.entries)

    def elements(self) -> tuple[Node, ...]:
        """The items; nothing counts as an empty list."""
        if self.kind == "none":
            return ()
        self._expect("list")
        return self.items

    def text(self, most: int = 500) -> str:
        """A text that is not empty, on one line: any white space counts as one space."""
        self._expect("text")
        text = " ".join(self.scalar.split())
        if not text or len(text) > most:
            raise self.error(f"a text of 1 to {most} characters is expected here")
        if not text.isprintable():
            raise self.error("a text with control characters stands here", "write it again by hand")
        return text

    def number(self, least: int, most: int) -> int:
        """A whole number in these bounds."""
        self._expect("text")
        if not re.fullmatch(r"[0-9]{1,18}", self.scalar) or not least <= int(self.scalar) <= most:
            raise self.error(f"a whole number from {least} to {most} is expected here")
        return int(self.scalar)

    def share(self) -> float:
        """A number from 0 to 1."""
        text = self.text(20)
        if not _SHARE.fullmatch(text):
            raise self.error("a number from 0 to 1 is expected here", "write 0.5, for example")
        return float(text)

    def day(self) -> date:
        """A date such as 2030-12-31."""
        self._expect("text")
        try:
            if _DAY.fullmatch(self.scalar):
                return date.fromisoformat(self.scalar)
        except ValueError:
            pass
        raise self.error("a date is expected here", "write it as YYYY-MM-DD")

    def _expect(self, kind: str) -> None:
        if self.kind != kind:
            raise self.error(f"{_KINDS[kind]} expected here, but there is {_KINDS[self.kind]}")

    def _unknown(self, key: str, known: list[str]) -> ConfigError:
        near = difflib.get_close_matches(key[:50].lower().replace("_", "-"), known, n=1, cutoff=0.5)
        name = f"unknown key `{key}`" if near and (_KEY.fullmatch(key) or key[:50].replace("_", "-") in known) else "unknown key"
        return self.error(name, f"did you mean `{near[0]}`?" if near else "known here: " + ", ".join(known))


def load(path: Path, shown: str | None = None) -> Node:
    """The root of a regular file of at most 4 MiB; `shown` is how messages name it."""
    name = shown or str(path)
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a named pipe must not hold us up
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise ConfigError(f"{name} is not a regular file")
            return parse(file.read(SIZE_MOST + 1), name)
    except OSError as error:
        raise ConfigError(f"{name} cannot be read: {error.strerror}") from None


def parse(data: bytes, file: str) -> Node:
    """The root of a document; an empty one is a node of kind `none`."""
    import yaml

    if len(data) > SIZE_MOST:
        raise ConfigError(f"{file} is larger than {SIZE_MOST >> 20} MiB")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Builder(file).build(yaml.parse(data.decode("utf-8-sig"), Loader=loader))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}:{data.count(10, 0, error.start) + 1}: not UTF-8") from None
    except yaml.YAMLError as error:  # its own words quote the file
        mark = getattr(error, "problem_mark", None)
        where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
        raise ConfigError(f"{where}: not valid YAML", hint="look at indentation, quotes and colons around this line") from None


class _Builder:
    """Events become nodes, without recursion: a file that is nested too deep ends in a sentence, not in a crash."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._open: list[tuple[str, Place, list[Node]]] = []
        self._root: Node | None = None

    def build(self, events: Iterable[object]) -> Node:
        """The root of the only document."""
        import yaml

        for event in events:
            mark = event.start_mark  # type: ignore[attr-defined]
            place = (mark.line + 1, mark.column + 1)
            if isinstance(event, yaml.AliasEvent):
                raise self._error(place, "aliases are not allowed", "write the value out")
            if isinstance(event, yaml.DocumentStartEvent) and self._root is not None:
                raise self._error(place, "a second document begins here", "keep one document per file")
            if isinstance(event, yaml.NodeEvent) and (event.anchor or getattr(event, "tag", None) not in (None, "!")):
                raise self._error(place, "anchors and tags are not allowed", "write the plain value")
            if isinstance(event, yaml.ScalarEvent):
                none = event.implicit[0] and event.value in ("", "~", "null")
                self._add(Node(self._file, place[0], "none" if none else "text", event.value, column=place[1]))
            elif isinstance(event, yaml.CollectionStartEvent):
                if len(self._open) >= _DEPTH_MOST:
                    raise self._error(place, f"nested deeper than {_DEPTH_MOST}")
                self._open.append(("map" if isinstance(event, yaml.MappingStartEvent) else "list", place, []))
            elif isinstance(event, yaml.CollectionEndEvent):
                self._add(self._close(*self._open.pop()))
        return self._root or Node(self._file, 1, "none")

    def _add(self, node: Node) -> None:
        if self._open:
            self._open[-1][2].append(node)
        else:
            self._root = node

    def _close(self, kind: str, place: Place, nodes: list[Node]) -> Node:
        if kind == "list":
            return Node(self._file, place[0], kind, items=tuple(nodes), column=place[1])
        entries: dict[str, Node] = {}
        for key, value in zip(nodes[::2], nodes[1::2], strict=True):
            if key.kind != "text":
                raise self._error((key.line, key.column), "a key must be a plain text")
            if key.scalar in entries:
                raise self._error((key.line, key.column), "the same key stands here twice", "keep one of them")
            # An unknown key is reported where the key stands, which may be a line above its value.
            entries[key.scalar] = replace(value, line=key.line, column=key.column)
        return Node(self._file, place[0], kind, entries=tuple(entries.items()), column=place[1])

    def _error(self, place: Place, message: str, hint: str = "") -> ConfigError:
        line, column = place
        return ConfigError(f"{self._file}:{line}:{column}: {message}", hint=hint)
