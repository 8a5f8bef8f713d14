"""What all pictures carry besides pixels: XMP, IPTC, Photoshop's resources, colour profiles, and what stands behind their end."""

from __future__ import annotations

import base64
import binascii
import html
import re
import zlib
from collections.abc import Iterator

from scanner.decode.content import Part
from scanner.decode.limits import Stop
from scanner.model.content import Inside, Unseen

INFLATED_MOST = 16 << 20  # bytes of a compressed text
_XMP_PICTURE = re.compile(rb"<[A-Za-z]{1,20}:image>([A-Za-z0-9+/=\s&#;]{16,})</")
_TEXTS_MOST = 10_000  # of one block
_IPTC = {
    5: "ObjectName", 7: "EditStatus", 15: "Category", 20: "SupplementalCategories", 25: "Keywords", 40: "SpecialInstructions",
    80: "By-line", 85: "By-lineTitle", 90: "City", 101: "Country", 103: "TransmissionReference", 105: "Headline", 110: "Credit",
    115: "Source",
    116: "CopyrightNotice", 118: "Contact", 120: "Caption-Abstract", 122: "Writer-Editor",
}  # fmt: skip
_ICC_TEXTS = (b"desc", b"cprt", b"dmnd", b"dmdd", b"vued", b"targ", b"scrd")
_COMPRESSED = 4_096  # bytes of which one can say that they are compressed or encrypted


def xmp(data: bytes) -> Iterator[Part]:
    """The packet as text, and pictures in it."""
    text = data.strip(b"\0 ")
    if not text:
        return
    for number, match in enumerate(_XMP_PICTURE.finditer(text)):
        if number == 16:
            break
        try:
            yield Part(base64.b64decode(html.unescape(match[1].decode("ascii"))), Inside(field="xmp.Thumbnail"))
        except (ValueError, binascii.Error):
            continue
    if b"&" in text:
        text = html.unescape(text.decode("utf-8", "replace")).encode("utf-8", "replace")
    yield Part(text, Inside(field="xmp"))


def iptc(data: bytes) -> Iterator[Part]:
    """The data sets of an IPTC-IIM block."""
    at = 0
    for _ in range(_TEXTS_MOST):
        if len(data) < at + 5 or data[at] != 0x1C:
            return
        record, number, size = data[at + 1], data[at + 2], int.from_bytes(data[at + 3 : at + 5])
        at += 5
        if size & 0x8000:  # the length has a length itself
            wide = min(size & 0x7FFF, 8)
            size, at = int.from_bytes(data[at : at + wide]), at + wide
        text = data[at : at + size]
        at += size
        if len(text) > 3:
            name = _IPTC.get(number, f"2:{number}") if record == 2 else f"{record}:{number}"
            yield Part(text, Inside(field=f"iptc.{name}"))


def photoshop(data: bytes) -> Iterator[Part | Unseen]:
    """The image resources (8BIM) that say something."""
    from scanner.decode import exif

    at = 0
    for _ in range(_TEXTS_MOST):
        if data[at : at + 4] not in (b"8BIM", b"MeSa", b"PHUT", b"AgHg", b"DCSR") or len(data) < at + 12:
            return
        kind, name_size = int.from_bytes(data[at + 4 : at + 6]), data[at + 6]
        begin = at + 7 + name_size
        begin += (begin - at) % 2
        size = int.from_bytes(data[begin : begin + 4])
        body = data[begin + 4 : begin + 4 + size]
        at = begin + 4 + size + size % 2
        if kind == 0x0404:
            yield from iptc(body)
        elif kind in (0x0409, 0x040C):
            yield Part(body[28:], Inside(field="photoshop.Thumbnail"))
        elif kind in (0x0422, 0x0423):
            yield from exif.texts(body)
        elif kind == 0x0424:
            yield from xmp(body)
        elif kind == 0x040F:
            yield from icc(body)
        elif kind in (0x03F0, 0x041A, 0x041E, 0x0421) and len(body) > 8:
            yield Part(_plain(body), Inside(field=f"photoshop.0x{kind:04X}"))


def icc(profile: bytes) -> Iterator[Part]:
    """The texts of a colour profile."""
    for number in range(min(int.from_bytes(profile[128:132]), 100)):
        row = profile[132 + 12 * number : 144 + 12 * number]
        start, size = int.from_bytes(row[4:8]), int.from_bytes(row[8:12])
        body = profile[start : start + min(size, 1 << 20)]
        if row[:4] not in _ICC_TEXTS and body[:4] not in (b"mluc", b"text", b"desc"):
            continue
        name = row[:4].decode("latin-1").strip()
        if text := _icc_text(body):
            yield Part(text, Inside(field=f"icc.{name}" if name.isascii() and name.isalnum() else "icc.text"))


def _icc_text(body: bytes) -> bytes:
    kind = body[:4]
    if kind == b"desc":
        return body[12 : 12 + int.from_bytes(body[8:12])].strip(b"\0")
    if kind == b"text":
        return body[8:].strip(b"\0")
    if kind != b"mluc":
        return b""
    found = []
    for number in range(min(int.from_bytes(body[8:12]), 200)):
        row = body[16 + 12 * number : 28 + 12 * number]
        size, start = int.from_bytes(row[4:8]), int.from_bytes(row[8:12])
        found.append(body[start : start + size].decode("utf-16-be", "replace"))
    return "\n".join(found).encode("utf-8", "replace")


def inflated(data: bytes, most: int = INFLATED_MOST) -> bytes:
    """A zlib stream; raises Stop where it is damaged or grows beyond its bound."""
    one = zlib.decompressobj()
    try:
        text = one.decompress(data, most)
    except zlib.error:
        raise Stop("unreadable", "a compressed text in it is damaged") from None
    if one.unconsumed_tail:
        raise Stop("archive-too-large", f"a compressed text in it is larger than {most >> 20} MiB")
    return text


def behind(rest: bytes) -> Iterator[Part | Unseen]:
    """What stands behind the end of a picture: read as whatever it is; a gap where it is something of which nothing can be made."""
    from scanner.decode.formats import recognise

    here = Inside(field="trailing")
    data = rest.lstrip(b"\0\r\n \xff") if not recognise(rest) else rest
    if not data.strip(b"\0\r\n \xff"):
        return
    yield Part(data, here, "rest")
    if recognise(data) is not None or len(data) < _COMPRESSED:
        return
    sample = data[: 1 << 16]
    if len(zlib.compress(sample, 1)) > 0.95 * len(sample):
        yield Unseen("illegible-image", "bytes behind its end are compressed or encrypted: the rest of a cropped picture, perhaps", here)


def _plain(body: bytes) -> bytes:
    """A text that may be in UTF-16."""
    return body.decode("utf-16-be", "replace").encode("utf-8", "replace") if body.count(0) > len(body) // 3 else body
