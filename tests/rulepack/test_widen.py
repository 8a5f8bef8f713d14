"""Each looser pattern finds what the pattern finds, and something more."""

from __future__ import annotations

import pytest
import re2

from scanner import shipped
from scanner.cli.options import named
from scanner.model.rule import Rule
from scanner.rulepack.load import load
from scanner.rulepack.sample import grow
from scanner.rulepack.widen import widened

PATTERN = r"\b(?P<secret>acme_[0-9a-f]{8})(?:[^0-9a-f]|$)"


@pytest.mark.parametrize("pattern, kind, loose", [
    (r"\ba$", "where it ends", "a"),
    (r"\\b", "where it ends", None),
    (r"[\b^$]", "where it ends", None),
    (r"(?:^|[^a])x", "where it ends", "(?:|[^a])x"),
    ("a{20}", "how long it is", "a{10,}"),
    ("a{20,40}", "how long it is", "a{10,}"),
    (r"a\{20}", "how long it is", None),
    ("[{20}]", "how long it is", None),
    ("ab+", "how long it is", None),
    ("[^a]", "its characters", None),
    (r"[]a\]-]", "its characters", r"(?:[]a\]-]|[0-9A-Za-z_\-])"),
    (r"\d", "its characters", r"[0-9A-Za-z_\-]"),
    (r"\x5bab]", "its characters", None),
    ("a", "its case", "(?i)a"),
])  # fmt: skip
def test_takes_one_kind_of_strictness_out(pattern: str, kind: str, loose: str | None) -> None:
    assert widened(pattern).get(kind) == loose


@pytest.mark.parametrize("kind, text", [
    ("where it ends", b"xacme_0123abcd "), ("how long it is", b"acme_0123 "), ("how long it is", b"acme_0123abcd0 "),
    ("its characters", b"acme_0123wxyz "), ("its case", b"ACME_0123abcd "),
])  # fmt: skip
def test_each_finds_what_the_pattern_passes_over(kind: str, text: bytes) -> None:
    assert re2.search(PATTERN.encode(), text) is None
    assert re2.search(widened(PATTERN)[kind].encode(), text) is not None


@pytest.mark.parametrize("rule", load([shipped.shipped("rules")], known=named()).rules, ids=lambda rule: rule.id)
def test_ours_compile_and_find_their_hits(rule: Rule) -> None:
    options = re2.Options()
    options.encoding, options.log_errors = re2.Options.Encoding.LATIN1, False
    loose = [re2.compile(pattern.encode(), options) for pattern in widened(rule.pattern).values()]
    assert loose
    for sample in rule.hits:
        text = grow(sample.shape, 0)
        if re2.compile(rule.pattern.encode(), options).search(text):
            assert all(pattern.search(text) for pattern in loose)
