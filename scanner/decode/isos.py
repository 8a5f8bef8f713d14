"""ISO 9660 images, with the longer names of Rock Ridge and Joliet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from scanner.decode.content import Content, Part, member
from scanner.decode.limits import Stop
from scanner.decode.stretch import Stretch
from scanner.model.content import Unseen

_SECTOR = 2048
_VOLUMES = 16 * _SECTOR
_FOLDER_MOST = 32 << 20  # bytes of one folder's records
_FOLDERS_MOST = 200_000
_DEPTH_MOST = 64
_EMPTY = (0, 0)
_JOLIET = (b"%/@", b"%/C", b"%/E")


class _Record(NamedTuple):
    """A directory record (ECMA-119 9.1)."""

    at: int
    size: int
    flags: int
    name: bytes
    rest: bytes  # where Rock Ridge has what it adds


def read(content: Content) -> Iterator[Part | Unseen]:
    """Every file by the tree that has the best names; then what only another tree has."""
    file = content.file()
    trees = _trees(file)
    if not trees:
        raise Stop("unreadable", "it has no directory")
    seen: set[tuple[int, int]] = set()  # stretches that were handed on; and, as the first tree ends, whatever is empty
    for root, wide, skip in trees:
        yield from _walk(content, file, root, seen, wide=wide, skip=skip)
        seen.add(_EMPTY)


def _trees(file: BinaryIO) -> list[tuple[_Record, bool, int]]:
    """The roots: with Rock Ridge the primary one first, else Joliet's."""
    primary: list[tuple[_Record, bool, int]] = []
    joliet: list[tuple[_Record, bool, int]] = []
    long_names = False
    for number in range(64):
        file.seek(_VOLUMES + number * _SECTOR)
        sector = file.read(_SECTOR)
        if len(sector) < _SECTOR or sector[1:6] != b"CD001" or sector[0] == 255:
            break
        root = _record(sector, 156)
        if root is None or sector[0] not in (1, 2):
            continue
        if sector[0] == 2 and sector[88:91] in _JOLIET:
            joliet.append((root, True, 0))
        else:
            file.seek(root.at)
            first = _record(file.read(_SECTOR), 0)  # the root itself, where the sharing protocol says how to read what follows
            rest = first.rest if first else b""
            skip = rest[6] if rest[:2] == b"SP" and len(rest) > 6 else 0
            long_names |= rest[:2] == b"SP"
            primary.append((root, False, skip))
    return [*primary, *joliet] if long_names else [*joliet, *primary]


def _walk(
    content: Content, file: BinaryIO, root: _Record, seen: set[tuple[int, int]], *, wide: bool, skip: int
) -> Iterator[Part | Unseen]:  # fmt: skip
    waiting, folders = [(root, b"", 0)], {root.at}
    while waiting:
        folder, path, depth = waiting.pop()
        if folder.size > _FOLDER_MOST or depth > _DEPTH_MOST or len(folders) > _FOLDERS_MOST:
            yield Unseen("archive-too-large", "a folder is larger or deeper than is read", member(path))
            continue
        file.seek(folder.at)
        data = file.read(folder.size)
        if len(data) < folder.size:
            yield Unseen("truncated", "it ends in the middle of a folder", member(path) if path else member("/"))
        for record in _records(data):
            content.budget.hurry()
            place = (record.at, record.size) if record.size else _EMPTY
            if record.name in (b"\0", b"\1") or (place in seen and not record.flags & 2):
                continue
            name = path + _name(record, wide=wide, skip=skip)
            if record.size and not record.flags & 2:
                seen.add(place)
                yield Part(Stretch(file, *place), member(name))
            elif not record.flags & 2:
                yield Part(b"", member(name))
            elif record.at not in folders:
                folders.add(record.at)
                waiting.append((record, name + b"/", depth + 1))


def _records(data: bytes) -> Iterator[_Record]:
    """The records of a folder; none crosses a sector."""
    at = 0
    while at < len(data):
        record = _record(data, at)
        if record is None:
            at += _SECTOR - at % _SECTOR
        else:
            at += data[at]
            yield record


def _record(data: bytes, at: int) -> _Record | None:
    length = data[at] if at < len(data) else 0
    if length < 34 or at + length > len(data):
        return None
    named = data[at + 32]
    name = data[at + 33 : at + 33 + named]
    rest = data[at + 33 + named + (1 - named % 2) : at + length]
    place, size = int.from_bytes(data[at + 2 : at + 6], "little"), int.from_bytes(data[at + 10 : at + 14], "little")
    return _Record(place * _SECTOR, size, data[at + 25], name, rest)


def _name(record: _Record, *, wide: bool, skip: int) -> bytes:
    if wide:
        return record.name.decode("utf-16-be", "replace").split(";")[0].encode("utf-8", "surrogateescape")
    found, rest, at = b"", record.rest, skip
    while at + 4 <= len(rest) and rest[at + 2] >= 4:
        if rest[at : at + 2] == b"NM" and not rest[at + 4 : at + 5].strip(b"\0\1") and rest[at + 5 : at + rest[at + 2]]:
            found += rest[at + 5 : at + rest[at + 2]]
        at += rest[at + 2]
    return found or record.name.split(b";")[0]
