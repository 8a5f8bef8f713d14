"""Jupyter notebooks: sources and outputs, in the lines of the file."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.decode.content import Content
from scanner.decode.formats import recognise
from scanner.decode.jsonread import strings, unescape
from scanner.decode.limits import Budget
from scanner.decode.mapped import Mapped
from scanner.decode.notebooks import read
from scanner.model.content import Inside
from tests.decode.conftest import LIMITS
from tests.decode.documents import seen, token, unbroken
from tests.decode.test_html import lines

SOURCE, OUT, HTML, PACKED, QUOTED = map(token, range(80, 85))
KEY = "-----BEGIN MADE UP-----\nabc\n-----END MADE UP-----\n"


def notebook(indent: int | None = 1) -> bytes:
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": ["first\n", f"\x1b[31mkey\x1b[0m {OUT}\n"]},
        {"output_type": "display_data", "data": {"image/png": base64.encodebytes(f"not a picture {PACKED}".encode()).decode(),
                                                 "text/html": [f"<b>{HTML}</b>"], "text/plain": f"'{QUOTED}'"}, "metadata": {}},
    ]  # fmt: skip
    source = [*KEY.splitlines(True), f'k = "{SOURCE}\u00fc"']
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "# Title"},
        {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": source, "outputs": outputs},
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=indent).encode()


@pytest.mark.parametrize("text", ['{"cells": 3}', '{"a": {"cells": [], "b": 1}}', "{}", '{"nbformat": 4}', "{ code }"])
def test_other_objects_are_left_alone(text: str) -> None:
    form = recognise(text.encode())
    assert form is None or form.name != "notebook"


@pytest.mark.parametrize("indent", [None, 1])
def test_sources_and_outputs_know_their_cell(indent: int | None) -> None:
    data = notebook(indent)
    found = seen(data)
    assert found.gaps == []
    for secret in (SOURCE, OUT, HTML, QUOTED):
        assert found.place(secret) == Inside(record="cell 2")
        assert lines(found, data, secret) == [data[: data.index(secret.encode())].count(b"\n") + 1]
    assert KEY in found.text
    assert found.place(PACKED) == Inside(member="cell 2 outputs-2.png")


def test_json_that_is_nested_absurdly_is_a_gap() -> None:
    data = notebook()[:-1] + b', "x": ' + b"[" * 100_000
    found = seen(data)
    assert ("archive-too-deep", None) in found.gaps
    assert found.places(SOURCE)


LEAVES = st.text(max_size=8) | st.integers()
KEYS = st.text(max_size=3)
NESTED = st.recursive(LEAVES, lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3), max_leaves=12)


@settings(max_examples=60)
@given(NESTED)
def test_every_string_is_read_as_json_reads_it(value: object) -> None:
    def walk(one: object, path: tuple[object, ...]) -> list[tuple[tuple[object, ...], str]]:
        if isinstance(one, dict):
            return [found for key, below in one.items() for found in walk(below, (*path, key))]
        if isinstance(one, list):
            return [found for number, below in enumerate(one) for found in walk(below, (*path, number))]
        return [(path, one)] if isinstance(one, str) else []

    data = json.dumps(value).encode()
    made = []
    for string in strings(data):
        text = Mapped()
        unescape(data, string, text)
        made.append(b"".join(bytes(part.data) for part in text.part("text")).decode())  # type: ignore[arg-type]
    assert [text for text in made if text.strip()] == [text for _, text in walk(value, ()) if text.strip()]
    assert len(made) == len(walk(value, ()))


@given(st.binary(max_size=100))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    whole = b'{"cells": [' + data
    list(read(Content(whole, Budget(LIMITS, len(whole)))))


@settings(max_examples=20)
@given(st.integers(0, 1 << 30), st.integers(0, 30), st.sampled_from([0, 3]))
def test_no_damage_makes_it_fail(seed: int, flips: int, cut: int) -> None:
    unbroken(notebook(), seed, flips, cut)
