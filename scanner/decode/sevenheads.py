"""The directory of a 7z archive (7zFormat.txt): which streams there are, how they are packed, and which files they make."""

from __future__ import annotations

from dataclasses import dataclass, field

from scanner.decode.limits import Stop

_DAMAGED = "its directory is damaged"
_CODERS_MOST = 16  # of one folder; 7-Zip itself takes 4


@dataclass(frozen=True, slots=True)
class Coder:
    """One method, with its properties."""

    method: bytes
    properties: bytes
    inputs: int
    outputs: int


@dataclass(slots=True)
class Folder:
    """Coders that make one stream out of packed ones, and the files that it holds one behind the other."""

    coders: list[Coder]
    pairs: list[tuple[int, int]]  # (input, output)
    packed: list[int]  # inputs that come from the archive
    sizes: list[int] = field(default_factory=list)  # of each output
    streams: list[tuple[int, int | None]] = field(default_factory=list)  # size and CRC-32 of each file
    crc: int | None = None

    @property
    def size(self) -> int:
        """Of what it makes."""
        bound = {output for _, output in self.pairs}
        return next((size for number, size in enumerate(self.sizes) if number not in bound), 0)

    @property
    def chain(self) -> list[tuple[Coder, int]] | None:
        """Coders from the packed stream to the file with the sizes of what they make; None where they do not stand in one row."""
        if len(self.sizes) < len(self.coders):
            return None
        if len(self.packed) != 1 or any((coder.inputs, coder.outputs) != (1, 1) for coder in self.coders):
            return None
        after = {output: reader for reader, output in self.pairs}
        at: int | None = self.packed[0]
        made: list[tuple[Coder, int]] = []
        while at is not None and at < len(self.coders) and len(made) < len(self.coders):
            made.append((self.coders[at], self.sizes[at]))
            at = after.get(at)
        return made if len(made) == len(self.coders) else None


@dataclass(slots=True)
class Directory:
    """All streams and files."""

    start: int = 0  # of the packed streams, behind the first header
    packed: list[int] = field(default_factory=list)  # their sizes
    folders: list[Folder] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    empty: list[bool] = field(default_factory=list)  # files without a stream: empty ones, and folders
    plain: list[bool] = field(default_factory=list)  # of the empty ones, those that are files


class Cursor:
    """A way through bytes that must not lead out of them."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, size: int) -> bytes:
        """The next bytes."""
        if size > len(self._data) - self._at:
            raise Stop("unreadable", _DAMAGED)
        self._at += size
        return self._data[self._at - size : self._at]

    def rest(self) -> bytes:
        """Everything that is left."""
        return self.take(len(self._data) - self._at)

    def byte(self) -> int:
        """The next byte."""
        return self.take(1)[0]

    def number(self) -> int:
        """A number; the leading bits of its first byte say how many follow."""
        first, mask, value = self.byte(), 0x80, 0
        for count in range(8):
            if not first & mask:
                return value | (first & (mask - 1)) << 8 * count
            value |= self.byte() << 8 * count
            mask >>= 1
        return value

    def count(self) -> int:
        """A number of things, each of which needs a bit at least."""
        value = self.number()
        if value > 8 * len(self._data):
            raise Stop("unreadable", _DAMAGED)
        return value

    def bits(self, count: int) -> list[bool]:
        """So many bits."""
        data = self.take((count + 7) // 8)
        return [bool(data[at >> 3] & 0x80 >> (at & 7)) for at in range(count)]

    def digests(self, count: int) -> list[int | None]:
        """So many CRC-32, where they are given."""
        given = [True] * count if self.byte() else self.bits(count)
        return [int.from_bytes(self.take(4), "little") if one else None for one in given]


def directory(data: bytes) -> Directory | Folder:
    """A directory; or the folder, with its place, that makes the directory when it is unpacked."""
    cursor, found = Cursor(data), Directory()
    kind = cursor.byte()
    if kind == 0x17:
        _streams(cursor, found)
        if len(found.folders) != 1 or not found.packed:
            raise Stop("unreadable", _DAMAGED)
        found.folders[0].streams = [(found.start, found.packed[0])]
        return found.folders[0]
    if kind != 0x01:
        raise Stop("unreadable", _DAMAGED)
    while kind := cursor.byte():
        if kind == 0x02:
            while cursor.byte():
                cursor.take(cursor.number())
        elif kind == 0x03:
            _streams(cursor, Directory())
        elif kind == 0x04:
            _streams(cursor, found)
        elif kind == 0x05:
            _files(cursor, found)
        else:
            raise Stop("unreadable", _DAMAGED)
    return found


def _streams(cursor: Cursor, found: Directory) -> None:
    divided = False
    while kind := cursor.byte():
        if kind == 0x06:
            _packs(cursor, found)
        elif kind == 0x07:
            _folders(cursor, found)
        elif kind == 0x08:
            _substreams(cursor, found)
            divided = True
        else:
            raise Stop("unreadable", _DAMAGED)
    for folder in [] if divided else found.folders:
        folder.streams = [(folder.size, folder.crc)]


def _packs(cursor: Cursor, found: Directory) -> None:
    found.start, count = cursor.number(), cursor.count()
    while kind := cursor.byte():
        if kind == 0x09:
            found.packed = [cursor.number() for _ in range(count)]
        elif kind == 0x0A:
            cursor.digests(count)
        else:
            raise Stop("unreadable", _DAMAGED)


def _folders(cursor: Cursor, found: Directory) -> None:
    if cursor.byte() != 0x0B:
        raise Stop("unreadable", _DAMAGED)
    count = cursor.count()
    if cursor.byte():
        raise Stop("unreadable", _DAMAGED)
    found.folders = [_folder(cursor) for _ in range(count)]
    while kind := cursor.byte():
        if kind == 0x0C:
            for folder in found.folders:
                folder.sizes = [cursor.number() for coder in folder.coders for _ in range(coder.outputs)]
        elif kind == 0x0A:
            for folder, crc in zip(found.folders, cursor.digests(count), strict=True):
                folder.crc = crc
        else:
            raise Stop("unreadable", _DAMAGED)


def _folder(cursor: Cursor) -> Folder:
    coders = []
    count = cursor.number()
    if not 0 < count <= _CODERS_MOST:
        raise Stop("unreadable", _DAMAGED)
    for _ in range(count):
        flags = cursor.byte()
        method = cursor.take(flags & 0xF)
        inputs, outputs = (cursor.number(), cursor.number()) if flags & 0x10 else (1, 1)
        if inputs > _CODERS_MOST or outputs > _CODERS_MOST:
            raise Stop("unreadable", _DAMAGED)
        coders.append(Coder(method, cursor.take(cursor.number()) if flags & 0x20 else b"", inputs, outputs))
    inputs, outputs = sum(coder.inputs for coder in coders), sum(coder.outputs for coder in coders)
    pairs = [(cursor.number(), cursor.number()) for _ in range(outputs - 1)]
    bound = {reader for reader, _ in pairs}
    if inputs - len(pairs) == 1:
        return Folder(coders, pairs, [number for number in range(inputs) if number not in bound])
    return Folder(coders, pairs, [cursor.number() for _ in range(max(0, inputs - len(pairs)))])


def _substreams(cursor: Cursor, found: Directory) -> None:
    counts, sizes = [1] * len(found.folders), list[list[int]]()
    kind = cursor.byte()
    if kind == 0x0D:
        counts = [cursor.count() for _ in found.folders]
        kind = cursor.byte()
    for folder, count in zip(found.folders, counts, strict=True):
        told = [cursor.number() for _ in range(count - 1)] if kind == 0x09 else []
        rest = folder.size - sum(told)
        if rest < 0 or (count > 1 and kind != 0x09):
            raise Stop("unreadable", _DAMAGED)
        sizes.append([*told, rest] if count else [])
    if kind == 0x09:
        kind = cursor.byte()
    unknown = sum(count for folder, count in zip(found.folders, counts, strict=True) if count != 1 or folder.crc is None)
    given = iter(cursor.digests(unknown) if kind == 0x0A else [])
    for folder, own in zip(found.folders, sizes, strict=True):
        known = len(own) == 1 and folder.crc is not None
        folder.streams = [(size, folder.crc if known else next(given, None)) for size in own]
    if kind == 0x0A:
        kind = cursor.byte()
    if kind:
        raise Stop("unreadable", _DAMAGED)


def _files(cursor: Cursor, found: Directory) -> None:
    count = cursor.count()
    found.empty, found.plain = [False] * count, []
    while kind := cursor.byte():
        inner = Cursor(cursor.take(cursor.number()))
        if kind == 0x0E:
            found.empty = inner.bits(count)
        elif kind == 0x0F:
            found.plain = inner.bits(sum(found.empty))
        elif kind == 0x11 and not inner.byte():
            text = inner.rest().decode("utf-16-le", "replace")
            found.names = text.split("\0")[:count]
