"""`leakseal report`: a stored report in another format."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from scanner import report
from scanner.cli.reports import stored
from scanner.errors import UsageError
from scanner.report.page import page_of

_REFUSED = "detect-secrets"


@click.command("report")
@click.argument("file", metavar="REPORT.json")
@click.option("--format", "form", type=click.Choice(sorted([*report.FORMATS, _REFUSED])), help="On standard output; a table without -o.")
@click.option("-o", "--output", multiple=True, metavar="FILE", help="Write it there too; the ending says the format.")
@click.option("--no-color", is_flag=True, help="No colour.")
def command(file: str, form: str | None, output: tuple[str, ...], no_color: bool) -> int:
    """Render REPORT.json (- for standard input) in another format.

    The exit code is that of the report: 0 clean, 1 open findings, 3 something was not read.
    """
    from scanner.report.read_v1 import read_report

    if form == _REFUSED:
        message = "a detect-secrets baseline holds an unsalted SHA-1 of every secret, and Leakseal writes no such hash"
        raise UsageError(message, hint='let detect-secrets run our rules: `detect-secrets scan -p "$(leakseal config plugin)"`')
    forms = {name: report.format_of(name) for name in output}
    found = read_report(stored(file))
    for name, wanted in forms.items():
        try:
            with Path(name).open("wb") as stream:
                report.render(found, wanted, stream)
        except OSError as problem:
            message = f"the report cannot be written to {name}: {problem.strerror}"
            raise UsageError(message, hint="name a file in a folder that exists") from None
    if form or not forms:
        report.render(found, form or "table", sys.stdout.buffer, page_of(sys.stdout, os.environ, no_color=no_color))
        sys.stdout.buffer.flush()
    return found.exit_code
