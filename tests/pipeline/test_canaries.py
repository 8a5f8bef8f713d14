"""Self-tests of the readers: they pass where readers work, and fail where one does not."""

from __future__ import annotations

import random
import sys
from dataclasses import replace

import pytest

from scanner import cachefile
from scanner.cli.options import rules
from scanner.config import Config
from scanner.decode import canaries as makers
from scanner.decode.formats import FORMATS, Format, recognise
from scanner.decode.limits import Looking
from scanner.decode.ocr import available
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
    assert {"unzip", "gunzip", "git-loose", "git-pack", "git-unreachable", "text-utf-16le", "notes-json", "notes-bundle"} <= set(outcomes)
    assert {outcome for outcome, _ in outcomes.values()} <= {FOUND, LACKING}


def test_every_reader_has_a_canary_and_every_canary_a_reader():
    assert {form.name for form in FORMATS if form.reader} == set(makers.CANARIES)


def test_what_pictures_show_is_tried_where_it_is_read(settings):
    pytest.importorskip("PIL", reason="needs leakseal[pictures]")
    looking = replace(settings.limits, looking=Looking("auto"))
    outcomes = {canary.reader: canary for canary in _shown(replace(settings, limits=looking))}
    assert {name: one.outcome for name, one in outcomes.items()} == {"ocr": FOUND if available() else LACKING, "codes": FOUND}
    assert {one.outcome for one in _shown(settings)} == {LACKING}  # it is switched off


def test_an_engine_that_reads_nothing_is_told(settings, tmp_path):
    pytest.importorskip("PIL", reason="needs leakseal[pictures]")
    blind = tmp_path / "blind"
    answer = "print(json.dumps({'id': json.loads(line)['id'], 'words': []}), flush=True)"
    blind.write_text(f"#!{sys.executable}\nimport json, sys\nfor line in sys.stdin: {answer}")
    blind.chmod(0o755)
    looking = replace(settings.limits, looking=Looking("auto", (str(blind),)))
    assert next((one.reader, one.outcome) for one in _shown(replace(settings, limits=looking))) == ("ocr", MISSED)


def _shown(settings):
    return list(tried._shown(tried._Trial(settings, random.Random(1))))


def test_the_first_two_parts_of_an_outcome_are_the_reader_and_what_it_came_to(settings):
    reader, outcome = next(iter(canaries(settings)))[:2]
    assert (reader, outcome) == ("text", FOUND)


@pytest.mark.parametrize("name", sorted(makers.CANARIES))
def test_a_canary_is_of_its_format(name):
    form = recognise(makers.CANARIES[name](b"text"))
    assert form is not None and form.name == name


def _nothing(content):
    yield from ()


def _fails(content):
    raise ValueError("a sentence with the content in it")


@pytest.mark.parametrize("reader", [_nothing, _fails])
def test_a_reader_that_finds_nothing_is_told(settings, monkeypatch, reader):
    monkeypatch.setattr("scanner.decode.zips.read", reader)
    outcomes = {canary.reader: canary for canary in canaries(settings)}
    missed = {name for name, canary in outcomes.items() if canary.outcome == MISSED}
    assert {"unzip", "zip-in-gzip", "notes-bundle"} <= missed  # and what else is read as a ZIP archive
    assert not missed & {"gunzip", "git-pack", "notes-json"}
    assert "content" not in outcomes["unzip"].detail


def test_a_reader_of_notes_that_finds_the_secret_in_no_record_is_told(settings, monkeypatch):
    monkeypatch.setattr("scanner.decode.notes.canaries.RECORD", "T-9")
    assert {canary.outcome for canary in canaries(settings) if canary.reader.startswith("notes-")} == {MISSED}


def test_what_is_not_installed_and_what_has_no_self_test_is_told(settings, monkeypatch, tmp_path):
    more = (
        Format("unfoo", "a foo file", b"FOO1", "foo:read", needs=("no_such_library",), extra="foo"),
        Format("unbar", "a bar file", b"BAR1", "zips:read"),
        Format("unbaz", "a baz file", b"BAZ1"),
        Format("unqux", "a qux file", b"QUX1", "extracted:read", program="no-such-program"),
    )
    monkeypatch.setattr(tried, "FORMATS", more)
    monkeypatch.setenv("PATH", str(tmp_path))
    outcomes = {canary.reader: (canary.outcome, canary.detail) for canary in canaries(settings)}
    assert outcomes["unfoo"] == (LACKING, "install leakseal[foo]")
    assert outcomes["unqux"] == (LACKING, "install no-such-program")
    assert outcomes["unbar"][0] == UNTRIED
    assert "unbaz" not in outcomes
    assert outcomes["git-pack"] == (LACKING, "install git")


def test_with_rules_that_find_nothing_every_canary_is_missed(settings):
    few = replace(settings, rules=Ruleset(settings.rules.rules[:3], "sha256:none"))
    assert {canary.outcome for canary in canaries(few)} <= {MISSED, UNTRIED, LACKING}


def test_no_canary_sings_in_its_outcome(settings):
    assert "canary.internal" not in repr(list(canaries(settings, 5)))


def test_the_secrets_are_new_each_time_unless_they_are_asked_for_again(settings, monkeypatch):
    seen: list[bytes] = []
    monkeypatch.setattr(tried, "_line", lambda secret: seen.append(secret) or b"x")
    for seed in (7, 7, None, None):
        list(canaries(settings, seed))
    part = len(seen) // 4
    assert seen[:part] == seen[part : 2 * part]
    assert len(set(seen)) == 3 * part
