"""Writes docs/commands.md: every command's help as it says it itself. `make commands-docs` runs it, and a test compares."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from scanner.cli.root import cli

WIDTH = 100
HEAD = """# Commands

What every command says of itself with `--help`. [Exit codes](exit-codes.md) are the same everywhere.
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(f"\n{'#' * (1 + len(words))} leakseal {' '.join(words)}\n\n```text\n{text}\n```\n" for words, text in helps())


def helps() -> Iterator[tuple[tuple[str, ...], str]]:
    """Each command's words and its help, groups before what is in them, in the order of the overview."""
    yield from _of(cli, ())


def _of(command: click.Command, words: tuple[str, ...], parent: click.Context | None = None) -> Iterator[tuple[tuple[str, ...], str]]:
    settings = {**command.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    context = click.Context(command, info_name=words[-1] if words else "leakseal", parent=parent, **settings)
    if words:
        yield words, command.get_help(context).strip()
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                yield from _of(inner, (*words, name), context)


if __name__ == "__main__":
    sys.stdout.write(page())
