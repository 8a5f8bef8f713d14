"""Interruptions: SIGINT and SIGTERM end a command by KeyboardInterrupt, but never in the middle of what must not be broken.

An import that is cut short leaves modules behind that lack parts of themselves, and what a command does after an interruption,
telling what it found, would trip over them. Nor is anything broken that cleans up, or that is marked as `unbroken`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

from scanner.unbroken import CODES

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LATER = 0.01  # seconds until an interruption that was put off is tried again
_PATIENCE = 10.0  # seconds for which it is put off; what hangs is cut short all the same
_AGAIN = 1.0  # seconds after which a second signal is more than an echo of the first
_WHOLE = frozenset({"__exit__", "__del__", "_execute_child"})  # the last is where subprocess starts a program
_FILES = ("<frozen importlib", os.path.join(os.path.dirname(os.__file__), "tempfile.py"))  # noqa: PTH118, PTH120 a hook has no time for pathlib


class _Interruption:
    def __init__(self) -> None:
        self.first: Callable[[], bool] | None = None  # who is told of the first signal, and says whether that is enough
        self._since: float | None = None  # when the one that is put off came
        self._raised: float | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if number == signal.SIGALRM and self._since is None:
            return
        if number != signal.SIGALRM and self._raised is not None and now - self._raised < _AGAIN:
            return
        since = self._since = now if self._since is None else self._since
        insisted = number != signal.SIGALRM and now - since > _AGAIN
        if not insisted and now - since < _PATIENCE and _unbroken(frame):
            signal.setitimer(signal.ITIMER_REAL, _LATER)
            return
        self._since, self._raised = None, now
        if self.first is not None:
            first, self.first = self.first, None
            if first():
                return
        raise KeyboardInterrupt

    def lost(self, about: UnraisableHookArgs) -> None:
        """What Python cannot raise where it happens: an interruption comes again, and what follows from one is not told."""
        if about.exc_type is KeyboardInterrupt:
            self._since = time.monotonic()
            signal.setitimer(signal.ITIMER_REAL, _LATER)
        elif self._raised is None:
            sys.__unraisablehook__(about)


_ours = _Interruption()


def heed() -> None:
    """From now on both signals interrupt the command; SIGINT does not where who started it had it ignored."""
    sys.unraisablehook = _ours.lost
    for number in (signal.SIGALRM, *SIGNALS):
        if number != signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _ours)


def first(told: Callable[[], bool]) -> None:
    """`told` hears of the next interruption, instead of KeyboardInterrupt, if it answers that this is enough."""
    _ours.first = told


def over() -> None:
    """How the command ends stands fixed: nothing interrupts it any more."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in (signal.SIGALRM, *SIGNALS):
        signal.signal(number, signal.SIG_IGN)


def end_children() -> None:
    """End every program that was started and is still there."""
    try:
        tasks = os.listdir("/proc/self/task")  # noqa: PTH208
    except OSError:
        return  # not Linux
    for task in tasks:
        try:
            with open(f"/proc/self/task/{task}/children", encoding="ascii") as file:  # noqa: PTH123
                children = file.read().split()
        except OSError:
            continue
        for child in children:
            try:
                os.kill(int(child), signal.SIGKILL)
            except OSError:
                continue


def _unbroken(frame: FrameType | None) -> bool:
    while frame:
        code = frame.f_code
        if code in CODES or code.co_name in _WHOLE or code.co_filename.startswith(_FILES):
            return True
        frame = frame.f_back
    return False
