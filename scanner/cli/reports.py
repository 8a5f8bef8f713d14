"""The report that a command goes by: a stored one, or that of a scan of a folder now."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.errors import UsageError

if TYPE_CHECKING:
    from scanner.cli.options import Project
    from scanner.model.report import Report

MOST = 1 << 29


def stored(name: str, most: int = MOST) -> bytes:
    """What stands in a file, or comes on standard input where its name is `-`."""
    try:
        if name == "-":
            data = sys.stdin.buffer.read(most + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(most + 1)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}", hint="check the path") from None
    if len(data) > most:
        raise UsageError(f"{name} is larger than {most >> 20} MiB", hint="scan less at once")
    return data


def reported(name: str | None, chosen: Project | None = None, folder: str = ".") -> Report:
    """The stored report of that name; without one, what a scan of the folder reports."""
    if name is None:
        return rescan(chosen, folder)
    from scanner.report.read_v1 import read_report

    return read_report(stored(name))


def rescan(chosen: Project | None = None, folder: str = ".", surface: str | None = None) -> Report:
    """What a scan of the folder reports; KeyboardInterrupt if it did not come to its end."""
    from scanner import __version__, cachefile
    from scanner.cli.options import looking, project, workers
    from scanner.decode.limits import Limits
    from scanner.model.report import Run
    from scanner.pipeline.run import Request, scan
    from scanner.pipeline.settings import Settings

    chosen = chosen or project(folder, file=None)
    limits = Limits(looking=looking(chosen, named=False))
    settings = Settings(chosen.rules, cachefile.folder(), workers=workers(None), limits=limits, mappings=chosen.config.mappings)
    run = Run(f"leakseal {__version__}")
    found, interrupted = scan([Request(folder, surface)], settings, chosen.judging, run, excluded=chosen.config.why_excluded)
    if interrupted:
        raise KeyboardInterrupt
    return found
