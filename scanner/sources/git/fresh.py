"""A blob that was just staged: a loose object, which is read without asking Git, and believed once its id says so."""

from __future__ import annotations

import hashlib
import os
import zlib

_HEAD = 32  # bytes: `blob`, a size and a NUL


def fresh(objects: bytes, oid: str, most: int) -> bytes | None:
    """The content of a loose blob below an `objects` folder; None for what is larger, damaged, or not there: Git knows more."""
    try:
        fd = os.open(os.path.join(objects, oid[:2].encode(), oid[2:].encode()), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with open(fd, "rb") as file:
            packed = file.read(most + 1)
        inflater = zlib.decompressobj()
        data = inflater.decompress(packed, most + _HEAD)
    except (OSError, zlib.error):
        return None
    kind = hashlib.sha1 if len(oid) == 40 else hashlib.sha256
    if not inflater.eof or kind(data, usedforsecurity=False).hexdigest() != oid:
        return None
    head, nul, content = data.partition(b"\0")
    return content if nul and head == b"blob %d" % len(content) else None
