"""Workers beyond one machine: tasks go to a Dask scheduler, whose workers come and go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any

from scanner.errors import LeaksealError, UsageError
from scanner.pipeline.workers import Died
from scanner.sweep.night import Hire
from scanner.sweep.task import Outcome, Task, Worker

_BEAT = 5.0  # seconds
_RETRIES = 2
_one_at_a_time = threading.Lock()  # a Dask worker may have many threads, and an engine can serve one


def cluster(scheduler: str) -> Hire:
    """Workers of the scheduler at this address."""
    try:
        from distributed import Client
    except ImportError:
        raise UsageError("a cluster needs Dask", hint="install leakseal[cluster]") from None
    try:
        client = Client(scheduler, timeout=5, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError):
        hint = "check the address, such as tcp://scheduler:8786, and that it is started"
        raise LeaksealError("no Dask scheduler answers", hint=hint) from None
    return lambda worker, tasks: Crew(client, worker, tasks)


def do(worker: Worker, task: Task) -> tuple[Outcome, str]:
    """(what came of a task, where): on a worker; doing it again comes to the same."""
    from distributed import get_worker

    with _one_at_a_time:
        return worker(task), get_worker().address


def _nothing() -> None:
    """There is nothing to do."""


class Crew:
    """The tasks that are with a scheduler; one whose worker is lost goes to another."""

    def __init__(self, client: Any, worker: Worker, tasks: Sequence[Task]) -> None:
        self.beat: Callable[[], None] = _nothing
        self._client = client
        self._worker = client.scatter(worker, broadcast=True, hash=False)
        self._done: SimpleQueue[Any] = SimpleQueue()
        self._open: dict[str, tuple[Any, Task]] = {}
        self._order = count()
        self._last: dict[str, str] = {}  # repository -> the worker that has its mirror
        for task in tasks:
            self._submit(task)

    def results(self) -> Iterator[tuple[Task, Outcome | Died[Task]]]:
        """Each task with its outcome, in the order in which they are done; raises LeaksealError if the scheduler is gone."""
        while self._open:
            self.beat()
            try:
                future = self._done.get(timeout=_BEAT)
            except Empty:
                if self._client.status not in ("running", "connecting"):
                    raise _gone() from None
                continue
            _, task = self._open.pop(future.key, (None, None))
            if task is None:
                continue
            if future.status == "finished":
                outcome, self._last[task.one.name] = future.result()
                yield task, outcome
            elif future.status == "error":
                yield task, Died(task)
            else:  # cancelled, because the connection broke
                raise _gone()
            future.release()

    def again(self, tasks: Sequence[Task]) -> None:
        """More tasks, before those that wait."""
        for task in tasks:
            self._submit(task, first=True)

    def stop(self) -> None:
        """Give up what is not done, and let go of the scheduler."""
        self._client.cancel([future for future, _ in self._open.values()])
        self._open.clear()
        self._client.close(timeout=5)

    def _submit(self, task: Task, *, first: bool = False) -> None:
        place = next(self._order)
        key = f"leakseal-{id(self)}-{place}"
        last = self._last.get(task.one.name)
        where = {"workers": [last], "allow_other_workers": True} if last else {}
        future = self._client.submit(
            do, self._worker, task, key=key, pure=False, retries=_RETRIES, priority=place if first else -place,
            **where,
        )  # fmt: skip
        self._open[key] = (future, task)
        future.add_done_callback(self._done.put)


def _gone() -> LeaksealError:
    return LeaksealError("the Dask scheduler is gone", hint="start it, and run the sweep again; what it has read is written down")
