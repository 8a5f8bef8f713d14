"""A released assertion holds for ever, and the same repository makes the same statement: byte for byte.

A test here that fails says that the format has changed. Then the change is wrong, or it needs a predicate version of its own, with golden
files of its own beside these, which stay. What a statement says of the rules and of the program is given by `golden.py`, as that may
change.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from scanner.attest import manifest, policy
from scanner.attest.envelope import bundle, envelope, read
from scanner.attest.judges import Expected
from scanner.attest.statement import draft, statement
from scanner.attest.verify import Verdict, verify
from scanner.release.attesting import attest
from scanner.release.comparing import by_objects, by_rescan
from tests.attest.golden import CANARIES, FINISHED, HERE, NONCE, STARTED, fixed, made, release, stated

FILES = ("no-secret-leak.intoto.json", "no-secret-leak.sigstore.json")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixed repository and the other surfaces."""
    made(path := tmp_path_factory.mktemp("golden"))
    return path


def _verdict(name: str, **other: object) -> Verdict:
    said = policy.load(HERE / "gate.yaml")
    expected = Expected(
        policy=said, trust=said.trust, now=datetime(2026, 3, 2, tzinfo=UTC), subject="gitCommit:" + _subject("gitCommit"),
        manifest=lambda: (HERE / manifest.NAME).open("rb"),
    )  # fmt: skip
    return verify((HERE / name).read_bytes(), replace(expected, **other))  # type: ignore[arg-type]


def _subject(algorithm: str) -> str:
    said = json.loads((HERE / "statement.json").read_bytes())
    return next(str(one["digest"][algorithm]) for one in said["subject"] if algorithm in one["digest"])


@pytest.mark.parametrize("name", FILES)
def test_the_golden_assertion_is_believed_in_every_depth(folder: Path, name: str) -> None:
    asked = release(folder)
    verdict = _verdict(name, objects=partial(by_objects, release=asked), rescan=partial(by_rescan, release=asked))
    assert {check.name: check.said for check in verdict.checks if check.held is not True and check.name != "timestamp"} == {}
    assert verdict.exit_code == 0


def test_its_files_are_written_as_they_were(folder: Path) -> None:
    for name, write in zip(FILES, (envelope, bundle), strict=True):
        data = (HERE / name).read_bytes()
        assert write(read(data)) == data
        assert read(data).payload == (HERE / "statement.json").read_bytes()


def test_the_same_repository_makes_the_same_statement_and_the_same_list(folder: Path) -> None:
    drawn, payload = stated(folder)
    assert drawn.listed == (HERE / manifest.NAME).read_bytes()
    assert payload == (HERE / "statement.json").read_bytes()


def test_an_object_more_or_another_word_in_a_log_is_noticed(tmp_path: Path) -> None:
    made(tmp_path)
    (tmp_path / "logs/app.log").write_bytes(b"2026-02-01T00:00:00Z started\n" * 39)
    verdict = _verdict(FILES[0], objects=partial(by_objects, release=release(tmp_path)))
    assert [check.said for check in verdict.checks if check.held is False] == ["the files of the surface logs make another root"]
    assert stated(tmp_path)[1] != (HERE / "statement.json").read_bytes()


def test_it_is_refused_when_its_time_has_passed_and_when_a_byte_of_it_is_another(tmp_path: Path) -> None:
    late = _verdict(FILES[0], now=FINISHED.replace(month=4, day=2))
    assert (late.exit_code, [check.name for check in late.checks if check.held is False]) == (4, ["freshness"])
    found = json.loads((HERE / FILES[0]).read_bytes())
    found["payload"] = base64.b64encode((HERE / "statement.json").read_bytes().replace(b'"opaque":0', b'"opaque":1', 1)).decode()
    said = policy.load(HERE / "gate.yaml")
    verdict = verify(json.dumps(found).encode(), Expected(policy=said, trust=said.trust, now=FINISHED))
    assert (verdict.exit_code, [check.name for check in verdict.checks if check.held is False]) == (4, ["signature"])


def test_readers_that_are_tried_in_a_process_of_their_own_make_the_same_statement(folder: Path) -> None:
    several = release(folder)
    several = replace(several, settings=replace(several.settings, workers=2))
    drawn = draft(fixed(attest(several, lambda: CANARIES)))
    assert statement(drawn, STARTED, FINISHED, NONCE) == (HERE / "statement.json").read_bytes()
    assert drawn.listed == (HERE / manifest.NAME).read_bytes()


def test_readers_that_end_their_process_count_as_not_tried(folder: Path) -> None:
    several = release(folder)
    drawn = draft(attest(replace(several, settings=replace(several.settings, workers=2)), lambda: os._exit(1)))
    assert drawn.result == "INCOMPLETE"
    assert "no reader was tried with a planted secret" in drawn.objections
