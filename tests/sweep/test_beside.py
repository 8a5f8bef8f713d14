"""Logs, notes and screenshots beside a repository: read with it, told with it, and read again only when they changed."""

from __future__ import annotations

import json
import zipfile

import pytest

from scanner.errors import ConfigError
from scanner.sweep.inventory import load
from tests.gitrepo import token

BESIDE = "repositories:\n  - path: repos/one\n    surfaces: {notes: exports/one.json, logs: logs, files: assets}\n"


def note(text: str) -> str:
    return json.dumps({"notes": [{"id": "n1", "title": "a", "body": text}]})


def test_what_stands_beside_a_repository_is_read_with_it(live, sweeps, tmp_path):
    live("one").start()
    exports, logs = tmp_path / "exports", tmp_path / "logs"
    exports.mkdir()
    (tmp_path / "assets").mkdir()
    logs.mkdir()
    (exports / "one.json").write_text(note("nothing"))
    (logs / "a.log").write_text("2024-01-02T03:04:05Z nothing\n")
    sweeps.inventory(BESIDE)
    first = sweeps()
    assert (first.code, len(first.places)) == (1, 1)
    assert sweeps().statuses == {"unchanged": 1}
    (exports / "one.json").write_text(note(f"the bot has {token(5)}"))
    (logs / "a.log").write_text(f"2024-01-02T03:04:05Z GH={token(6)}\n")
    second = sweeps("-o", str(tmp_path / "out"))
    found = {one["finding"]["surface"]: one["finding"]["location"] for one in second.document["findings"]}
    assert (second.code, second.document["objects"]["fresh"], set(found)) == (1, 0, {"logs", "notes"})
    assert found["notes"]["record"] == "n1" and found["logs"]["date"] == "2024-01-02T03:04:05Z"
    (path,) = (tmp_path / "out").glob("*.json")
    surfaces = json.loads(path.read_text())["coverage"]["surfaces"]
    assert sorted(surfaces) == ["git", "logs", "notes", "tree"] and len({one["root"] for one in surfaces.values()}) == 4
    assert sweeps().statuses == {"unchanged": 1} and len(sweeps("--all").places) == 3
    with zipfile.ZipFile(tmp_path / "assets/v1.zip", "w") as archive:
        archive.writestr("app.env", f"GH={token(7)}\n")
    assert [path for _, path in sweeps().places] == ["v1.zip!app.env"]


def test_what_is_not_there_is_a_gap_and_the_rest_is_read(live, sweeps, tmp_path):
    live("one").start()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/a.log").write_text(f"GH={token(6)}\n")
    sweeps.inventory(BESIDE)
    said = sweeps()
    assert (said.code, len(said.places)) == (1, 2)
    assert said.document["incomplete"] and said.document["notRead"] == []


@pytest.mark.parametrize("wrong", ["{pictures: x}", "x", "{notes: }"])
def test_a_surface_that_is_none_is_refused(tmp_path, wrong):
    (tmp_path / "inventory.yaml").write_text(f"version: 1\nrepositories:\n  - path: x\n    surfaces: {wrong}\n")
    with pytest.raises(ConfigError, match=r"inventory\.yaml:4"):
        load(tmp_path / "inventory.yaml")
