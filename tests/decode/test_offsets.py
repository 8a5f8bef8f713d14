"""A span of a reading maps to the bytes that it was made from."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.decode.offsets import Offsets, Run, all_of
from scanner.model.content import Span


@pytest.mark.parametrize(
    ("runs", "end", "span", "back"),
    [
        ([Run(0, 0)], 10, Span(2, 5), Span(2, 5)),
        ([Run(0, 7)], 17, Span(0, 10), Span(7, 17)),
        ([Run(0, 4, took=2)], 24, Span(1, 3), Span(6, 10)),  # two bytes for each, as in UTF-16 or hexadecimal
        ([Run(0, 0, took=4, made=3)], 16, Span(4, 5), Span(4, 8)),  # base64: a whole group
        ([Run(0, 0, took=4, made=3)], 7, Span(3, 5), Span(4, 7)),  # its last group without padding
        ([Run(0, 0), Run(3, 3, took=6), Run(4, 9)], 20, Span(2, 5), Span(2, 10)),  # \u0020 in the middle
        ([Run(0, 0), Run(3, 3, took=6), Run(4, 9)], 20, Span(3, 4), Span(3, 9)),
        ([Run(0, 0), Run(5, 7)], 20, Span(4, 6), Span(4, 8)),  # two bytes left out
        ([Run(0, 5)], 9, Span(2, 2), Span(7, 7)),
        ([Run(0, 0)], 4, Span(3, 90), Span(3, 4)),
    ],
)
def test_spans_map_back(runs: list[Run], end: int, span: Span, back: Span) -> None:
    assert Offsets(runs, end).back(span) == back


def test_what_was_compressed_depends_on_all_of_it() -> None:
    assert all_of(10, 90).back(Span(4, 5)) == Span(10, 90)
    assert all_of(10, 90).back(Span(0, 1 << 40)) == Span(10, 90)


@given(st.binary(min_size=1, max_size=200), st.binary(max_size=50), st.data())
def test_the_part_of_base64_that_a_span_maps_to_decodes_to_that_span(data: bytes, before: bytes, draw: st.DataObject) -> None:
    content = before + base64.b64encode(data)
    offsets = Offsets((Run(0, len(before), took=4, made=3),), len(content))
    start = draw.draw(st.integers(0, len(data) - 1))
    end = draw.draw(st.integers(start + 1, len(data)))
    back = offsets.back(Span(start, end))
    assert len(before) <= back.start < back.end <= len(content)
    decoded = base64.b64decode(content[back.start : back.end])
    skipped = start - (back.start - len(before)) // 4 * 3
    assert decoded[skipped : skipped + end - start] == data[start:end]
