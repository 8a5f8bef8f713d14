"""For each format a small file that holds a text, so that its reader can be tried; one line for each, as in FORMATS."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping

from scanner.decode import archivecanaries, documentcanaries, picturecanaries
from scanner.decode.compressed import ZSTD

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


def tarred(text: bytes, name: str = NAME) -> bytes:
    """A tar archive."""
    return _tar({name: text})


def _tar(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()




def image(text: bytes) -> bytes:
    """A container image with one layer, as `docker save` writes it."""
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}, "history": []}
    manifest = [{"Config": "config.json", "RepoTags": ["canary:1"], "Layers": ["layer.tar"]}]
    return _tar({"manifest.json": json.dumps(manifest).encode(), "config.json": json.dumps(config).encode(), "layer.tar": tarred(text)})


def program(text: bytes) -> bytes:
    """A program of nothing but its header, with an archive behind it."""
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHLQQQLHHHHHH", 2, 62, 1, 0, 64, 0, 0, 64, 56, 0, 64, 0, 0)
    return head + zipped(text)


def script(text: bytes) -> bytes:
    """A script with an archive behind its last line."""
    return b'#!/bin/sh\ntail -n +3 "$0" | gunzip; exit\n' + gzipped(text)


def _ar(text: bytes) -> bytes:
    return b"!<arch>\n" + b"%-16s%-12d%-6d%-6d%-8o%-10d`\n" % (b"app.env/", 0, 0, 0, 0o644, len(text)) + text + b"\n" * (len(text) % 2)



def _zstd(text: bytes) -> bytes:
    from importlib import import_module

    made: bytes = import_module(ZSTD).compress(text)
    return made


def _lz4(text: bytes) -> bytes:
    import lz4.frame

    made: bytes = lz4.frame.compress(text)
    return made




CANARIES: Mapping[str, Maker] = {  # by the name of the format
    "unzip": zipped,
    "gunzip": gzipped,
    "unxz": lzma.compress,
    "unlzma": lambda text: lzma.compress(text, lzma.FORMAT_ALONE),
    "bunzip2": bz2.compress,
    "unzstd": _zstd,
    "unlz4": _lz4,
    "unar": _ar,
    "untar": tarred,
    "program": program,
    "script": script,
    "image": image,
    **archivecanaries.CANARIES,
    **documentcanaries.CANARIES,
    **picturecanaries.CANARIES,
}
TEXTS: Mapping[str, tuple[str, Maker]] = {  # what needs no reader: name -> (for a person, who makes it)
    "text": ("text", bytes),
    "text-binary": ("text in binary content", lambda text: b"\x7fELF" + bytes(60) + text + bytes(60)),
    "text-log": ("text in a log", lambda text: b"2026-01-01T00:00:00Z app started\n" * 40 + text),
    "text-utf-8": ("text in UTF-8 with a mark", lambda text: b"\xef\xbb\xbf" + text),
    "text-utf-16le": ("text in UTF-16, little-endian", lambda text: b"\xff\xfe" + text.decode("ascii").encode("utf-16-le")),
    "text-utf-16be": ("text in UTF-16, big-endian", lambda text: b"\xfe\xff" + text.decode("ascii").encode("utf-16-be")),
    "text-utf-32le": ("text in UTF-32, little-endian", lambda text: b"\xff\xfe\0\0" + text.decode("ascii").encode("utf-32-le")),
    "zip-in-gzip": ("a ZIP archive in a gzip file", lambda text: gzipped(zipped(text))),
}
