"""Exports that are damaged anywhere: never a crash, and a count that comes out even."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner import cachefile
from scanner.cli.options import rules
from scanner.config import Config
from scanner.pipeline.notescan import NoteScan
from scanner.pipeline.scanned import Scanned
from scanner.pipeline.settings import Settings
from tests.decode.notes import exports
from tests.decode.notes.exports import Made

MADE = (
    Made("T-1", "a title", "first\nsecond", comments=("one", "two"), fields={"a": {"b": ["c"]}}, files={"attachments/x.bin": b"1234"}),
    Made("T-2", "b", "<p>text <b>bold</b></p>"),
    Made("T-4", "c", "![shot](img/x.png)"),
)
EXPORTS = {
    "e.json": exports.as_json(MADE, counts={"tasks": 4}),
    "e.jsonl": exports.as_lines(MADE, counts={"tasks": 4}),
    "e.yaml": exports.as_yaml(MADE),
    "e.enex": exports.as_enex(MADE),
    "entities.xml": exports.as_confluence(MADE),
    "n.md": exports.as_markdown(MADE[0]),
    "i.csv": exports.as_csv(MADE, ("Issue key", "Summary", "Description", "Reporter", "Updated")),
    "e.zip": exports.zipped({"hub.json": exports.as_json(MADE), "attachments/x.bin": b"1234", "in.zip": exports.zipped({"a.md": b"x"})}),
}


@pytest.fixture(scope="module")
def chosen() -> Settings:
    return Settings(rules(Config()), cachefile.folder())


def scanned(chosen: Settings, path: Path) -> Scanned:
    """A scan whose count comes out even."""
    done = NoteScan("t1", chosen).run(path, "x", lambda name: None)
    assert done.tally.even
    coverage = done.tally.coverage()
    assert coverage.balanced
    return done


@pytest.mark.parametrize("name", EXPORTS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_an_export_that_is_damaged_anywhere_is_read_or_told(chosen, tmp_path, name, data):
    whole = bytearray(EXPORTS[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "insert", "double"])):
            case "flip":
                whole[at] ^= data.draw(st.integers(1, 255))
            case "cut":
                del whole[at : at + data.draw(st.integers(1, 60))]
            case "insert":
                whole[at:at] = data.draw(st.sampled_from([b"\0", b"\xff", b'"', b"{", b"]", b"<", b"&", b"\n---\n", b"*a", b"\r"]))
            case _:
                whole[at:at] = whole[at : at + 40]
        if not whole:
            return
    path = tmp_path / name
    path.write_bytes(bytes(whole))
    scanned(chosen, path)


@pytest.mark.parametrize("name", EXPORTS)
def test_every_shorter_beginning_of_an_export_is_read_or_told(chosen, tmp_path, name):
    whole, path = EXPORTS[name], tmp_path / name
    for size in range(0, len(whole), max(1, len(whole) // 25)):
        path.write_bytes(whole[:size])
        scanned(chosen, path)


def test_an_export_that_claims_to_have_more_than_there_can_be_is_a_gap_of_bounded_weight(chosen, tmp_path):
    path = tmp_path / "e.json"
    path.write_bytes(exports.as_json(MADE, counts={"tasks": 10**11}))
    assert scanned(chosen, path).tally.coverage().objects < 1_100_000


def test_links_in_a_folder_of_notes_are_not_followed(chosen, tmp_path):
    outside = tmp_path / "outside.md"
    outside.write_text("---\nid: N-1\ntype: note\n---\n")
    folder = tmp_path / "notes"
    (folder / "loop").mkdir(parents=True)
    (folder / "link.md").symlink_to(outside)
    (folder / "loop" / "again").symlink_to(folder)
    done = scanned(chosen, folder)
    assert done.tally.bytes < 2 * len(str(outside)) + 2 * len(str(folder))
