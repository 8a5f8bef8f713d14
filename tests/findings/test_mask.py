"""No part of a secret passes; ordinary words do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.findings.mask import Mask
from tests.effort import costs_at_most
from tests.findings.conftest import grow

WORDY = b"postgres-production"


def masking(*values: bytes) -> Mask:
    mask = Mask()
    for value in values:
        mask.learn(value)
    return mask


@pytest.mark.parametrize(
    "text", ["", "short", "nothing to see here", "docs/postgresql/readme.md", "reproduction/postgresql", "mypostgres1"]
)
def test_other_texts_pass_untouched(text: str) -> None:
    assert masking(WORDY, grow(1).encode()).text(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a/postgres-production/b", "a/********/b"),
        ("a/postgres/b", "a/********/b"),
        ("production.env", "********.env"),
    ],
)
def test_words_of_a_wordy_secret_are_masked_as_words(text: str, expected: str) -> None:
    assert masking(WORDY).text(text) == expected


@given(st.integers(0, 500), st.integers(0, 16), st.integers(8, 24), st.text(max_size=12), st.text(max_size=12))
def test_no_part_of_eight_characters_passes(seed: int, start: int, length: int, before: str, after: str) -> None:
    value = grow(seed)
    masked = masking(value.encode()).text(before + value[start : start + length] + after)
    if len(value[start : start + length]) > 8:  # a part of exactly eight may be a word by chance, and stands for itself then
        assert not any(value[at : at + 8] in masked for at in range(len(value) - 7))


def test_the_encoded_and_the_decoded_form_are_masked() -> None:
    mask = masking(b"q%21Xv9%2FzT4")
    assert mask.text("a q!Xv9/zT4 b q%21Xv9%2FzT4 c") == "a ******** b ******** c"


def test_the_public_prefix_passes_alone_and_not_with_more() -> None:
    value = "github_pat_" + grow(4)
    mask = Mask()
    mask.learn(value.encode(), public=len("github_pat_"))
    assert mask.text("github_pat_********") == "github_pat_********"
    assert grow(4)[:8] not in mask.text("see " + value)


def test_the_header_of_a_key_passes() -> None:
    value = f"-----BEGIN RSA PRIVATE KEY-----\n{grow(1, 64)}\n{grow(2, 64)}\n-----END RSA PRIVATE KEY-----".encode()
    mask = masking(value)
    assert mask.text("-----BEGIN RSA PRIVATE KEY----- ********") == "-----BEGIN RSA PRIVATE KEY----- ********"
    assert mask.text("x" + grow(2, 64)[20:40] + "x") == "x********x"


def test_a_huge_secret_costs_little_and_is_masked_throughout() -> None:
    value = grow(1, 100_000)
    mask = masking(value.encode())
    assert len(mask._parts) < 13_000
    assert costs_at_most(100_000 * 500, lambda: masking(value.encode()))
    assert value[50_000:50_015] not in mask.text("x" + value[50_000:50_040])
    assert len(mask.text(value[:9000])) < 30


def test_a_mask_holds_and_prints_no_plaintext(secret: Callable[..., str]) -> None:
    mask = masking(secret(1).encode())
    assert repr(mask) == "Mask(1 secrets)"
    assert all(isinstance(part, int) for part in mask._parts | mask._known)
