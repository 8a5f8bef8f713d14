"""Small pictures that hold a text, and what OCR programs write about one, so that their readers can be tried."""

from __future__ import annotations

import html
import io
import json
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image


def png(text: bytes) -> bytes:
    """A picture of one pixel with a compressed text."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    inside = b"Comment\0\0" + zlib.compress(text)
    rows = zlib.compress(b"\0\0")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"zTXt", inside) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def gif(text: bytes) -> bytes:
    """A picture of one pixel with a comment in two blocks."""
    halves = (text[:40], text[40:])
    comment = b"".join(bytes([len(part)]) + part for part in halves)
    frame = b",\0\0\0\0\1\0\1\0\0\2\2\x44\1\0"
    return b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + b"!\xfe" + comment + b"\0" + frame + b";"


def jpeg(text: bytes) -> bytes:
    """A picture that is nothing but a comment."""
    return b"\xff\xd8\xff\xfe" + (len(text) + 2).to_bytes(2) + text + b"\xff\xd9"


def webp(text: bytes) -> bytes:
    """A picture of one pixel with an XMP packet, in which letters are written as entities."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return kind + struct.pack("<L", len(data)) + data + b"\0" * (len(data) % 2)

    pixel = b"\x2f\0\0\0\0\x88\x88\x08"  # VP8L
    body = b"WEBP" + chunk(b"VP8X", b"\x04" + bytes(9)) + chunk(b"VP8L", pixel) + chunk(b"XMP ", _packet(text))
    return b"RIFF" + struct.pack("<L", len(body)) + body


def _packet(text: bytes) -> bytes:
    said = "".join(f"&#{byte};" for byte in text)
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:description xmlns:dc="urn:d">{said}</dc:description></x:xmpmeta>'.encode()


def tiff(text: bytes) -> bytes:
    """A picture of one pixel with a description."""
    tags = {256: (3, 1), 257: (3, 1), 258: (3, 8), 259: (3, 1), 262: (3, 1), 273: (4, 0), 277: (3, 1), 278: (3, 1), 279: (4, 1)}
    behind = 8 + 2 + 12 * (len(tags) + 1) + 4
    entries = {tag: struct.pack("<HHLL", tag, kind, 1, value or behind) for tag, (kind, value) in tags.items()}
    entries[270] = struct.pack("<HHLL", 270, 2, len(text) + 1, behind + 1)
    directory = struct.pack("<H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries)) + bytes(4)
    return b"II*\0\x08\0\0\0" + directory + b"\xff" + text + b"\0"


def bmp(text: bytes) -> bytes:
    """A picture of one pixel with something behind its end."""
    head = struct.pack("<LLL", 58, 0, 54) + struct.pack("<LllHHLLllLL", 40, 1, 1, 1, 24, 0, 4, 2835, 2835, 0, 0)
    return b"BM" + head + b"\xff\xff\xff\0" + text


def heif(text: bytes) -> bytes:
    """A file without a picture, whose only item is an XMP packet."""

    def box(kind: bytes, *parts: bytes) -> bytes:
        body = b"".join(parts)
        return struct.pack(">L", len(body) + 8) + kind + body

    packet = _packet(text)
    first = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    item = box(b"infe", b"\2\0\0\0\0\1\0\0mime\0application/rdf+xml\0\0")
    info = box(b"iinf", bytes(4), b"\0\1", item)

    def meta(at: int) -> bytes:
        place = struct.pack(">HHHLL", 1, 0, 1, at, len(packet))
        return box(b"meta", bytes(4), box(b"hdlr", bytes(8), b"pict", bytes(13)), info, box(b"iloc", bytes(4), b"\x44\0\0\1", place))

    return first + meta(len(first) + len(meta(0)) + 8) + box(b"mdat", packet)


def _words(text: bytes) -> Iterator[tuple[str, tuple[int, int, int, int]]]:
    for number, word in enumerate(text.decode("ascii").split()):
        yield word, (90 * number, 9, 80, 14)


def tsv(text: bytes) -> bytes:
    """What Tesseract writes, a row for each word."""
    names = "level page_num block_num par_num line_num word_num left top width height conf text".replace(" ", "\t")
    rows = (f"5\t1\t1\t1\t1\t{n}\t{x}\t{y}\t{wide}\t{high}\t96\t{word}" for n, (word, (x, y, wide, high)) in enumerate(_words(text)))
    return "\n".join((names, *rows, "")).encode()


def hocr(text: bytes) -> bytes:
    """A page of hOCR."""
    words = "".join(
        f"<span class='ocrx_word' title='bbox {x} {y} {x + wide} {y + high}; x_wconf 96'>{html.escape(word)}</span> "
        for word, (x, y, wide, high) in _words(text)
    )
    line = f"<span class='ocr_line' title='bbox 0 0 900 30'>{words}</span>"
    return f"<!DOCTYPE html><html><body><div class='ocr_page' title='bbox 0 0 900 600'>{line}</div></body></html>".encode()


def alto(text: bytes) -> bytes:
    """A page of ALTO."""
    words = "".join(
        f'<String CONTENT="{html.escape(word)}" HPOS="{x}" VPOS="{y}" WIDTH="{wide}" HEIGHT="{high}" WC="0.96"/>'
        for word, (x, y, wide, high) in _words(text)
    )
    page = f"<Page><PrintSpace><TextBlock><TextLine>{words}</TextLine></TextBlock></PrintSpace></Page>"
    return f'<?xml version="1.0"?><alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Layout>{page}</Layout></alto>'.encode()


def answers(text: bytes) -> bytes:
    """What an engine answers (docs/formats/ocr.md)."""
    return json.dumps({"pages": [{"page": 1, "words": [{"text": word, "box": box} for word, box in _words(text)]}]}).encode()


CANARIES: Mapping[str, Callable[[bytes], bytes]] = {  # by the name of the format
    "png": png, "gif": gif, "jpeg": jpeg, "webp": webp, "tiff": tiff, "bmp": bmp, "heif": heif, "ocr-tsv": tsv, "hocr": hocr, "alto": alto,
    "ocr-json": answers,
}  # fmt: skip


def screenshot(text: bytes) -> bytes:
    """A picture that shows the text, black on white."""
    from PIL import Image, ImageDraw, ImageFont

    plain, font = text.decode("ascii").strip(), ImageFont.load_default(size=32)
    picture = Image.new("L", (round(font.getlength(plain)) + 80, 120), 255)
    ImageDraw.Draw(picture).text((40, 40), plain, fill=0, font=font)
    return _saved(picture)


def code(text: bytes) -> bytes:
    """A picture with a QR code of the text."""
    import zxingcpp
    from PIL import Image

    made = zxingcpp.create_barcode(text.decode("ascii"), zxingcpp.BarcodeFormat.QRCode)
    picture = Image.new("L", (600, 600), 255)
    picture.paste(Image.fromarray(zxingcpp.write_barcode_to_image(made, scale=6)), (60, 60))
    return _saved(picture)


def _saved(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
