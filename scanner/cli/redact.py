"""`leakseal redact`: a copy of a file with every secret masked, written only if nothing is found in the copy."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click

from scanner.cli.options import Project, project
from scanner.errors import UnreadableError, UsageError

_HEAD = 1 << 16
Redactor = Callable[[Path, Path, Project, bool], str]  # file, output, project, whether the user named the configuration -> what was done


def _is_picture(head: bytes) -> bool:
    from scanner.decode.formats import recognise
    from scanner.pipeline.repaint import PICTURES

    form = recognise(head)
    return form is not None and form.name in PICTURES


# What a file is (by its first 64 KiB) -> who masks it, as "module:function"; the first that fits.
REDACTORS: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (_is_picture, "scanner.cli.redact_picture:redact"),
)


@click.command("redact")
@click.argument("file", type=click.Path())
@click.option("-o", "--output", required=True, metavar="FILE", help="Where the copy goes; never the file itself.")
@click.option("--config", "configured", metavar="FILE", help="Configuration instead of leakseal.yaml in this folder.")
@click.option("--rules", "packs", multiple=True, metavar="PATH", help="A rule pack besides the shipped ones.")
def command(file: str, output: str, configured: str | None, packs: tuple[str, ...]) -> int:
    """Write a copy of FILE with every secret in it masked.

    Of a picture, secrets are painted over and all metadata is left out. The copy is scanned before it is written, and is
    not written if anything is left.
    """
    source, target = Path(file), Path(output)
    if not source.is_file():
        raise UsageError(f"there is no file at {file}", hint="name a picture")
    if target.exists() and target.samefile(source):
        raise UsageError("the copy cannot take the place of the file", hint="name another file with -o")
    with source.open("rb") as stream:
        head = stream.read(_HEAD)
    place = next((place for fits, place in REDACTORS if fits(head)), None)
    if place is None:
        raise UsageError("this kind of file cannot be masked", hint="name a PNG, JPEG, WebP, GIF, TIFF, BMP, HEIC or AVIF picture")
    module, _, name = place.partition(":")
    redactor: Redactor = getattr(import_module(module), name)
    said = redactor(source, target, project(None, file=configured, packs=packs), configured is not None)
    click.echo(said, err=True)
    return 0


def written(target: Path, data: bytes) -> None:
    """Put the copy there whole, or not at all."""
    try:
        fd, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(data)
                file.flush()
                os.chmod(name, 0o644)  # noqa: PTH101 mkstemp lets nobody else read it, but the copy is made to be shown
            Path(name).replace(target)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as problem:
        raise UnreadableError(f"the copy cannot be written: {problem.strerror}", hint="name a file in a folder that exists") from None
