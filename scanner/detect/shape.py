"""What a rule's anchor says about a token letter by letter: how it begins, and which letters follow, how many of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from scanner.model.rule import Rule

_HEAD_LEAST = 4  # letters: fewer stand in any text, unless a long token of a fixed form follows
_ENDS, _LONG = (b"_", b"-", b"."), 20
_BODY_LEAST = 8  # letters that follow
_CHOICES_MOST = 16  # beginnings of one anchor
_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_DIGITS = frozenset(b"0123456789")

Step = tuple[frozenset[int], int, int]  # letters, at least so many of them, at most so many


class Shape(NamedTuple):
    """A token's beginning, and what its letters can be, one after the other."""

    head: bytes
    steps: tuple[Step, ...]

    @property
    def least(self) -> int:
        """How long it is at least."""
        return sum(low for _, low, _ in self.steps)


def shapes(rules: Iterable[Rule]) -> Iterator[Shape]:
    """The shapes of all anchors that have a beginning of their own; keywords in any case have none."""
    seen: set[Shape] = set()
    for rule in rules:
        for anchor in rule.anchors:
            for shape in shapes_of(anchor):
                if shape not in seen:
                    seen.add(shape)
                    yield shape


@lru_cache(maxsize=4096)
def shapes_of(anchor: str) -> tuple[Shape, ...]:
    """Those of one anchor."""
    try:
        tree = parser.parse(anchor)
    except (ValueError, OverflowError, RecursionError, re.error):
        return ()
    if anchor.startswith("(?i"):
        return ()
    found = []
    for steps in _ways(list(tree)):
        head = bytes(next(iter(chars)) for chars, _, _ in _head(steps))
        body = sum(low for _, low, _ in steps[len(head) :])
        if (len(head) >= _HEAD_LEAST and body >= _BODY_LEAST) or (len(head) == 3 and head[2:] in _ENDS and body >= _LONG):
            found.append(Shape(head, steps))
    return tuple(found)


def _head(steps: tuple[Step, ...]) -> Iterator[Step]:
    for step in steps:
        if len(step[0]) != 1 or step[1:] != (1, 1):
            return
        yield step


def _ways(items: list[Any]) -> list[tuple[Step, ...]]:
    """Every way through a pattern up to where it says what is no letter any more."""
    ways: list[tuple[Step, ...]] = [()]
    open_ways: list[tuple[Step, ...]] = [()]
    for item in items:
        choices, ends = _choices(item)
        if not choices or len(open_ways) * len(choices) > _CHOICES_MOST:
            break
        open_ways = [(*way, *more) for way in open_ways for more in choices]
        ways = open_ways
        if ends:
            break
    return ways


def _choices(item: Any) -> tuple[list[tuple[Step, ...]], bool]:
    """What an element can be, and whether the rest is not looked at."""
    kind, argument = item
    if (chars := _chars(item)) is not None:
        return [((chars, 1, 1),)], False
    if kind is kinds.MAX_REPEAT:
        low, high, inner = argument
        chars = _chars(inner[0]) if len(inner) == 1 else None
        return ([((chars, int(low), min(int(high), 4096)),)], False) if chars is not None else ([], True)
    if kind is kinds.SUBPATTERN:
        _, on, _, inner = argument
        return ([], True) if on else (_ways(list(inner)), False)
    if kind is kinds.BRANCH:
        return [way for branch in argument[1] for way in _ways(list(branch))], False
    if kind is kinds.AT:
        return [()], False
    return [], True


def _chars(item: Any) -> frozenset[int] | None:
    kind, argument = item
    if kind is kinds.LITERAL:
        return frozenset({argument}) if argument < 128 else None
    if kind is not kinds.IN:
        return None
    found: set[int] = set()
    for one, value in argument:
        if one is kinds.LITERAL:
            found.add(value)
        elif one is kinds.RANGE:
            found |= set(range(value[0], min(value[1], 127) + 1))
        elif one is kinds.CATEGORY and value in (kinds.CATEGORY_WORD, kinds.CATEGORY_DIGIT):
            found |= _WORD if value is kinds.CATEGORY_WORD else _DIGITS
        else:
            return None
    return frozenset(found)
