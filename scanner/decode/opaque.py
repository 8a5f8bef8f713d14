"""Formats that hide text from a search of their bytes: compressed, encrypted, or painted."""

from __future__ import annotations

import re

_MAGIC = (
    (rb"\x89PNG\r\n\x1a\n", "PNG picture"),
    (rb"\xff\xd8\xff", "JPEG picture"),
    (rb"GIF8[79]a", "GIF picture"),
    (rb"RIFF....WEBP", "WebP picture"),
    (rb"II\*\0|MM\0\*", "TIFF picture"),
    (rb"....ftyp(?:heic|heix|mif1|msf1|avif|avis)", "HEIF picture"),
    (rb"PK\x03\x04", "ZIP archive"),
    (rb"\x1f\x8b\x08", "gzip file"),
    (rb"\xfd7zXZ\0", "xz file"),
    (rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)", "bzip2 file"),
    (rb"\x28\xb5\x2f\xfd", "zstd file"),
    (rb"\x04\x22\x4d\x18", "lz4 file"),
    (rb"7z\xbc\xaf\x27\x1c", "7z archive"),
    (rb"Rar!\x1a\x07", "RAR archive"),
    (rb"%PDF-", "PDF document"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OLE document"),
    (rb"\xed\xab\xee\xdb", "RPM package"),
    (rb"\0GITCRYPT\0", "git-crypt file"),
    (rb"age-encryption\.org/v1", "age file"),
)
_FORMAT = re.compile(b"|".join(rb"(%s)" % magic for magic, _ in _MAGIC), re.DOTALL)


def opaque(data: bytes) -> str | None:
    """The name of the format if what this content holds cannot be seen in its bytes; its first 32 bytes are enough."""
    match = _FORMAT.match(data)
    return _MAGIC[match.lastindex - 1][1] if match and match.lastindex else None
