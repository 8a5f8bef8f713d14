"""A picture with its secrets painted over."""

from __future__ import annotations

from pathlib import Path

from scanner import cachefile
from scanner.cli.options import Project, looking
from scanner.cli.redact import written
from scanner.decode.limits import Limits
from scanner.errors import UsageError
from scanner.pipeline.engines import engine
from scanner.pipeline.repaint import KINDS, repainted


def redact(source: Path, target: Path, chosen: Project, named: bool) -> str:
    """Paint over what is found in `source`, and write that to `target`."""
    kind = KINDS.get(target.suffix.lower())
    if kind is None:
        raise UsageError("the ending of the copy says no kind of picture that can be written", hint="end it in .png")
    try:
        data = source.read_bytes()
    except OSError as problem:
        raise UsageError(f"the picture cannot be read: {problem.strerror}", hint="check the path") from None
    limits = Limits(looking=looking(chosen, named=named, mode="always"))
    made, count = repainted(engine(chosen.rules, cachefile.folder()), data, kind, limits)
    written(target, made)
    return f"{count} {'place was' if count == 1 else 'places were'} painted over; the copy has no metadata, and nothing is found in it"
