"""YAML as nodes, so that every error can say the line."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy
from difflib import get_close_matches
from typing import Any, NoReturn

import yaml

from scanner.errors import RuleError

MAX_DEPTH = 12
_WORD_MOST = 60
_FEW = 60  # words that a hint can name
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KINDS = {
    "tag:yaml.org,2002:bool": "a yes/no value",
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:null": "empty",
    "tag:yaml.org,2002:timestamp": "a date",
}


def compose(data: bytes, file: str) -> yaml.Node:
    """The file's one document; anchors, aliases, tags and deep nesting are refused before anything is built."""
    try:
        source = data.decode("utf-8")
        _vet(source, file)
        node = yaml.compose(source, Loader=_Loader)
    except UnicodeDecodeError as problem:
        raise RuleError("the rule pack is not UTF-8", file=file, line=data.count(b"\n", 0, problem.start) + 1) from None
    except yaml.MarkedYAMLError as problem:
        line = problem.problem_mark.line + 1 if problem.problem_mark else 1
        raise RuleError(f"not YAML: {problem.problem or problem.context}", file=file, line=line) from None
    except yaml.YAMLError:
        raise RuleError("not YAML: a character that YAML does not allow", file=file, line=1) from None
    if node is None:
        raise RuleError("the rule pack is empty", hint="begin with `family:` and `rules:`", file=file, line=1)
    return node


def _vet(source: str, file: str) -> None:
    depth = 0
    for event in yaml.parse(source, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise RuleError("YAML anchors and aliases are not allowed here", hint="write the value out", file=file, line=line)
        if getattr(event, "tag", None):
            raise RuleError("YAML tags are not allowed here", hint="quote the value if it begins with `!`", file=file, line=line)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise RuleError(f"nested deeper than {MAX_DEPTH}", file=file, line=line)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def quoted(word: str, known: Collection[str]) -> str:
    """A space and the word in quotes, if it is a known one misspelled; else nothing, as a secret may stand anywhere."""
    return f" `{word}`" if len(word) <= _WORD_MOST and get_close_matches(word, known, n=1, cutoff=0.6) else ""


def nearest(word: str, known: Collection[str]) -> str:
    """A hint: the known word that `word` is most like, else all of them, or how to see them where there are many."""
    close = get_close_matches(word[:_WORD_MOST], sorted(known), n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    return "`leakseal rules list` shows them all" if len(known) > _FEW else "known are " + ", ".join(sorted(known))


class Fields:
    """A mapping's values by key, read as what they must be."""

    def __init__(self, node: yaml.Node, file: str, what: str, known: Collection[str]) -> None:
        self.file = file
        self.what = what
        self.line = node.start_mark.line + 1
        self._nodes: dict[str, yaml.Node] = {}
        self._files: dict[str, str] = {}  # of keys that stand in another file
        if not isinstance(node, yaml.MappingNode):
            raise RuleError(f"{what} must be a mapping of keys to values", file=file, line=self.line)
        for key, value in node.value:
            self._add(key, value, known)

    def _add(self, key: yaml.Node, value: yaml.Node, known: Collection[str]) -> None:
        name = key.value if isinstance(key, yaml.ScalarNode) else "?"
        line = key.start_mark.line + 1
        if name not in known:
            message, column = f"unknown key{quoted(name, known)} in {self.what}", key.start_mark.column + 1
            raise RuleError(message, hint=nearest(name, known), file=self.file, line=line, column=column)
        if name in self._nodes:
            raise RuleError(f"`{name}` stands twice in {self.what}, first in line {self.at(name)}", file=self.file, line=line)
        self._nodes[name] = value

    def __contains__(self, name: str) -> bool:
        return name in self._nodes

    def over(self, base: Fields, replaced: Collection[str]) -> Fields:
        """These values over those of `base`, of which the `replaced` keys do not count."""
        joined = copy(base)
        joined._nodes = {**{name: node for name, node in base._nodes.items() if name not in replaced}, **self._nodes}
        joined._files = {**base._files, **dict.fromkeys(self._nodes, self.file)}
        return joined

    def where(self, name: str) -> str:
        """The file where a key's value stands."""
        return self._files.get(name, self.file)

    def at(self, name: str) -> int:
        """The line where a key's value stands, else where the mapping begins."""
        return self._nodes[name].start_mark.line + 1 if name in self._nodes else self.line

    def fail(self, name: str, message: str, hint: str = "") -> NoReturn:
        """Stop with the place of a key's value."""
        column = self._nodes[name].start_mark.column + 1 if name in self._nodes else 0
        raise RuleError(f"{self.what}: {message}", hint=hint, file=self.where(name), line=self.at(name), column=column)

    def need(self, name: str, hint: str = "") -> None:
        """Stop if the key is missing."""
        if name not in self._nodes:
            self.fail(name, f"`{name}` is missing", hint)

    def text(self, name: str) -> str:
        """A text that is not empty."""
        self.need(name)
        return self._text(name, self._nodes[name])

    def texts(self, name: str) -> tuple[tuple[str, int], ...]:
        """A text or a list of them, each with its line; a missing key is none."""
        node = self._nodes.get(name)
        if node is None:
            return ()
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        return tuple((self._text(name, item), item.start_mark.line + 1) for item in items)

    def table(self, name: str) -> dict[str, str]:
        """A mapping of names to texts; a missing key is an empty one."""
        node = self._nodes.get(name)
        if node is None:
            return {}
        if not isinstance(node, yaml.MappingNode):
            self.fail(name, f"`{name}` must be a mapping of names to texts")
        return {self._text(name, key): self._text(name, value) for key, value in node.value}

    def number(self, name: str, low: float, high: float) -> float:
        """A number from `low` to `high`."""
        node = self._nodes[name]
        try:
            number = float(node.value) if node.tag.endswith((":int", ":float")) else low - 1
        except ValueError:  # YAML's 0x10 and 1:30 are numbers too
            number = low - 1
        if not low <= number <= high:
            self.fail(name, f"`{name}` must be a number from {low:g} to {high:g}")
        return number

    def whole(self, name: str, low: int, high: int) -> int:
        """A whole number from `low` to `high`."""
        number = self.number(name, low, high)
        if number != int(number):
            self.fail(name, f"`{name}` must be a whole number")
        return int(number)

    def mappings(self, name: str) -> list[yaml.Node]:
        """The items of a list that must not be empty."""
        self.need(name)
        node = self._nodes[name]
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self.fail(name, f"`{name}` must be a list with at least one item")
        return list(node.value)

    def _text(self, name: str, node: yaml.Node) -> str:
        file, line, column = self.where(name), node.start_mark.line + 1, node.start_mark.column + 1
        if not isinstance(node, yaml.ScalarNode):
            raise RuleError(f"{self.what}: `{name}` must be text", file=file, line=line, column=column)
        if node.tag != "tag:yaml.org,2002:str":
            shown = _KINDS.get(node.tag, "not text")
            message = f"{self.what}: `{name}` must be text and is {shown}"
            raise RuleError(message, hint="put quotes around it", file=file, line=line, column=column)
        if not node.value.strip():
            raise RuleError(f"{self.what}: `{name}` is empty", file=file, line=line, column=column)
        return str(node.value)
