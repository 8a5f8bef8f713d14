"""Lines on a terminal: in columns that wrap below themselves, in colour where it is wanted; a pipe gets one line for each."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from scanner.report.page import page_of
from scanner.report.plain import printable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

UNASKED = "not looked at"
_HELD: Mapping[bool | None, str] = {True: "ok", False: "FAILED", None: "-"}


class Command(str):
    """What is meant to be copied: never broken into lines by us."""

    __slots__ = ()


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
    _put(table)


def checks(made: Iterable[tuple[int, str, bool | None, str]]) -> None:
    """Numbered checks and their outcomes (None: not made); for a person, those that nobody asked for are one line."""
    rows = [(_HELD[held], f"{number:>2}", name, said) for number, name, held, said in made]
    if not terminal():
        wide = max(len(name) for _, _, name, _ in rows)
        for word, number, name, said in rows:
            print(f"{number}  {word:6}  {name:{wide}}  {printable(said)}")
        return
    unasked = [name for word, _, name, said in rows if word == "-" and said == UNASKED]
    columns([row for row in rows if row[2] not in unasked], {"ok": "green", "FAILED": "bold red", "-": "dim"})
    if unasked:
        print(f"{UNASKED}: {', '.join(unasked)}")


def verdict(text: str, *, good: bool) -> None:
    """The last line: what it comes to."""
    from rich.text import Text

    if terminal():
        _put(Text(printable(text), "bold green" if good else "bold red", overflow="fold"))
    else:
        print(printable(text))


def parts(titled: Iterable[tuple[str, Sequence[str]]], *, apart: bool = False) -> None:
    """Headings with lines below them, indented also where they wrap; `apart` by an empty line rather than with a colon."""
    from rich.padding import Padding
    from rich.text import Text

    for number, (title, lines) in enumerate(titled):
        if apart and number:
            print()
        _put(Text(printable(title) + (":" if title and not apart else ""), "bold"))
        for line in lines:
            if isinstance(line, Command):
                print(f"  {printable(line)}")
            else:
                _put(Padding(Text(printable(line), overflow="fold"), (0, 0, 0, 2), expand=False))


def _put(made: RenderableType) -> None:
    """Write it to the terminal without the blanks that rich fills lines with."""
    paper, _ = console()
    with paper.capture() as caught:
        paper.print(made)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in caught.get().split("\n")[:-1]))
