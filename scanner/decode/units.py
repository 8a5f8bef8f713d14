"""The pieces of which a reading of text is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple


class Unit(NamedTuple):
    """From `start` to `end` stand units of `took` bytes that each come from `made` bytes of `text`; no text: it is left out."""

    start: int
    end: int
    text: bytes
    took: int = 1
    made: int = 1


Units = Callable[[bytes, int, int], Iterator[Unit]]
