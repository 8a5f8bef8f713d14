"""A rule's pattern -> what stands in every secret that it finds, and is quickly looked for."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from re import _constants as op  # type: ignore[attr-defined]
from typing import Any, NamedTuple

from scanner.rulepack.anchor import SHARED, Item, Items, flagged, secret_of, write

_SINGLE = (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN)
_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT)
_LEAST = 6.0  # bits; less is in any text
_LONGEST = 64  # of one character's repetitions
_OFTEN = 16  # of a group's repetitions
# How much of a text is made of which characters, roughly.
_SHARES = ((b"abcdefghijklmnopqrstuvwxyz", 0.6), (b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", 0.06), (b"0123456789", 0.06), (b"\t\n\r ", 0.15))
_USUAL = [next((share / len(some) for some, share in _SHARES if code in some), 0.0013 if code < 128 else 0.0001) for code in range(256)]
_WORD = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
_SPACE = frozenset(b"\t\n\f\r ")
_ALL = frozenset(range(256))
_ANYTHING = "(?s:.)"
_CLASSES = {
    op.CATEGORY_DIGIT: frozenset(b"0123456789"),
    op.CATEGORY_NOT_DIGIT: _ALL - frozenset(b"0123456789"),
    op.CATEGORY_SPACE: _SPACE,
    op.CATEGORY_NOT_SPACE: _ALL - _SPACE,
    op.CATEGORY_WORD: _WORD,
    op.CATEGORY_NOT_WORD: _ALL - _WORD,
}


class _Piece(NamedTuple):
    """A part of a pattern, and how much it says: the bits by which it is rarer than any text."""

    text: str = ""
    bits: float = 0.0

    def __add__(self, other: tuple[Any, ...]) -> _Piece:
        return _Piece(self.text + other[0], self.bits + other[1])


_NONE = _Piece()


def core(pattern: str) -> str:
    """A pattern of `re` that the group `secret` of every match has somewhere; empty if there is none that says much.

    Of the parts that cannot be absent, it is the one that is rarest in texts: so many of a class, or a word before them.
    """
    found = secret_of(pattern)
    best = _best(*found) if found else _NONE
    return best.text if best.bits >= _LEAST else ""


def _best(items: Items, flags: int) -> _Piece:
    pieces = [_NONE]
    _gather(items, flags, pieces)
    return max(pieces, key=lambda piece: piece.bits)


def _gather(items: Items, flags: int, pieces: list[_Piece]) -> None:
    """Lengthen the last piece by what must follow; begin another where something may stand between."""
    for code, value in items:
        if code in _SINGLE:
            pieces[-1] += _single((code, value), flags, 1)
        elif code is op.SUBPATTERN:
            _, add, remove, body = value
            _gather(body, (flags | add) & ~remove, pieces)
        elif code in _REPEATS:
            low, high, body = value
            _repeat(int(low), high == low, body, flags, pieces)
        else:
            pieces += (_either(value[1], flags), _NONE)


def _repeat(least: int, fixed: bool, body: Items, flags: int, pieces: list[_Piece]) -> None:
    if len(body) == 1 and body[0][0] in _SINGLE:
        some = _single(body[0], flags, min(least, _LONGEST)) if least else _NONE
        pieces[-1] += some
        if not fixed or least > _LONGEST:
            pieces.append(some)  # what follows has as many before it
        return
    if fixed and least <= _OFTEN:
        for _ in range(least):
            _gather(body, flags, pieces)
        return
    pieces.append(_NONE)
    if least:
        _gather(body, flags, pieces)
        pieces.append(_NONE)


def _either(branches: Sequence[Items], flags: int) -> _Piece:
    """The best of each branch; nothing if one of them has none."""
    found = [_best(branch, flags) for branch in branches]
    texts = sorted({piece.text for piece in found})
    return _Piece(texts[0] if len(texts) == 1 else f"(?:{'|'.join(texts)})", min(piece.bits for piece in found)) if all(texts) else _NONE


def _single(item: Item, flags: int, count: int) -> _Piece:
    members = _members(item, bool(flags & re.I))
    if members is None:
        return _Piece(_ANYTHING + (f"{{{count}}}" if count > 1 else ""))
    text = flagged(flags & SHARED, 0, write([_spaced(item)]))
    share = sum(_USUAL[code] for code in members)
    bits = -math.log2(min(1.0, max(share, 1e-6)))
    return _Piece(text + (f"{{{count}}}" if count > 1 else ""), bits * count)


def _spaced(item: Item) -> Item:
    """`re` counts a vertical tab among the spaces, and RE2 does not."""
    code, value = item
    if code is op.IN and (op.CATEGORY, op.CATEGORY_NOT_SPACE) in value and value[0][0] is not op.NEGATE:
        return code, [*value, (op.LITERAL, 0x0B)]
    return item


def _members(item: Item, caseless: bool) -> frozenset[int] | None:
    """The characters that one place can have; None where RE2 folds letters that `re` does not."""
    code, value = item
    if code is op.ANY:
        return _ALL
    if code is op.NOT_LITERAL:
        return _ALL - {value}
    members = _listed([item] if code is op.LITERAL else value)
    if code is op.IN and value[0][0] is op.NEGATE:
        return _ALL - members
    if caseless:
        return members | frozenset(bytes(sorted(members)).swapcase()) if max(members, default=0) < 128 else None
    return members


def _listed(parts: Iterable[Item]) -> frozenset[int]:
    members: set[int] = set()
    for code, value in parts:
        if code is op.LITERAL:
            members.add(value)
        elif code is op.RANGE:
            members.update(range(value[0], value[1] + 1))
        elif code is op.CATEGORY:
            members |= _CLASSES[value]
    return frozenset(members)
