"""Files that are released: wheels, source distributions, npm packages, archives, anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from scanner.artifact.binding import Binding, Member
from scanner.artifact.check import Book
from scanner.artifact.naming import STRONG, Package
from scanner.artifact.package import FILE, HELD, TEXTS_MOST, Packed, Untrue, kind_of, metadata
from scanner.artifacts import run, trust
from scanner.artifacts.asked import Asked, contents, places
from scanner.artifacts.members import Reading, digest_file, is_archive, members, opened
from scanner.artifacts.result import Result
from scanner.artifacts.run import Bench, Source
from scanner.model.content import Unseen
from scanner.pipeline.scanned import Scanned


def examine(path: Path, asked: Asked, bench: Bench) -> tuple[Result, list[Scanned]]:
    """Everything about one file, and what a scan saw with plaintext; raises LeaksealError."""
    book, source = Book(), run.source_of(asked)
    size, digests = digest_file(path, STRONG)
    packed, binding, lost = _inside(path, asked, bench, source)
    package = _package(book, packed)
    run.note_places(book, list(places(asked, path.name, package)), digests)
    run.note_version(book, asked, [package.version] if package else [], source)
    if asked.wants_signature:
        files = [contents(name, "signature") for name in asked.signatures]
        book.add([trust.file_signature(files, digests["sha256"].partition(":")[2], asked.trust, asked.now)])
    judged = run.note_provenance(book, asked, tuple(digests.values()))
    if binding is not None:
        run.note_binding(book, asked, binding, lost)
    done = run.scanned(path, asked.target, bench) if asked.scan else []
    report = run.note_scan(book, done, bench) if asked.scan else None
    same = digest_file(path, ("sha256",))[1]["sha256"] == digests["sha256"]
    book.note("content", "" if same else "it was changed while it was looked at", f"{size:,} bytes were hashed, and once more at the end")
    said = judged.said if judged else None
    return Result(
        uri=asked.target, kind=packed.kind.name, digest=digests["sha256"], size=size, checks=book.ended(),
        name=package.name if package else path.name, version=package.version if package else None, binding=binding, provenance=said,
        signer=judged.key if judged else None, report=report,
    ), done  # fmt: skip


def _package(book: Book, packed: Packed) -> Package | None:
    try:
        package = metadata(packed)
    except Untrue as problem:
        book.note("metadata", str(problem), "")
        return None
    if package is not None:
        proof = ", and every file in it is as RECORD says" if packed.kind.name == "wheel" else ""
        book.note("metadata", "", f"{package.name} {package.version}{proof}")
    return package


def _inside(path: Path, asked: Asked, bench: Bench, source: Source | None) -> tuple[Packed, Binding | None, list[Unseen]]:
    """One way through the file: what it says of itself, and where its files come from."""
    with opened(path, bench.settings.limits) as content:
        archive = is_archive(content.head)
        packed = Packed(kind_of(path.name, _first(path, bench) if archive else None, archive=archive), path.name)
        if packed.kind is FILE and source is None:
            return packed, None, []
        wanted = packed.kind.wanted
        base = source.reading(bench) if source else Reading(bench.settings.limits)

        def held(name: str) -> int:
            return HELD if wanted and len(packed.texts) < TEXTS_MOST and wanted.fullmatch(name) else 0

        reading = replace(base, wanted=held, kept=packed.texts.__setitem__)

        def seen() -> Iterator[Member | Unseen]:
            for one in members(content, reading, path.name):
                if isinstance(one, Member):
                    packed.add(one.name, one.sha256, one.size)
                yield one

        if source is None:
            for _ in seen():
                pass
            return packed, None, []
        return packed, *run.bound(seen(), source, packed.kind.name, asked)


def _first(path: Path, bench: Bench) -> str | None:
    """The name of the first member."""
    with opened(path, bench.settings.limits) as content:
        return next((one.name for one in members(content, Reading(bench.settings.limits), path.name) if isinstance(one, Member)), None)
