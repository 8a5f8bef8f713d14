"""`leakseal redact`: a copy of a file with every secret masked, written only if nothing is found in the copy."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click

from scanner.cli.options import Project, project
from scanner.errors import UnreadableError, UsageError
from scanner.wholefile import whole

_HEAD = 1 << 16
# file, output, project, whether the user named the configuration -> what was done
Redactor = Callable[[Path, Path | None, Project, bool], str]


def _is_picture(head: bytes) -> bool:
    from scanner.decode.formats import recognise
    from scanner.pipeline.repaint import PICTURES

    form = recognise(head)
    return form is not None and form.name in PICTURES


def _is_log(head: bytes) -> bool:
    from scanner.cli.redact_log import is_log

    return is_log(head)


# What a file is (by its first 64 KiB) -> who masks it, as "module:function"; the first that fits.
REDACTORS: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (_is_picture, "scanner.cli.redact_picture:redact"),
    (_is_log, "scanner.cli.redact_log:redact"),
)


@click.command("redact")
@click.argument("file", default="-", metavar="[FILE]")
@click.option("-o", "--output", metavar="FILE", help="Where the copy goes, never the file itself; a log's to standard output if not given.")
@click.option("--config", "configured", metavar="FILE", help="Configuration instead of leakseal.yaml in this folder.")
@click.option("--rules", "packs", multiple=True, metavar="PATH", help="A rule pack besides the shipped ones.")
def command(file: str, output: str | None, configured: str | None, packs: tuple[str, ...]) -> int:
    """Write a copy of FILE (standard input if none) with every secret in it masked, also those that were accepted.

    Of a picture, secrets are painted over and all metadata is left out. In a log there are eight asterisks for each. The copy
    is scanned before it is kept: exit 1 if anything is left, 3 if something could not be read.
    """
    target = Path(output) if output else None
    chosen = project(None, file=configured, packs=packs)
    if file == "-":
        from scanner.cli.redact_log import redact

        return _done(redact(None, target, chosen, configured is not None))
    source = Path(file)
    if not source.is_file():
        raise UsageError(f"there is no file at {file}", hint="name a picture or a log, or - for standard input")
    if target and target.exists() and target.samefile(source):
        raise UsageError("the copy cannot take the place of the file", hint="name another file with -o")
    with source.open("rb") as stream:
        head = stream.read(_HEAD)
    place = next((place for fits, place in REDACTORS if fits(head)), None)
    if place is None:
        raise UsageError("this kind of file cannot be masked", hint="name a log or a picture (PNG, JPEG, WebP, GIF, TIFF, BMP, HEIC, AVIF)")
    module, _, name = place.partition(":")
    redactor: Redactor = getattr(import_module(module), name)
    return _done(redactor(source, target, chosen, configured is not None))


def _done(said: str) -> int:
    if said:
        click.echo(said, err=True)
    return 0


def written(target: Path, data: bytes) -> None:
    """Put the copy there whole, or not at all."""
    try:
        with whole(target, 0o644) as file:  # the copy is made to be shown
            file.write(data)
    except OSError as problem:
        raise UnreadableError(f"the copy cannot be written: {problem.strerror}", hint="name a file in a folder that exists") from None
