"""Programs with something behind their end: self-extracting archives, installers, scripts that carry an archive."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import BinaryIO

from scanner.decode.content import Content, Part
from scanner.decode.stretch import Stretch
from scanner.model.content import Unseen

_ARCHIVE = re.compile(
    rb"PK\x03\x04|7z\xbc\xaf\x27\x1c|Rar!\x1a\x07|\x1f\x8b\x08[\0-\x1f]|\xfd7zXZ\0|BZh[1-9]1AY&SY|\x28\xb5\x2f\xfd|MSCF\0\0\0\0|hsqs|sqsh"
)
_CARRIED = re.compile(rb"\n(?=%s)" % _ARCHIVE.pattern)
_AHEAD = 1 << 20  # bytes behind a program in which an archive begins, such as after the configuration of 7-Zip's installers
_TAIL = 1 << 13
_KNOWN = (
    (re.compile(rb"\xef\xbe\xad\xdeNullsoftInst"), "an installer by NSIS: its bytes were searched, what it installs was not"),
    (re.compile(rb"MEI\x0c\x0b\x0a\x0b\x0e"), "a program that PyInstaller packed: its bytes were searched, what is packed was not"),
)
_UPX = "a program that UPX packed: its bytes were searched, what is packed was not"
_SEGMENTS_MOST, _SECTIONS_MOST = 4_096, 1_024


def fits(data: bytes) -> bool:
    """Whether it is a program whose end is known."""
    return _end(data) > 0


def fits_script(data: bytes) -> bool:
    """Whether an archive begins on a line of a script."""
    return _CARRIED.search(data) is not None


def read(content: Content) -> Iterator[Part | Unseen]:
    """What stands behind the program, from where an archive begins."""
    head, file = content.head, content.file()
    if b"UPX!" in head[:4096]:
        yield Unseen("unsupported-format", _UPX)
    start, end = _end(head), _signed(head, file.seek(0, 2))
    if not start < end:
        return
    file.seek(start)
    ahead = file.read(min(_AHEAD, end - start))
    file.seek(max(start, end - _TAIL))
    tail = file.read(_TAIL)
    for sign, said in _KNOWN:
        if sign.search(ahead) or sign.search(tail):
            yield Unseen("unsupported-format", said)
            return
    if found := _ARCHIVE.search(ahead):
        yield _overlay(file, start + found.start(), end)


def script(content: Content) -> Iterator[Part]:
    """What a script carries."""
    file = content.file()
    if found := _CARRIED.search(content.head):
        yield _overlay(file, found.end(), file.seek(0, 2))


def _overlay(file: BinaryIO, start: int, end: int) -> Part:
    return Part(Stretch(file, start, end - start), step="overlay")


def _end(head: bytes) -> int:
    """Where a program ends by its own headers; 0 if it is none."""
    try:
        return _elf(head) if head.startswith(b"\x7fELF") else _windows(head)
    except struct.error:
        return 0


def _elf(head: bytes) -> int:
    """The end of what is loaded, and of the table of sections (System V ABI, chapter 4)."""
    if head[4:5] not in (b"\1", b"\2") or head[5:6] not in (b"\1", b"\2"):
        return 0
    order, wide = "<" if head[5] == 1 else ">", head[4] == 2
    segments, sections = struct.unpack_from(f"{order}{'QQ' if wide else 'LL'}", head, 32 if wide else 28)
    segment_size, segment_count, section_size, section_count = struct.unpack_from(f"{order}4H", head, 54 if wide else 42)
    ends = [sections + section_size * section_count, segments + segment_size * segment_count]
    for number in range(min(segment_count, _SEGMENTS_MOST)):
        at = segments + number * segment_size
        if at + segment_size > len(head):
            break
        offset, size = struct.unpack_from(f"{order}Q16xQ" if wide else f"{order}L8xL", head, at + (8 if wide else 4))
        ends.append(offset + size)
    return int(max(ends))


def _windows(head: bytes) -> int:
    """The end of the last section (PE format, 3 and 4); of a program for DOS, the end of its pages."""
    at = int.from_bytes(head[60:64], "little")
    if head[at : at + 4] != b"PE\0\0":
        last, pages = struct.unpack_from("<HH", head, 2)
        return int(pages - 1) * 512 + (last or 512) if pages > 0 and last < 512 else 0
    count, optional = struct.unpack_from("<H12xH", head, at + 6)
    ends = [0]
    for number in range(min(count, _SECTIONS_MOST)):
        size, offset = struct.unpack_from("<LL", head, at + 24 + optional + 40 * number + 16)
        ends.append(offset + size if offset else 0)
    return int(max(ends))


def _signed(head: bytes, end: int) -> int:
    """The end without the signature that a program for Windows may have behind everything else."""
    at = int.from_bytes(head[60:64], "little") if head.startswith(b"MZ") else 0
    if not at or head[at : at + 4] != b"PE\0\0":
        return end
    table = at + 24 + (144 if head[at + 24 : at + 26] == b"\x0b\x02" else 128)
    offset, size = int.from_bytes(head[table : table + 4], "little"), int.from_bytes(head[table + 4 : table + 8], "little")
    return offset if offset and size and offset + size == end else end
