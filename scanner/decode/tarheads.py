"""The header blocks of tar archives: v7 by its checksum, ustar, GNU and pax."""

from __future__ import annotations

import re
from typing import NamedTuple

BLOCK = 512
_SIZE_MOST = 1 << 60
_SUM = re.compile(rb"[ \0]*[0-7]{1,7}[ \0]*")
_DIGITS = re.compile(rb"[ \0]*([0-7]{0,12})[ \0]*")
_LENGTH = re.compile(rb"([0-9]{1,9}) ([^=]*)=")


class Header(NamedTuple):
    """What one header block says."""

    name: bytes
    kind: bytes  # type flag; "0" for what older programs leave empty
    size: int
    link: bytes
    owners: bytes  # names of user and group, where they are unusual
    block: bytes


def header(block: bytes) -> Header | None:
    """A header block, or None for what is none: the checksum decides."""
    if len(block) < BLOCK or not _SUM.fullmatch(block, 148, 156):
        return None
    said = int(block[148:156].strip(b" \0"), 8)
    if said != sum(block) - sum(block[148:156]) + 256 and said != _signed(block):
        return None
    size = number(block[124:136])
    if size is None or size > _SIZE_MOST:
        return None
    name, link = _text(block[:100]), _text(block[157:257])
    if block[257:263] == b"ustar\0" and block[345]:
        name = _text(block[345:500]) + b"/" + name
    kind = block[156:157]
    users = {_text(block[265:297]), _text(block[297:329])} - {b"", b"root"} if block[257:262] == b"ustar" else set()
    return Header(name, b"0" if kind in b"\x00" else kind, size, link, b" ".join(sorted(users)), block)


def is_tar(head: bytes) -> bool:
    """Whether a content begins with a header."""
    return header(head[:BLOCK]) is not None


def next_header(window: bytes, start: int = 0) -> int:
    """Where the first header in a window begins, or -1: ustar anywhere, v7 on a block's border."""
    found = window.find(b"ustar", start + 257)
    while found >= 0 and header(window[found - 257 : found - 257 + BLOCK]) is None:
        found = window.find(b"ustar", found + 1)
    ustar = found - 257 if found >= 0 else -1
    for at in range(start + -start % BLOCK, len(window) - BLOCK + 1, BLOCK):
        if 0 <= ustar <= at:
            break
        if window[at] and header(window[at : at + BLOCK]):
            return at
    return ustar


def number(field: bytes) -> int | None:
    """A number in octal digits or, after a set bit, in binary; None for what is none or negative."""
    if field[:1] >= b"\x80":
        return int.from_bytes(field, "big") - (1 << 8 * len(field) - 1) if field[0] < 0xC0 else None
    digits = _DIGITS.fullmatch(field)
    return int(digits[1] or b"0", 8) if digits else None


def records(data: bytes) -> list[tuple[bytes, bytes]]:
    """The records of a pax header (POSIX.1-2001), as far as they make sense."""
    found, at = [], 0
    while match := _LENGTH.match(data, at):
        end = at + int(match[1])
        if not match.end() < end <= len(data):
            break
        found.append((match[2], data[match.end() : end - 1]))
        at = end
    return found


def old_sparse(block: bytes) -> tuple[list[tuple[int, int]], bool]:
    """The stretches (offset, size) of a sparse file that GNU's own header has, and whether more follow."""
    return stretches(block[386:482]), bool(block[482])


def stretches(table: bytes) -> list[tuple[int, int]]:
    """A table of offsets and sizes in GNU's headers."""
    pairs = [(number(table[at : at + 12]), number(table[at + 12 : at + 24])) for at in range(0, len(table) - 23, 24)]
    return [(offset, size) for offset, size in pairs if offset is not None and size]


def _signed(block: bytes) -> int:
    """The sum as some old programs made it, of signed bytes."""
    rest = block[:148] + block[156:BLOCK]
    return sum(rest) + 256 - 256 * sum(1 for byte in rest if byte > 127)


def _text(field: bytes) -> bytes:
    return field.split(b"\0", 1)[0]
