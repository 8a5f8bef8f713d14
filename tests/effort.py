"""How much a piece of work costs, as a ratio that is the same on a slow machine: never a time."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

_UNIT = 10_000  # turns of a loop that does nothing


def costs_at_most(turns: int, work: Callable[[], object]) -> bool:
    """Whether the work takes no more processor time than so many turns of an empty Python loop; the quietest of five tries decides."""
    return any(_seconds(work) * _UNIT <= turns * _seconds(_loop) for _ in range(5))


def _loop() -> None:
    for _ in range(_UNIT):
        pass


def _seconds(work: Callable[[], object]) -> float:
    gc.disable()  # the heap of a whole test run is no part of the work
    try:
        start = time.process_time()
        work()
        return time.process_time() - start
    finally:
        gc.enable()
