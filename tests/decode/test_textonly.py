"""What is plain text needs no reader: whatever a format may begin with is none of it."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from scanner.decode.formats import FORMATS, recognise
from scanner.decode.text import wide_readings
from scanner.decode.textonly import plain

FAR = b".{32769}"
TEXTS = {
    "code": b"import os\n\n\ndef run(at: str) -> None:\n    os.chdir(at)\n",
    "settings": b"name: app\nversion: 2\nitems:\n  - one\n",
    "prose": b"# Title\n\nA sentence: with a colon, and <html> {later} on.\n",
    "short": b"x",
    "indented": b"\t\tx = 1\r\n",
    "header-of-a-licence": b"Copyright: somebody\nLicense: MIT\n",
    "long": b"a line of words\n" * 9000,
}


@pytest.mark.parametrize("name", TEXTS)
def test_ordinary_text_is_plain(name: str) -> None:
    assert plain(TEXTS[name])
    assert recognise(TEXTS[name]) is None


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
@bounds(max_examples=40)
@given(data=st.data())
def test_nothing_that_begins_as_a_format_does_is_plain(form: object, data: st.DataObject) -> None:
    magic = form.magic.replace(FAR, b"")  # type: ignore[attr-defined]
    begins = data.draw(st.from_regex(re.compile(magic, re.DOTALL)))
    found = re.search(magic, begins, re.DOTALL)
    assert found is not None
    head = b"" if magic == form.magic else b"a word " * 4681 + b"ab"  # type: ignore[attr-defined]
    assert not plain(head + begins[found.start() :])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be", "utf-16", "utf-32-le", "utf-32-be"])
def test_nothing_in_a_wide_encoding_or_with_a_mark_of_one_is_plain(encoding: str) -> None:
    assert not plain("name = app\n".encode(encoding))


@given(st.lists(st.sampled_from([
    b"PK", b"From ", b"To: a\n", b"\x1b[0m", b"<", b"{", b"#", b" ", b"\n", b"a", b"07", b"ustar", b"-l", b"ftyp", b"\xef\xbb\xbf", b"\xff",
    b"Subject: ", b"x-", b":", b"\0", b"BM", b"0" * 24, b"word " * 20, bytes(range(32, 127)),
]), max_size=12).map(b"".join))  # fmt: skip
def test_what_is_plain_has_neither_format_nor_wide_reading(text: bytes) -> None:
    if plain(text):
        assert recognise(text) is None
        assert not list(wide_readings(text))


def test_an_archive_without_a_magic_is_not_plain() -> None:
    chance = random.Random(5)
    head = b"app.env".ljust(100, b"\0") + b"0000644\0" * 3 + b"00000000001\0" * 2
    assert not plain(head.replace(b"\0", b" ") + bytes(chance.choices(b"abc ", k=900)))
