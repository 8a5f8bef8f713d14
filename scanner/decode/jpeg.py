"""JPEG pictures (ITU-T T.81): what their segments say, what stands behind their end, and what they show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from scanner.decode import exif, metadata
from scanner.decode.content import Content, Part
from scanner.decode.limits import Stop
from scanner.decode.pictures import guarded, held, shown
from scanner.model.content import Inside, Unseen

_SEGMENTS_MOST = 100_000
_MARKER = re.compile(rb"\xff(?=[^\x00\xd0-\xd7\xff])")  # in a scan, zero and restarts follow what is no marker
_FRAMES = frozenset((0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF))
_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))
_SCAN, _END, _COMMENT = 0xDA, 0xD9, 0xFE
_EXIF, _XMP, _MORE_XMP, _PHOTOSHOP, _ICC = (
    b"Exif\0", b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0", b"Photoshop 3.0\0", b"ICC_PROFILE\0",
)  # fmt: skip
_PLAIN = (b"JFIF\0", b"JFXX\0", b"Adobe", b"MPF\0", b"Ducky")


class Segment(NamedTuple):
    """One marker and what it holds."""

    marker: int
    data: bytes
    end: int


def read(content: Content) -> Iterator[Part | Unseen]:
    """Its texts, what is behind its end, then what it shows."""
    data = held(content)
    end, profile, more = 0, b"", b""
    size: tuple[int | None, int | None] = (None, None)
    for segment in segments(data):
        end = segment.end
        marker, body, _ = segment
        if marker in _FRAMES and len(body) >= 5:
            size = (int.from_bytes(body[3:5]), int.from_bytes(body[1:3]))
        elif marker == 0xE2 and body.startswith(_ICC):
            profile += body[len(_ICC) + 2 :]
        elif marker == 0xE1 and body.startswith(_MORE_XMP):
            more += body[len(_MORE_XMP) + 40 :]
        elif marker == _COMMENT:
            yield Part(body, Inside(field="jpeg.COM"))
        elif 0xE0 <= marker <= 0xEF:
            yield from guarded(_application(marker, body), Inside(field=f"jpeg.APP{marker - 0xE0}"))
        if marker == _END:
            break
    else:
        yield Unseen("truncated", "it ends before its end marker")
        end = len(data)
    yield from metadata.icc(profile)
    yield from metadata.xmp(more)
    if rest := data[end:]:
        yield from metadata.behind(rest)
    yield from shown(content, *size)


def segments(data: bytes) -> Iterator[Segment]:
    """The segments in order; the data of a scan is passed over."""
    at = 2
    for _ in range(_SEGMENTS_MOST):
        found = _MARKER.search(data, at)
        if found is None or found.end() >= len(data):
            return
        marker, at = data[found.end()], found.end() + 1
        if marker == _END or marker in _ALONE:
            yield Segment(marker, b"", at)
            continue
        size = int.from_bytes(data[at : at + 2])
        if size < 2 or at + size > len(data):
            return
        yield Segment(marker, data[at + 2 : at + size], at + size)
        at += size
    raise Stop("archive-too-large", f"it has more than {_SEGMENTS_MOST:,} segments")


def _application(marker: int, body: bytes) -> Iterator[Part | Unseen]:
    if body.startswith(_EXIF):
        yield from exif.texts(body[6:])
    elif body.startswith(_XMP):
        yield from metadata.xmp(body[len(_XMP) :])
    elif body.startswith(_PHOTOSHOP):
        yield from metadata.photoshop(body[len(_PHOTOSHOP) :])
    elif body.startswith(b"JFXX\0\x10"):
        yield Part(body[6:], Inside(field="jpeg.Thumbnail"))
    elif not body.startswith(_PLAIN):
        yield Part(body, Inside(field=f"jpeg.APP{marker - 0xE0}"))
