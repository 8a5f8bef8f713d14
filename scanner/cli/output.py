"""A report, written to a file or to standard output."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, cast

from scanner import report
from scanner.errors import UsageError
from scanner.model.report import Report
from scanner.report.page import PIPED, Picture, page_of
from scanner.unbroken import unbroken

_IN_MEMORY = 16 << 20
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
        _stored(path, io.BytesIO(data))
    except OSError as problem:
        raise UsageError(f"{path} cannot be written: {problem.strerror}", hint="name a file in a folder that exists") from None


@contextmanager
def _writing(name: str) -> Iterator[BinaryIO]:
    try:
        with SpooledTemporaryFile(_IN_MEMORY) as made:
            yield cast(BinaryIO, made)
            _stored(Path(name), made)
    except OSError as problem:
        hint = "name a file in a folder that exists"
        raise UsageError(f"the report cannot be written to {name}: {problem.strerror}", hint=hint) from None


def printed(found: Report, form: str, pictures: Pictures, *, no_color: bool = False) -> None:
    """Write the report to standard output; a document for programs only when it is whole."""
    page = replace(page_of(sys.stdout, os.environ, no_color=no_color), pictures=pictures)
    if sys.stdout.isatty():
        report.render(found, form, sys.stdout.buffer, page)
        sys.stdout.buffer.flush()
        return
    with SpooledTemporaryFile(_IN_MEMORY) as made:
        report.render(found, form, cast(BinaryIO, made), page)
        _copied(made, sys.stdout.buffer)


@unbroken
def _stored(path: Path, made: IO[bytes]) -> None:
    with path.open("wb") as file:
        _copied(made, file)


@unbroken
def _copied(made: IO[bytes], into: BinaryIO) -> None:
    made.seek(0)
    shutil.copyfileobj(made, into)
    into.flush()


def needs_page(forms: Iterable[str | None]) -> None:
    """Pictures are shown by a page only."""
    if "html" not in forms:
        raise UsageError("--embed-pictures needs a page to show them", hint="write one with -o report.html or --format html")
