"""Anchors are bounded, are taken by RE2 and Hyperscan, and stand in everything that the pattern matches."""

from __future__ import annotations

import re

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from scanner.rulepack.anchor import UNBOUNDED, WIDEST, apart, derive, width

DERIVED = [
    (r"\b(?P<secret>ghp_[0-9A-Za-z]{36})\b", "ghp_[0-9A-Za-z]{36}"),
    (r"\b(?P<secret>sk-[a-z0-9]{20,80})\b", "sk-[a-z0-9]{20}"),
    (r"(?:^|[^a-z])(?P<secret>key-[a-f]{8,})(?:[^a-z]|$)", "key-[a-f]{8}"),
    (r"[a-z]{3,50}_token=(?P<secret>\w+?)", "[a-z]{3}_token=[0-9A-Za-z_]"),
    (r"(?i)PASS(?P<secret>[a-z]{8})x*", "(?i:PASS[a-z]{8})"),
    (r"-----BEGIN (?P<label>RSA|EC) KEY-----(?P<secret>[^-]+)-----END", r"-----BEGIN (?:RSA|EC) KEY-----[^\-]"),
    (r"token\s*=\s*(?P<secret>[0-9]{6})", "token"),
    (r"a\.b\$(?P<secret>[\]\-^\\x]{4})", r"a\.b\$[\]\-\^\\x]{4}"),
    (r"(?:aws|azure|gcp)(?P<secret>[0-9]{2}(?:ab|cd){1,3})", "(?:aws|azure|gcp)[0-9]{2}(?:ab|cd)"),
    (r"abc\xff\x00(?P<secret>[\x80-\xff]{4,5})", r"abc\xff\x00[\x80-\xff]{4}"),
]


@pytest.mark.parametrize(("pattern", "says"), [
    (r"\b(?P<secret>[a-z]+)", "fewer than 3"),
    (r"(?P<secret>.*)", "fewer than 3"),
    (r"(?P<secret>[[:alpha:]]{20})", "write the ranges"),
    (r"(?P<secret>abcd(?=x))", "RE2 does not have"),
    (r"(?P<secret>(a)\2)", "RE2 does not have"),
    (r"(?P<secret>\pL{20})", "cannot be computed"),
    ("(" * 5000 + "abc" + ")" * 5000, "cannot be computed"),
])  # fmt: skip
def test_no_anchor_can_be_derived_from(pattern: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        derive(pattern)


@pytest.mark.parametrize(("pattern", "anchor"), DERIVED)
def test_an_anchor_is_derived(pattern: str, anchor: str) -> None:
    assert derive(pattern) == anchor


@pytest.mark.parametrize("anchor", [anchor for _, anchor in DERIVED])
def test_the_prefilter_takes_what_is_derived(anchor: str) -> None:
    hyperscan = pytest.importorskip("hyperscan")
    hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK).compile(expressions=[anchor.encode()], ids=[0], flags=[0])


@pytest.mark.parametrize(("pattern", "expected"), [
    ("abc", (3, 3)),
    (r"\babc\b$", (3, 3)),
    ("a?b{2,5}(?:cd|e)", (3, 8)),
    ("(?:ab){2,3}", (4, 6)),
    ("a+", (1, UNBOUNDED)),
    ("(?:a*)*", (0, UNBOUNDED)),
    ("(?:(?:a{1000}){1000}){1000}", (10**9, 10**9)),
    ("(?:(?:a{1000}){1000}){2000}", (UNBOUNDED, UNBOUNDED)),
])  # fmt: skip
def test_width(pattern: str, expected: tuple[int, int]) -> None:
    assert width(pattern) == expected


ATOMS = st.sampled_from(["a", "b", "[ab]", "[^a]", "ab", r"\w", r"\.", "(?:ab|c)", "(?:a|b?)", "(?P<x>bc)", "(?i:a)"])
PIECES = st.builds(lambda atom, times: f"(?:{atom}){times}", ATOMS, st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,3}", "{2,}", "*?"]))
PATTERNS = st.lists(PIECES, min_size=1, max_size=6).map("".join).map(lambda p: re.sub(r"\?P<x>", "?:", p))


@given(pattern=PATTERNS, text=st.text(alphabet="abcAC.", max_size=24))
def test_whatever_the_pattern_matches_holds_its_anchor(pattern: str, text: str) -> None:
    try:
        anchor = derive(rf"\b{pattern}")
    except ValueError:
        return
    least, most = width(anchor)
    assert 3 <= least <= most <= WIDEST
    match = re2.search(pattern, text)
    if match:
        assert re2.search(anchor, match.group())


@pytest.mark.parametrize(
    "anchor",
    [
        "(?i)(?:redis|valkey)(?:://|:\\\\/\\\\/)",  # no word follows, so nothing is commoner than the names
        r"\b(?:acme|ajax)_key",  # what has no width would be lost
        "(?i)(?:ac|ajax)_key",  # too short to be looked for
        "acme|ajax",
        "acme_key",
        "acme_(?:key|token)",
    ],
)
def test_an_anchor_that_stays_whole(anchor: str) -> None:
    assert apart(anchor) == (anchor,)


def test_an_anchor_for_each_name_before_a_word() -> None:
    whole = r"(?i)(?:acme|ajax[_\-]?2|a.c)[\w ]{0,4}(?:key|token)"
    parts = apart(whole)
    assert parts == tuple(rf"(?i:{name}[0-9A-Za-z_ ]{{0,4}}(?:key|token))" for name in ("acme", r"ajax[_\-]?2", "a.c"))
    for text in ("ACME_API key", "ajax-2token", "abckey", "ajax token", "acme", "acme12345key"):
        assert (re.search(whole, text) is None) == all(re.search(part, text) is None for part in parts)
