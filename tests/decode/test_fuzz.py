"""Damaged contents of every format are read without a failure; `make fuzz` does the same for longer."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.decode.formats import FORMATS, recognise
from tests.decode.fuzz import damaged, read, specimen
from tests.decode.specimens import SPECIMENS

CASES = [pytest.param(maker, id=f"{name}-{number}") for name, makers in SPECIMENS.items() for number, maker in enumerate(makers)]


def test_every_reader_has_a_content_to_damage() -> None:
    assert {form.name for form in FORMATS if form.reader} == set(SPECIMENS)


@pytest.mark.parametrize("name", SPECIMENS)
def test_a_specimen_is_of_its_format(name: str) -> None:
    for maker in SPECIMENS[name]:
        form = recognise(specimen(maker))
        assert form is not None and form.name == name


@pytest.mark.parametrize("maker", CASES)
def test_no_damage_makes_a_reader_fail_or_exceed_its_limits(maker: object) -> None:
    assert callable(maker)
    whole = specimen(maker)
    assert read(whole, stream=False).chunks

    @settings(max_examples=40 if read(whole, stream=False).seconds < 0.05 else 4, deadline=None)
    @given(st.integers(0, 1 << 32), st.booleans())
    def holds(seed: int, stream: bool) -> None:
        read(damaged(whole, random.Random(seed)), stream=stream)

    holds()
