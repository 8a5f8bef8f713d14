"""Small archives and packages that hold a text, written byte by byte: few of them have a library that writes them."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping

from scanner.decode import der, extracted

_NAME = b"app.env"


def lz4_legacy(text: bytes) -> bytes:
    """A file of the old lz4 format, with one block."""
    import lz4.block

    block: bytes = lz4.block.compress(text, store_size=False)
    return b"\x02\x21\x4c\x18" + struct.pack("<L", len(block)) + block


def lzip(text: bytes) -> bytes:
    """An lzip file with one member."""
    stream = lzma.compress(text, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}])
    head = b"LZIP\x01\x10"
    return head + stream + struct.pack("<LQQ", zlib.crc32(text), len(text), len(head) + len(stream) + 20)


def compressed(text: bytes) -> bytes:
    """What compress(1) would write if nothing came twice: every code is cleared before codes grow wider."""
    codes: list[int] = []
    for at in range(0, len(text), 128):
        codes += [*text[at : at + 128], 256]
        codes += [0] * (-len(codes) % 8)  # what is left of a group after a clear code means nothing
    bits = sum(code << 9 * number for number, code in enumerate(codes))
    return b"\x1f\x9d\x90" + bits.to_bytes(len(codes) * 9 // 8, "little")


def sevenzip(text: bytes) -> bytes:
    """A 7z archive with one folder of one member (7zFormat.txt)."""
    packed = lzma.compress(text, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}])
    coder = b"\x01\x23\x03\x01\x01\x05\x5d" + struct.pack("<L", 1 << 16)
    streams = b"\x06\0\x01\x09" + _number(len(packed)) + b"\0"
    streams += b"\x07\x0b\x01\0" + coder + b"\x0c" + _number(len(text)) + b"\x0a\x01" + struct.pack("<L", zlib.crc32(text)) + b"\0"
    name = b"\0" + _NAME.decode().encode("utf-16-le") + b"\0\0"
    directory = b"\x01\x04" + streams + b"\0\x05\x01\x11" + _number(len(name)) + name + b"\0\0"
    start = struct.pack("<QQL", len(packed), len(directory), zlib.crc32(directory))
    return b"7z\xbc\xaf\x27\x1c\0\x04" + struct.pack("<L", zlib.crc32(start)) + start + packed + directory


def _number(value: int) -> bytes:
    return b"\xff" + value.to_bytes(8, "little")


def rar(text: bytes) -> bytes:
    """A RAR 5 archive; compressed where there is a program that can read it, else stored."""
    packed = _literal(text) if extracted.is_there() else text
    method = 0 if packed is text else 1 << 7
    body = b"\x04" + b"".join(map(_vint, (len(text), 0o100644))) + struct.pack("<L", zlib.crc32(text)) + _vint(method) + b"\x01"
    file = _block(b"\x02\x02" + _vint(len(packed)) + body + _vint(len(_NAME)) + _NAME)
    return b"Rar!\x1a\x07\x01\0" + _block(b"\x01\0\0") + file + packed + _block(b"\x05\0\0")


def _block(head: bytes) -> bytes:
    head = _vint(len(head)) + head
    return struct.pack("<L", zlib.crc32(head)) + head


def _vint(value: int) -> bytes:
    return value.to_bytes(1) if value < 128 else bytes([value & 127 | 128]) + _vint(value >> 7)


def _literal(text: bytes) -> bytes:
    """One compressed block whose Huffman code has eight bits for each of the 256 literals, which makes it the bytes themselves."""
    sizes = {8: 1, 17: 2, 19: 2}  # of the code for lengths: eight is 0, the same again is 10, nothing is 11
    lengths = "".join(f"{sizes.get(symbol, 0):04b}" for symbol in range(20))
    table = f"0 10{138 - 11:07b} 10{117 - 11:07b} 11{138 - 11:07b} 11{36 - 11:07b}".replace(" ", "")  # 256 times eight, 174 times nothing
    bits = lengths + table + "".join(f"{byte:08b}" for byte in text)
    data = int(bits + "0" * (-len(bits) % 8), 2).to_bytes((len(bits) + 7) // 8)
    flags, size = 0xC8 | (len(bits) - 1) % 8, struct.pack("<H", len(data))
    return bytes([flags, 0x5A ^ flags ^ size[0] ^ size[1]]) + size + data


def cabinet(text: bytes) -> bytes:
    """A cabinet with one folder that is compressed by MSZIP."""
    block = b"CK" + _deflated(text)
    file = struct.pack("<LLHHHH", len(text), 0, 0, 0x5A21, 0, 0x20) + _NAME + b"\0"
    folder_at, file_at = 36, 44
    data_at = file_at + len(file)
    head = struct.pack("<4s5L2B5H", b"MSCF", 0, data_at + 8 + len(block), 0, file_at, 0, 3, 1, 1, 1, 0, 1, 0)
    assert len(head) == folder_at  # noqa: S101 the places above are counted by hand
    return head + struct.pack("<LHH", data_at, 1, 1) + file + struct.pack("<LHH", 0, len(block), len(text)) + block


def _deflated(text: bytes) -> bytes:
    one = zlib.compressobj(wbits=-15)
    return one.compress(text) + one.flush()


def xar(text: bytes) -> bytes:
    """A xar archive with one member."""
    packed = zlib.compress(text)
    sums = "".join(
        f'<{what}-checksum style="sha1">{hashlib.sha1(data, usedforsecurity=False).hexdigest()}</{what}-checksum>'
        for what, data in (("extracted", text), ("archived", packed))
    )
    place = f'<length>{len(packed)}</length><size>{len(text)}</size><offset>20</offset><encoding style="application/x-gzip"/>'
    file = f'<file id="1"><name>{_NAME.decode()}</name><type>file</type><data>{place}{sums}</data></file>'
    checksum = '<checksum style="sha1"><offset>0</offset><size>20</size></checksum>'
    table = f'<?xml version="1.0" encoding="UTF-8"?><xar><toc>{checksum}{file}</toc></xar>'.encode()
    shut = zlib.compress(table)
    head = struct.pack(">4sHHQQL", b"xar!", 28, 1, len(shut), len(table), 1)
    return head + shut + hashlib.sha1(shut, usedforsecurity=False).digest() + packed


def lha(text: bytes) -> bytes:
    """An LHA archive with one member (-lh5-), whose code for literals is again the bytes themselves."""
    bits = f"{len(text):016b}{0:05b}{10:05b}{256:09b}{0:04b}{0:04b}" + "".join(f"{byte:08b}" for byte in text)
    packed = int(bits + "0" * (-len(bits) % 8), 2).to_bytes((len(bits) + 7) // 8)
    body = b"-lh5-" + struct.pack("<LLLBB", len(packed), len(text), 0x5A210000, 0x20, 0) + bytes([len(_NAME)]) + _NAME
    body += struct.pack("<H", _crc16(text))
    return bytes([len(body), sum(body) & 0xFF]) + body + packed + b"\0"


def _crc16(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value


def cpio_old(text: bytes) -> bytes:
    """A cpio archive in the old binary format."""

    def entry(name: bytes, data: bytes) -> bytes:
        words = (0o070707, 0, 1, 0o100644, 0, 0, 1, 0, 0, 0, len(name) + 1, 0, len(data))
        return struct.pack("<13H", *words) + name + b"\0" * (2 - len(name) % 2) + data + b"\0" * (len(data) % 2)

    made = entry(_NAME, text) + entry(b"TRAILER!!!", b"")
    return made + bytes(-len(made) % 512)


def rpm(text: bytes) -> bytes:
    """An RPM package without a signature."""
    lead = struct.pack(">4sBBHH66sHH16x", b"\xed\xab\xee\xdb", 3, 0, 0, 1, b"canary-1-1", 1, 5)
    store = b"canary\0"
    head = b"\x8e\xad\xe8\x01" + bytes(4)
    signature = head + struct.pack(">LL", 0, 0)
    header = head + struct.pack(">LL", 1, len(store)) + struct.pack(">4L", 1000, 6, 0, 1) + store
    return lead + signature + header + gzip.compress(cpio(text), mtime=0)


def iso(text: bytes) -> bytes:
    """An ISO 9660 image with one file."""

    def both(number: int, size: int) -> bytes:
        return number.to_bytes(size, "little") + number.to_bytes(size, "big")

    def record(name: bytes, sector: int, size: int, flags: int) -> bytes:
        body = b"\0" + both(sector, 4) + both(size, 4) + bytes(7) + bytes([flags, 0, 0]) + both(1, 2) + bytes([len(name)]) + name
        body += b"\0" * (1 - len(name) % 2)
        return bytes([len(body) + 1]) + body

    root = record(b"\0", 19, 2048, 2)
    volume = b"\1CD001\1\0" + b" " * 32 + b"CANARY".ljust(32) + bytes(8) + both(21, 4) + bytes(32) + both(1, 2) * 2 + both(2048, 2)
    volume += both(10, 4) + struct.pack("<LLLL", 18, 0, 0, 0) + root
    volume = volume.ljust(881) + b"\1"
    paths = b"\x01\0" + struct.pack("<LH", 19, 1) + b"\0\0"
    folder = root + record(b"\1", 19, 2048, 2) + record(b"APP.ENV;1", 20, len(text), 0)
    sectors: Iterable[bytes] = (volume, b"\xffCD001\1", paths, folder, text)
    return bytes(16 * 2048) + b"".join(sector.ljust(2048, b"\0") for sector in sectors)


def keystore(text: bytes) -> bytes:
    """A Java keystore with one private key under the password of Java's own documentation."""
    password = "changeit".encode("utf-16-be")
    key = _node(0x30, b"\x02\x01\0", _node(der.OCTETS, text))
    digest = salt = hashlib.sha1(text, usedforsecurity=False).digest()
    stream = b""
    while len(stream) < len(key):
        digest = hashlib.sha1(password + digest, usedforsecurity=False).digest()
        stream += digest
    sealed = salt + bytes(one ^ other for one, other in zip(key, stream, strict=False))
    sealed += hashlib.sha1(password + key, usedforsecurity=False).digest()
    algorithm = _node(0x30, _node(der.OID, der.oid("1.3.6.1.4.1.42.2.17.1.1")), b"\x05\0")
    entry = _node(0x30, algorithm, _node(der.OCTETS, sealed))
    data = struct.pack(">LLL", 0xFEEDFEED, 2, 1) + struct.pack(">LH", 1, 6) + b"canary" + bytes(8)
    data += struct.pack(">L", len(entry)) + entry + bytes(4)
    return data + hashlib.sha1(password + b"Mighty Aphrodite" + data, usedforsecurity=False).digest()


def _node(tag: int, *below: bytes) -> bytes:
    body = b"".join(below)
    return bytes([tag, 0x82]) + struct.pack(">H", len(body)) + body


def cpio(text: bytes) -> bytes:
    """A cpio archive of the new format."""

    def entry(name: bytes, data: bytes, mode: int) -> bytes:
        numbers = (1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08X" % number for number in numbers) + name + b"\0"
        return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)

    return entry(_NAME, text, 0o100644) + entry(b"TRAILER!!!", b"", 0)


CANARIES: Mapping[str, Callable[[bytes], bytes]] = {  # by the name of the format
    "unlz4-legacy": lz4_legacy, "unlzip": lzip, "uncompress": compressed, "un7z": sevenzip, "unrar": rar, "uncab": cabinet, "unxar": xar,
    "unlha": lha, "uncpio": cpio, "uncpio-old": cpio_old, "rpm": rpm, "iso": iso, "keystore": keystore,
}  # fmt: skip
