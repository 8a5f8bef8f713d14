"""The formats that hide what they hold from a search of their bytes, told by content; one line for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from scanner.decode.content import Content, Part
from scanner.decode.limits import Stop
from scanner.model.content import Unseen

Reader = Callable[[Content], Iterator[Part | Unseen]]


@dataclass(frozen=True, slots=True)
class Format:
    """One format: how it begins, and who reads it."""

    name: str  # of the step: what is done to it
    title: str  # for a person: "a ZIP archive"
    magic: bytes  # a pattern that the content begins with
    reader: str = ""  # "module:function" in scanner.decode, a Reader; empty: known, and not read
    forwards: bool = False  # it is read in one go, and every byte of it is handed on or is its own overhead
    needs: tuple[str, ...] = ()  # libraries that the reader imports
    extra: str = ""  # the extra that brings them
    test: str = ""  # "module:function" that has the last word about content (bytes) that begins so

    def read(self, content: Content) -> Iterator[Part | Unseen]:
        """What the content holds; raises Stop where it cannot be read at all."""
        if not self.reader:
            raise Stop("unsupported-format", f"{self.title}: its bytes were searched, what it holds was not")
        if any(find_spec(name) is None for name in self.needs):
            raise Stop("unsupported-format", f"{self.title}: to read it, install leakseal[{self.extra}]")
        reader: Reader = _named(self.reader)
        return reader(content)


FORMATS = (
    Format("png", "a PNG picture", rb"\x89PNG\r\n\x1a\n", "png:read"),
    Format("jpeg", "a JPEG picture", rb"\xff\xd8\xff", "jpeg:read"),
    Format("gif", "a GIF picture", rb"GIF8[79]a", "gif:read"),
    Format("webp", "a WebP picture", rb"RIFF....WEBP", "bitmaps:webp"),
    Format("tiff", "a TIFF picture", rb"II[*+]\0|MM\0[*+]", "bitmaps:tiff"),
    Format("heif", "a HEIF picture", rb"....ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1|avi[fs])", "heif:read"),
    Format("bmp", "a BMP picture", rb"BM", "bitmaps:bmp", test="bitmaps:fits_bmp"),
    Format("hocr", "an hOCR file", rb"(?:\xef\xbb\xbf)?\s{0,200}<(?:\?xml|!DOCTYPE|html)", "ocrfiles:hocr", test="ocrfiles:fits_hocr"),
    Format("alto", "an ALTO file", rb"(?:\xef\xbb\xbf)?\s{0,200}<(?:\?xml|alto)", "ocrfiles:alto", test="ocrfiles:fits_alto"),
    Format("ocr-tsv", "a file by Tesseract", rb"level\tpage_num\tblock_num\tpar_num\tline_num", "ocrfiles:tsv"),
    Format("ocr-json", "what an OCR engine said", rb"\s{0,200}\{", "ocrfiles:answers", test="ocrfiles:fits_json"),
    Format("svg", "an SVG picture", rb"(?:\xef\xbb\xbf)?\s{0,200}(?:<\?xml|<!--|<!DOCTYPE|<svg)", "svg:read", test="svg:fits"),
    Format("unzip", "a ZIP archive", rb"PK(?:\x03\x04|\x05\x06|\x07\x08PK\x03\x04)", "zips:read"),
    Format("gunzip", "a gzip file", rb"\x1f\x8b\x08", "compressed:gunzip", forwards=True),
    Format("unxz", "an xz file", rb"\xfd7zXZ\0"),
    Format("bunzip2", "a bzip2 file", rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"),
    Format("unzstd", "a zstd file", rb"\x28\xb5\x2f\xfd"),
    Format("unlz4", "an lz4 file", rb"\x04\x22\x4d\x18"),
    Format("un7z", "a 7z archive", rb"7z\xbc\xaf\x27\x1c"),
    Format("unrar", "a RAR archive", rb"Rar!\x1a\x07"),
    Format("pdf", "a PDF document", rb"%PDF-"),
    Format("ole", "an OLE document", rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    Format("rpm", "an RPM package", rb"\xed\xab\xee\xdb"),
    Format("git-crypt", "a git-crypt file", rb"\0GITCRYPT\0"),
    Format("age", "an age file", rb"age-encryption\.org/v1"),
)  # fmt: skip
_MAGIC = re.compile(b"|".join(rb"(%s)" % form.magic for form in FORMATS), re.DOTALL)


def recognise(data: bytes) -> Format | None:
    """The format of a content, or None for what needs no reader; its first HEAD bytes are enough."""
    match = _MAGIC.match(data)
    if match is None or match.lastindex is None:
        return None
    form = FORMATS[match.lastindex - 1]
    if not form.test or _named(form.test)(data):
        return form
    return next((other for other in FORMATS[match.lastindex :] if _fits(other, data)), None)


def _fits(form: Format, data: bytes) -> bool:
    return re.match(form.magic, data, re.DOTALL) is not None and (not form.test or bool(_named(form.test)(data)))


def _named(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(f"scanner.decode.{module}"), name)
