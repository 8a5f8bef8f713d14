"""A report, written to a file or to standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from scanner import report
from scanner.errors import UsageError
from scanner.model.report import Report
from scanner.report.page import PIPED, Picture, page_of

Pictures = Mapping[tuple[str, str], Picture]


def filed(found: Report, forms: Mapping[str, str], pictures: Pictures) -> None:
    """Write the report to each file, in its format."""
    page = replace(PIPED, pictures=pictures)
    for name, form in forms.items():
        with _writing(name) as file:
            report.render(found, form, file, page)


def put(name: str, data: bytes) -> None:
    """Write a file."""
    with _writing(name) as file:
        file.write(data)


def saved(path: Path, data: bytes) -> None:
    """Write a file that is no report."""
    try:
        path.write_bytes(data)
    except OSError as problem:
        raise UsageError(f"{path} cannot be written: {problem.strerror}", hint="name a file in a folder that exists") from None


@contextmanager
def _writing(name: str) -> Iterator[BinaryIO]:
    try:
        with Path(name).open("wb") as file:
            yield file
    except OSError as problem:
        hint = "name a file in a folder that exists"
        raise UsageError(f"the report cannot be written to {name}: {problem.strerror}", hint=hint) from None


def printed(found: Report, form: str, pictures: Pictures, *, no_color: bool = False) -> None:
    """Write the report to standard output."""
    page = replace(page_of(sys.stdout, os.environ, no_color=no_color), pictures=pictures)
    report.render(found, form, sys.stdout.buffer, page)
    sys.stdout.buffer.flush()


def needs_page(forms: Iterable[str | None]) -> None:
    """Pictures are shown by a page only."""
    if "html" not in forms:
        raise UsageError("--embed-pictures needs a page to show them", hint="write one with -o report.html or --format html")
