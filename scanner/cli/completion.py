"""`leakseal completion`: what a shell needs to complete commands and options."""

from __future__ import annotations

import click

VARIABLE = "_LEAKSEAL_COMPLETE"  # the name that click makes of the program's


@click.command("completion", short_help="Print what a shell needs to complete commands.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print a script for SHELL: `eval "$(leakseal completion bash)"` in ~/.bashrc, or a file in the shell's own folder."""
    from click.shell_completion import get_completion_class

    from scanner.cli.root import cli

    made = get_completion_class(shell)
    if made is None:  # pragma: no cover - click has these three
        raise click.UsageError("this shell is not known")
    click.echo(made(cli, {}, "leakseal", VARIABLE).source(), nl=False)
    return 0
