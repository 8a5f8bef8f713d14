"""Contents that are made to hurt whoever reads them: each is small, and claims to be, or becomes, something without end."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping

_LOL = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def _zip(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def nested_zip(wide: int = 16, deep: int = 5, core: int = 64 << 20) -> bytes:
    """Archives of archives of archives, as in 42.zip: 16 to the fifth times 64 MiB, which is 64 TiB."""
    inner = _zip({"0": bytes(core)})
    for _ in range(deep):
        inner = _zip({f"{number:x}.zip": inner for number in range(wide)})
    return inner


def overlapping_zip(members: int = 300, kernel: int = 64 << 20) -> bytes:
    """Members that quote the headers of those behind them and share one kernel (Fifield, "A better zip bomb", 2019): 19 GiB."""
    squeezed = zlib.compressobj(9, wbits=-15)
    packed = squeezed.compress(bytes(kernel)) + squeezed.flush()
    names = [b"%05d" % number for number in range(members)]
    crc = zlib.crc32(bytes(kernel))
    last = _local(names[-1], len(packed), kernel, crc)
    files, body = [(names[-1], len(packed), kernel, crc)], last + packed
    heads = [last]
    for name in reversed(names[:-1]):  # each begins with a stored block that has the header of the one behind it
        _, size, length, crc = files[-1]
        quoted = heads[-1]
        crc = _joined(zlib.crc32(quoted), crc, length)
        piece = b"\0" + struct.pack("<HH", len(quoted), len(quoted) ^ 0xFFFF)
        files.append((name, size + len(piece) + len(quoted), length + len(quoted), crc))
        heads.append(_local(*files[-1]))
        body = heads[-1] + piece + body
    places, at = [], 0
    for head in reversed(heads):
        places.append(at)
        at += len(head) + 5
    directory = b"".join(
        struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 33, crc, size, length, len(name), 0, 0, 0, 0, 0, place) + name
        for place, (name, size, length, crc) in zip(places, reversed(files), strict=True)
    )
    return body + directory + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, members, members, len(directory), len(body), 0)


def _local(name: bytes, size: int, length: int, crc: int) -> bytes:
    return struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 33, crc, size, length, len(name), 0) + name


def _joined(first: int, second: int, length: int) -> int:
    """The CRC-32 of two texts behind each other: that of the first, moved over so many zeros, and the second's (zlib's crc32_combine)."""
    square = [0xEDB88320, *(1 << number for number in range(31))]
    for _ in range(3):
        square = [_times(square, row) for row in square]
    while length:
        if length & 1:
            first = _times(square, first)
        square, length = [_times(square, row) for row in square], length >> 1
    return first ^ second


def _times(matrix: list[int], vector: int) -> int:
    made = 0
    for row in matrix:
        if vector & 1:
            made ^= row
        vector >>= 1
    return made


def _tar(entries: Mapping[str, tuple[bytes, bytes, str]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, (kind, data, target) in entries.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, target, len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _links() -> bytes:
    link = tarfile.SYMTYPE
    return _tar({
        "a": (link, b"", "b"), "b": (link, b"", "a"), "here": (link, b"", "."), "h": (tarfile.LNKTYPE, b"", "h"),
        "out": (link, b"", "/tmp"), "out/escaped.txt": (tarfile.REGTYPE, b"escaped", ""),
    })  # fmt: skip


def _paths(kind: str) -> bytes:
    names = ("../escaped.txt", "/escaped.txt", "..\\escaped.txt", "a/../../escaped.txt", "C:\\escaped.txt")
    if kind == "zip":
        return _zip(dict.fromkeys(names, b"escaped"))
    return _tar(dict.fromkeys(names, (tarfile.REGTYPE, b"escaped", "")))


def huge_png() -> bytes:
    """A picture of 100,000 times 100,000 pixels, as its header says, in a few hundred bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")


def _gzips(layers: int = 3) -> bytes:
    """Zeros, compressed again and again: 4 GiB."""
    piece = gzip.compress(bytes(64 << 20), 9, mtime=0) * 64
    for _ in range(layers - 1):
        piece = gzip.compress(piece, 9, mtime=0)
    return piece


HOSTILE: Mapping[str, tuple[Callable[[], bytes], set[str]]] = {  # name -> (who makes it, what may be said of it)
    "nested.zip": (nested_zip, {"archive-too-large", "archive-too-deep"}),
    "overlapping.zip": (overlapping_zip, {"archive-too-large"}),
    "zeros.gz": (_gzips, {"archive-too-large"}),
    "links.tar": (_links, set()),
    "paths.zip": (lambda: _paths("zip"), set()),
    "paths.tar": (lambda: _paths("tar"), set()),
    "laughs.svg": (f"<!DOCTYPE svg [<!ENTITY l0 'ha'>{_LOL}]><svg xmlns='x'><text>&l9;</text></svg>".encode, set()),
    "laughs.docx": (lambda: _zip({
        "[Content_Types].xml": b"<Types/>", "word/document.xml": f"<!DOCTYPE x [<!ENTITY l0 'ha'>{_LOL}]><x>&l9;</x>".encode(),
    }), {"archive-too-large"}),
    "laughs.xml": (f"<?xml version='1.0'?><!DOCTYPE alto [<!ENTITY l0 'ha'>{_LOL}]><alto>&l9;</alto>".encode, {"unreadable"}),
    "huge.png": (huge_png, {"archive-too-large"}),
    "cut.zip": (lambda: _zip({"a.txt": b"x" * 9000, "b.txt": bytes(range(256)) * 40})[:-60], {"truncated"}),
    "lies.7z": (lambda: b"7z\xbc\xaf\x27\x1c\0\4" + bytes(4) + struct.pack("<QQL", 1 << 62, 1 << 62, 0), {"truncated"}),
    "lies.parquet": (lambda: b"PAR1" + bytes(40) + struct.pack("<L", 0x7FFFFFFF) + b"PAR1", {"unreadable", "truncated"}),
    "lies.sqlite": (lambda: b"SQLite format 3\0\x10\0\1\1\0\x40\x20\x20" + b"\xff" * 4072, {"unreadable", "truncated"}),
}  # fmt: skip
