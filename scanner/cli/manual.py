"""Manual pages of every command, from what the commands say of themselves: `python -m scanner.cli.manual FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from scanner import __version__
from scanner.cli.root import COMMANDS, cli

DATE = "2026-11-01"  # of the manual, so that the same commands give the same pages


def whole() -> click.Group:
    """The command line with every command loaded."""
    context = click.Context(cli, info_name="leakseal")
    commands = {name: command for name in COMMANDS if (command := cli.get_command(context, name))}
    return click.Group("leakseal", commands=commands, params=cli.params, help=cli.help)


def write(folder: Path) -> None:
    """One page for each command and each of its commands, in section 1."""
    from click_man.core import write_man_pages

    folder.mkdir(parents=True, exist_ok=True)
    write_man_pages("leakseal", whole(), version=__version__, target_dir=str(folder), date=DATE)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
