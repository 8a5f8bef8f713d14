"""Interruptions: SIGINT and SIGTERM end a command by KeyboardInterrupt, but never in the middle of an import.

An import that is cut short leaves modules behind that lack parts of themselves, and what a command does after an interruption,
telling what it found, would trip over them.
"""

from __future__ import annotations

import signal
from types import FrameType

_LATER = 0.01  # seconds until an interruption in the middle of an import is tried again
_PATIENCE = 200  # tries; an import that hangs is cut short all the same


class _Interruption:
    def __init__(self) -> None:
        self._put_off = 0

    def __call__(self, _number: int, frame: FrameType | None) -> None:
        if self._put_off < _PATIENCE and _importing(frame):
            self._put_off += 1
            signal.setitimer(signal.ITIMER_REAL, _LATER)
            return
        self._put_off = 0
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise KeyboardInterrupt


def heed() -> None:
    """From now on both signals interrupt the command; SIGINT does not where who started it had it ignored."""
    interruption = _Interruption()
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):
        if number != signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interruption)


def _importing(frame: FrameType | None) -> bool:
    while frame:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
