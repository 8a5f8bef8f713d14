"""What a person may see of a construct."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.findings.preview import preview
from scanner.findings.public import prefixes, public_prefix
from scanner.model.content import Span
from scanner.model.rule import Rule

S = "S3cretX9"  # short, so that it is hidden only by its place or by being repeated


def shown(before: str, raw: str, after: str = "", value: str | None = None, public: bytes = b"") -> str:
    first, second = before.encode(), raw.encode()
    return preview(first + second + after.encode(), Span(len(first), len(first) + len(second)), (value or raw).encode(), public)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("postgresql://app:", "@db.internal:5432/shop", "postgresql://app:********@db.internal:5432/shop"),
        ("amqp://u:", "@h1,u2:other-pw@h2/v", "amqp://u:********@h1,u2:********@h2/v"),
        ("host=db password=", " sslpassword=another1 port=1", "host=db password=******** sslpassword=******** port=1"),
        ("Authorization: Bearer ", "", "Authorization: Bearer ********"),
        ('{"auths":{"quay.io":{"auth":"', '"}}}', '{"auths":{"quay.io":{"auth":"********"}}}'),
        ("machine quay.io\nlogin x\npassword ", "\nmore", "machine quay.io ********"),
        ("key=", "\nthe next line", "key=********"),
        ("-----BEGIN RSA PRIVATE KEY-----\n", "\n-----END RSA PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY----- ********"),
        ("-----BEGIN RSA PRIVATE KEY-----\\n", "\\n-----END", "-----BEGIN RSA PRIVATE KEY----- ********"),
        ("a=\x1b[31m", "\x07", "a=\\x1b[31m********\\x07"),
        ("https://h/", f"?again={S}", "https://h/********?again=********"),
        ("https://h/", f"?again={quote(S, safe='').replace('S', '%53')}", "https://h/********"),
    ],
)
def test_constructs_are_shown_without_their_secret(before: str, after: str, expected: str) -> None:
    assert shown(before, S, after) == expected


def test_another_random_token_beside_the_secret_is_masked(secret: Callable[..., str]) -> None:
    assert shown(f"id {secret(3, 20)} key ", S) == "id ******** key ********"


def test_a_percent_encoded_secret_is_masked_in_both_spellings() -> None:
    assert shown("u://a:", "p%40ss%2Fw0x", "@h/p@ss/w0x?p%40ss%2Fw0x", value="p@ss/w0x") == "u://a:********@h/********?********"


def test_a_secret_outside_its_construct_shows_nothing() -> None:
    assert preview(b"key=abc", Span(4, 400), b"abc") == "********"


@given(st.binary(max_size=700), st.binary(min_size=1, max_size=300), st.binary(max_size=700))
def test_any_preview_is_one_printable_line_of_at_most_120_characters(before: bytes, raw: bytes, after: bytes) -> None:
    text = preview(before + raw + after, Span(len(before), len(before) + len(raw)), raw)
    assert text.isprintable()
    assert len(text) <= 120
    assert "********" in text


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"(?P<secret>[A-Za-z0-9_]{20})", ()),
        (r"(?P<secret>eyJ[A-Za-z0-9]{20})", ()),
        (r"key = (?:x)", ()),
        (r"(?P<secret>ghp_[A-Za-z0-9]{36})", (b"ghp_",)),
        (r"\b(?P<secret>gh[pous]_[A-Za-z0-9]{36})", (b"gho_", b"ghp_", b"ghs_", b"ghu_")),
        (r"(?P<secret>(?:AKIA|ASIA)[A-Z2-7]{16})", (b"AKIA", b"ASIA")),
        (r"(?P<secret>sk_(?:live|test)_[A-Za-z0-9]{24,99})", (b"sk_live_", b"sk_test_")),
        (r"(?P<secret>SG\.[\w-]{22}\.[\w-]{43})", (b"SG.",)),
        (r"(?P<secret>github_pat_[0-9A-Za-z]{22}_\w{59})", (b"github_pat_",)),
        (r"(?P<secret>sk-acme-api03-[\w-]{93})", (b"sk-acme-",)),
        (r"(?P<secret>AIza[\w-]{35})", (b"AIza",)),
        (r"(?P<secret>abcdefgh?x)", (b"abcd",)),
        (r"(?P<secret>A[KS]IA[A-Z]{16})", ()),
    ],
)
def test_a_public_prefix_is_what_the_pattern_spells_out(pattern: str, expected: tuple[bytes, ...]) -> None:
    assert prefixes(pattern) == expected


@pytest.mark.parametrize("value", [b"ghp_", b"ghp_1234567", b"xghp_123456789"])
def test_no_prefix_is_public_when_too_little_would_stay_hidden(value: bytes, rule: Callable[..., Rule]) -> None:
    assert public_prefix(rule(r"(?P<secret>ghp_[A-Za-z0-9]*)"), value) == b""


def test_the_public_prefix_is_kept(rule: Callable[..., Rule], secret: Callable[..., str]) -> None:
    value = "ghp_" + secret(1, 36)
    assert shown("token: ", value, public=public_prefix(rule(r"(?P<secret>ghp_\w{36})"), value.encode())) == "token: ghp_********"
