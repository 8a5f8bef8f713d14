"""RAR archives: stored ones that we write ourselves, for no free program writes any, and one that WinRAR made."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable

import pytest

from tests.decode.conftest import Peeled, need

Peel = Callable[..., Peeled]
# test/files/rar5-solid.rar of rarfile 4.2 (ISC licence, Marko Kreen): two compressed texts, the second in terms of the first.
WINRAR = base64.b64decode("""
UmFyIRoHAQAJ78hvCwEFBwQGAQGAgIAA3vVwchwCAroABIAQtoMCoua3xYAbAQpzdGVzdDEudHh0waw3REQj+iP2l/1iU1G+TJGBQQKMwQN5XL9Ho6otoDaT
3aBYAEACANRQBHb2xH8y6p8ypcTM14PfABDoLYkcAgKNAASAELaDAqLmt8XAGwEKc3Rlc3QyLnR4dEUVCmABAAgD37f79vwdd1ZRAwUEAA==
""")


def vint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def block(kind: int, body: bytes, data: bytes = b"", extra: bytes = b"") -> bytes:
    flags = (1 if extra else 0) | (2 if data else 0)
    head = vint(kind) + vint(flags) + (vint(len(extra)) if extra else b"") + (vint(len(data)) if data else b"") + body + extra
    head = vint(len(head)) + head
    return struct.pack("<L", zlib.crc32(head)) + head + data


def file(name: str, data: bytes, *, method: int = 0, extra: bytes = b"", flags: int = 0) -> bytes:
    body = vint(flags) + vint(len(data)) + vint(0o644) + vint(method << 7) + vint(1) + vint(len(name)) + name.encode()
    return block(2, body, data, extra)


def new(*blocks: bytes, flags: int = 0) -> bytes:
    return b"Rar!\x1a\x07\x01\x00" + block(1, vint(flags)) + b"".join(blocks) + block(5, vint(0))


def old_block(kind: int, flags: int, body: bytes, data: bytes = b"") -> bytes:
    head = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
    return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head + data


def old_file(name: bytes, data: bytes, *, method: int = 0x30, flags: int = 0) -> bytes:
    body = struct.pack("<LLBLLBBHL", len(data), len(data), 3, zlib.crc32(data), 0, 29, method, len(name), 0o644) + name
    return old_block(0x74, 0x8000 | flags, body, data)


def old(*blocks: bytes, flags: int = 0) -> bytes:
    return b"Rar!\x1a\x07\0" + old_block(0x73, flags, bytes(6)) + b"".join(blocks) + old_block(0x7B, 0x4000, b"")


def test_stored_members_are_read(peeled: Peel) -> None:
    for made in (new(file("a/b.txt", b"one"), file("c", b"two" * 99)), old(old_file(b"a\\b.txt", b"one"), old_file(b"c", b"two" * 99))):
        found = peeled(made)
        assert found.members == {"a/b.txt": b"one", "c": b"two" * 99}
        assert not found.unseen


def test_what_winrar_made_is_read_by_a_program(peeled: Peel) -> None:
    need("bsdtar")
    found = peeled(WINRAR)
    assert {name: len(data) for name, data in found.members.items()} == {"stest1.txt": 2048, "stest2.txt": 2048}
    assert not found.unseen


def test_without_a_program_what_is_compressed_is_a_gap_and_what_is_stored_is_read(peeled: Peel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert peeled(WINRAR).gaps == [("unsupported-format", "stest1.txt"), ("unsupported-format", "stest2.txt")]
    found = peeled(new(file("a", b"one"), file("b", b"???", method=3)))
    assert (found.members, found.gaps) == ({"a": b"one"}, [("unsupported-format", "b")])
    assert found.unseen[0].detail.endswith("install bsdtar")


def test_an_encrypted_member_is_a_gap_and_the_others_are_read(peeled: Peel) -> None:
    lock = vint(2) + vint(1) + b"\0"
    for made in (new(file("a", b"one"), file("b", b"???", extra=lock)), old(old_file(b"a", b"one"), old_file(b"b", b"???", flags=4))):
        found = peeled(made)
        assert (found.members, found.gaps) == ({"a": b"one"}, [("encrypted-archive", "b")])


def test_an_encrypted_directory_is_a_gap(peeled: Peel) -> None:
    assert peeled(b"Rar!\x1a\x07\x01\x00" + block(4, bytes(30))).gaps == [("encrypted-archive", None)]
    assert peeled(old(flags=0x80)).gaps == [("encrypted-archive", None)]


def test_a_volume_of_several_is_a_gap(peeled: Peel) -> None:
    assert ("truncated", None) in peeled(new(file("a", b"one"), flags=1)).gaps
    assert ("truncated", None) in peeled(old(old_file(b"a", b"one"), flags=1)).gaps


@pytest.mark.parametrize("cut", [3, 12, 40])
def test_what_is_cut_short_is_read_as_far_as_it_goes(peeled: Peel, cut: int) -> None:
    for made in (new(file("a", b"one"), file("b", b"x" * 100)), old(old_file(b"a", b"one"), old_file(b"b", b"x" * 100))):
        found = peeled(made[:-cut])
        assert found.members["a"] == b"one"
        assert found.gaps or cut < 12
