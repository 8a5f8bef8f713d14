"""The pages of a review: a stranger's word stays text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scanner.cli.review import page
from scanner.findings.accept import Terms
from scanner.findings.review import Desk, queue
from scanner.pipeline.context import Shown
from tests.report.samples import finding
from tests.report.test_html import NASTY, Read, worded


def pages(word: str, at: Path) -> list[Read]:
    """The page of a finding that has the word everywhere, in text and in a picture, and the last page."""
    (found,) = (replace(one, id="f1", disposition="open") for one in worded(word).findings[:1])
    desk = Desk(queue([found, replace(finding(id="f1"), paths=(word,))]), at / "accepted", at / "state", to_rotate={word: word})
    (one,) = desk.items
    around = Shown(((1, word, False), (2, word, True)))
    terms = Terms(word, word, word, None)
    made = [page.item(desk, one, page.View(word, shown), terms, "form", word) for shown in (around, Shown(why_not=word))]
    return [Read(body.decode()) for body in [*made, page.end(desk, "form", over=False), page.end(desk, "form", over=True)]]


@pytest.mark.parametrize("nasty", NASTY, ids=ascii)
def test_a_hostile_word_changes_nothing_but_text(nasty: str, tmp_path: Path) -> None:
    plain, hostile = pages("word", tmp_path), pages(nasty, tmp_path)
    assert [read.shape() for read in plain] == [read.shape() for read in hostile]
    assert [read.code for read in plain] == [read.code for read in hostile]
    assert not any(read.open for read in hostile)
