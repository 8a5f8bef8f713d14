"""What is read as name, sign and value, in the spellings of many languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.detect.assignment import LONGEST, read

# (line, the name's beginning, the value's beginning) -> (name, value); `¦` marks both places.
READ = [
    (b'db_\xa6password = "\xa6one two"', b"db_password", b"one two"),
    (b"  '\xa6secret': '\xa6it is \"it\"',", b"secret", b'it is "it"'),
    (b'\xa6token = "\xa6a\\"b" + c', b"token", b'a\\"b'),
    (b'"{\\"\xa6token\\": \\"\xa6abc\\", \\"b\\": 1}"', b"token", b"abc"),
    (b"export API_\xa6KEY=\xa6abc123; run", b"API_KEY", b"abc123"),
    (b"login(\xa6password=\xa6abc(1))", b"password", b"abc(1)"),
    (b"{user: a, \xa6password: \xa6abc}", b"password", b"abc"),
    (b"<\xa6password>\xa6abc</password>", b"password", b"abc"),
    (b"https://h/?\xa6token=\xa6abc&page=2", b"token", b"abc"),
    (b"\xa6pass: \xa6abc\r\nnext: 1", b"pass", b"abc"),
    (b"spring.datasource.\xa6password=\xa6p.q-r", b"spring.datasource.password", b"p.q-r"),
]


@pytest.mark.parametrize(("marked", "name", "value"), READ)
def test_name_and_value_are_read(marked, name, value):
    first, between, rest = marked.split(b"\xa6")
    found = read(first + between + rest, len(first), len(first) + len(between))
    assert (found.name, found.value) == (name, value)
    assert (first + between + rest)[found.span.start : found.span.end] == value


@pytest.mark.parametrize("line", [b'key = "never closed', b'key = ""', b'key = "torn\nin two"'])
def test_what_has_no_end_on_its_line_is_no_value(line):
    assert read(line + b"\n", 0, line.index(b'"') + 1) is None


def test_a_long_value_is_cut():
    found = read(b'key = "' + b"a" * 5000 + b'"', 0, 7)
    assert len(found.value) == LONGEST


def test_an_assignment_does_not_print_its_value():
    assert "hush" not in repr(read(b'key = "hushhush"', 0, 7))


@given(st.binary(max_size=300), st.integers(0, 299), st.integers(1, 299))
def test_whatever_stands_there_the_value_lies_where_it_says(window, name_at, value_at):
    if not 0 <= name_at < value_at < len(window):
        return
    found = read(window, name_at, value_at)
    if found is not None:
        assert window[found.span.start : found.span.end] == found.value
        assert b"\n" not in found.value
        assert len(found.before) <= 32
        assert len(found.after) <= 32
