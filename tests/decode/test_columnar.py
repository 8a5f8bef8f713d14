"""Avro and Parquet files as fastavro and pyarrow write them, and as an attacker does."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.decode.avro import Damaged, unsnap
from scanner.model.content import Inside
from tests.decode.documents import seen, token, unbroken

ONE, TWO, BLOB, DEEP = map(token, range(120, 124))
ROWS: list[dict[str, Any]] = [
    {"user": "nobody", "password": "none", "body": b"", "tags": [], "at": {"x": "y"}},
    {"user": "admin", "password": ONE, "body": gzip.compress(f"KEY={BLOB}".encode()), "tags": ["a", TWO], "at": {"key": DEEP}},
]
SCHEMA = {
    "type": "record", "name": "Login", "namespace": "made.up",
    "fields": [
        {"name": "user", "type": "string"}, {"name": "password", "type": ["null", "string"]}, {"name": "body", "type": "bytes"},
        {"name": "tags", "type": {"type": "array", "items": "string"}}, {"name": "at", "type": {"type": "map", "values": "string"}},
    ],
}  # fmt: skip


@cache
def avro(codec: str = "null") -> bytes:
    import fastavro

    out = io.BytesIO()
    fastavro.writer(out, fastavro.parse_schema(SCHEMA), ROWS * 3, codec=codec)
    return out.getvalue()


@cache
def parquet(compression: str = "snappy", *, dictionary: bool = True) -> bytes:
    import pyarrow
    import pyarrow.parquet

    rows = [{**row, "at": {"key": row["at"].get("key")}} for row in ROWS]
    table = pyarrow.Table.from_pylist(rows)
    out = io.BytesIO()
    pyarrow.parquet.write_table(table, out, compression=compression, use_dictionary=dictionary)
    return out.getvalue()


@pytest.mark.parametrize("codec", ["null", "deflate", "bzip2", "xz"])
def test_rows_of_avro_have_the_names_of_their_fields(codec: str) -> None:
    found = seen(avro(codec))
    assert found.gaps == []
    assert found.text.count(f"password: {ONE}\n") == 3
    assert Inside(field="password", record="row 2") in found.places(ONE)
    assert Inside(field="tags", record="row 2") in found.places(TWO)
    assert f"at.key: {DEEP}\n" in found.text
    assert [place.record for place in found.places(BLOB)] == ["row 2", "row 4", "row 6"]


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd", "brotli", "lz4"])
@pytest.mark.parametrize("dictionary", [True, False])
def test_rows_of_parquet_have_the_names_of_their_columns(compression: str, dictionary: bool) -> None:
    found = seen(parquet(compression, dictionary=dictionary))
    assert found.gaps == []
    assert found.place(ONE) == Inside(field="password", record="row 2")
    assert found.place(BLOB) == Inside(field="body", record="row 2")
    assert found.place(TWO) == Inside(field="tags", record="row 2")
    assert found.place(DEEP) == Inside(field="at.key", record="row 2")


def varint(number: int) -> bytes:
    number <<= 1
    made = b""
    while number > 0x7F:
        made, number = made + bytes([number & 0x7F | 0x80]), number >> 7
    return made + bytes([number])


def container(schema: object, block: bytes, count: int, size: int | None = None) -> bytes:
    text = json.dumps(schema).encode()
    head = b"Obj\1" + varint(1) + varint(11) + b"avro.schema" + varint(len(text)) + text + b"\0" + b"s" * 16
    return head + varint(count) + varint(len(block) if size is None else size) + block + b"s" * 16


NESTED: Any = "null"
for _ in range(200):
    NESTED = {"type": "array", "items": NESTED}


@pytest.mark.parametrize(
    ("data", "gap"),
    [
        (container("null", b"", 1 << 50), "archive-too-large"),
        (container({"type": "array", "items": "null"}, varint(1 << 50) + b"\0", 1), "archive-too-large"),
        (container({"type": "record", "name": "r", "fields": []}, b"", 1 << 50), "archive-too-large"),
        (container("string", varint(1 << 60), 1), "unreadable"),
        (container("string", b"", 1, 1 << 40), "archive-too-large"),
        (container({"type": "record", "name": "r", "fields": [{"name": "a", "type": "r"}]}, b"", 1), "unreadable"),
        (container({"type": "nobody"}, b"", 1), "unreadable"),
        (container(NESTED, b"", 1), "unreadable"),
        (container({"type": "fixed", "size": -5}, b"abc", 1), "unreadable"),
        (avro()[:-20], "truncated"),
        (parquet()[:-20], "unreadable"),
        (b"PARE" + bytes(100), "encrypted-archive"),
    ],
    ids=range(12),
)  # fmt: skip
def test_what_lies_ends_with_a_gap(data: bytes, gap: str) -> None:
    assert [reason for reason, _ in seen(data).gaps] == [gap]


def test_a_text_that_is_repeated_a_billion_times_is_held_once() -> None:
    import pyarrow
    import pyarrow.parquet

    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"a": pyarrow.array(["x" * 1_000_000] * 40)}), out)
    assert len(out.getvalue()) < 100_000
    found = seen(out.getvalue())
    assert len(found.chunks) >= 40


def test_snappy_is_undone() -> None:
    assert unsnap(b"\x0d\x0cabcd\x15\x04") == b"abcdabcdabcda"[:13]


@given(st.binary(max_size=60))
def test_no_bytes_make_snappy_fail_in_another_way(data: bytes) -> None:
    with contextlib.suppress(Damaged, IndexError):
        unsnap(data)


@settings(max_examples=30)
@given(st.sampled_from([avro, parquet]), st.integers(0, 1 << 30), st.integers(0, 10), st.sampled_from([0, 0, 1, 50]))
def test_no_damage_makes_it_fail(made: object, seed: int, flips: int, cut: int) -> None:
    unbroken(made(), seed, flips, cut)  # type: ignore[operator]
