"""`leakseal report`: a stored report in another format."""

from __future__ import annotations

import click

from scanner import report
from scanner.cli.output import filed, needs_page, printed
from scanner.cli.reports import stored
from scanner.errors import UsageError

_REFUSED = "detect-secrets"


@click.command("report")
@click.argument("file", metavar="REPORT.json")
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

    The exit code is that of the report: 0 clean, 1 open findings, 3 something was not read.
    """
    from scanner.report.read_v1 import read_report

    if form == _REFUSED:
        message = "a detect-secrets baseline holds an unsalted SHA-1 of every secret, and Leakseal writes no such hash"
        raise UsageError(message, hint='let detect-secrets run our rules: `detect-secrets scan -p "$(leakseal config plugin)"`')
    forms = {name: report.format_of(name) for name in output}
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
