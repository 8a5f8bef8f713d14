"""What must hold of the search whatever the content: every way of reading it gives the same hits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from scanner import shipped
from scanner.cli.options import named
from scanner.detect.engine import Engine, engine
from scanner.model.evidence import Hit
from scanner.model.rule import Ruleset
from scanner.pipeline import examine
from scanner.pipeline.examine import Placed
from scanner.rulepack.load import load
from scanner.rulepack.neutral import KINDS
from scanner.rulepack.sample import grow

NOISE = (
    b"\n", b"\r\n", b" ", b"\t", b'"', b"\\n", b"\\", b"=", b": ", b"\0", b"\xff\xfe", b"\xc3\xa4", b"password",
    b"token=", b"-----", b"://", b"@",
)  # fmt: skip


@cache
def rules() -> Ruleset:
    return load([shipped.shipped("rules")], known=named())


@cache
def searcher(kind: str) -> Engine:
    return engine(rules(), None, kind)


@cache
def near() -> Engine:
    """The rules whose windows are small, so that a text of many windows is no large one."""
    some = tuple(rule for rule in rules().rules if max(rule.before, rule.after) <= 1024)
    assert len(some) > 900
    return engine(Ruleset(some, ""), None)


@cache
def pieces() -> tuple[bytes, ...]:
    """Hits and misses of every rule, grown once."""
    return tuple(grow(sample.shape, 3) for rule in rules().rules for sample in rule.hits + rule.misses)


@cache
def noise() -> tuple[bytes, ...]:
    random = Random(5)
    return (*NOISE, *(grown(random).encode() for grown in KINDS.values() for _ in range(6)))


a_piece = st.deferred(lambda: st.sampled_from(pieces()) | st.sampled_from(noise()) | st.binary(max_size=20))
contents = st.lists(a_piece, max_size=12).map(b"".join)


def big(seed: int, size: int) -> bytes:
    """Hits, misses and noise in any order."""
    random = Random(seed)
    parts: list[bytes] = []
    length = 0
    while length < size:
        begun = len(parts)
        parts.append(random.choice(pieces()) + random.choice((b"\n", b"\r\n", b" ", b"\n\n", b";\n")))
        parts += random.choices(noise(), k=random.randrange(6))
        parts.append(b"\n")
        length += sum(map(len, parts[begun:]))
    return b"".join(parts)[:size]


def told(hits: Sequence[Hit]) -> list[tuple[str, int, int, int, int, tuple[str, ...]]]:
    """What a failing test may show of hits."""
    return [(hit.rule.id, hit.span.start, hit.span.end, hit.secret.start, hit.secret.end, hit.steps) for hit in hits]


def places(found: Sequence[Placed]) -> list[tuple[object, ...]]:
    return sorted((one.hit.rule.id, one.place.line, one.place.column, one.place.end_line, one.place.end_column) for one in found)


@pytest.fixture
def small_window(monkeypatch: pytest.MonkeyPatch) -> int:
    """A window that is a few margins wide, so that its edges fall everywhere."""
    size = near().margin * 3
    monkeypatch.setattr(examine, "WINDOW", size)
    return size


@limits(max_examples=150)
@given(contents)
def test_both_prefilters_lead_to_the_same_hits(data: bytes) -> None:
    assert told(examine.hits(searcher("auto"), data)) == told(examine.hits(searcher("re2"), data))


@pytest.mark.parametrize("seed", range(3))
def test_both_prefilters_lead_to_the_same_hits_in_much_text(seed: int) -> None:
    data = big(seed, 200_000)
    found = told(examine.hits(searcher("auto"), data))
    assert len(found) > 100
    assert found == told(examine.hits(searcher("re2"), data))


@limits(max_examples=150)
@given(contents)
def test_no_two_hits_share_a_secret_and_all_lie_inside(data: bytes) -> None:
    found = examine.hits(searcher("auto"), data)
    secrets = sorted((hit.secret.start, hit.secret.end) for hit in found)
    assert all(left[1] <= right[0] for left, right in pairwise(secrets))
    assert all(max(hit.span.end, hit.secret.end) <= len(data) for hit in found)


@limits(max_examples=60)
@given(contents)
def test_the_same_content_gives_the_same_hits_again(data: bytes) -> None:
    fresh = engine(rules(), None, "re2")
    assert told(fresh.find(data)) == told(fresh.find(data)) == told(fresh.find(memoryview(data)))


@pytest.mark.parametrize("seed", range(6))
def test_windows_find_what_one_piece_has(seed: int, small_window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = big(seed, small_window * 4 + seed * 1111)
    found = told(examine.hits(near(), data))
    monkeypatch.setattr(examine, "WINDOW", 1 << 30)
    assert found == told(examine.hits(near(), data))
    assert len(found) > 20


def test_windows_find_what_one_piece_has_where_rules_reach_far(monkeypatch: pytest.MonkeyPatch) -> None:
    data = big(11, 300_000)
    found = told(examine.hits(searcher("auto"), data))
    monkeypatch.setattr(examine, "WINDOW", 100_000)
    assert found == told(examine.hits(searcher("auto"), data))
    assert len(found) > 100


def chunks(data: bytes, random: Random, most: int) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        size = random.randrange(most)
        yield data[at : at + size]
        at += size


@pytest.mark.parametrize("seed", range(6))
def test_a_stream_finds_what_one_piece_has_in_the_same_places(seed: int, small_window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = big(seed + 50, small_window * 4 + seed * 777)
    streamed = places(list(examine.streamed(near(), chunks(data, Random(seed), (40, 5000, small_window * 2)[seed % 3]))))
    monkeypatch.setattr(examine, "WINDOW", 1 << 30)
    assert streamed == places(examine.placed(near(), data))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
@pytest.mark.parametrize("lead", [b"", b"\x7fELF\x01\x02\x03" + bytes(41)], ids=["alone", "inside"])
def test_wide_text_is_found_inside_the_content(encoding: str, lead: bytes) -> None:
    for rule in rules().rules[::5]:
        text = grow(rule.hits[0].shape, 2)
        if not text.isascii() or b"\n" in text or len(text) > 2000:
            continue
        data = lead + ("x = 1\n" + text.decode() + "\n").encode(encoding) + bytes(len(lead) and 8)
        narrow = {hit.value for hit in examine.hits(searcher("auto"), b"x = 1\n" + text + b"\n")}
        found = examine.hits(searcher("auto"), data)
        assert {hit.value for hit in found} >= narrow, rule.id
        for hit in found:
            width = 4 if "32" in encoding else 2
            assert 0 <= hit.span.start <= hit.secret.start <= hit.secret.end <= len(data)
            assert (hit.secret.end - hit.secret.start) % width == 0
