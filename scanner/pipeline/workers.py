"""Dealing tasks out to processes: the longest first, two in hand each, and nothing lost when one dies."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any, Generic, TypeVar

from scanner.unbroken import unbroken

T = TypeVar("T")
R = TypeVar("R")

_IN_HAND = 2
_BEAT = 5.0  # seconds
_FAREWELL = 0.5  # seconds
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)
_DEATHS = 64  # after so many the machine is at fault, not a task


@dataclass(frozen=True, slots=True)
class Died(Generic[T]):
    """The worker that had this task ended without an answer."""

    task: T


def _nothing() -> None:
    """There is nothing to do."""


class Pool(Generic[T, R]):
    """Workers that run `do(task)`; started at once, asked later, so that the caller can use the time."""

    def __init__(
        self, do: Callable[[T], R], tasks: Sequence[T], workers: int, *, in_hand: int = _IN_HAND, apart: bool = False, ahead: bool = False
    ) -> None:  # fmt: skip
        """`in_hand` tasks are with a worker at once; `apart`: never in this process; `ahead`: all are hired, as tasks come later."""
        self._do, self._waiting = do, deque(tasks)
        self._in_hand = in_hand
        self.beat: Callable[[], None] = _nothing  # called every few seconds while answers are waited for
        self._crew: dict[Connection, tuple[BaseProcess, deque[T]]] = {}
        self._deaths = 0
        self._context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
        if apart or ahead or (workers > 1 and len(tasks) > 1):
            for _ in range(workers if ahead else min(workers, len(tasks))):
                self._hire()

    def results(self) -> Iterator[tuple[T, R | Died[T]]]:
        """Each task with its answer, in the order in which they are done."""
        while not self._crew and self._waiting:
            task = self._waiting.popleft()
            try:
                answer = self._do(task)
            except Exception:
                yield task, Died(task)
            else:
                yield task, answer
        try:
            while any(hand for _, hand in self._crew.values()) or (self._waiting and self._crew):
                self.beat()
                yield from self.done(_BEAT)
        finally:
            self.stop()
        while self._waiting:
            task = self._waiting.popleft()
            yield task, Died(task)

    def done(self, seconds: float) -> Iterator[tuple[T, R | Died[T]]]:
        """What is done by now; where nothing is, it is waited for, so long at most."""
        for ready in wait(list(self._crew), seconds) if self._crew else ():
            assert isinstance(ready, Connection)  # noqa: S101 only connections are waited for
            yield from self._take(ready)

    @property
    def working(self) -> bool:
        """Whether there is anybody left who works."""
        return bool(self._crew)

    def add(self, task: T) -> None:
        """One more task, behind those that wait."""
        self._waiting.append(task)
        for connection in self._crew:
            self._feed(connection)

    def again(self, tasks: Sequence[T]) -> None:
        """More tasks, such as the halves of one that a worker died of; they go before those that wait."""
        self._waiting.extendleft(reversed(tasks))
        for connection in self._crew:
            self._feed(connection)

    @unbroken
    def stop(self) -> None:
        """End every worker; each has a moment to end what it has started."""
        waiting = [process for process, _ in self._crew.values()]
        for process in waiting:
            process.terminate()
        end = time.monotonic() + _FAREWELL
        while waiting and (left := end - time.monotonic()) > 0:
            gone = wait([process.sentinel for process in waiting], left)
            waiting = [process for process in waiting if process.sentinel not in gone]
        for connection, (process, _) in self._crew.items():
            process.kill()
            connection.close()
            process.join()
        self._crew.clear()

    def _take(self, ready: Connection) -> Iterator[tuple[T, R | Died[T]]]:
        process, hand = self._crew[ready]
        try:
            answer: R = ready.recv()
        except (EOFError, OSError):
            del self._crew[ready]
            ready.close()
            process.join()
            task = hand.popleft() if hand else None  # it may have died of nothing we gave it
            self._waiting.extendleft(reversed(hand))
            self._deaths += 1
            if self._deaths < _DEATHS:
                self._hire()
            if task is not None:
                yield task, Died(task)
            return
        task = hand.popleft()
        self._feed(ready)
        yield task, answer

    def _hire(self) -> None:
        ours, theirs = self._context.Pipe()
        others = [*self._crew, ours] if sys.platform == "linux" else []
        process = self._context.Process(target=_work, args=(self._do, theirs, others), daemon=True)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # the worker has our way to take them until it says its own
        try:
            process.start()
            self._crew[ours] = (process, deque())
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        self._feed(ours)

    def _feed(self, connection: Connection) -> None:
        hand = self._crew[connection][1]
        while len(hand) < self._in_hand and self._waiting:
            task = self._waiting.popleft()
            hand.append(task)
            try:
                connection.send(task)
            except OSError:  # it died meanwhile; the next wait says so
                return


def _leave(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(1)


def _work(do: Callable[[Any], Any], connection: Connection, others: list[Connection]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interruption means
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    for other in others:
        other.close()  # a forked copy would keep the pipes of a dead sibling, or of a dead parent, open
    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return
        try:
            answer = do(task)
        except Exception:
            os._exit(1)
        connection.send(answer)
