"""Small documents that hold a text, each hidden as its format hides text, so that their readers can be tried."""

from __future__ import annotations

import base64
import io
import json
import marshal
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping

from scanner.decode import der


def _zipped(*members: tuple[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number, (name, text) in enumerate(members):
            archive.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED if number else zipfile.ZIP_STORED)
    return out.getvalue()


def _torn(text: bytes, before: str, after: str) -> str:
    """A text whose letters stand between tags, three by three."""
    plain = text.decode("ascii")
    return "".join(f"{before}{plain[at : at + 3]}{after}" for at in range(0, len(plain), 3))


def word(text: bytes) -> bytes:
    """A Word document whose paragraph has many runs."""
    runs = _torn(text, '<w:r><w:t xml:space="preserve">', "</w:t></w:r>")
    body = f'<w:document xmlns:w="urn:w"><w:body><w:p>{runs}</w:p></w:body></w:document>'
    return _zipped(("[Content_Types].xml", "<Types/>"), ("word/document.xml", body))


def writer(text: bytes) -> bytes:
    """An OpenDocument text whose paragraph has many spans."""
    spans = _torn(text, "<text:span>", "</text:span>")
    body = f'<office:text xmlns:office="urn:o" xmlns:text="urn:t"><text:p>{spans}</text:p></office:text>'
    return _zipped(("mimetype", "application/vnd.oasis.opendocument.text"), ("content.xml", body))


def flat(text: bytes) -> bytes:
    """The same in one file."""
    spans = _torn(text, "<text:span>", "</text:span>")
    names = "".join(f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text"))
    body = f"<office:body><office:text><text:p>{spans}</text:p></office:text></office:body>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document{names}>{body}</office:document>'.encode()


def pdf(text: bytes) -> bytes:
    """A PDF document with one page, whose text is compressed."""
    plain = text.replace(b"\n", b" ")
    page = zlib.compress(b"BT /F 12 Tf 50 700 Td (" + plain + b") Tj ET")
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream" % (len(page), page),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    )  # fmt: skip
    data, table = b"%PDF-1.7\n", b"0000000000 65535 f \n"
    for number, one in enumerate(objects, 1):
        table += b"%010d 00000 n \n" % len(data)
        data += b"%d 0 obj\n%b\nendobj\n" % (number, one)
    return data + b"xref\n0 6\n%btrailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (table, len(data))


def ole(text: bytes) -> bytes:
    """An OLE file of eight sectors and one stream."""
    free, end = 0xFFFFFFFF, 0xFFFFFFFE
    header = struct.pack("<8s16s5H6x9L", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 62, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, end, 0, end, 0)
    table = struct.pack("<10L", 0xFFFFFFFD, end, *range(3, 10), end) + struct.pack("<118L", *[free] * 118)

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        written = (name + "\0").encode("utf-16-le")
        return struct.pack("<64sHBB3L36xLLL", written, len(written), kind, 1, free, free, child, start, size, 0)

    directory = entry("Root Entry", 5, 1, end, 0) + entry("canary", 2, free, 2, 4096)
    return header + struct.pack("<109L", 0, *[free] * 108) + table + directory.ljust(512, b"\0") + text.ljust(4096, b"\0")


def pyc(text: bytes) -> bytes:
    """A compiled Python file with one constant."""
    return b"\xa7\x0d\r\n" + bytes(12) + marshal.dumps(text.decode("ascii").strip(), 2)


def java(text: bytes) -> bytes:
    """A Java class with one constant, and nothing else."""
    return b"\xca\xfe\xba\xbe\0\0\0\x34\0\x02\x01" + struct.pack(">H", len(text)) + text + bytes(10)


def pkcs12(text: bytes) -> bytes:
    """A PKCS#12 file with one secret, which nothing guards."""

    def node(tag: int, *below: bytes) -> bytes:
        body = b"".join(below)
        return bytes([tag, 0x82]) + struct.pack(">H", len(body)) + body

    kind, data = node(der.OID, der.oid("1.2.840.113549.1.12.10.1.5")), node(der.OID, der.oid("1.2.840.113549.1.7.1"))
    secret = node(0x30, data, node(0xA0, node(der.OCTETS, text)))
    bags = node(0x30, node(0x30, kind, node(0xA0, secret)))
    data = b"\x06\x09" + der.oid("1.2.840.113549.1.7.1")
    safe = node(0x30, node(0x30, data, node(0xA0, node(der.OCTETS, bags))))
    return node(0x30, b"\x02\x01\x03", node(0x30, data, node(0xA0, node(der.OCTETS, safe))))


def avro(text: bytes) -> bytes:
    """An Avro file with one text."""
    block = _long(len(text)) + text
    head = b"Obj\1" + _long(1) + _long(11) + b"avro.schema" + _long(8) + b'"string"' + b"\0" + bytes(16)
    return head + _long(1) + _long(len(block)) + block + bytes(16)


def _long(number: int) -> bytes:
    number, made = number << 1, b""
    while number > 0x7F:
        made, number = made + bytes([number & 0x7F | 0x80]), number >> 7
    return made + bytes([number])


def parquet(text: bytes) -> bytes:
    """A Parquet file with one row."""
    import pyarrow
    from pyarrow.parquet import write_table

    out = io.BytesIO()
    write_table(pyarrow.table({"text": [text.decode("ascii")]}), out)
    return out.getvalue()


def sqlite(text: bytes) -> bytes:
    """An SQLite database with one row."""
    with sqlite3.connect(":memory:") as base:
        base.execute("CREATE TABLE canary (text)")
        base.execute("INSERT INTO canary VALUES (?)", (text.decode("ascii"),))
        base.commit()
        return bytes(base.serialize())


def wal(text: bytes) -> bytes:
    """A write-ahead log with the pages of such a database."""
    pages = _pages(sqlite(text))
    head = struct.pack(">8L", 0x377F0682, 3007000, 4096, 0, 1, 2, 0, 0)
    return head + b"".join(struct.pack(">6L", number, 0, 1, 2, 0, 0) + page for number, page in pages)


def journal(text: bytes) -> bytes:
    """A rollback journal with the pages of such a database."""
    head = bytes.fromhex("d9d505f920a163d7") + struct.pack(">5L", 2, 0, 2, 512, 4096)
    return head.ljust(512, b"\0") + b"".join(struct.pack(">L", number) + page + bytes(4) for number, page in _pages(sqlite(text)))


def _pages(data: bytes) -> Iterator[tuple[int, bytes]]:
    return ((at // 4096 + 1, data[at : at + 4096]) for at in range(0, len(data), 4096))


def rtf(text: bytes) -> bytes:
    """A Rich Text whose letters are torn apart."""
    return b"{\\rtf1 " + _torn(text, "{\\b ", "}").encode() + b"}"


def notebook(text: bytes) -> bytes:
    """A notebook that has printed it."""
    lines = ["first\n", text.decode("ascii").replace("token", "\u2192 token")]
    cell = {"cell_type": "code", "source": [], "outputs": [{"output_type": "stream", "text": lines}]}
    return json.dumps({"cells": [cell], "nbformat": 4}).encode()


def svg(text: bytes) -> bytes:
    """A drawing whose letters are torn apart."""
    return f'<svg xmlns="http://www.w3.org/2000/svg"><text>{_torn(text, "<tspan>", "</tspan>")}</text></svg>'.encode()


def html(text: bytes) -> bytes:
    """A page whose letters are torn apart."""
    return f"<!DOCTYPE html><p>{_torn(text, '<b>', '</b>')}</p>".encode()


def mail(text: bytes) -> bytes:
    """A message whose body is encoded."""
    head = b"From: a@localhost\nTo: b@localhost\nDate: Mon, 1 Jan 2024 00:00:00 +0000\nContent-Transfer-Encoding: base64\n\n"
    return head + base64.encodebytes(text)


def mbox(text: bytes) -> bytes:
    """A mailbox with one message."""
    return b"From a@localhost Mon Jan  1 00:00:00 2024\n" + mail(text) + b"\n"


CANARIES: Mapping[str, Callable[[bytes], bytes]] = {  # by the name of the format
    "office": word, "opendocument": writer, "flat-opendocument": flat,
    "pdf": pdf, "ole": ole, "python": pyc, "java": java, "pkcs12": pkcs12, "avro": avro,
    "parquet": parquet, "sqlite": sqlite, "sqlite-wal": wal, "sqlite-journal": journal, "rtf": rtf, "notebook": notebook, "svg": svg,
    "html": html, "mbox": mbox, "mail": mail,
}  # fmt: skip
