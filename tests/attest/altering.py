"""Alterations of a statement."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def put(*path: str | int, to: Any) -> Callable[[dict[str, Any]], None]:
    """Sets what stands at a path of keys and numbers."""

    def change(said: dict[str, Any]) -> None:
        place: Any = said
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = to

    return change


def drop(*path: str | int) -> Callable[[dict[str, Any]], None]:
    """Takes out what stands there."""

    def change(said: dict[str, Any]) -> None:
        place: Any = said
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]

    return change
