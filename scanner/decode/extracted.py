"""Formats that a program reads which the user has installed (bsdtar): it gets the bytes on its input and writes a tar archive."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from typing import IO

from scanner.decode import tars
from scanner.decode.content import STEP, Content, Part, member
from scanner.decode.limits import Stop
from scanner.model.content import Inside, Unseen

_PROGRAM = "bsdtar"
_WORDS = ("-c", "-f", "-", "--format", "pax", "@-")  # nothing of what is read stands among its arguments
_MEMORY_MOST, _SECONDS_MOST = 2 << 30, 600
_GAVE_UP = "the program that reads it gave up before its end"
_MISSING = f"to read it, install {_PROGRAM}; its bytes were searched, what it holds was not"


def read(content: Content) -> Iterator[Part | Unseen]:
    """The members, as the program takes them out."""
    if not is_there():
        raise Stop("unsupported-format", _MISSING)
    with tarred(content) as (archive, ended_well):
        told = False
        for one in tars.walk(archive):
            if isinstance(one, tars.Entry):
                if one.is_content:
                    yield Part(one.data, member(one.name))
            elif isinstance(one, Unseen):
                told = True
                yield Unseen("unreadable", _GAVE_UP)
        if not told and not ended_well():
            yield Unseen("unreadable", _GAVE_UP)


def members(content: Content, wanted: dict[bytes, Inside]) -> Iterator[Part | Unseen]:
    """Those members of an archive that are packed by a method which only the program reads, by their names."""
    with tarred(content) as (archive, _):
        for entry in tars.walk(archive):
            if isinstance(entry, tars.Entry) and entry.name in wanted and not entry.cut:
                yield Part(entry.data, wanted.pop(entry.name))
    yield from (Unseen("unsupported-format", strange(), where) for where in wanted.values())


def is_there() -> bool:
    """Whether the program is installed."""
    return shutil.which(_PROGRAM) is not None


def strange() -> str:
    """What is said of a member that nobody reads."""
    said = "a member is compressed by a method that is not read"
    return said if is_there() else f"{said}; install {_PROGRAM}"


@contextmanager
def tarred(content: Content) -> Generator[tuple[Content, Callable[[], bool]]]:
    """The same archive as a tar archive, which is read while the program writes it; the program ends when nobody reads.

    With it comes what waits for the program's own end, and says whether it was content with what it read.
    """
    program = shutil.which(_PROGRAM)
    if program is None:
        raise Stop("unsupported-format", _MISSING)
    with _on_disk(content) as file:
        file.seek(0)
        running = subprocess.Popen(
            [program, *_WORDS], stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}, close_fds=True,
        )  # fmt: skip
        try:
            _limit(running.pid)
            assert running.stdout is not None  # noqa: S101 it is a pipe
            pipe = _Pipe(running.stdout)

            def ended_well() -> bool:
                while pipe.read(STEP):
                    content.budget.hurry()
                return running.wait() == 0  # it has closed its output

            yield Content(pipe, content.budget), ended_well
        finally:
            running.kill()
            running.wait()
            if running.stdout:
                running.stdout.close()


class _Pipe:
    """What a program writes."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._fd = pipe.fileno()

    def read(self, size: int, /) -> bytes:
        return os.read(self._fd, size)


@contextmanager
def _on_disk(content: Content) -> Generator[IO[bytes]]:
    """The content as a file of the system, which has no name."""
    import tempfile

    file = content.file()
    try:
        file.fileno()
    except OSError:
        with tempfile.TemporaryFile() as copy:
            while data := file.read(STEP):
                copy.write(data)
            copy.flush()
            yield copy
    else:
        yield file


def _limit(pid: int) -> None:
    """The most that the program may take, where the system can say so to a process that runs."""
    with suppress(ImportError, AttributeError, OSError, ValueError):
        import resource

        resource.prlimit(pid, resource.RLIMIT_AS, (_MEMORY_MOST, _MEMORY_MOST))
        resource.prlimit(pid, resource.RLIMIT_CPU, (_SECONDS_MOST, _SECONDS_MOST))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))  # it writes to a pipe and nowhere else
