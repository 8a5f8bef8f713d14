"""What `leakseal hook --help` says; the hook itself is in a module that does not need click."""

from __future__ import annotations

import click


@click.command("hook", context_settings={"ignore_unknown_options": True}, short_help="What is about to be committed.")
@click.argument("name", metavar="pre-commit|pre-push|pre-receive|commit-msg")
@click.option("--strict", is_flag=True, help="What was not read blocks too (exit 3), and so do secrets that HEAD has (exit 1).")
@click.option("--config", metavar="FILE", help="Configuration instead of the repository's leakseal.yaml.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[--] [FILE]...")
def command(name: str, strict: bool, config: str | None, words: tuple[str, ...]) -> int:
    """Look at what is about to be committed or pushed, and at nothing else.

    \b
    pre-commit [FILE]...    what is staged; with files, what is staged of them, or else the files as they stand
    pre-push REMOTE URL     the commits on standard input that the other side does not have
    pre-receive             on a forge: everything that a push brings in
    commit-msg FILE         the message

    Exit codes: 0 nothing new is open, 1 a secret was found, 2 asked wrongly, 3 it could not run.
    """
    from scanner.cli import hook

    options = [*(["--strict"] if strict else []), *(["--config", config] if config else [])]
    return hook.run([name, *options, "--", *words])
