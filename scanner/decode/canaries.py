"""For each format a small file that holds a text, so that its reader can be tried; one line for each, as in FORMATS."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping

Maker = Callable[[bytes], bytes]  # a text -> a file of the format
NAME = "app.env"


def zipped(text: bytes) -> bytes:
    """A ZIP archive with a deflated member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(NAME), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def gzipped(text: bytes) -> bytes:
    """A gzip file."""
    return gzip.compress(text, mtime=0)


def tarred(text: bytes) -> bytes:
    """A tar archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo(NAME)
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text))
    return out.getvalue()


def png(text: bytes) -> bytes:
    """A PNG picture of one pixel with a compressed text."""
    parts = (b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0"), (b"zTXt", b"Comment\0\0" + zlib.compress(text)), (b"IDAT", zlib.compress(b"\0\0"))
    chunks = (len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4) for kind, data in (*parts, (b"IEND", b"")))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def jpeg(text: bytes) -> bytes:
    """A JPEG picture that is nothing but a comment."""
    return b"\xff\xd8\xff\xfe" + (len(text) + 2).to_bytes(2) + text + b"\xff\xd9"


def gif(text: bytes) -> bytes:
    """A GIF picture of one pixel with a comment."""
    return b"GIF89a\1\0\1\0\0\0\0\x21\xfe" + bytes([len(text)]) + text + b"\0;"


def tsv(text: bytes) -> bytes:
    """What Tesseract writes, a row for each word."""
    names = b"level page_num block_num par_num line_num word_num left top width height conf text".replace(b" ", b"\t")
    rows = (b"5\t1\t1\t1\t1\t%d\t%d\t9\t80\t14\t96\t%s" % (n, 90 * n, word) for n, word in enumerate(text.split()))
    return b"\n".join((names, *rows)) + b"\n"


CANARIES: Mapping[str, Maker] = {  # by the name of the format
    "unzip": zipped,
    "gunzip": gzipped,
    "untar": tarred,
    "unxz": lzma.compress,
    "bunzip2": bz2.compress,
    "png": png,
    "jpeg": jpeg,
    "gif": gif,
    "ocr-tsv": tsv,
}
ENCODINGS: Mapping[str, Maker] = {  # texts that are no format of their own
    "utf-8": lambda text: b"\xef\xbb\xbf" + text,
    "utf-16le": lambda text: b"\xff\xfe" + text.decode("ascii").encode("utf-16-le"),
    "utf-16be": lambda text: b"\xfe\xff" + text.decode("ascii").encode("utf-16-be"),
    "utf-32le": lambda text: b"\xff\xfe\0\0" + text.decode("ascii").encode("utf-32-le"),
}
