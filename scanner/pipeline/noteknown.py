"""Whether a target shows by itself that it is an export of notes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from scanner import canon
from scanner.decode.content import HEAD, Content
from scanner.decode.limits import Budget, Limits
from scanner.decode.notes.bundle import File, bundle_form, files_in
from scanner.decode.notes.documents import layout_of
from scanner.notemaps import NoteMap, shipped

_FILES_MOST = 60
_FOLDERS_MOST = 20
_ENDINGS = (".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".csv", ".xml", ".enex", ".md", ".html", ".htm")
_BROUGHT = "attachments/"
Seen = tuple[str, bytes]  # path, beginning


def is_export(path: Path, own: tuple[NoteMap, ...], limits: Limits) -> bool:
    """Whether at least half of the documents at the beginning of a file, an archive or a folder show the layout of an export."""
    try:
        seen = list(_in_folder(path) if path.is_dir() else _in_file(path, limits))
    except Exception:  # whoever scans it says what is wrong with it
        return False
    documents = [(name, head) for name, head in seen if name.lower().endswith(_ENDINGS) and _BROUGHT not in name]
    known = sum(layout_of(head, name, (*own, *shipped())) is not None for name, head in documents)
    return known > 0 and known * 2 >= len(documents)


def _in_folder(path: Path) -> Iterator[Seen]:
    if (path / ".obsidian").is_dir():
        yield "vault.json", b'{"format": "state-hub-export"}'
        return
    entries = sorted(os.scandir(path), key=lambda entry: entry.name)
    files = [entry for entry in entries if entry.is_file(follow_symlinks=False)]
    for folder in islice((entry for entry in entries if entry.is_dir(follow_symlinks=False)), _FOLDERS_MOST):
        below = sorted(os.scandir(folder.path), key=lambda entry: entry.name)
        files += islice((entry for entry in below if entry.is_file(follow_symlinks=False)), 3)
    for entry in islice((entry for entry in files if entry.name.lower().endswith(_ENDINGS)), _FILES_MOST):
        with open(entry.path, "rb") as file:
            yield canon.text(os.fsencode(os.path.relpath(entry.path, path))), file.read(HEAD)


def _in_file(path: Path, limits: Limits) -> Iterator[Seen]:
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        content = Content(file, Budget(limits, size), size=size)
        form = bundle_form(content)
        if form is None:
            name = path.name if path.name.lower().endswith(_ENDINGS) else f"{path.name}.json"
            yield name, content.head
            return
        for item in islice(files_in(content, form, glance=True), _FILES_MOST):
            if isinstance(item, File):
                yield item.inside.member or path.name.rpartition(".")[0], item.content.head
