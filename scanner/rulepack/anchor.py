"""A rule's pattern -> the bounded pattern that the prefilter looks for, and how wide a match can be."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

WIDEST = 512
NARROWEST = 3
UNBOUNDED = 1 << 30
_AT = re.compile(r"\\[bBAz]|[\^$]")  # `_plain` drops these
_WORD = re.compile("[a-z]{3}")

Item = tuple[Any, Any]
Items = list[Item]
_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT)
SHARED = re.I | re.M | re.S
_CLASSES = {
    op.CATEGORY_DIGIT: "0-9",
    op.CATEGORY_NOT_DIGIT: r"\D",
    op.CATEGORY_SPACE: r"\t\n\f\r ",  # RE2's \s; Hyperscan's has \v as well
    op.CATEGORY_NOT_SPACE: r"\S",
    op.CATEGORY_WORD: "0-9A-Za-z_",
    op.CATEGORY_NOT_WORD: r"\W",
}


def width(pattern: str) -> tuple[int, int]:
    """The fewest and the most bytes that a match can have; UNBOUNDED when there is no most. ValueError when it cannot be read."""
    items, _, _ = _parse(pattern)
    return _width(items)


def derive(pattern: str) -> str:
    """A bounded pattern that occurs in every match of `pattern` and ends at its first possible end.

    What can be empty at either end is dropped, a repetition at either end is cut to its least, groups lose their names,
    and what follows the first part wider than 512 bytes is left out. ValueError when too little remains.
    """
    items, flags, _ = _parse(pattern)
    items = _cut(_cut(items, left=True), left=False)
    items, _ = _bound(items, WIDEST)
    items = _cut(items, left=False)
    if _width(items)[0] < NARROWEST:
        raise ValueError(f"fewer than {NARROWEST} bytes of the pattern are certain and bounded")
    return flagged(flags & SHARED, 0, write(items))


def apart(anchor: str) -> tuple[str, ...]:
    """The anchor; one for each name that it begins with, if it is an alternation of names before a word (`(?:acme|ajax)_?key`).

    Of several names and a word behind them the prefilter would look for the word, which is in every text.
    """
    items, flags, _ = _parse(anchor)
    at = next((number for number, (code, _) in enumerate(items) if code is not op.LITERAL), 0)  # all names may begin alike
    if _AT.search(anchor) or at >= NARROWEST or not items or items[at][0] is not op.BRANCH:
        return (anchor,)
    names: list[Items] = [items[:at] + branch for branch in items[at][1][1]]
    rest = write(items[at + 1 :])
    if min(_width(name)[0] for name in names) < NARROWEST or not _WORD.search(rest):
        return (anchor,)
    return tuple(flagged(flags & SHARED, 0, write(name) + rest) for name in names)


def secret_of(pattern: str) -> tuple[Items, int] | None:
    """What the group `secret` has in it, and the flags that hold there; None if the pattern has none, or cannot be read."""
    try:
        items, flags, names = _parse(pattern)
    except ValueError:
        return None
    return _group(items, flags, names["secret"]) if "secret" in names else None


def _group(items: Items, flags: int, wanted: int) -> tuple[Items, int] | None:
    for code, value in items:
        bodies: list[tuple[Items, int]] = []
        if code in _REPEATS:
            bodies = [(value[2], flags)]
        elif code is op.BRANCH:
            bodies = [(branch, flags) for branch in value[1]]
        elif code is op.SUBPATTERN:
            number, add, remove, body = value
            bodies = [(body, (flags | add) & ~remove)]
            if number == wanted:
                return bodies[0]
        for body, held in bodies:
            if found := _group(body, held, wanted):
                return found
    return None


@lru_cache(1 << 12)
def _parse(pattern: str) -> tuple[Items, int, Mapping[str, int]]:
    if re.search(r"\[:\^?[a-z]+:\]", pattern):
        raise ValueError("named classes such as [:alpha:] are not read here; write the ranges")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # Python may one day read `[[` in another way
            warnings.simplefilter("ignore", DeprecationWarning)
            tree = parser.parse(pattern)
    except (re.error, OverflowError, RecursionError) as problem:
        said = str(problem).partition("'")[0].strip()  # what follows quotes the pattern
        raise ValueError(f"the pattern's width cannot be computed: {said}") from None
    return _plain(tree), tree.state.flags, tree.state.groupdict


def _plain(tree: Any) -> Items:
    """The tree without what has no width: `\\b`, `^` and `$` become nothing, which only makes an anchor match more."""
    items: Items = []
    for code, value in tree:
        if code is op.AT:
            continue
        if code in _REPEATS:
            low, high, body = value
            items.append((code, (low, high, _plain(body))))
        elif code is op.SUBPATTERN:
            number, add, remove, body = value
            items.append((code, (number, add, remove, _plain(body))))
        elif code is op.BRANCH:
            items.append((code, (None, [_plain(branch) for branch in value[1]])))
        elif code in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN):
            items.append((code, value))
        else:
            raise ValueError("the pattern uses what RE2 does not have")
    return items


def _width(items: Items) -> tuple[int, int]:
    low = high = 0
    for item in items:
        least, most = _item_width(item)
        low, high = min(low + least, UNBOUNDED), min(high + most, UNBOUNDED)
    return low, high


def _item_width(item: Item) -> tuple[int, int]:
    code, value = item
    if code in _REPEATS:
        low, high, body = value
        least, most = _width(body)
        return min(int(low) * least, UNBOUNDED), min((UNBOUNDED if high is op.MAXREPEAT else int(high)) * most, UNBOUNDED)
    if code is op.SUBPATTERN:
        return _width(value[3])
    if code is op.BRANCH:
        widths = [_width(branch) for branch in value[1]]
        return min(least for least, _ in widths), max(most for _, most in widths)
    return 1, 1


def _cut(items: Items, *, left: bool) -> Items:
    """Drop what can be empty at one end, and cut a repetition there to its least."""
    items = list(items)
    end = 0 if left else -1
    while items and _item_width(items[end])[0] == 0:
        del items[end]
    if not items:
        return items
    code, value = items[end]
    if code in _REPEATS:
        low, _, body = value
        items[end] = (code, (low, low, _cut(body, left=left) if low == 1 else body))
    elif code is op.SUBPATTERN:
        items[end] = (code, (*value[:3], _cut(value[3], left=left)))
    elif code is op.BRANCH:
        items[end] = (code, (None, [_cut(branch, left=left) for branch in value[1]]))
    return items


def _bound(items: Items, room: int) -> tuple[Items, bool]:
    """As much from the left as fits in `room` bytes, and whether that is all."""
    kept: Items = []
    for item in items:
        most = _item_width(item)[1]
        if most > room:
            return kept + _part(item, room), False
        kept.append(item)
        room -= most
    return kept, True


def _part(item: Item, room: int) -> Items:
    code, value = item
    if code in _REPEATS:
        low, _, body = value
        fewest: Item = (code, (low, low, body))
        return [fewest] if low and _item_width(fewest)[1] <= room else []
    if code is op.SUBPATTERN:
        return [(code, (*value[:3], _bound(value[3], room)[0]))]
    if code is op.BRANCH:
        return [(code, (None, [_bound(branch, room)[0] for branch in value[1]]))]
    return []


def write(items: Items) -> str:
    """The pattern that parts of one make."""
    return "".join(_write_item(item) for item in items)


def _write_item(item: Item) -> str:
    code, value = item
    if code in _REPEATS:
        return _write_repeat(*value)
    return _WRITERS[code](value)


def _write_branch(value: tuple[None, list[Items]]) -> str:
    branches = [write(branch) for branch in value[1]]
    some = "(?:" + "|".join(branch for branch in branches if branch) + ")"
    return some if all(branches) else ("" if some == "(?:)" else some + "?")


def _write_group(value: tuple[None, int, int, Items]) -> str:
    _, add, remove, body = value
    return flagged(add & SHARED, remove & SHARED, write(body))


def _write_repeat(low: int, high: Any, body: Items) -> str:
    inner = write(body)
    single = len(body) == 1 and body[0][0] in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN)
    atom = inner if single else f"(?:{inner})"
    count = _count(int(low), None if high is op.MAXREPEAT else int(high))
    return (atom if count else inner) + count if inner else ""


_IN_SET = r"\]^-["


def _write_set(members: list[Item]) -> str:
    inside = ""
    for code, value in members:
        if code is op.NEGATE:
            inside += "^"
        elif code is op.LITERAL:
            inside += _character(value, _IN_SET)
        elif code is op.RANGE:
            inside += f"{_character(value[0], _IN_SET)}-{_character(value[1], _IN_SET)}"
        else:
            inside += _CLASSES[value]
    return f"[{inside}]"


def _character(code: int, special: str) -> str:
    character = chr(code)
    if character in special:
        return "\\" + character
    return character if " " <= character <= "~" else f"\\x{code:02x}"


def _count(low: int, high: int | None) -> str:
    if (low, high) == (1, 1):
        return ""
    if high == low:
        return f"{{{low}}}"
    shapes: dict[tuple[int, int | None], str] = {(0, 1): "?", (0, None): "*", (1, None): "+"}
    return shapes.get((low, high)) or f"{{{low},{'' if high is None else high}}}"


def flagged(add: int, remove: int, inner: str) -> str:
    """What is written, under these flags and without those."""
    letters = {re.I: "i", re.M: "m", re.S: "s"}
    on = "".join(letter for flag, letter in letters.items() if add & flag)
    off = "".join(letter for flag, letter in letters.items() if remove & flag)
    return f"(?{on}{'-' + off if off else ''}:{inner})" if on or off else inner


_WRITERS: dict[Any, Callable[[Any], str]] = {
    op.LITERAL: lambda code: _character(code, r"\.^$*+?{}[]|()"),
    op.NOT_LITERAL: lambda code: f"[^{_character(code, _IN_SET)}]",
    op.ANY: lambda _: ".",
    op.IN: _write_set,
    op.SUBPATTERN: _write_group,
    op.BRANCH: _write_branch,
}
