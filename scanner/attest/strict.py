"""JSON as something that was signed may be written: no key twice, no fractions, no endless numbers, not too large, not too deep."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from scanner.attest.distrust import Distrust

MOST = 1 << 20  # bytes of a statement
_DEPTH_MOST = 32
Document = dict[str, Any]


def document(data: bytes, what: str, most: int = MOST) -> Document:
    """The object that these bytes are; raises Distrust with one sentence about `what`."""
    if len(data) > most:
        raise Distrust(f"{what} is larger than {most:,} bytes")
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_float=_no, parse_constant=_no, parse_int=_short)
    except _Twice:
        raise Distrust(f"{what} has a key twice") from None
    except _Number:
        raise Distrust(f"{what} has a number that is not a whole one of at most 18 digits") from None
    except (ValueError, RecursionError):
        raise Distrust(f"{what} is not JSON in UTF-8") from None
    if not isinstance(found, dict):
        raise Distrust(f"{what} is not a JSON object")
    if _deep(found):
        raise Distrust(f"{what} is nested deeper than {_DEPTH_MOST}")
    return found


class _Twice(Exception):
    pass


class _Number(Exception):
    pass


def _once(pairs: list[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice
    return found


def _no(text: str) -> NoReturn:
    raise _Number


def _short(text: str) -> int:
    if len(text) > 18:
        raise _Number
    return int(text)


def _deep(value: object) -> bool:
    level: list[object] = [value]
    for _ in range(_DEPTH_MOST):
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())]
        if not level:
            return False
    return True
