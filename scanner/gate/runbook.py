"""A runbook: a YAML file, or Markdown with a fenced `yaml` block or front matter that begins with `readiness-gate:`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.errors import ConfigError
from scanner.gate.items import BY_ID, ITEMS, Waiver

if TYPE_CHECKING:
    from scanner.yamlnodes import Node

KEY = "readiness-gate"
_MOST = 4 << 20
_FENCE = re.compile(r"^(`{3,}|~{3,})[ \t]*ya?ml\b[^\n]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_COMMON = ("waiver", "na", "workplan", "note")
_LISTS = frozenset({"evidence"})


@dataclass(frozen=True, slots=True)
class Entry:
    """What the runbook says of one item."""

    said: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # key -> its texts; one, but for lists
    line: int = 0
    waiver: Waiver | None = None
    na: str | None = None  # why it does not apply
    workplan: str | None = None

    def get(self, key: str) -> str | None:
        """The only text of a key, or None."""
        return self.said[key][0] if self.said.get(key) else None


@dataclass(frozen=True, slots=True)
class Runbook:
    """One application's record."""

    file: Path
    app: str
    entries: Mapping[str, Entry]
    data: bytes = field(repr=False)  # the whole file, in which no secret may stand
    workstream: str | None = None  # the State Hub's id of the release


def load(path: Path) -> Runbook:
    """The record in a file; raises ConfigError with file and line."""
    from scanner import yamlnodes

    try:
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            data = file.read(_MOST + 1)
    except OSError as problem:
        raise ConfigError(f"the runbook {path} cannot be read: {problem.strerror}", hint="name a Markdown or YAML file") from None
    if len(data) > _MOST:
        raise ConfigError(f"the runbook {path} is larger than {_MOST >> 20} MiB")
    root = yamlnodes.parse(_block(data, path), str(path)).mapping((KEY,), (KEY,))[KEY]
    top = root.mapping(("version", "app", "workstream", "items"), ("version", "app", "items"))
    top["version"].number(1, 1)
    found = top["items"].mapping(BY_ID)
    return Runbook(
        path, top["app"].text(120), {id: _entry(id, node) for id, node in found.items()}, data,
        top["workstream"].text(120) if "workstream" in top else None,
    )  # fmt: skip


def _block(data: bytes, path: Path) -> bytes:
    """The YAML, with as many empty lines before it as stand before it in the file, so that messages name the file's own lines."""
    if path.suffix.lower() in (".yaml", ".yml", ".json"):
        return data
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    front = re.match(r"---\n(.*?)^---[ \t]*$", text, re.MULTILINE | re.DOTALL)
    blocks = [(front.start(1), front[1])] if front else []
    blocks += [(match.start(2), match[2]) for match in _FENCE.finditer(text)]
    ours = [(start, block) for start, block in blocks if re.match(rf"(?:\s*#[^\n]*\n)*{KEY}:", block)]
    if len(ours) != 1:
        many = "has no" if not ours else "has more than one"
        hint = f"write one fenced yaml block that begins with `{KEY}:`; `leakseal gate --init` prints one"
        raise ConfigError(f"{path} {many} block of the gate", hint=hint)
    start, block = ours[0]
    return b"\n" * text.count("\n", 0, start) + block.encode()


def _entry(id: str, node: Node) -> Entry:
    item = BY_ID[id]
    if node.kind == "none":
        return Entry(line=node.line)
    keys = node.mapping((*item.keys, *_COMMON))
    said: dict[str, tuple[str, ...]] = {}
    for key in item.keys:
        if key in keys and keys[key].kind != "none":
            many = key in _LISTS and keys[key].kind == "list"
            said[key] = tuple(one.text(2000) for one in keys[key].elements()) if many else (keys[key].text(2000),)
    return Entry(
        said, node.line, _waiver(keys["waiver"]) if "waiver" in keys else None, keys["na"].text() if "na" in keys else None,
        keys["workplan"].text() if "workplan" in keys and keys["workplan"].kind != "none" else None,
    )  # fmt: skip


def _waiver(node: Node) -> Waiver:
    keys = node.mapping(("owner", "reason", "expires"), ("owner", "reason", "expires"))
    return Waiver(keys["owner"].text(120), keys["reason"].text(), keys["expires"].day())


def blank(app: str) -> str:
    """A block to fill in."""
    lines = ["```yaml", f"{KEY}:", "  version: 1", f"  app: {app}", "  workstream:  # the State Hub's id", "  items:"]
    for item in ITEMS:
        lines += [f"    {item.id}:  # {item.owner}: {item.todo}"]
        lines += [f"      {key}:" for key in item.keys]
        if item.owner != "app":
            lines.append("      workplan:  # where its owner records the work")
    return "\n".join([*lines, "```"]).replace("  workstream:  # the State Hub's id\n", "") + "\n"
