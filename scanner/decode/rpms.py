"""RPM packages: the texts of their headers as fields, and the payload."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from scanner.decode.content import Content, Part
from scanner.decode.limits import Stop
from scanner.model.content import Inside, Unseen

_LEAD = 96
_MAGIC = b"\x8e\xad\xe8\x01"
_STORE_MOST, _TAGS_MOST, _STRINGS_MOST = 32 << 20, 1 << 16, 1 << 17
_STRING = 6
_STRINGS = (_STRING, 8, 9)  # one, many, one in each of many languages
_FIELDS = {
    1004: "summary", 1005: "description", 1007: "buildhost", 1011: "vendor", 1014: "license", 1015: "packager", 1020: "url",
    1023: "prein", 1024: "postin", 1025: "preun", 1026: "postun", 1065: "triggerscripts", 1079: "verifyscript", 1081: "changelogname",
    1082: "changelogtext", 1123: "disturl",
    1131: "rhnplatform", 1151: "pretrans", 1152: "posttrans", 5012: "bugurl",
    5069: "filetriggerscripts", 5079: "transfiletriggerscripts", 5100: "filetriggername",
    1122: "optflags", 1094: "cookie", 5062: "encoding",
}  # fmt: skip


def read(content: Content) -> Iterator[Part | Unseen]:
    """The tags that a person wrote, each as a field; all other texts together; and what is packed."""
    content.exactly(_LEAD)
    yield from _header(content, "signature")
    content.skip(-content.taken % 8)
    yield from _header(content, "header")
    yield Part(content, step="payload")


def _header(content: Content, field: str) -> Iterator[Part | Unseen]:
    magic, _, count, size = struct.unpack(">4s4s2L", content.exactly(16))
    if magic != _MAGIC:
        raise Stop("unreadable", "a header is damaged")
    if count > _TAGS_MOST or size > _STORE_MOST:
        raise Stop("archive-too-large", "a header is larger than may be held")
    index, store = content.exactly(16 * count), content.exactly(size)
    told: set[int] = set()
    for tag, kind, offset, number in struct.iter_unpack(">4L", index):
        if field == "header" and kind in _STRINGS and tag in _FIELDS and tag not in told and offset < size:
            told.add(tag)
            yield Part(_strings(store, offset, 1 if kind == _STRING else number), Inside(field=f"rpm.{_FIELDS[tag]}"))
    if store.strip(b"\0") and not content.is_held:
        yield Part(store, Inside(field=f"rpm.{field}"))


def _strings(store: bytes, offset: int, number: int) -> bytes:
    """So many strings on lines of their own, each of which ends with a NUL."""
    number, end = min(number, _STRINGS_MOST), offset - 1
    for _ in range(number):
        if (after := store.find(b"\0", end + 1)) < 0:
            return store[offset:].replace(b"\0", b"\n")
        end = after
    return store[offset : max(offset, end)].replace(b"\0", b"\n")
