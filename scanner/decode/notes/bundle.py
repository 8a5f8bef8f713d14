"""The files of a bundle, one after the other: what an archive of an export holds, and archives in it."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace

from scanner.decode.content import HEAD, Content, Part
from scanner.decode.formats import Format, recognise
from scanner.decode.peel import Metered, flaw
from scanner.model.content import WHOLE, Inside, Unseen

ARCHIVES = frozenset({"unzip", "untar", "un7z"})
_COMPRESSED = frozenset({"gunzip", "unxz", "bunzip2", "unzstd", "unlz4", "unlz4-legacy", "unlzip", "unlzma"})
_DEPTH_MOST = 4


@dataclass(frozen=True, slots=True)
class File:
    """One file of a bundle; it is read before the next one is asked for."""

    content: Content
    inside: Inside = WHOLE
    steps: tuple[str, ...] = ()


def bundle_form(content: Content) -> Format | None:
    """The format of an archive, or of what was compressed, that may hold an export; None for everything else."""
    form = recognise(content.head)
    return form if form and form.name in ARCHIVES | _COMPRESSED else None


def files_in(
    content: Content, form: Format, inside: Inside = WHOLE, steps: tuple[str, ...] = (), *, glance: bool = False
) -> Iterator[File | Unseen]:
    """Every file in it, also in archives; what cannot be read is told. A `glance` takes beginnings only, and opens no archive in it."""
    steps = (*steps, form.name)
    parts: Iterator[Part | Unseen] = iter(())
    try:
        parts = form.read(content)
        for part in parts:
            if isinstance(part, Unseen):
                yield replace(part, inside=part.inside.within(inside))
                continue
            content.budget.member()
            yield from _file(part, content, inside, steps, glance=glance)
            if content.budget.over:
                raise content.budget.over
    except Exception as problem:
        yield replace(flaw(problem), inside=inside)
    finally:
        if isinstance(parts, Generator):
            parts.close()


def _file(part: Part, container: Content, inside: Inside, steps: tuple[str, ...], *, glance: bool) -> Iterator[File | Unseen]:
    where = part.inside.within(inside)
    stream: Metered | None = None
    if isinstance(part.data, bytes):
        container.budget.spend(len(part.data))
        content = Content(part.data, container.budget)
    else:
        stream = Metered(part.data, container)
        most = HEAD if glance else container.budget.limits.held
        held = stream.upto(most)
        small = len(held) < most
        content = Content(held, container.budget) if small else Content(stream, container.budget, head=held)
    try:
        form = bundle_form(content)
        deep = part.inside.member is None or (form is not None and form.name in ARCHIVES and not glance)
        if form is not None and deep and len(steps) < _DEPTH_MOST:
            yield from files_in(content, form, where, steps, glance=glance)
        else:
            yield File(content, where, steps)
    finally:
        content.close()
    if stream is not None and stream.flaw:
        yield replace(stream.flaw, inside=where)
