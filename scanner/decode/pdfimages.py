"""The pictures of a PDF document as files that readers of pictures know."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from scanner.model.content import Unseen

_AS_THEY_ARE = ("/DCTDecode", "/DCT", "/JPXDecode")  # JPEG and JPEG 2000 files
_MADE_TIFF = ("/CCITTFaxDecode", "/CCF")  # the library puts a TIFF header before them
_PIXELS_MOST = 100_000_000
_COLOURS = {"/DeviceGray": 1, "/CalGray": 1, "/DeviceRGB": 3, "/CalRGB": 3, "/DeviceCMYK": 4, "/G": 1, "/RGB": 3, "/CMYK": 4}
_ENDINGS = ((b"\xff\xd8", ".jpeg"), (b"\x89PNG", ".png"), (b"II*\0", ".tiff"), (b"MM\0*", ".tiff"), (b"\0\0\0\x0cjP", ".jp2"))
_UNSEEN = Unseen("illegible-image", "a picture is stored in a way that is not read")


def picture(stream: Any) -> bytes | Unseen:
    """A picture's file: JPEG, JPEG 2000 and TIFF as they are, pixels as PNG."""
    filters = stream.get("/Filter", [])
    filters = [str(name) for name in filters] if isinstance(filters, list) else [str(filters)]
    width, height = int(stream.get("/Width", 0)), int(stream.get("/Height", 0))
    if width <= 0 or height <= 0 or width * height > _PIXELS_MOST:
        return Unseen("archive-too-large" if width * height > _PIXELS_MOST else "illegible-image", "a picture has no size that can be read")
    if "/JBIG2Decode" in filters:
        return _UNSEEN
    data = bytes(stream.get_data())
    if filters and filters[-1] in (*_AS_THEY_ARE, *_MADE_TIFF):
        return data
    return _png(stream, data, width, height)


def named(data: bytes) -> str:
    """The ending that a picture's file would have."""
    return next((ending for magic, ending in _ENDINGS if data.startswith(magic)), "")


def _png(stream: Any, data: bytes, width: int, height: int) -> bytes | Unseen:
    depth = 1 if stream.get("/ImageMask") else int(stream.get("/BitsPerComponent", 8))
    channels, palette = _colours(stream)
    row = (width * depth * channels + 7) // 8
    if depth not in (1, 2, 4, 8, 16) or not channels or len(data) < row:
        return _UNSEEN
    data = data[: row * height]
    height = len(data) // row
    if channels == 4:
        if depth != 8:
            return _UNSEEN
        data, row, channels = _from_cmyk(data), width * 3, 3
    kind = 3 if palette else {1: 0, 3: 2}[channels]
    if (kind == 2 and depth < 8) or (kind == 3 and depth == 16):
        return _UNSEEN
    lines = b"".join(b"\0" + data[at : at + row] for at in range(0, row * height, row))
    chunks = [(b"IHDR", struct.pack(">2L5B", width, height, depth, kind, 0, 0, 0))]
    if palette:
        chunks.append((b"PLTE", palette[: 3 << depth]))
    chunks += [(b"IDAT", zlib.compress(lines, 1)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">L", len(body)) + name + body + struct.pack(">L", zlib.crc32(name + body)) for name, body in chunks
    )


def _colours(stream: Any, space: Any = None, depth: int = 0) -> tuple[int, bytes]:
    """How many channels the pixels have, and the palette that they point into; no channels where that is not known."""
    if stream is not None and space is None:
        space = "/DeviceGray" if stream.get("/ImageMask") else stream.get("/ColorSpace", "/DeviceGray")
    space = space.get_object() if hasattr(space, "get_object") else space
    if isinstance(space, str):
        return _COLOURS.get(space, 0), b""
    if not isinstance(space, list) or not space or depth > 3:
        return 0, b""
    name = str(space[0])
    if name == "/ICCBased" and len(space) > 1:
        return int(space[1].get_object().get("/N", 0)), b""
    if name in ("/Indexed", "/I") and len(space) > 3:
        base, _ = _colours(None, space[1], depth + 1)
        return 1, _palette(space[3].get_object(), base)
    if name in ("/Separation", "/DeviceN") and len(space) > 1:
        return (1 if name == "/Separation" or len(space[1]) == 1 else 0), b""
    return _COLOURS.get(name, 3 if name == "/Lab" else 0), b""


def _palette(table: Any, channels: int) -> bytes:
    data = table.get_data() if hasattr(table, "get_data") else table
    data = data.encode("latin-1", "replace") if isinstance(data, str) else bytes(data)
    if channels == 1:
        return b"".join(bytes([grey]) * 3 for grey in data)
    return _from_cmyk(data) if channels == 4 else data


def _from_cmyk(data: bytes) -> bytes:
    """Good enough to read: what is dark stays dark."""
    made = bytearray(len(data) // 4 * 3)
    black = data[3::4]
    for channel in range(3):
        made[channel::3] = bytes(max(0, 255 - ink - key) for ink, key in zip(data[channel::4], black, strict=False))[: len(made) // 3]
    return bytes(made)
