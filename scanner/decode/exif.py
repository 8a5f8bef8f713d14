"""EXIF and TIFF directories (TIFF 6.0, EXIF 2.32): the texts in them, the embedded thumbnail, and where a TIFF file has pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from scanner.decode.content import Part
from scanner.decode.limits import Stop
from scanner.decode.metadata import icc, iptc, photoshop, xmp
from scanner.model.content import Inside, Unseen

_DIRECTORIES_MOST, _ENTRIES_MOST = 4_096, 4_096
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8, 129: 1}
_BYTES, _ASCII, _UNDEFINED, _UTF8 = 1, 2, 7, 129
_NUMBERS = {1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8}
_BELOW = {0x8769: "exif", 0x8825: "gps", 0xA005: "interop", 0x014A: "tiff"}  # tags that point to further directories
_THUMBNAIL, _THUMBNAIL_SIZE, _JPEG_TABLES = 0x0201, 0x0202, 0x015B
_NAMES = {
    0x010D: "DocumentName", 0x010E: "ImageDescription", 0x010F: "Make", 0x0110: "Model", 0x011D: "PageName", 0x0131: "Software",
    0x013B: "Artist", 0x013C: "HostComputer", 0x02BC: "XMP", 0x8298: "Copyright", 0x83BB: "IPTC", 0x8649: "Photoshop", 0x8773: "ICC",
    0x9286: "UserComment", 0x927C: "MakerNote", 0x9C9B: "XPTitle", 0x9C9C: "XPComment", 0x9C9D: "XPAuthor", 0x9C9E: "XPKeywords",
    0x9C9F: "XPSubject", 0xA420: "ImageUniqueID", 0xA430: "CameraOwnerName", 0xA431: "BodySerialNumber", 0xA435: "LensSerialNumber",
    0xC614: "UniqueCameraModel", 0xC68B: "OriginalRawFileName", 0xFDE9: "SerialNumber", 0x001B: "GPSProcessingMethod",
    0x001C: "GPSAreaInformation",
}  # fmt: skip


Order = Literal["little", "big"]


class Entry(NamedTuple):
    """One tag of a directory."""

    directory: str  # exif | gps | interop | tiff
    number: int  # of the directory in its chain
    tag: int
    kind: int
    data: bytes

    def value(self, order: Order) -> int:
        """Its first number; 0 if it has none."""
        return int.from_bytes(self.data[: _NUMBERS.get(self.kind, 0)], order)


def texts(block: bytes, *, whole: bool = False) -> Iterator[Part | Unseen]:
    """The texts of a TIFF block, and the picture that may be embedded; `whole`: it is a TIFF file rather than EXIF."""
    order = byte_order(block)
    places: dict[tuple[str, int], dict[int, int]] = {}
    for entry in entries(block):
        field = f"{'tiff' if whole and entry.directory == 'tiff' else 'exif'}.{_NAMES.get(entry.tag, f'0x{entry.tag:04X}')}"
        if entry.tag in (_THUMBNAIL, _THUMBNAIL_SIZE):
            places.setdefault((entry.directory, entry.number), {})[entry.tag] = entry.value(order)
        elif entry.tag == 0x02BC:
            yield from xmp(entry.data)
        elif entry.tag == 0x83BB:
            yield from iptc(entry.data)
        elif entry.tag == 0x8649:
            yield from photoshop(entry.data)
        elif entry.tag == 0x8773:
            yield from icc(entry.data)
        elif text := _text(entry, order):
            yield Part(text, Inside(field=field))
    for found in places.values():
        start, size = found.get(_THUMBNAIL, 0), found.get(_THUMBNAIL_SIZE, 0)
        if picture := block[start : start + size]:
            yield Part(picture, Inside(field="exif.Thumbnail"))
            if len(picture) < size:
                yield Unseen("truncated", "its embedded thumbnail ends too early", Inside(field="exif.Thumbnail"))


def byte_order(block: bytes) -> Order:
    """How numbers are written in it."""
    return "big" if block[:2] == b"MM" else "little"


def entries(block: bytes) -> Iterator[Entry]:
    """Every tag, directory by directory; raises Stop where they go round in circles or are too many."""
    order = byte_order(block)
    if block[:2] not in (b"II", b"MM") or len(block) < 8:
        raise Stop("unreadable", "its EXIF block is damaged")
    large = int.from_bytes(block[2:4], order) == 43
    size = 8 if large else 4
    first = int.from_bytes(block[8:16] if large else block[4:8], order)
    waiting, seen = [(first, "tiff", 0)], set[int]()
    while waiting:
        at, name, number = waiting.pop(0)
        if at in seen or not at:
            continue
        seen.add(at)
        if len(seen) > _DIRECTORIES_MOST:
            raise Stop("archive-too-large", f"it has more than {_DIRECTORIES_MOST:,} directories of metadata")
        found = list(_directory(block, at, name, number, large=large))
        yield from found
        for entry in found:
            if entry.tag in _BELOW:
                step = _NUMBERS.get(entry.kind, size)
                places = [entry.data[n : n + step] for n in range(0, len(entry.data), step)]
                waiting += [(int.from_bytes(place, order), _BELOW[entry.tag], 0) for place in places]
        count = int.from_bytes(block[at : at + (8 if large else 2)], order)
        end = at + (8 + 20 * count if large else 2 + 12 * count)
        waiting.append((int.from_bytes(block[end : end + size], order), name, number + 1))


def _directory(block: bytes, at: int, name: str, number: int, *, large: bool) -> Iterator[Entry]:
    order = byte_order(block)
    size, head = (8, 8) if large else (4, 2)
    count = min(int.from_bytes(block[at : at + head], order), _ENTRIES_MOST)
    for where in range(at + head, at + head + count * (4 + 2 * size), 4 + 2 * size):
        row = block[where : where + 4 + 2 * size]
        if len(row) < 4 + 2 * size:
            return
        tag, kind = int.from_bytes(row[:2], order), int.from_bytes(row[2:4], order)
        length = int.from_bytes(row[4 : 4 + size], order) * _SIZES.get(kind, 0)
        if length <= size:
            data = row[4 + size : 4 + size + length]
        else:
            start = int.from_bytes(row[4 + size :], order)
            data = block[start : start + length]
        yield Entry(name, number, tag, kind, data)


def _text(entry: Entry, order: Order) -> bytes:
    """What a tag says in UTF-8; nothing for numbers."""
    data = entry.data
    if 0x9C9B <= entry.tag <= 0x9C9F:
        return data.decode("utf-16-le", "replace").rstrip("\0").encode("utf-8", "replace")
    if entry.tag in (0x9286, 0x001B, 0x001C) and len(data) > 8:
        charset, rest = data[:8].rstrip(b"\0 ").upper(), data[8:]
        if charset == b"UNICODE":
            return rest.decode("utf-16-le" if order == "little" else "utf-16-be", "replace").rstrip("\0 ").encode("utf-8", "replace")
        if charset == b"JIS":
            return rest.decode("iso2022_jp", "replace").rstrip("\0 ").encode("utf-8", "replace")
        return (rest if charset in (b"ASCII", b"") else data).strip(b"\0 ")
    if entry.kind in (_ASCII, _UTF8):
        return data.replace(b"\0", b"\n").strip()
    if entry.kind in (_BYTES, _UNDEFINED) and len(data) >= 8 and entry.tag != _JPEG_TABLES:
        return data.strip(b"\0") if entry.tag == 0x927C or sum(32 <= byte < 127 for byte in data) > 0.9 * len(data) else b""
    return b""
