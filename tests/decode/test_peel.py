"""The core of decoding: what limits there are, what is told when they are reached, and that the rest is still read."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest

from scanner.decode.content import Content
from scanner.decode.formats import FORMATS, Format, recognise
from scanner.decode.limits import Budget
from scanner.decode.peel import peel
from scanner.model.content import REASONS, Unseen
from tests.decode.conftest import LIMITS, Clock, Peeled

Peel = Callable[..., Peeled]


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


PLAIN = [b"", b"P", b"PK", b"PKG_CONFIG=1\n", b"%PD", b"plain text", b"\x1f\x8b", b"BZhello", b"MZ" + bytes(90), bytes(999)]


@pytest.mark.parametrize("data", PLAIN)
def test_what_needs_no_reader_has_no_format(data: bytes) -> None:
    assert recognise(data) is None


def test_every_format_is_named_once_and_says_what_it_lacks() -> None:
    assert len({form.name for form in FORMATS}) == len(FORMATS)
    assert all(form.title and form.magic and bool(form.needs) == bool(form.extra) for form in FORMATS)


def test_members_of_members_have_a_path_and_steps(peeled: Peel) -> None:
    inner = zipped({"a/app.env": b"key"})
    found = peeled(gzip.compress(zipped({"b/inner.bin": inner, "note": b"text"})))
    assert [(name, steps) for name, steps, _ in found.chunks] == [
        (None, ("gunzip",)),
        ("b/inner.bin", ("gunzip", "unzip")),
        ("b/inner.bin!a/app.env", ("gunzip", "unzip", "unzip")),
        ("note", ("gunzip", "unzip")),
    ]
    assert found.members["b/inner.bin!a/app.env"] == b"key"
    assert not found.unseen


@pytest.mark.parametrize("stream", [False, True])
def test_depth_ends_in_a_gap_and_the_rest_is_read(peeled: Peel, stream: bool) -> None:
    data = b"deep"
    for _ in range(12):
        data = zipped({"in": data})
    found = peeled(zipped({"deep": data, "flat": b"flat"}), stream=stream)
    assert found.gaps == [("archive-too-deep", "deep" + "!in" * 7)]
    assert found.members["flat"] == b"flat"


def test_a_part_that_grows_beyond_its_ratio_ends_there(peeled: Peel) -> None:
    limits = replace(LIMITS, held=1000, part=50_000, ratio=2)
    found = peeled(zipped({"bomb": bytes(10_000_000), "after": b"after"}), limits)
    assert found.gaps == [("archive-too-large", "bomb")]
    assert 0 < len(found.members["bomb"]) <= 50_000
    assert found.members["after"] == b"after"


def test_all_parts_together_end_in_a_gap_for_each_layer(peeled: Peel) -> None:
    limits = replace(LIMITS, total=100_000)
    many = zipped({f"{n}": bytes(30_000) for n in range(50)})
    found = peeled(zipped({"many": many, "after": b"after"}), limits)
    assert found.gaps == [("archive-too-large", place) for place in ("many!3", "many", None)]
    assert [name for name, _, _ in found.chunks] == ["many", *(f"many!{n}" for n in range(4))]


def test_too_many_members_end_in_a_gap(peeled: Peel) -> None:
    found = peeled(zipped({f"{n}": b"x" for n in range(50)}), replace(LIMITS, members=20))
    assert found.gaps == [("archive-too-large", None)]
    assert len(found.chunks) == 20


def test_time_ends_in_a_gap(peeled: Peel) -> None:
    found = peeled(zipped({f"{n}": b"x" for n in range(500)}), replace(LIMITS, seconds=10, clock=Clock(0.1)))
    assert found.gaps[-1] == ("timeout", None)
    assert len(found.gaps) <= 2
    assert 5 < len(found.chunks) < 200


def test_time_is_not_counted_for_what_is_only_searched() -> None:
    content = Content(Pieces(1000), Budget(replace(LIMITS, seconds=1, clock=Clock(0.5))))
    assert sum(map(len, content.pieces())) == 1000 * 1000


class Pieces:
    def __init__(self, count: int) -> None:
        self.left = count

    def read(self, size: int, /) -> bytes:
        self.left -= 1
        return b"x" * 1000 if self.left >= 0 else b""


def test_a_known_format_without_a_reader_is_a_gap(peeled: Peel) -> None:
    found = peeled(b"age-encryption.org/v1\n")
    assert found.gaps == [("unsupported-format", None)]
    assert found.unseen[0].detail == "an age file: its bytes were searched, what it holds was not"


def test_a_missing_library_is_a_gap_that_names_the_extra() -> None:
    form = Format("made-up", "a made-up archive", b"x", "zips:read", needs=("no_such_library",), extra="archives")
    (said,) = peel(Content(b"x", Budget(LIMITS)), form)
    assert isinstance(said, Unseen)
    assert (said.reason, said.detail) == ("unsupported-format", "a made-up archive: to read it, install leakseal[archives]")


@pytest.mark.parametrize("cut", [1, 7, 30, 200])
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_cut_short_is_read_as_far_as_it_goes(peeled: Peel, cut: int, stream: bool) -> None:
    text = os.urandom(3000).hex().encode()
    found = peeled(gzip.compress(text)[:-cut], stream=stream)
    assert found.gaps == [("truncated", None)]
    assert text.startswith(found.members[None][:100])


def test_what_follows_a_stream_is_read_too(peeled: Peel) -> None:
    found = peeled(gzip.compress(b"one ") + gzip.compress(b"two") + bytes(100) + zipped({"three": b"3"}))
    assert [(name, steps) for name, steps, _ in found.chunks] == [
        (None, ("gunzip",)), (None, ("rest",)), ("three", ("rest", "unzip")),
    ]  # fmt: skip
    assert found.chunks[0][2] == b"one two"


def test_a_large_stream_that_is_not_what_its_beginning_says_is_searched_as_it_is(peeled: Peel) -> None:
    data = b"\x1f\x8b\x08 and then text" * 100
    found = peeled(data, stream=True)
    assert found.gaps == [("unreadable", None)]
    assert b"".join(part for _, _, part in found.chunks) == data


@pytest.mark.parametrize("stream", [False, True])
def test_every_reason_is_one_of_the_contract(peeled: Peel, stream: bool) -> None:
    for form in FORMATS:
        for rest in (b"", b"\0" * 5000, b"\xff" * 5000, bytes(range(256)) * 20):
            data = {b"....": b"\0\0\0\x18"}.get(form.magic[:4], b"") + rest
            begun = zipped({"a": b"b"})[:3] + data if form.name == "unzip" else data
            if recognise(begun):
                assert {reason for reason, _ in peeled(begun, stream=stream).gaps} <= REASONS
