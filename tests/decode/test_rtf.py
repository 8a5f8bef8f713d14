"""Rich Text as Word and WordPad write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.decode.content import Content
from scanner.decode.limits import Budget
from scanner.decode.rtf import read
from scanner.model.content import Inside
from tests.decode.conftest import LIMITS
from tests.decode.documents import seen, token
from tests.decode.test_html import lines

ONE = token(90)


def rtf(body: str) -> bytes:
    head = "{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0\\fnil Arial;}}\n{\\colortbl;\\red0\\green0\\blue0;}{\\*\\generator Made up;}\n"
    return f"{head}\\pard\\f0 {body}\\par}}".encode()


@pytest.mark.parametrize(
    "body",
    [
        ONE,
        f"{ONE[:5]}{{\\b {ONE[5:9]}}}\\i0 {ONE[9:]}",
        f"{ONE[:5]}\r\n{ONE[5:]}",
        "".join(f"\\'{ord(letter):02x}" for letter in ONE),
        "".join(f"\\u{ord(letter)}?" for letter in ONE),
        f"{{\\field{{\\*\\fldinst HYPERLINK \"https://x:{ONE}@example.org\"}}{{\\fldrslt here}}}}",
        f"{{\\header {ONE}}}{{\\info{{\\title {ONE}}}}}",
        f"\\uc0 {ONE[:5]}{{\\uc2\\u8364 ab}}{ONE[5:]}".replace("{\\uc2\\u8364 ab}", ""),
    ],
    ids=range(8),
)
def test_text_is_joined_in_the_lines_of_the_file(body: str) -> None:
    data = rtf(body)
    found = seen(data)
    assert found.gaps == []
    assert lines(found, data, ONE) == [3]
    assert "Arial" not in found.text


def test_pictures_and_objects_are_members() -> None:
    content = b"made up header " + ONE.encode() + bytes(40)
    found = seen(rtf(f"{{\\pict\\pngblip\\picw1\n{content.hex()}\n}}{{\\object{{\\*\\objdata {content.hex()}}}}}"))
    assert found.places(ONE) == [Inside(member="picture 1"), Inside(member="object 2")]


@pytest.mark.parametrize(
    "body", ["{" * 100_000, "}" * 1000 + "a", "\\" * 9999, "{\\pict " * 20_000, "\\u99999999999 ", "\\bin999999999 abc"], ids=range(6)
)
def test_groups_that_never_end_end(body: str) -> None:
    assert seen(rtf(body)).gaps == []


@given(st.text(st.sampled_from("{}\\ab'u1 -\n"), max_size=200))
def test_no_text_makes_it_fail(text: str) -> None:
    data = b"{\\rtf1" + text.encode()
    list(read(Content(data, Budget(LIMITS, len(data)))))
