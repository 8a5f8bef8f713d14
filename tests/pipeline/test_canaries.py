"""Self-tests of the readers: they pass where readers work, and fail where one does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner import cachefile
from scanner.cli.options import rules
from scanner.config import Config
from scanner.decode import canaries as makers
from scanner.decode.formats import FORMATS, Format, recognise
from scanner.model.rule import Ruleset
from scanner.pipeline import canaries as tried
from scanner.pipeline.canaries import FOUND, LACKING, MISSED, UNTRIED, canaries
from scanner.pipeline.settings import Settings


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(rules(Config()), cachefile.folder())


def test_every_reader_finds_its_canary(settings):
    outcomes = {canary.reader: (canary.outcome, canary.detail) for canary in canaries(settings)}
    assert [reader for reader, (outcome, _) in outcomes.items() if outcome == MISSED] == []
    assert {"unzip", "gunzip", "git-loose", "git-pack", "text-utf-16le", "notes-json", "notes-bundle"} <= set(outcomes)
    assert all(outcomes[form.name][0] != FOUND or form.name in makers.CANARIES for form in FORMATS if form.reader)


def test_the_first_two_parts_of_an_outcome_are_the_reader_and_what_it_came_to(settings):
    reader, outcome = next(iter(canaries(settings)))[:2]
    assert (reader, outcome) == ("text-utf-8", FOUND)


@pytest.mark.parametrize("name", sorted(makers.CANARIES))
def test_a_canary_is_of_its_format(name):
    form = next((form for form in FORMATS if form.name == name), None)
    if form is None or not form.reader:
        assert recognise(makers.CANARIES[name](b"text")) in (None, form)
    else:
        assert recognise(makers.CANARIES[name](b"text")) == form


def _nothing(content):
    yield from ()


def _fails(content):
    raise ValueError("a sentence with the content in it")


@pytest.mark.parametrize("reader", [_nothing, _fails])
def test_a_reader_that_finds_nothing_is_told(settings, monkeypatch, reader):
    monkeypatch.setattr("scanner.decode.zips.read", reader)
    outcomes = {canary.reader: canary for canary in canaries(settings)}
    assert [name for name, canary in outcomes.items() if canary.outcome == MISSED] == ["office", "opendocument", "unzip", "notes-bundle"]
    assert "content" not in outcomes["unzip"].detail


def test_a_reader_of_notes_that_finds_the_secret_in_no_record_is_told(settings, monkeypatch):
    monkeypatch.setattr("scanner.decode.notes.canaries.RECORD", "T-9")
    assert {canary.outcome for canary in canaries(settings) if canary.reader.startswith("notes-")} == {MISSED}


def test_what_is_not_installed_and_what_has_no_self_test_is_told(settings, monkeypatch, tmp_path):
    more = (
        Format("unfoo", "a foo file", b"FOO1", "foo:read", needs=("no_such_library",), extra="foo"),
        Format("unbar", "a bar file", b"BAR1", "zips:read"),
        Format("unbaz", "a baz file", b"BAZ1"),
    )
    monkeypatch.setattr(tried, "FORMATS", more)
    monkeypatch.setenv("PATH", str(tmp_path))
    outcomes = {canary.reader: (canary.outcome, canary.detail) for canary in canaries(settings)}
    assert outcomes["unfoo"] == (LACKING, "install leakseal[foo]")
    assert outcomes["unbar"][0] == UNTRIED
    assert "unbaz" not in outcomes
    assert outcomes["git-pack"] == (LACKING, "install git")


def test_without_a_rule_for_them_there_are_no_canaries(settings):
    few = replace(settings, rules=Ruleset(settings.rules.rules[:3], "sha256:none"))
    assert {canary.outcome for canary in canaries(few)} <= {UNTRIED, LACKING}


def test_no_canary_sings_in_its_outcome(settings):
    said = repr(list(canaries(settings, 5)))
    assert "ghp_" not in said
