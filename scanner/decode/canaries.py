"""For each format a small file that holds a text, so that its reader can be tried; one line for each, as in FORMATS."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Mapping

from scanner.decode import documentcanaries

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


CANARIES: Mapping[str, Maker] = {  # by the name of the format
    "unzip": zipped,
    "gunzip": gzipped,
    "untar": tarred,
    "unxz": lzma.compress,
    "bunzip2": bz2.compress,
    **documentcanaries.CANARIES,
}
ENCODINGS: Mapping[str, Maker] = {  # texts that are no format of their own
    "utf-8": lambda text: b"\xef\xbb\xbf" + text,
    "utf-16le": lambda text: b"\xff\xfe" + text.decode("ascii").encode("utf-16-le"),
    "utf-16be": lambda text: b"\xfe\xff" + text.decode("ascii").encode("utf-16-be"),
    "utf-32le": lambda text: b"\xff\xfe\0\0" + text.decode("ascii").encode("utf-32-le"),
}
