"""YAML without surprises: every refusal has a line, and quotes nothing."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ConfigError
from scanner.yamlnodes import SIZE_MOST, Node, load, parse

MARK = "Q7xT" + "9vLp2"  # stands for a secret: no message may repeat it


@pytest.mark.parametrize(
    ("text", "kind"),
    [("", "none"), ("# only a comment", "none"), ("~", "none"), ("a", "text"), ("- a", "list"), ("a: 1", "map"), ('""', "text")],
)
def test_kinds_are_told_apart(text: str, kind: str) -> None:
    assert parse(text.encode(), "f").kind == kind


def test_everything_is_text_on_its_line() -> None:
    root = parse(b"\xef\xbb\xbfa: no\nb:\n  - 1.0\n  - x\n", "f")
    found = root.mapping(("a", "b"))
    assert found["a"].text() == "no"
    assert [(item.line, item.scalar) for item in found["b"].elements()] == [(3, "1.0"), (4, "x")]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"a: &x {MARK}\nb: *x", 1),
        (f"a: 1\nb: !!python/name:{MARK} x", 2),
        (f"a: 1\nb: !{MARK} x", 2),
        (f"a: 1\nb: *{MARK}", 2),
        (f"a: {MARK}\nb: 1\na: 2", 3),
        (f"a: 1\n---\nb: {MARK}", 2),
        (f"a: 1\n? [{MARK}]\n: 2", 2),
        (f'a: 1\nb: "{MARK}\n', 3),
        (f"a: 1\n\tb: {MARK}", 2),
        (f"a: 1\n{MARK}: 2", 2),
        (f"a: 1\nb: '{MARK}' {MARK}", 2),
        ("[" * 50, 1),
    ],
)
def test_refusals_name_the_line_and_nothing_else(text: str, line: int) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text.encode(), "f").mapping(("a", "b"))
    assert re.match(rf"f:{line}:[0-9]+: ", caught.value.message)
    assert MARK not in caught.value.message + caught.value.hint
    assert caught.value.__cause__ is None


def test_bytes_that_are_not_utf8_are_refused_with_their_line() -> None:
    with pytest.raises(ConfigError, match=r"^f:2: not UTF-8"):
        parse(b"a: 1\nb: \xff", "f")


def test_too_much_and_too_deep_end_in_a_sentence() -> None:
    with pytest.raises(ConfigError, match="larger than"):
        parse(b" " * (SIZE_MOST + 1), "f")
    with pytest.raises(ConfigError, match="nested deeper"):
        parse(b"[" * 30, "f")
    with pytest.raises(ConfigError, match=r"nested deeper|not valid YAML"):  # newer PyYAML says it first
        parse(b"[" * 100_000, "f")


@given(st.text(max_size=60) | st.text(alphabet="ab:-?&*!|>'\"{}[],#\n\t ", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ConfigError):
        assert isinstance(parse(text.encode("utf-8", "replace"), "f"), Node)


@pytest.mark.parametrize(("key", "shown"), [("lmits", True), ("object_bytes", True), (MARK, False), ("x" * 60, False)])
def test_unknown_keys_are_shown_only_when_they_look_like_keys(key: str, shown: bool) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(f"{key}: 1".encode(), "f").mapping(("limits", "object-bytes"))
    assert (key in caught.value.message) == shown


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ".", "none"):
        with pytest.raises(ConfigError):
            load(tmp_path / name)


def test_a_node_prints_no_content() -> None:
    assert MARK not in repr(parse(f"a: [{MARK}, {{b: {MARK}}}]".encode(), "f"))
