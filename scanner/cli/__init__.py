"""Words in, exit codes out: the one place that turns errors into codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn

from scanner.errors import LeaksealError

INTERRUPTED = 130
BROKEN = 3  # the run could not finish


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and answer its exit code; nothing but a sentence and a next step is ever said of an error."""
    if arguments is not None:
        return guarded(lambda: _dispatch(list(arguments)))
    from scanner.cli import interruption

    interruption.heed()
    try:
        code = guarded(lambda: _dispatch(sys.argv[1:]))
    except KeyboardInterrupt:  # while an error was told
        code = INTERRUPTED
    interruption.over()
    if code == INTERRUPTED:
        interruption.end_children()
    if sys.argv[1:2] == ["hook"]:
        _leave(code)
    return code


def _leave(code: int) -> NoReturn:
    """The end of a program that has nothing left to do: to take down what was loaded takes a tenth of a hook's time."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # there is none, or nobody reads it
            stream.flush()
    os._exit(code)


def guarded(command: Callable[[], int]) -> int:
    """The exit code of a command, whatever happens in it."""
    try:
        return command()
    except LeaksealError as problem:
        complain(problem.message, problem.hint)
        return problem.exit_code
    except KeyboardInterrupt:
        complain("interrupted", "run the command again")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that closing it says nothing more
        return BROKEN
    except Exception as problem:
        complain(f"an unforeseen {type(problem).__name__} at {_where(problem)}", "please report this line; the run is not complete")
        return BROKEN


def complain(message: str, hint: str = "") -> None:
    """One sentence and a next step on standard error."""
    from scanner.cli.hush import hushed

    text = f"leakseal: {hushed(message)}" + (f"\n  next: {hushed(hint)}" if hint else "") + "\n"
    sys.stderr.write("".join(c if c.isprintable() or c == "\n" else "?" for c in text))


def _where(problem: BaseException) -> str:
    """Our own frames, innermost last, by file and line: no values, no source text."""
    frames, trace = [], problem.__traceback__
    while trace:
        name = trace.tb_frame.f_code.co_filename.replace(os.sep, "/")
        if "/scanner/" in name:
            frames.append(f"{name.rpartition('/scanner/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(frames[-4:]) or "an unknown place"


def _dispatch(words: list[str]) -> int:
    if words[:1] == ["hook"]:  # a hook answers in a tenth of a second, so it does not load the rest
        from scanner.cli import hook

        return hook.run(words[1:])
    from scanner.cli.root import run

    return run(words)
