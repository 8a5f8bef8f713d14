"""What was signed is read as it is written, or not at all."""

from __future__ import annotations

import pytest

from scanner.attest.distrust import Distrust
from scanner.attest.strict import MOST, document


def test_plain_json_is_read() -> None:
    assert document(b'{"a": [1, {"b": null}], "c": "\xc3\xa4"}', "it") == {"a": [1, {"b": None}], "c": "ä"}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b'{"a": 1, "a": 1}', "it has a key twice"),
        (b'{"a": {"b": 1, "b": 2}}', "it has a key twice"),
        (b'{"a": 1.0}', "it has a number that is not a whole one of at most 18 digits"),
        (b'{"a": 1e3}', "it has a number that is not a whole one of at most 18 digits"),
        (b'{"a": NaN}', "it has a number that is not a whole one of at most 18 digits"),
        (b'{"a": -Infinity}', "it has a number that is not a whole one of at most 18 digits"),
        (b'{"a": ' + b"9" * 5000 + b"}", "it has a number that is not a whole one of at most 18 digits"),
        (b"[]", "it is not a JSON object"),
        (b'"x"', "it is not a JSON object"),
        (b"", "it is not JSON in UTF-8"),
        (b"{", "it is not JSON in UTF-8"),
        (b'{"a": 1} x', "it is not JSON in UTF-8"),
        (b'{"a": "\xff"}', "it is not JSON in UTF-8"),
        (b'{"a": "b\nc"}', "it is not JSON in UTF-8"),
        (b"\xef\xbb\xbf{}", "it is not JSON in UTF-8"),
        (b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}", "it is nested deeper than 32"),
        (b'{"a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "it is not JSON in UTF-8"),
        (b'{"a": 1}' + b" " * MOST, f"it is larger than {MOST:,} bytes"),
    ],
    ids=range(18),
)
def test_anything_else_is_refused_in_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(Distrust) as refused:
        document(data, "it")
    assert refused.value.message == sentence
    assert refused.value.exit_code == 4
