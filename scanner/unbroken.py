"""Functions that come to their end before an interruption is heard, so that nothing of theirs is left half made."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
CODES: set[CodeType] = set()


def unbroken(function: Callable[P, R]) -> Callable[P, R]:
    """Marks a function; it should be a short one, as an interruption waits for some seconds only."""
    CODES.add(function.__code__)
    return function
