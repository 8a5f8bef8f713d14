"""What every reading of encoded text must keep to: it lies inside of the text, and the way back goes forwards."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from scanner.decode.encodings import WRITTEN, open_end
from scanner.decode.marks import MARKS, THIN
from scanner.decode.readings import Packed, Reading, readings
from scanner.detect.prefilter import prefilter
from scanner.model.content import Span
from tests.decode import encoded

SIEVE = prefilter([mark.pattern for mark in MARKS], None, "re2", THIN)
SCRAPS = (
    "%41", "%3A%2f", "%", "%zz", "\\u0041", "\\u00e4", "\\x3d", "\\n", '\\"', "\\\\", "&amp;", "&#58;", "&bogus;", "=3D", "=\n", "=\r\n",
    "+AEA-", "+-", "\x1b[31m", "\x1b]0;title\x07", "\x1b(B", "\x1b[", "\x1b", "a\x08a", "\n", "\r\n", " ", "word", "\0\0\0", "\x01",
    "\xff", "ä", "password=", "://",
)  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(SCRAPS), st.sampled_from(sorted(encoded.WRITTEN))), max_size=40)


def made(names: list[str]) -> bytes:
    texts = [encoded.WRITTEN[name][0]("postgres://u:p@h/d and more") if name in encoded.WRITTEN else name for name in names]
    return "".join(texts).encode("utf-8", "surrogateescape")


def read(data: bytes) -> list[Reading | Packed]:
    return list(readings(data, SIEVE.spots(data)))


@given(TEXTS)
@bounds(max_examples=60)
def test_every_span_of_a_reading_lies_in_the_text_and_the_way_back_is_monotonic(names: list[str]) -> None:
    data = made(names)
    for reading in read(data):
        if isinstance(reading, Packed):
            assert 0 <= reading.span.start < reading.span.end <= len(data)
            continue
        places = [reading.back.back(Span(at, at + 1)) for at in range(len(reading.data))]
        assert all(0 <= place.start <= place.end <= len(data) for place in places)
        assert all(one.start <= two.start and one.end <= two.end for one, two in itertools.pairwise(places))
        assert all(span.end <= len(data) for span in reading.stretches)


@given(TEXTS)
@bounds(max_examples=30)
def test_what_was_not_written_otherwise_reads_as_it_is(names: list[str]) -> None:
    data = made(names)
    for reading in read(data):
        if isinstance(reading, Packed):
            continue
        for at in range(len(reading.data)):
            if not reading.back.is_changed(Span(at, at + 1)):
                place = reading.back.back(Span(at, at + 1))
                assert data[place.start : place.end] == reading.data[at : at + 1]


@given(st.binary(max_size=400))
@bounds(max_examples=40)
def test_any_bytes_can_be_read(data: bytes) -> None:
    for kind, units in WRITTEN.items():
        end = 0
        for unit in units(data, 0, len(data)):
            assert end <= unit.start < unit.end <= len(data), kind
            end = unit.end
    every = [(number, end) for number in range(len(MARKS)) for end in range(0, len(data) + 1, 7)]
    assert all(isinstance(reading, (Reading, Packed)) for reading in readings(data, every))


@pytest.mark.parametrize("name", sorted(encoded.WRITTEN))
def test_each_encoding_has_a_mark(name: str) -> None:
    assert read(encoded.WRITTEN[name][0]("postgres://user:word@host.example.org/data").encode())


def test_dense_marks_are_thinned_and_lists_are_bounded() -> None:
    data = b"%41" * 200_000
    spots = SIEVE.spots(data)
    assert len(spots) < 20_000
    parts = list(readings(data, spots))
    assert all(isinstance(part, Reading) and len(part.data) < 300 << 10 for part in parts)
    assert sum(len(part.data) for part in parts if isinstance(part, Reading)) >= 200_000


def test_the_open_end_of_a_window_is_found_and_ordinary_text_has_none() -> None:
    line = encoded.b64(random.Random(1).randbytes(48))
    assert open_end(b"words and words " * 400) == 6400
    assert open_end(b"key: " + line.encode() * 40) == 5
    assert open_end(b"key: |\n" + (b"  " + line.encode() + b"\n") * 40 + b"  " + line.encode()[:9]) == 9
