"""Avro object container files (Apache Avro 1.11), of untrusted schemas: whatever they claim, no more is made than is there."""

from __future__ import annotations

import bz2
import json
import lzma
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from scanner.decode.content import Content
from scanner.decode.limits import Stop

Value = Any
_BLOCK_MOST = 64 << 20
_DEPTH_MOST = 60
_EMPTY_MOST = 10_000  # values of a block that take no bytes
_PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")


class Damaged(Exception):
    """It is not what it says."""


class Locked(Exception):
    """Its blocks are compressed in a way that is not read."""


class _Bytes:
    """Bytes that are read forwards."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.empty = data, 0, 0

    def take(self, size: int) -> bytes:
        """The next bytes; raises Damaged where there are fewer."""
        if not 0 <= size <= len(self.data) - self.at:
            raise Damaged
        self.at += size
        return self.data[self.at - size : self.at]

    def long(self) -> int:
        """A number in zigzag."""
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)
            if shift > 63:
                raise Damaged


class Avro:
    """One such file."""

    def __init__(self, content: Content) -> None:
        self._content = content
        content.exactly(4)
        self.metadata = dict(self._header())
        self._sync = content.exactly(16)
        self._named: dict[str, Value] = {}
        self._schema = json.loads(self.metadata.get("avro.schema", b"null"))
        self._learn(self._schema, "", 0)
        self._codec = self.metadata.get("avro.codec", b"null").decode("ascii", "replace")

    def _long(self) -> int:
        data = b""
        while not data or data[-1] >= 0x80:
            data += self._content.exactly(1)
            if len(data) > 10:
                raise Damaged
        return _Bytes(data).long()

    def _header(self) -> Iterator[tuple[str, bytes]]:
        while count := self._long():
            if count < 0:
                self._long()
            for _ in range(abs(count)):
                name, value = (self._content.exactly(_within(self._long())) for _ in range(2))
                yield name.decode("utf-8", "replace"), value

    def rows(self) -> Iterator[Value]:
        """The values of all blocks."""
        while first := self._content.read(1):
            count = self._count(first)
            size = _within(self._long())
            block = _Bytes(self._plain(self._content.exactly(size)))
            if self._content.exactly(16) != self._sync:
                raise Damaged
            for number in range(count):
                if not number & 0xFF:
                    self._content.budget.hurry()
                yield self._value(self._schema, block, 0)

    def _count(self, first: bytes) -> int:
        data = first
        while data[-1] >= 0x80 and len(data) < 10:
            data += self._content.exactly(1)
        return max(0, _Bytes(data).long())

    def _plain(self, data: bytes) -> bytes:
        try:
            if self._codec == "null":
                return data
            if self._codec == "deflate":
                return _upto(zlib.decompressobj(-15), data)
            if self._codec == "bzip2":
                return _upto(bz2.BZ2Decompressor(), data)
            if self._codec == "xz":
                return _upto(lzma.LZMADecompressor(), data)
            if self._codec == "snappy":
                return unsnap(data[:-4])
        except (zlib.error, OSError, EOFError, lzma.LZMAError, IndexError):
            raise Damaged from None
        raise Locked

    def _learn(self, schema: Value, space: str, depth: int) -> None:
        """Remember what has a name, so that it can be referred to."""
        if depth > _DEPTH_MOST:
            raise Damaged
        if isinstance(schema, list):
            for one in schema:
                self._learn(one, space, depth + 1)
        elif isinstance(schema, Mapping):
            space = str(schema.get("namespace", space))
            name = str(schema.get("name", ""))
            if name:
                self._named.setdefault(name, schema)
                self._named.setdefault(f"{space}.{name}", schema)
            for key in ("type", "items", "values"):
                if isinstance(schema.get(key), (Mapping, list)):
                    self._learn(schema[key], space, depth + 1)
            for field in schema.get("fields", ()) if isinstance(schema.get("fields"), list) else ():
                if isinstance(field, Mapping):
                    self._learn(field.get("type"), space, depth + 1)

    def _value(self, schema: Value, data: _Bytes, depth: int) -> Value:
        if depth > _DEPTH_MOST:
            raise Damaged
        if isinstance(schema, list):
            branch = data.long()
            return self._value(schema[branch], data, depth + 1) if 0 <= branch < len(schema) else _fail()
        kind = schema.get("type") if isinstance(schema, Mapping) else schema
        if isinstance(kind, (Mapping, list)):
            return self._value(kind, data, depth + 1)
        if kind in _PRIMITIVES:
            return _primitive(str(kind), data)
        if not isinstance(schema, Mapping):
            return self._value(self._named.get(str(schema)) or _fail(), data, depth + 1)
        if kind in ("record", "error"):
            fields = [field for field in schema.get("fields", ()) if isinstance(field, Mapping)]
            if not fields:
                _nothing(data)
            return {str(field.get("name")): self._value(field.get("type"), data, depth + 1) for field in fields}
        if kind == "enum":
            symbols, number = schema.get("symbols", ()), data.long()
            return str(symbols[number]) if 0 <= number < len(symbols) else _fail()
        if kind == "fixed":
            return data.take(int(schema.get("size", 0)))
        if kind in ("array", "map"):
            return self._many(schema, data, depth, named=kind == "map")
        return self._value(self._named.get(str(kind)) or _fail(), data, depth + 1)

    def _many(self, schema: Mapping[str, Value], data: _Bytes, depth: int, *, named: bool) -> Value:
        made: list[tuple[str, Value]] = []
        while count := data.long():
            if count < 0:
                data.long()
            for _ in range(abs(count)):
                name = _primitive("string", data) if named else ""
                made.append((name, self._value(schema.get("values" if named else "items"), data, depth + 1)))
        return dict(made) if named else [one for _, one in made]


def _fail() -> Value:
    raise Damaged


def _within(size: int) -> int:
    if not 0 <= size <= _BLOCK_MOST:
        raise Stop("archive-too-large", "one of its blocks is larger than may be held")
    return size


def _nothing(data: _Bytes) -> None:
    """A value that takes no bytes, of which a file can claim to have any number."""
    data.empty += 1
    if data.empty > _EMPTY_MOST:
        raise Stop("archive-too-large", "it claims to have very many values that take no space")


def _primitive(kind: str, data: _Bytes) -> Value:
    if kind == "null":
        _nothing(data)
        return None
    if kind == "boolean":
        return bool(data.take(1)[0])
    if kind in ("int", "long"):
        return data.long()
    if kind in ("float", "double"):
        return struct.unpack("<f" if kind == "float" else "<d", data.take(4 if kind == "float" else 8))[0]
    text = data.take(data.long())
    return text.decode("utf-8", "replace") if kind == "string" else text


def _upto(one: Any, data: bytes) -> bytes:
    made: bytes = one.decompress(data, _BLOCK_MOST)
    if len(made) >= _BLOCK_MOST:
        raise Stop("archive-too-large", "one of its blocks is larger than may be held")
    return made


def unsnap(data: bytes) -> bytes:
    """Snappy's format without frames (format_description.txt)."""
    made, at = bytearray(), 0
    while data[at] >= 0x80:
        at += 1
    at += 1
    while at < len(data):
        tag, at = data[at], at + 1
        kind, size = tag & 3, tag >> 2
        if kind == 0:
            if size >= 60:
                width = size - 59
                size, at = int.from_bytes(data[at : at + width], "little"), at + width
            made += data[at : at + size + 1]
            at += size + 1
        else:
            width = (1, 2, 4)[kind - 1]
            back = int.from_bytes(data[at : at + width], "little") | ((tag >> 5 << 8) if kind == 1 else 0)
            length, at = ((size & 7) + 4 if kind == 1 else size + 1), at + width
            if not 0 < back <= len(made):
                raise Damaged
            start = len(made) - back
            piece = made[start : start + length]
            made += (piece * (length // len(piece) + 1))[:length]
        if len(made) > _BLOCK_MOST:
            raise Stop("archive-too-large", "one of its blocks is larger than may be held")
    return bytes(made)
