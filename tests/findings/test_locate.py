"""Offsets become lines and columns."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.findings.locate import Lines, line_ends, place, place_at
from scanner.model.content import Span
from tests.effort import costs_at_most


def plainly(data: bytes, offset: int) -> tuple[int, int]:
    """The same, slowly: split at every line end that is over before the offset."""
    ends = [m.end() for m in re.finditer(rb"\r\n|\r|\n", data) if m.end() <= offset]
    return len(ends) + 1, len(data[ends[-1] if ends else 0 : offset].decode("utf-8", "replace")) + 1


@pytest.mark.parametrize(
    ("data", "start", "end", "expected"),
    [
        (b"secret", 0, 6, (1, 1, 1, 7)),
        (b"a\nbc secret\n", 5, 11, (2, 4, 2, 10)),
        (b"a\r\nbc secret\r\n", 6, 12, (2, 4, 2, 10)),
        (b"a\rbc secret", 5, 11, (2, 4, 2, 10)),
        ("grüße: x".encode(), 9, 10, (1, 8, 1, 9)),
        (b"\xff\xfe: x", 4, 5, (1, 5, 1, 6)),
        (b"BEGIN\nx\nEND\n", 0, 11, (1, 1, 3, 4)),
        (b"", 0, 0, (1, 1, 1, 1)),
        (b"ab", 50, 60, (1, 3, 1, 3)),
    ],
)
def test_places_are_counted_as_an_editor_counts(data: bytes, start: int, end: int, expected: tuple[int, ...]) -> None:
    found = place(data, Span(start, end))
    assert (found.line, found.column, found.end_line, found.end_column) == expected


PIECES = st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\r\n", "ü".encode(), b"\xff", b"\xe2\x82", b"word"]), max_size=30).map(b"".join)


@given(PIECES, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8))
def test_places_agree_with_a_plain_count_in_any_order(data: bytes, spans: list[tuple[int, int]]) -> None:
    lines = Lines(data)
    for a, b in spans:
        start, end = sorted((min(a, len(data)), min(b, len(data))))
        found = lines.place(Span(start, end))
        assert (found.line, found.column) == plainly(data, start)
        if start == end or end == len(data) or data[start : start + 1] < b"\x80" or start == 0:
            assert (found.end_line, found.end_column) == plainly(data, end)


@given(PIECES, PIECES, st.integers(0, 20))
def test_a_window_of_streamed_content_gives_the_same_place(first: bytes, window: bytes, at: int) -> None:
    if first.endswith(b"\r") and window.startswith(b"\n"):
        return
    first += b"|"
    whole = first + window
    start = len(first) + min(at, len(window))
    columns = plainly(first, len(first))[1] - 1
    found = place_at(window, Span(start, start), len(first), line_ends(first), columns_before=columns)
    if b"\xff" not in whole and b"\xe2" not in whole:  # a character that is cut in two counts once on each side
        assert (found.line, found.column) == plainly(whole, start)
    assert found.line == plainly(whole, start)[0]


def test_the_line_stops_at_its_own_ends() -> None:
    assert place(b"one\nkey = x  # note\r\nthree", Span(10, 11)).text == b"key = x  # note"


def test_of_a_long_line_only_the_surroundings_are_kept() -> None:
    data = b"a" * 50_000 + b"SECRET" + b"b" * 50_000
    text = place(data, Span(50_000, 50_006)).text
    assert len(text) <= 4096
    assert b"SECRETb" in text


def test_what_follows_a_long_construct_is_kept() -> None:
    data = b"key=" + b"x" * 9000 + b" # a note\nnext"
    text = place(data, Span(4, 9004)).text
    assert text.endswith(b" # a note")
    assert len(text) <= 4096


def test_many_places_on_one_long_line_cost_one_pass() -> None:
    data = b"x" * 8_000_000

    def placed() -> None:
        lines = Lines(data)
        assert [lines.place(Span(at, at + 10)).column for at in range(0, len(data), 400)][-1] == len(data) - 399

    assert costs_at_most(20 * len(data), placed)  # a count from the beginning each time would cost thousands a byte


def test_a_place_does_not_print_its_line() -> None:
    assert "hidden" not in repr(place(b"hidden", Span(0, 6)))
