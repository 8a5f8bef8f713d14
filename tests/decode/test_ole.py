"""Old Office files, macros and Outlook messages, as xlwt and Perl's OLE::Storage_Lite write them, and as an attacker does."""

from __future__ import annotations

import io
import struct
import tracemalloc
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.decode import outlook, vba
from scanner.model.content import Inside
from tests.decode.documents import repacked, seen, token, unbroken
from tests.decode.olefiles import ole
from tests.decode.test_office import word

CELL, MACRO, BODY, HEADER, FILE, INNER, RICH = map(token, range(60, 67))


@cache
def excel() -> bytes:
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("Hosts")
    sheet.write(0, 0, "password")
    sheet.write(0, 1, CELL)
    sheet.write(1, 1, CELL + "\u2192")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def compressed(text: bytes) -> bytes:
    """A text as a macro's module is stored, every letter for itself but those that have just been said."""
    made = b"\x01"
    for at in range(0, len(text), 4096):
        chunk, body, where = text[at : at + 4096], b"", 0
        while where < len(chunk):
            flags, tokens = 0, b""
            for bit in range(8):
                if where >= len(chunk):
                    break
                if where > 8 and chunk[where : where + 3] == chunk[where - 8 : where - 5] and where + 3 <= len(chunk):
                    flags |= 1 << bit
                    bits = max(4, (where - 1).bit_length())
                    tokens += struct.pack("<H", 7 << 16 - bits)
                    where += 3
                else:
                    tokens += chunk[where : where + 1]
                    where += 1
            body += bytes([flags]) + tokens
        made += struct.pack("<H", 0xB000 | (len(body) - 1)) + body
    return made


SOURCE = b'Attribute VB_Name = "Module1"\r\nabcdefgh abcdefgh abcdefgh\r\nConst Key = "' + MACRO.encode() + b'"\r\n'


def project(prefix: bytes = b"\xfe\xca" * 30, source: bytes = SOURCE) -> bytes:
    directory = b"\x01\0\x04\0\0\0\x01\0\0\0\x1a\0\x07\0\0\0Module1\x31\0\x04\0\0\0" + struct.pack("<L", len(prefix))
    module = prefix + compressed(source)
    return ole({"VBA": {"dir": compressed(directory), "Module1": module, "_VBA_PROJECT": b"\xcca"}, "PROJECT": b"ID=1"})


def prop(text: str) -> bytes:
    return text.encode("utf-16-le")


@cache
def message() -> bytes:
    inner = {"__properties_version1.0": bytes(24), "__substg1.0_1000001F": prop(f"inside {INNER}")}
    return ole({
        "__properties_version1.0": bytes(32),
        "__substg1.0_0037001F": prop("Hello"),
        "__substg1.0_1000001F": prop(f"The key is {BODY}"),
        "__substg1.0_007D001E": f"Received: x\r\nX-Key: {HEADER}\r\n".encode(),
        "__substg1.0_10090102": struct.pack("<2L4sL", 0, 0, b"MELA", 0) + b"{\\rtf1 " + RICH.encode() + b"}",
        "__attach_version1.0_#00000000": {"__substg1.0_3707001F": prop("app.env"), "__substg1.0_37010102": f"KEY={FILE}\n".encode()},
        "__attach_version1.0_#00000001": {"__substg1.0_3701000D": inner},
    })  # fmt: skip


def test_streams_are_members() -> None:
    found = seen(excel())
    assert found.gaps == []
    assert "Workbook" in {chunk.at.inside.member for chunk in found.chunks}
    assert found.places(CELL)[0].member == "Workbook"


@pytest.mark.parametrize("source", [SOURCE, SOURCE[len(b'Attribute VB_Name = "Module1"\r\n') :]], ids=["usual", "without attributes"])
def test_macros_are_read(source: bytes) -> None:
    assert MACRO.encode() not in compressed(source) or source != SOURCE
    found = seen(project(source=source))
    assert found.gaps == []
    assert Inside(member="VBA/Module1") in found.places(MACRO)
    assert any(chunk.data == source for chunk in found.chunks)
    inside = seen(repacked(word(), {"word/vbaProject.bin": project(source=source)}))
    assert Inside(member="word/vbaProject.bin!VBA/Module1") in inside.places(MACRO)


def test_a_message_of_outlook_is_read() -> None:
    found = seen(message())
    assert found.gaps == []
    assert found.place(BODY) == Inside(field="body")
    assert found.place(HEADER) == Inside(field="headers")
    assert found.place(RICH).field == "body"
    assert Inside(member="app.env") in found.places(FILE)
    assert Inside(member="message 2", field="body") in found.places(INNER)


def test_compressed_rich_text_is_unpacked() -> None:
    """The example of MS-OXRTFCP 3.1."""
    example = bytes.fromhex("2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0")
    assert outlook.unpacked(example) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def test_embedded_packages_have_their_name() -> None:
    content = f"KEY={FILE}\n".encode()
    native = b"\2\0app.env\0C:\\app.env\0\0\0\3\0\4\0\0\0tmp\0" + struct.pack("<L", len(content)) + content
    found = seen(ole({"\x01Ole10Native": struct.pack("<L", len(native)) + native}))
    assert any(place.member and place.member.endswith("!app.env") for place in found.places(FILE))


@pytest.mark.parametrize(
    "tree",
    [
        {"EncryptionInfo": b"x", "EncryptedPackage": b"y" * 5000},
        {"WordDocument": bytes(10) + b"\0\1" + bytes(600)},
        {"Workbook": b"\x09\x08\x04\0\0\0\0\0\x2f\0\2\0\0\0"},
        {"Current User": bytes(12) + b"\xdf\xc4\xd1\xf3"},
    ],
    ids=lambda tree: next(iter(tree)),
)
def test_what_is_encrypted_is_a_gap(tree: dict[str, bytes]) -> None:
    assert "encrypted-archive" in [reason for reason, _ in seen(ole(tree)).gaps]


@given(st.binary(max_size=300))
def test_text_that_was_compressed_comes_back(data: bytes) -> None:
    assert vba.decompressed(compressed(data), 0) == data


@given(st.binary(max_size=300))
def test_no_bytes_make_the_decompressors_fail(data: bytes) -> None:
    vba.decompressed(b"\x01" + data, 0)
    outlook.unpacked(bytes(8) + b"LZFu" + data)


@settings(max_examples=30)
@given(st.sampled_from([excel, message]), st.integers(0, 1 << 30), st.integers(0, 40), st.sampled_from([0, 0, 1, 512]))
def test_no_damage_makes_it_fail(made: object, seed: int, flips: int, cut: int) -> None:
    unbroken(made(), seed, flips, cut)  # type: ignore[operator]


def test_a_stream_that_is_longer_than_its_file_is_not_followed() -> None:
    data = bytearray(message())
    entry = data.index("__substg1.0_1000001F".encode("utf-16-le"))
    data[entry + 120 : entry + 124] = (1 << 26).to_bytes(4, "little")
    found = seen(bytes(data))
    assert [reason for reason, name in found.gaps if name and name.endswith("__substg1.0_1000001F")] == ["unreadable"]
    assert found.place(HEADER) == Inside(field="headers")


def _in_circles(data: bytes, count: int, first: int, many: int) -> bytes:
    """The file with a table of `many` sectors, by the numbers in its header at `count` and `first`, of which the first leads to itself."""
    changed = bytearray(data)
    start = int.from_bytes(data[first : first + 4], "little")
    changed[count : count + 4] = many.to_bytes(4, "little")
    fat = 512 * (1 + int.from_bytes(data[76:80], "little"))
    changed[fat + 4 * start : fat + 4 * start + 4] = start.to_bytes(4, "little")
    return bytes(changed)


def test_a_table_that_leads_in_circles_takes_no_more_memory_than_the_file() -> None:
    data = _in_circles(message(), 64, 60, 1 << 17)  # the MiniFAT, 64 MiB
    seen(data)
    tracemalloc.start()
    try:
        assert seen(data).chunks
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("place", [44, 72])
def test_a_file_whose_header_tells_of_more_sectors_than_it_has_is_a_gap(place: int) -> None:
    data = bytearray(message())
    data[place : place + 4] = (1 << 20).to_bytes(4, "little")
    assert ("unreadable", None) in seen(bytes(data)).gaps
