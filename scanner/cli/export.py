"""`leakseal report`: a stored report in another format, and a ledger as a page."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from scanner import report
from scanner.cli.output import filed, needs_page, printed, put
from scanner.cli.reports import stored
from scanner.errors import UsageError

_REFUSED = "detect-secrets"


@click.command("report")
@click.argument("file", metavar="REPORT.json|LEDGER")
@click.option("--format", "form", type=click.Choice(sorted([*report.FORMATS, _REFUSED])), help="On standard output; a table without -o.")
@click.option("-o", "--output", multiple=True, metavar="FILE", help="Write it there too; the ending says the format.")
@click.option("--embed-pictures", "embed", is_flag=True, help="Show pictures that have findings, painted over, in an HTML page.")
@click.option("--config", "configured", metavar="FILE", help="Configuration that pictures are painted over by.")
@click.option("--rules", "packs", multiple=True, metavar="PATH", help="A rule pack for that besides the shipped ones.")
@click.option("--no-color", is_flag=True, help="No colour.")
def command(
    file: str, form: str | None, output: tuple[str, ...], embed: bool, configured: str | None, packs: tuple[str, ...], no_color: bool
) -> int:
    """Render REPORT.json (- for standard input) in another format.

    Of a LEDGER that `leakseal sweep` keeps (a file, or postgresql://…), it is one page over all repositories: `-o sweep.html`.
    The exit code is that of the report: 0 clean, 1 open findings, 3 something was not read.
    """
    from scanner.report.read_v1 import read_report

    if form == _REFUSED:
        message = "a detect-secrets baseline holds an unsalted SHA-1 of every secret, and Leakseal writes no such hash"
        raise UsageError(message, hint='let detect-secrets run our rules: `detect-secrets scan -p "$(leakseal config plugin)"`')
    forms = {name: report.format_of(name) for name in output}
    if is_ledger(file):
        return _swept(file, forms, form)
    found = read_report(stored(file))
    pictures = {}
    if embed:
        needs_page([form, *forms.values()])
        from scanner.cli.options import project
        from scanner.cli.pictures import painted

        pictures = painted(found, project(None, file=configured, packs=packs), named=configured is not None)
    filed(found, forms, pictures)
    if form or not forms:
        printed(found, form or "table", pictures, no_color=no_color)
    return found.exit_code


def is_ledger(name: str) -> bool:
    """Whether that is the URL of a database, or a file of SQLite."""
    if "://" in name:
        return True
    try:
        with Path(name).open("rb") as file:
            return file.read(16) == b"SQLite format 3\0"
    except OSError:
        return False


def _swept(name: str, forms: Mapping[str, str], form: str | None) -> int:
    """Write the page of a ledger; the exit code that its state stands for."""
    wanted = {*forms.values(), *filter(None, (form,))}
    if wanted != {"html"}:
        raise UsageError("a ledger is shown as an HTML page only", hint="write one with -o sweep.html, or see `leakseal ledger export`")
    from scanner.cli.ledger import opened
    from scanner.cli.swept import sweep_of
    from scanner.report.html.sweep import rendered

    with opened(name) as book:
        sweep = sweep_of(book)
    page = "".join(rendered(sweep)).encode("utf-8", "backslashreplace")
    for output in forms:
        put(output, page)
    if form:
        sys.stdout.buffer.write(page)
        sys.stdout.buffer.flush()
    return {"leaks": 1, "incomplete": 3, "clean": 0}[sweep.result]
