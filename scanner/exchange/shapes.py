"""A pattern -> shapes that grow into what it matches, so that an imported rule has samples of its own."""

from __future__ import annotations

import re
import string
import warnings
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_LETTERS = string.ascii_lowercase + string.ascii_uppercase + string.digits
_OTHERS = "-_.+/=!#%&*,;<>?@^~|()[]$ \t'\"`:\\\n"
_EVERY = _LETTERS + _OTHERS
_CATEGORIES = {
    op.CATEGORY_DIGIT: string.digits, op.CATEGORY_WORD: _LETTERS + "_", op.CATEGORY_SPACE: " \t\n",
    op.CATEGORY_NOT_DIGIT: string.ascii_letters + _OTHERS, op.CATEGORY_NOT_WORD: _OTHERS.replace("_", ""),
    op.CATEGORY_NOT_SPACE: _LETTERS + _OTHERS.replace(" ", "").replace("\t", "").replace("\n", ""),
}  # fmt: skip
_ENOUGH = 24  # characters of a class that may repeat: enough for any bound of entropy
_MOST = 2000


def shape(pattern: str) -> str:
    """One shape of what the pattern matches; ValueError where none can be told."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parser.parse(pattern)
    except (re.error, OverflowError, RecursionError):
        raise ValueError("no sample can be made of it") from None
    made = _of(tree)
    if len(made) > _MOST:
        raise ValueError("a sample of it is too long")
    return made


def _of(items: Any) -> str:
    return "".join(_item(code, value) for code, value in items)


def _item(code: Any, value: Any) -> str:
    if code is op.LITERAL:
        return _sign(chr(value))
    if code is op.AT:
        return ""
    if code is op.SUBPATTERN:
        return _of(value[3])
    if code is op.BRANCH:
        return _of(value[1][0])
    if code in (op.MAX_REPEAT, op.MIN_REPEAT):
        low, high, body = value
        if len(body) == 1 and body[0][0] in (op.IN, op.ANY, op.NOT_LITERAL):
            letters = _letters(*body[0])
            usual = low if body[0][0] is op.ANY or not letters.isalnum() else min(int(high), max(int(low), _ENOUGH))
            return _any(letters, usual)
        return _of(body) * int(low)
    return _any(_letters(code, value), 1)


def _letters(code: Any, value: Any) -> str:
    """Letters of a class: letters and digits where it has some, and else the first other one."""
    if code is op.ANY:
        return "x"
    have = {chr(value)} if code is op.NOT_LITERAL else _members(value)
    denied = code is op.NOT_LITERAL or value[0][0] is op.NEGATE
    found = [sign for sign in _EVERY if (sign in have) != denied]
    plain = "".join(sign for sign in found if sign in _LETTERS)
    if not found:
        raise ValueError("no sample can be made of it")
    return plain or found[0]


def _members(items: Any) -> set[str]:
    have: set[str] = set()
    for code, value in items:
        if code is op.LITERAL:
            have.add(chr(value))
        elif code is op.RANGE:
            have.update(map(chr, range(value[0], value[1] + 1)))
        elif code is op.CATEGORY:
            have.update(_CATEGORIES[value])
    return have


def _any(letters: str, size: int) -> str:
    if size <= 0:
        return ""
    return "".join(_sign(letters) for _ in range(size)) if len(letters) == 1 else f"{{any:{letters}:{size}}}"


def _sign(sign: str) -> str:
    return sign * 2 if sign in "{}" else sign
