"""Lines on a terminal: in columns that wrap below themselves, in colour where it is wanted; a pipe gets one line for each."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from scanner.report.page import page_of
from scanner.report.plain import printable

if TYPE_CHECKING:
    from rich.console import Console


def terminal() -> bool:
    """Whether a person sees standard output as it comes."""
    return sys.stdout.isatty()


def console() -> tuple[Console, int]:
    """What writes to the terminal, and how many columns that has."""
    from rich.console import Console

    page = page_of(sys.stdout, os.environ)
    made = Console(
        width=page.width, force_terminal=page.escapes, color_system="standard" if page.escapes else None,
        no_color=not page.color, legacy_windows=False, highlight=False, markup=False, emoji=False, _environ={},
    )  # fmt: skip
    return made, page.width or 80


def columns(rows: Iterable[Sequence[str]], styles: Mapping[str, str]) -> None:
    """Rows whose last column wraps; the first has the style of its word."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    for row in rows:
        first = Text(printable(row[0]), styles.get(row[0], ""))
        table.add_row(first, *(Text(printable(cell), overflow="fold") for cell in row[1:]))
    for column in table.columns[:-1]:
        column.no_wrap = True
    console()[0].print(table)


def parts(titled: Iterable[tuple[str, Sequence[str]]], *, apart: bool = False) -> None:
    """Headings with lines below them, indented also where they wrap; `apart` by an empty line rather than with a colon."""
    from rich.padding import Padding
    from rich.text import Text

    paper, _ = console()
    for number, (title, lines) in enumerate(titled):
        if apart and number:
            paper.print()
        paper.print(Text(printable(title) + (":" if title and not apart else ""), "bold"))
        for line in lines:
            paper.print(Padding(Text(printable(line), overflow="fold"), (0, 0, 0, 2), expand=False))
