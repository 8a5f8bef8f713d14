"""Loose objects: one zlib stream each, with a header that says type and size (gitrepository-layout, git-hash-object)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from isal import isal_zlib

from scanner.sources.git.kinds import BLOB, COMMIT, TAG, TREE, WHOLE_LIMIT, Damaged, TooLarge
from scanner.sources.git.pack import BadStream

KINDS = {b"commit": COMMIT, b"tree": TREE, b"blob": BLOB, b"tag": TAG}
_HEADER = re.compile(rb"(commit|tree|blob|tag) (\d{1,19})\0")
_STEP = 1 << 20


def loose_ids(objects: Path, hash_size: int) -> tuple[list[bytes], list[str]]:
    """(binary ids of the loose objects below an `objects` folder, in order; the folders that are closed to us)."""
    found: list[bytes] = []
    closed: list[str] = []
    rest = re.compile(f"[0-9a-f]{{{2 * hash_size - 2}}}")
    for name in sorted(name for name in _listed(objects, closed) if re.fullmatch("[0-9a-f]{2}", name)):
        found += [bytes.fromhex(name + file) for file in sorted(_listed(objects / name, closed)) if rest.fullmatch(file)]
    return found, closed


def _listed(folder: Path, closed: list[str]) -> list[str]:
    try:
        return os.listdir(folder)
    except NotADirectoryError:
        return []
    except OSError:
        closed.append(folder.name)
        return []


def loose_path(objects: Path, oid: bytes) -> Path:
    """Where a loose object stands."""
    name = oid.hex()
    return objects / name[:2] / name[2:]


def read_loose(path: Path) -> tuple[int, bytes]:
    """(type, content) of a loose object; raises Damaged, TooLarge or OSError."""
    with path.open("rb") as file:
        inflater = isal_zlib.decompressobj()
        start, kind, size = _start(inflater, file.read(_STEP))
        if size > WHOLE_LIMIT:
            raise LooseTooLarge(kind, size)
        pieces = [start, *_rest(inflater, file, size - len(start))]
    data = b"".join(pieces)
    if len(data) != size or not inflater.eof:
        raise Damaged
    return kind, data


class LooseTooLarge(TooLarge):
    """A loose object that its header says is larger than may be held whole."""

    def __init__(self, kind: int, size: int) -> None:
        super().__init__()
        self.kind, self.size = kind, size


def stream_loose(path: Path) -> Iterator[bytes]:
    """The content of a large loose object in pieces; raises Damaged or OSError."""
    with path.open("rb") as file:
        inflater = isal_zlib.decompressobj()
        start, _, size = _start(inflater, file.read(_STEP))
        total = len(start)
        yield start
        for piece in _rest(inflater, file, size - total):
            total += len(piece)
            yield piece
    if total != size or not inflater.eof:
        raise Damaged


def _start(inflater: isal_zlib.Decompress, packed: bytes) -> tuple[bytes, int, int]:
    try:
        start = inflater.decompress(packed, _STEP)
    except BadStream as problem:
        raise Damaged from problem
    match = _HEADER.match(start)
    if match is None:
        raise Damaged
    return start[match.end() :], KINDS[match[1]], int(match[2])


def _rest(inflater: isal_zlib.Decompress, file: object, left: int) -> Iterator[bytes]:
    """The inflated remainder, never more than one step beyond what the header promised."""
    read = file.read  # type: ignore[attr-defined]
    packed = inflater.unconsumed_tail
    try:
        while left >= 0 and not inflater.eof:
            packed = packed or read(_STEP)
            piece = inflater.decompress(packed, _STEP)
            if not piece and not packed:
                return
            packed = inflater.unconsumed_tail
            left -= len(piece)
            if piece:
                yield piece
    except BadStream as problem:
        raise Damaged from problem
