"""What a project's `leakseal.yaml` says about rules: its own ones, changes to others, and those that do not look."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import yaml

from scanner.errors import RuleError
from scanner.rulepack.build import RULE_KEYS, Entry
from scanner.rulepack.nodes import Fields, compose
from scanner.rulepack.packs import Pack

FAMILY = "own rules"
CHANGEABLE = tuple(key for key in RULE_KEYS if key != "id")
_OF_A_PATTERN = ("anchor", "before", "after")  # they belong to the pattern, and go with it
Problems = list[RuleError] | None  # where what is wrong is noted; None: it is raised
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Choices:
    """The rules that a project adds, what it changes by id, and where it says which do not look."""

    added: tuple[Entry, ...] = ()
    changes: tuple[tuple[str, Fields], ...] = ()
    disabled: tuple[tuple[str, int], ...] = ()


def choices(project: Pack | None, problems: Problems = None) -> Choices:
    """The choices that stand below `rules` in a configuration."""
    rules = _child(compose(project.data, project.path), "rules") if project else None
    if project is None or rules is None:
        return Choices()
    return Choices(
        tuple(Entry(node, project.path, project.name, FAMILY, (), public=False) for node in _items(rules, "add")),
        tuple(each(_pairs(rules, "override"), lambda pair: _change(*pair, project), problems)),
        tuple((node.value, node.start_mark.line + 1) for node in _items(rules, "disable") if isinstance(node, yaml.ScalarNode)),
    )


def over(change: Fields, entry: Fields) -> Fields:
    """A rule's values with a project's change; a new pattern comes without the old one's anchor and window."""
    return change.over(entry, _OF_A_PATTERN if "pattern" in change else ())


def each(items: Iterable[T], make: Callable[[T], U], problems: Problems) -> Iterator[U]:
    """What is made of each item; where problems are noted, items that are wrong are left out."""
    for item in items:
        try:
            made = make(item)
        except RuleError as problem:
            if problems is None:
                raise
            problems.append(problem)
        else:
            yield made


def _change(key: yaml.Node, value: yaml.Node, project: Pack) -> tuple[str, Fields]:
    values = Fields(value, project.path, "the changed rule", CHANGEABLE)
    values.line = key.start_mark.line + 1  # which may be a line above its values
    return str(key.value), values


def _child(node: yaml.Node | None, name: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for key, value in pairs if key.value == name), None)


def _items(rules: yaml.Node, name: str) -> list[yaml.Node]:
    node = _child(rules, name)
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _pairs(rules: yaml.Node, name: str) -> list[tuple[yaml.Node, yaml.Node]]:
    node = _child(rules, name)
    return list(node.value) if isinstance(node, yaml.MappingNode) else []
