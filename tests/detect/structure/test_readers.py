"""What the bounded readers read is what the whole document says, and each value is spanned where it is written."""

from __future__ import annotations

import json
import re
from itertools import count
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scanner.detect.structure import block, flow, sections
from scanner.detect.structure.scalar import Scalar
from scanner.detect.structure.shell import command_start, options, words

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,12}", fullmatch=True).filter(
    lambda name: name.lower() not in {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
)
LETTERS = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cn", "Co", "Cf"), exclude_characters="\x85\xa0\ufeff")
PLAIN = st.text(LETTERS, max_size=60)
VALUES = PLAIN | st.text("abc {}[]:#'\"\\-|>&*!%@`,=\n", max_size=30)
TREES = st.recursive(VALUES, lambda inner: st.dictionaries(NAMES, inner, max_size=4) | st.lists(inner, max_size=3), max_leaves=12)
DOCUMENTS = st.dictionaries(NAMES, TREES, min_size=1, max_size=5)
MARK = "kind-of-it"


def leaves(node: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    """The strings of a tree with the way to each; an item of a list is a step without a name."""
    if isinstance(node, dict):
        return [leaf for key, value in node.items() for leaf in leaves(value, (*path, key))]
    if isinstance(node, list):
        return [leaf for value in node for leaf in leaves(value, (*path, "-"))]
    return [(path, node)] if node else []


def said(found: list[Scalar]) -> list[tuple[tuple[str, ...], str]]:
    """The same of what was read; empty values say nothing."""
    steps = [tuple("-" if re.fullmatch(rb"-?\d+", step) else step.decode() for step in one.path) for one in found]
    return [(path, one.value.decode()) for path, one in zip(steps, found, strict=True) if one.value]


@pytest.mark.parametrize("style", [None, "'", '"', "|", ">"])
@pytest.mark.parametrize("flow_style", [False, None])
@settings(max_examples=40)
@given(document=DOCUMENTS, indent=st.integers(2, 6), width=st.sampled_from([20, 80, 1000]))
def test_a_mapping_written_by_pyyaml_is_read_as_pyyaml_reads_it(
    style: str | None, flow_style: bool | None, document: dict[str, Any], indent: int, width: int
) -> None:
    assume(not any(path[-1:] == ("-",) or "\n" in text or text != text.strip() or "  " in text for path, text in leaves(document)))
    document = {**document, "nested": {"a": {"b": "c"}}, MARK: "x"}
    how = {"default_style": style, "default_flow_style": flow_style, "indent": indent, "width": width if flow_style is False else 1000}
    text = yaml.safe_dump(document, **how, allow_unicode=True, sort_keys=False)
    assume(yaml.safe_load(text) == document and "? " not in text)
    data = text.encode()
    at = data.rindex(MARK.encode())
    at -= data[at - 1 : at] in (b'"', b"'")
    assert said(block.mapping(data, at)) == leaves(document)


@given(document=DOCUMENTS, depth=st.integers(0, 2), indent=st.sampled_from([None, 2]))
def test_an_object_of_json_is_read_at_any_depth_of_quoting(document: dict[str, Any], depth: int, indent: int | None) -> None:
    text = json.dumps({**document, MARK: {"x": "y"}}, indent=indent)
    for _ in range(depth):
        text = json.dumps(text)
    data = text.encode()
    key = b"\\" * ((1 << depth) - 1) + b'"' + MARK.encode()
    at = flow.enclosing(data, data.rindex(key), MARK.encode(), depth)
    assert at == data.index(b"{")
    assert said(flow.read(data, at, depth=depth)[0]) == [*leaves(document), ((MARK, "x"), "y")]


def settable(text: str) -> bool:
    """What an INI file can hold without quotes."""
    return bool(text) and text == text.strip() and text[0] not in "\"'[" and not any(sign in text for sign in (" #", " ;", "\t"))


@given(values=st.dictionaries(NAMES.map(str.lower), PLAIN.filter(settable), min_size=1, max_size=6))
def test_a_section_is_read_from_any_of_its_lines(values: dict[str, str]) -> None:
    text = "[other]\na = b\n[mine]\n" + "".join(f"{key} = {value}\n" for key, value in values.items()) + "[next]\nc = d\n"
    for offset in (at for at, key in zip(count(), text, strict=False) if text.find("[mine]") <= at < text.find("[next]") and key == "\n"):
        section = sections.around(text.encode(), offset)
        assert section.header == b"mine"
        assert {key.decode(): one.value.decode() for key, one in section.values.items()} == values


@given(data=st.binary(max_size=200), at=st.integers(0, 200))
def test_no_bytes_make_a_reader_raise(data: bytes, at: int) -> None:
    at = min(at, len(data))
    for found in (block.mapping(data, at), block.below(data, at), flow.read(data, at)[0], flow.members(data, at, b"a")):
        assert all(0 <= one.span.start <= one.span.end <= len(data) for one in found)
    flow.enclosing(data, at, b"kind")
    assert all(0 <= word.span.start <= word.span.end <= len(data) for word in words(data, at))
    sections.around(data, at)
    assert command_start(data, at) <= at


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("-u robot -p x y", ["-u", "robot", "-p", "x", "y"]),
        ("'a b' \"c d\" e\\ f", ["a b", "c d", "e f"]),
        ("a \\\n  b; c", ["a", "b"]),
        ("a | b", ["a"]),
        ('a "b\\"c" \'d"e\'', ["a", 'b"c', 'd"e']),
        ("--x='a b'", ["--x=a b"]),
    ],
)
def test_words_are_those_of_the_shell(text: str, values: list[str]) -> None:
    assert [word.value.decode() for word in words(text.encode(), 0)] == values


def test_options_are_read_in_every_way_to_write_them() -> None:
    data = b"-u a -pb --c=d --e f g"
    named, plain = options(data, words(data, 0), {b"-u", b"--e"})
    assert {name: word.value for name, word in named.items()} == {b"-u": b"a", b"-p": b"b", b"--c": b"d", b"--e": b"f"}
    assert [word.value for word in plain] == [b"g"]


@pytest.mark.parametrize(
    "text",
    [
        "kind: Secret\n" * 300, "kind: Secret\ndata:\n  a: b\n" * 200, "- kind: Secret\n  a: b\n" * 200,
        "".join(f"kind: Secret # {number}\n" for number in range(300)), "  a: b\n" * 200 + "kind: Secret\n" + "  a: b\n" * 200,
        "".join(f"a{number}:\n  kind: Secret\n" for number in range(200)), "kind: Secret\n" + "  kind: Secret\n" * 300,
    ],
    ids=count(),
)  # fmt: skip
def test_mappings_that_stand_close_are_not_read_over_and_over(text: str) -> None:
    data = text.encode()
    read = sum(len(block.mapping(data, found.start())) for found in re.finditer(b"kind", data))
    assert read <= 4 * text.count("\n")


@pytest.mark.parametrize("unit", ['"kind":"Secret",', '{"kind":"Secret",', '{"kind":"Secret"},', '"kind":"Secret"}'])
def test_objects_that_stand_close_are_not_read_over_and_over(unit: str) -> None:
    data, read = unit.encode() * 300, 0
    for found in re.finditer(b'"kind"', data):
        opened = flow.enclosing(data, found.start(), b"kind")
        read += len(flow.read(data, opened, once=b"kind")[0]) if opened >= 0 else 0
    assert read <= 2 * flow.DEEPEST * 300


def test_a_key_is_not_found_before_what_was_looked_at() -> None:
    assert flow.enclosing(b'{"a": 1, "kind"', 9, b"kind", first=4) == flow.CUT
    assert flow.enclosing(b'["kind"', 1, b"kind") == flow.NOWHERE
    assert flow.enclosing(b'{"kind": 1, "kind"', 12, b"kind") == flow.NOWHERE
