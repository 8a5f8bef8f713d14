"""Avro and Parquet files: rows with the names of their fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from scanner.decode import tables
from scanner.decode.avro import Avro, Damaged, Locked
from scanner.decode.content import Content, Part
from scanner.decode.formats import recognise
from scanner.decode.limits import Stop
from scanner.decode.marked import Marked, shown
from scanner.model.content import Inside, Unseen

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

_BLOB_LEAST, _TEXT_MOST = 16, 1 << 16
_ROWS = 1000
_DEPTH_MOST = 40
_LARGE = 100 << 20  # bytes of the library's own structures


def avro(content: Content) -> Iterator[Part | Unseen]:
    """An object container file: its metadata, then block by block."""
    marked, row = Marked(), 0
    try:
        file = Avro(content)
        for name, value in file.metadata.items():
            yield from marked.add(f"{name}: ".encode() + value + b"\n", Inside(field="metadata"))
        for value in file.rows():
            row += 1
            yield from _told(value, f"row {row}", marked)
    except Locked:
        yield from marked.rest()
        yield Unseen("unsupported-format", "its blocks are compressed in a way that is not read", Inside(field="blocks"))
    except (Damaged, json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        yield from marked.rest()
        yield Unseen("unreadable", "it is damaged, or not what its schema says", Inside(field="blocks"))
    else:
        yield from marked.rest()


def parquet(content: Content) -> Iterator[Part | Unseen]:
    """Row by row; what the file says of itself first."""
    from pyarrow import ArrowException

    if content.head.startswith(b"PARE"):
        raise Stop("encrypted-archive", "it is encrypted")
    marked, row = Marked(), 0
    try:
        file = _opened(content.file())
        for name, value in (file.metadata.metadata or {}).items():
            yield from marked.add(name + b": " + value + b"\n", Inside(field="metadata"))
        for batch in file.iter_batches(batch_size=_ROWS, use_threads=False):
            names = batch.schema.names
            for number in range(batch.num_rows):
                content.budget.hurry()
                row += 1
                yield from _told(dict(zip(names, (column[number].as_py() for column in batch.columns), strict=True)), f"row {row}", marked)
    except (ArrowException, OSError, ValueError, OverflowError):
        yield from marked.rest()
        yield Unseen("unreadable", "it is damaged, or encrypted", Inside(record=f"row {row + 1}"))
    else:
        yield from marked.rest()


def _opened(source: BinaryIO) -> ParquetFile:
    """The file, whose repeated texts are held once however often they are repeated."""
    from pyarrow.parquet import ParquetFile

    limits = {"thrift_string_size_limit": _LARGE, "thrift_container_size_limit": 10_000_000}
    first = ParquetFile(source, **limits)
    columns = [first.schema.column(number) for number in range(len(first.schema))]
    texts = [column.path for column in columns if column.physical_type == "BYTE_ARRAY" and "." not in column.path]
    source.seek(0)
    return ParquetFile(source, read_dictionary=texts, pre_buffer=False, **limits)


def _told(value: object, record: str, marked: Marked) -> Iterator[Part]:
    """A row as text; long texts, and texts and bytes in a format of their own, as parts."""
    names, cells = list[str](), list[str]()
    for name, one in _leaves(value):
        data = one.encode("utf-8", "replace") if isinstance(one, str) else one
        if isinstance(data, bytes) and (isinstance(one, bytes) or len(data) > _TEXT_MOST or recognise(data) is not None):
            if len(data) >= _BLOB_LEAST:
                yield Part(data, Inside(field=name, record=record))
        else:
            names.append(name)
            cells.append("" if one is None else str(one))
    for column, line in tables.lines(names, cells):
        yield from marked.add(line, Inside(field=names[column], record=record))


def _leaves(value: object) -> Iterator[tuple[str, Any]]:
    """Every value that is no list and no record, with the names that lead to it."""
    waiting: list[tuple[str, object, int]] = [("", value, 0)]
    while waiting:
        name, one, depth = waiting.pop()
        if isinstance(one, dict) and depth < _DEPTH_MOST:
            below = [(f"{name}.{key}" if name else str(key), item, depth + 1) for key, item in one.items()]
        elif isinstance(one, (list, tuple)) and depth < _DEPTH_MOST:
            below = [(name, item, depth + 1) for item in one]
        else:
            yield shown(name), one
            continue
        waiting += cast(list[tuple[str, object, int]], below[::-1])
