"""What a target is, and where its checks are: a file, an image that lies here, an image in a registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from scanner.artifact.check import Book
from scanner.artifacts import containers, files, images
from scanner.artifacts.asked import Asked
from scanner.artifacts.containers import Base
from scanner.artifacts.result import Result
from scanner.artifacts.run import Bench
from scanner.errors import UsageError
from scanner.pipeline.scanned import Scanned

SCHEME = "docker://"


def look(asked: Asked, bench: Bench, insecure: tuple[str, ...], environ: Mapping[str, str]) -> tuple[Result, list[Scanned]]:
    """All checks of a target, and what a scan saw with plaintext; raises LeaksealError."""
    with _base(asked, bench, insecure, environ) as base:
        if asked.target.startswith(SCHEME):
            return _remote(asked, bench, base, insecure, environ)
        if (place := images.place_of(asked.target)) is not None:
            path, wanted = place
            with images.opened(path, bench.settings.limits) as kept:
                return containers.examine(path, kept, wanted, asked, bench, Book(), base)
    path = Path(asked.target)
    if not path.is_file():
        raise UsageError(f"there is no artifact at {asked.target}", hint="name a file, an OCI layout, or docker://HOST/NAME@sha256:…")
    if asked.base or asked.platform:
        raise UsageError("a file has no base image and no platform", hint="leave --base and --platform out")
    return files.examine(path, asked, bench)


def _remote(
    asked: Asked, bench: Bench, base: Base | None, insecure: tuple[str, ...], environ: Mapping[str, str]
) -> tuple[Result, list[Scanned]]:
    from scanner.artifacts import remote

    reference = remote.parse(asked.target)
    book = Book()
    beside = asked.wants_signature or asked.wants_provenance
    with remote.pulled(reference, bench.settings.limits, asked.platform, insecure, environ, attached=beside) as (folder, digest):
        remote.note_reference(book, asked, reference, digest)
        with images.opened(folder, bench.settings.limits) as kept:
            found, done = containers.examine(folder, kept, digest, asked, bench, book, base)
    remote.note_unmoved(book, asked, reference, digest, remote.stands_for(reference, insecure, environ))
    return replace(found, checks=book.ended(), name=reference.name), done


@contextmanager
def _base(asked: Asked, bench: Bench, insecure: tuple[str, ...], environ: Mapping[str, str]) -> Iterator[Base | None]:
    """The base image, if one is named."""
    if asked.base is None:
        yield None
        return
    if asked.base.startswith(SCHEME):
        from scanner.artifacts import remote

        with (
            remote.pulled(remote.parse(asked.base), bench.settings.limits, asked.platform, insecure, environ) as (folder, digest),
            images.opened(folder, bench.settings.limits) as kept,
        ):
            yield containers.base_of(kept, digest, bench)
        return
    place = images.place_of(asked.base)
    if place is None:
        raise UsageError(f"there is no image at {asked.base}", hint="name an OCI layout, an archive, or docker://HOST/NAME@sha256:…")
    with images.opened(place[0], bench.settings.limits) as kept:
        yield containers.base_of(kept, place[1], bench)
