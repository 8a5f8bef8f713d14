"""How far a run has come, on standard error: a tap on the stream of contents that the rooms never hear of."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, TextIO, TypeVar

from scanner.report.page import Page
from scanner.report.plain import count, printable, size

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

T = TypeVar("T")
EVERY = 0.1  # seconds between two paintings


def watched(items: Iterable[T], advance: Callable[[T], None]) -> Iterator[T]:
    """The same items; each is announced once the consumer has come back for the next."""
    for item in items:
        yield item
        advance(item)


class Meter:
    """Objects, bytes, speed and time left; silent unless the stream is a terminal.

    It never starts a thread, so worker processes may be forked at any time.
    """

    def __init__(self, stream: TextIO, page: Page, *, quiet: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self.on = page.escapes and not quiet
        self._stream, self._page, self._clock = stream, page, clock
        self._shown: Progress | None = None
        self._task: TaskID | None = None
        self._objects = self._bytes = 0
        self._begun = self._painted = 0.0

    def start(self, title: str, total: int | None = None) -> None:
        """Paints the line for a new stretch of work; the one before it, if any, is replaced."""
        if not self.on:
            return
        self.stop()
        self._shown = _display(self._stream, self._page, self._clock)
        self._objects = self._bytes = 0
        self._begun = self._painted = self._clock()
        self._task = self._shown.add_task(printable(title), total=total, counted=self._counted(total))
        self._shown.start()
        self._shown.refresh()

    def advance(self, objects: int = 1, octets: int = 0) -> None:
        """Counts; paints at most ten times a second."""
        if self._shown is None or self._task is None:
            return
        self._objects += objects
        self._bytes += octets
        now = self._clock()
        if now - self._painted >= EVERY:
            self._painted = now
            self._paint()

    def stop(self) -> None:
        """Wipes the line."""
        if self._shown is not None:
            self._paint()
            self._shown.stop()
        self._shown = self._task = None

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _paint(self) -> None:
        if self._shown is not None and self._task is not None:
            total = self._shown.tasks[0].total
            self._shown.update(self._task, completed=self._objects, counted=self._counted(None if total is None else int(total)))
            self._shown.refresh()

    def _counted(self, total: int | None) -> str:
        done = count(self._objects, "object") if total is None else f"{self._objects:,} of {count(total, 'object')}"
        passed = self._clock() - self._begun
        return f"{done}, {size(self._bytes)}" + (f", {size(int(self._bytes / passed))}/s" if passed > 0 else "")


def _display(stream: TextIO, page: Page, clock: Callable[[], float]) -> Progress:
    from rich.console import Console  # only a terminal pays for rich
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(
        file=stream, width=page.width, force_terminal=True, color_system="standard", no_color=not page.color,
        legacy_windows=False, highlight=False, markup=False, emoji=False, _environ={},
    )  # fmt: skip
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=10 if (page.width or 0) < 100 else 40, complete_style="cyan", finished_style="green", pulse_style="cyan"),
        TextColumn("{task.fields[counted]}", markup=False),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        console=console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False, get_time=clock,
    )  # fmt: skip
