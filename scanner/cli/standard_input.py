"""Standard input, read while others may still write to it: a pause is told, and an interruption is its end."""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable, Iterator

from scanner.cli import interruption

STEP = 1 << 20
_PAUSE = 0.2  # seconds without a byte after which what came is looked at
_SLOW = 1.0  # seconds after which it is looked at although more comes
_DRAINED = 64  # pieces that are read after an interruption
_MUCH = 1 << 20  # unless so much came in them


class StandardInput:
    """Pieces of standard input; one without bytes says that what came before should not wait for the next."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.stopped = False
        self._clock = clock
        self._left = _DRAINED

    def watch(self) -> None:
        """From now on SIGINT and SIGTERM end the input; a second one ends the program."""
        interruption.first(self._stop)

    def _stop(self) -> bool:
        self.stopped = True
        return True

    def pieces(self) -> Iterator[bytes]:
        """Everything up to its end."""
        while piece := os.read(sys.stdin.fileno(), STEP):
            yield piece

    def live(self) -> Iterator[bytes]:
        """The same as it comes, with its pauses."""
        descriptor, since, waiting = sys.stdin.fileno(), self._clock(), 0
        while True:
            if self.stopped and not self._drains():
                return
            if select.select([descriptor], [], [], _PAUSE)[0]:
                piece = os.read(descriptor, STEP)
                if not piece:
                    return
                if not waiting:
                    since = self._clock()
                waiting += len(piece)
                yield piece
                if self._clock() - since < _SLOW:
                    continue
            if 0 < waiting < _MUCH:
                yield b""
            waiting = 0

    def _drains(self) -> bool:
        """Whether something is there that was written before the input was to end; not for ever, as it may be written to all the time."""
        self._left -= 1
        return self._left > 0 and bool(select.select([sys.stdin.fileno()], [], [], 0)[0])
