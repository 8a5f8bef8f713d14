"""A folder that is an OCI layout: images by their manifests, each blob read once and held to its digest."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from scanner import canon
from scanner.decode.content import HEAD, Content, Readable
from scanner.decode.formats import recognise
from scanner.decode.images import Shelved
from scanner.decode.limits import DEFAULT, Budget, Stop
from scanner.decode.manifests import is_shelf
from scanner.decode.shelves import tar_shelf
from scanner.model.content import Inside, Origin, Target
from scanner.model.evidence import Match
from scanner.pipeline.dealt import opened_by
from scanner.pipeline.engines import engine
from scanner.pipeline.opened import Opened
from scanner.pipeline.scanned import Scanned
from scanner.pipeline.settings import Settings
from scanner.pipeline.sightings import Secret, matched
from scanner.pipeline.tally import Entry, Tally
from scanner.sources.files import listing, plain_file


class _File:
    """A file that is closed at its end."""

    def __init__(self, path: bytes) -> None:
        self._file = plain_file(path)

    def read(self, size: int, /) -> bytes:
        data = b"" if self._file.closed else self._file.read(size)
        if not data:
            self._file.close()
        return data


class FolderShelf:
    """The files of a layout; links are not followed."""

    def __init__(self, root: Path, sizes: dict[str, int]) -> None:
        self._root, self.sizes, self.stored = os.fsencode(root), sizes, frozenset(sizes)

    def real(self, name: str) -> str:
        """Every name is its own."""
        return name

    def open(self, name: str) -> Readable:
        """A file; raises OSError where it is none or cannot be read."""
        return _File(os.path.join(self._root, os.fsencode(name)))


def is_layout(path: Path) -> bool:
    """Whether a folder is an OCI layout."""
    return (path / "oci-layout").is_file() and (path / "index.json").is_file()


def is_archive(path: Path) -> bool:
    """Whether a file is a tar archive of container images."""
    try:
        with plain_file(os.fsencode(path)) as file:
            head = file.read(HEAD)
            if (form := recognise(head)) is None or form.name != "image":
                return False
            shelf = tar_shelf(file, Budget(DEFAULT))
    except (OSError, Stop):
        return False
    return shelf is not None and is_shelf(shelf)


def scan_layout(id: str, path: Path, uri: str, settings: Settings, excluded: Callable[[str], str | None]) -> Scanned:
    """Every image in the folder, and what no manifest leads to."""
    tally = Tally(id, "oci", leaves=settings.leaves)
    sizes: dict[str, int] = {}
    for item in listing(path):
        if item.refused:
            tally.gap(Origin(id, "oci", canon.text(item.path)), "unreadable", f"the folder cannot be listed: {item.refused}", counted=False)
        elif excluded(canon.text(item.path)):
            tally.skip(canon.text(item.path))
        else:
            sizes[os.fsdecode(item.path)] = item.size
    tally.expected += len(sizes)
    settings.progress.start(uri, len(sizes))
    total, done, interrupted = sum(sizes.values()), Opened(), False
    content = Content(b"", Budget(settings.limits, total))
    content.size = total  # what the parts are measured against
    form = Shelved("oci", "an OCI layout", b"", shelf=FolderShelf(path, sizes))
    try:
        done = opened_by(settings.workers, engine(settings.rules, settings.cache, settings.engine), content, form)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        settings.progress.stop()
    matches, lost = taken(done, tally, sizes, id)
    names = [] if interrupted else sorted(set(sizes) - lost)
    blobs: list[Entry] = [("file", "", sizes[name], canon.text(os.fsencode(name))) for name in names]
    if interrupted:
        tally.gap(Origin(id, "oci"), "truncated", "the run was interrupted before its end", counted=False)
    tally.read(len(blobs), total, blobs)
    return Scanned(Target(id, "oci", uri, None, "files"), tally, matches, [], interrupted)


def taken(done: Opened, tally: Tally, sizes: dict[str, int], id: str) -> tuple[list[Match], set[str]]:
    """What was found and not seen, by blob: `sha256:…!etc/app.env`."""
    lost: set[str] = set()
    for unseen in done.unseen:
        blob, inside = _split(unseen.inside)
        own = inside == Inside(reachable=inside.reachable) and _stored(blob) in sizes and _stored(blob) not in lost
        if own:
            lost.add(_stored(blob))
        tally.unseen(Origin(id, "oci", blob or None), replace(unseen, inside=inside), counted=own)
    found = []
    for seen in done.found:
        blob, inside = _split(seen.inside)
        found.append(matched(seen._replace(inside=inside), Origin(id, "oci", blob or None), Secret(seen.hit)))
    return found, lost


def _split(inside: Inside) -> tuple[str, Inside]:
    """The blob, and the place in it."""
    blob, _, rest = (inside.member or "").partition("!")
    return blob, replace(inside, member=rest or None)


def _stored(blob: str) -> str:
    algorithm, colon, rest = blob.partition(":")
    return f"blobs/{algorithm}/{rest}" if colon else blob
