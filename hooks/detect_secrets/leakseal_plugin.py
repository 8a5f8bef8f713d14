"""Runs Leakseal's rules inside of `detect-secrets scan`, with the rules that the leakseal.yaml of the current folder asks for.

    detect-secrets scan -p "$(leakseal config plugin)" > .secrets.baseline

A file is searched whole when its first line comes, as a key has many lines and a password's name may stand above it.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from functools import lru_cache
from pathlib import Path
from typing import Any

from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.plugins.base import BasePlugin


@lru_cache(1)
def _engine() -> Any:
    from scanner import cachefile, config
    from scanner.cli.options import rules
    from scanner.pipeline.engines import engine

    return engine(rules(config.load(config.find(Path()))), cachefile.folder())


@lru_cache(4)
def _of_file(filename: str, _changed: int, _size: int) -> dict[int, list[str]]:
    """The secrets of a file by the line where they begin; none of what cannot be read."""
    from scanner.sources.files import Changed, Oversize, read_file

    try:
        data = read_file(os.fsencode(filename))
    except (OSError, Changed, Oversize):
        return {}
    return _by_line(data or b"")


def _by_line(data: bytes) -> dict[int, list[str]]:
    from scanner.pipeline.examine import placed

    found: dict[int, list[str]] = {}
    for seen in placed(_engine(), data):
        found.setdefault(seen.place.line, []).append(seen.hit.value.decode("utf-8", "replace"))
    return found


class LeaksealDetector(BasePlugin):
    """Everything that Leakseal's rules find."""

    secret_type = "Leakseal"  # noqa: S105 - the name that baselines know it by

    def analyze_string(self, string: str) -> Generator[str, None, None]:
        """The secrets in one line that stands in no file."""
        for values in _by_line(string.encode("utf-8", "surrogateescape")).values():
            yield from values

    def analyze_line(self, filename: str, line: str, line_number: int = 0, context: Any = None, **kwargs: Any) -> set[PotentialSecret]:
        """The secrets that begin in a line of a file."""
        try:
            status = os.stat(filename)  # noqa: PTH116
            values = _of_file(filename, status.st_mtime_ns, status.st_size).get(line_number, [])
        except (OSError, ValueError):
            values = list(self.analyze_string(line))
        return {PotentialSecret(self.secret_type, filename, value, line_number) for value in values}
