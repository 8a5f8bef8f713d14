"""A regular expression for paths -> globs that cover what it finds; none where globs cannot say it."""

from __future__ import annotations

import re
import warnings
from itertools import product
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from scanner.globs import MOST, flaw

_GLOBS_MOST = 64
_TEXT, _NAME, _BEGIN, _END = "\0", "\1", "\2", "\3"  # any text, any text without `/`, the path's beginning, its end
_MAGIC = frozenset("*?[")


class _Unsaid(Exception):
    """Globs have nothing for this."""


def globs_of(pattern: str) -> tuple[str, ...]:
    """Globs for all the ways in which a simple expression can match somewhere in a path."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parser.parse(pattern)
        if tree.state.flags & re.I:
            return ()  # of our paths capitals count
        found = [glob for way in _ways(tree) for glob in _globs(way)]
    except (re.error, OverflowError, RecursionError, _Unsaid):
        return ()
    return tuple(dict.fromkeys(found)) if len(found) <= _GLOBS_MOST and not any(flaw(glob) or len(glob) > MOST for glob in found) else ()


def _ways(items: Any) -> list[str]:
    """Every text that the expression stands for, with marks for what may be any."""
    parts = [_item(code, value) for code, value in items]
    size = 1
    for part in parts:
        size *= len(part)
        if size > _GLOBS_MOST:
            raise _Unsaid
    return ["".join(way) for way in product(*parts)]


def _item(code: Any, value: Any) -> list[str]:
    if code is op.LITERAL:
        sign = chr(value)
        if sign in _MAGIC or not sign.isprintable():
            raise _Unsaid
        return [sign]
    if code is op.ANY:
        return ["?"]
    if code is op.AT:
        if value in (op.AT_BEGINNING, op.AT_BEGINNING_STRING):
            return [_BEGIN]
        if value in (op.AT_END, op.AT_END_STRING):
            return [_END]
        raise _Unsaid
    if code is op.SUBPATTERN:
        return _ways(value[3])
    if code is op.BRANCH:
        return [way for branch in value[1] for way in _ways(branch)]
    if code is op.IN:
        return _class(value)
    if code in (op.MAX_REPEAT, op.MIN_REPEAT):
        return _repeated(*value)
    raise _Unsaid


def _class(items: Any) -> list[str]:
    if all(code is op.LITERAL for code, _ in items) and len(items) <= 8:
        return [one for code, value in items for one in _item(code, value)]
    raise _Unsaid


def _repeated(low: int, high: Any, body: Any) -> list[str]:
    if high is op.MAXREPEAT and len(body) == 1:
        code, value = body[0]
        if code is op.ANY:
            return [_TEXT if low == 0 else f"?{_TEXT}"]
        if code is op.NOT_LITERAL and value == ord("/"):
            return [_NAME if low == 0 else f"?{_NAME}"]
    if (low, high) == (0, 1):
        return ["", *_ways(body)]
    raise _Unsaid


def _globs(way: str) -> list[str]:
    """The globs for one way, found anywhere in a path unless it says where."""
    way = _TEXT + way if not way.lstrip(_TEXT).startswith(_BEGIN) else way.lstrip(_TEXT)[1:]
    way = way + _TEXT if not way.rstrip(_TEXT).endswith(_END) else way.rstrip(_TEXT)[:-1]
    if _BEGIN in way or _END in way:
        raise _Unsaid
    way = re.sub(f"{_TEXT}+", _TEXT, way).replace(_NAME, "*")
    pieces: list[list[str]] = []
    for at, sign in enumerate(way):
        if sign != _TEXT:
            pieces.append([sign])
            continue
        before, after = way[at - 1 : at], way[at + 1 : at + 2]
        free = before in ("", "/")  # a name begins here
        if not after:
            pieces.append(["**"] if not before else [""] if free else ["*", "*/"])
        elif after == "/":
            pieces.append(["**"] if free else ["*", "*/**"])
        else:
            pieces.append(["**/*"] if free else ["*", "*/**/*"])
    return ["".join(glob) for glob in product(*pieces)]
