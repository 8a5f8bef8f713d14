"""HTML pages and drawings: what a person sees, in the lines of the file, however the markup tears it apart."""

from __future__ import annotations

import base64
import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.decode.content import Content
from scanner.decode.formats import recognise
from scanner.decode.html import read
from scanner.decode.limits import Budget
from scanner.model.content import Inside, Span
from tests.decode.conftest import LIMITS
from tests.decode.documents import Seen, seen, token, unbroken

ONE, TWO = token(70), token(71)
PAGE = "<!DOCTYPE html>\n<html><body>\n%s\n</body></html>\n"


def page(body: str) -> bytes:
    return (PAGE % body).encode()


def lines(found: Seen, data: bytes, secret: str) -> list[int]:
    """The lines of the content in which a reading has the secret."""
    made = []
    for chunk in found.chunks:
        if chunk.back and isinstance(chunk.data, bytes) and (at := chunk.data.find(secret.encode())) >= 0:
            back = chunk.back.back(Span(at, at + len(secret)))
            made.append(data[: back.start].count(b"\n") + 1)
    return made


OTHERS = ["<config><a/></config>", '<?xml version="1.0"?><project/>', "a < b", "<T> void f()", "<?php ?>", "<p:sld/>"]


@pytest.mark.parametrize("text", OTHERS)
def test_other_markup_is_left_alone(text: str) -> None:
    form = recognise(text.encode())
    assert form is None or form.name not in ("html", "svg")


@pytest.mark.parametrize(
    "body",
    [
        f"<p>{ONE[:9]}<b>{ONE[9:14]}</b><wbr>{ONE[14:]}</p>",
        f"<p>{ONE[:9]}<!doctype x>{ONE[9:]}</p>".replace("<!doctype x>", ""),
        "<p>" + "".join(f"&#{ord(letter)};" for letter in ONE) + "</p>",
        "<p>" + "".join(f"&#x{ord(letter):x}" + ";" for letter in ONE) + "</p>",
        f'<p><span class="a>b" title=\'it"s\'>{ONE[:9]}</span>{ONE[9:]}</p>',
        f"<div><script>if (a < b) x('</p>')</script>{ONE[:5]}<i>{ONE[5:]}</i></div>",
        f"<table><tr><td>{ONE[:4]}<br/>".replace("<br/>", "<em></em>") + f"{ONE[4:]}</td></tr></table>",
    ],
    ids=range(7),
)
def test_text_is_joined_in_the_lines_of_the_file(body: str) -> None:
    data = page(body)
    found = seen(data)
    assert found.gaps == []
    assert lines(found, data, ONE) == [3]


def test_blocks_and_cells_are_kept_apart() -> None:
    text = seen(page(f"<p>a</p><p>b</p><ul><li>c<li>d</ul>{ONE}<br>e")).text
    assert [line for line in text.split("\n") if line] == ["a", "b", "c", "d", ONE, "e"]


def test_cells_are_called_by_their_column_or_row() -> None:
    head = "<tr><th>user</th><th>password</th></tr>"
    data = page(f"<table>{head}<tr><td>admin</td><td>\n <code>{ONE}</code></td></tr></table><table><tr><td>API token<td>{TWO}</table>")
    found = seen(data)
    assert f"password: {ONE}" in found.text
    assert f"API token: {TWO}" in found.text
    assert lines(found, data, ONE) == [4]


def test_what_a_data_uri_holds_is_a_member() -> None:
    packed = base64.b64encode(gzip.compress(f"KEY={ONE}\n".encode())).decode()
    text = "KEY%3D" + "".join(f"%{ord(letter):02x}" for letter in TWO)
    found = seen(page(f'<img src="data:application/gzip;base64,{packed}"><a href="data:text/plain,{text}">'))
    assert found.place(ONE) == Inside(member="data 1.gzip")
    assert found.place(TWO) == Inside(member="data 2.txt")


def test_the_text_of_a_drawing_is_joined() -> None:
    text = f'<text><tspan x="1">{ONE[:7]}</tspan><tspan>{ONE[7:]}</tspan></text>'
    data = f'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">\n{text}</svg>'.encode()
    assert lines(seen(data), data, ONE) == [3]


@pytest.mark.parametrize(
    "body",
    ["<div " * 50_000, "<a href='" * 50_000, '<a b="c' * 50_000, "<!--" * 50_000, "<script>" * 50_000, "<td>" * 50_000, "</" * 50_000,
     "&" * 100_000, "<table>" * 50_000, "data:" * 50_000, "<p>" + "<b>" * 100_000],
    ids=["div", "single", "double", "comment", "script", "td", "close", "entity", "table", "data", "deep"],
)  # fmt: skip
def test_markup_that_never_ends_ends(body: str) -> None:
    assert seen(page(body)).gaps == []


@given(st.text(st.sampled_from("<>/&;\"'ab td!-\n"), max_size=200))
def test_every_reading_maps_into_the_page(text: str) -> None:
    data = b"<html>" + text.encode()
    for part in read(Content(data, Budget(LIMITS, len(data)))):
        assert isinstance(part.data, bytes)
        for at in range(len(part.data)):
            if part.back:
                back = part.back.back(Span(at, at + 1))
                assert back.end <= len(data)


@settings(max_examples=20)
@given(st.integers(0, 1 << 30), st.integers(0, 30), st.sampled_from([0, 3]))
def test_no_damage_makes_it_fail(seed: int, flips: int, cut: int) -> None:
    unbroken(page(f"<table><tr><td>a</td><td>{ONE}</td></tr></table><p>&amp;<script>x</script>" * 3), seed, flips, cut)


@pytest.mark.parametrize("text", ["<div <html <div", "<html", "<p <p\n"])
def test_what_is_the_same_when_it_is_read_is_not_read_again(text: str) -> None:
    assert seen(text.encode() + b" ").chunks == []
