"""Every example in the documentation is understood by the command that it calls, and the pages made of code are what the code says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from scanner.cli.root import cli

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs/formats").glob("*.md"))]
BLOCK = re.compile(r"^```(?:console|sh|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(leakseal [a-z][^`]*)`")
ENDS = {"|", ">", "<", "&&", "||", ";", "2>"}


def examples() -> Iterator[tuple[str, str]]:
    """(page, command line) of every call of leakseal in a block."""
    for page in PAGES:
        for block in BLOCK.findall(page.read_text()):
            for line in block.replace("\\\n", " ").splitlines():
                said = line.strip().removeprefix("$ ").partition(" # ")[0]
                for part in re.split(r" (?:\||&&|\|\|) ", said):
                    words = part.strip()
                    if re.match(r"(?:\S*/)?leakseal ", words):
                        yield f"{page.relative_to(ROOT)}: {words}", words


def words_of(line: str) -> list[str]:
    words = shlex.split(line, comments=True)[1:]
    return words[: next((number for number, word in enumerate(words) if word in ENDS), len(words))]


def understood(words: list[str]) -> None:
    """Raises click's own error where a command or an option is unknown; what an argument says is not looked at."""
    command: click.Command | None = cli
    context = click.Context(cli)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        inner = command.get_command(context, words[0])
        assert inner is not None, f"there is no command {words[0]}"
        command, words = inner, words[1:]
    if "--help" in words or isinstance(command, click.Group) or command is None:
        return
    known = {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
    if command.context_settings.get("ignore_unknown_options"):
        return
    for word in words:
        flag = word.partition("=")[0]
        if flag.startswith("-") and flag not in ("-", "--"):
            assert flag in known, f"there is no option {flag}"


CALLS = dict(examples())


def test_there_are_examples() -> None:
    assert len(CALLS) > 60
    with pytest.raises(AssertionError, match="no option"):
        understood(["scan", "--nothing"])
    with pytest.raises(AssertionError, match="no command"):
        understood(["sacn"])


@pytest.mark.parametrize("name", sorted(CALLS))
def test_an_example_is_understood(name: str) -> None:
    understood(words_of(CALLS[name]))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_command_that_is_named_is_there(page: Path) -> None:
    for said in INLINE.findall(page.read_text()):
        words = said.split()[1:]
        inner = cli.get_command(click.Context(cli), words[0])
        assert inner is not None, f"{page.name} names leakseal {words[0]}"


def test_the_page_about_the_commands_is_what_they_say() -> None:
    # In a process of its own: click keeps the help option that a command was first asked with, and other tests ask in other ways.
    made = subprocess.run([sys.executable, "-m", "tests.manual"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert (ROOT / "docs/commands.md").read_text() == made, "run `make commands-docs`"


@pytest.mark.parametrize("name", ["github-or-gitea-actions.yaml", "gitlab-ci.yml"])
def test_the_page_about_ci_shows_the_files_that_are_there(name: str) -> None:
    assert (ROOT / "deploy/ci" / name).read_text() in (ROOT / "docs/ci.md").read_text()
