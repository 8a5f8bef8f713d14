"""Nights that fetch what is beside the Git of a forge's repositories: summary, ledger, page, statement, and room."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from scanner.attest.keys import generate
from scanner.cli.root import cli
from scanner.errors import ConfigError
from scanner.ledger import read
from scanner.ledger.book import Ledger
from scanner.sweep.accounts import expanded
from scanner.sweep.fetch.shelf import folder_of
from scanner.sweep.forge.hosted import Hosted
from scanner.sweep.inventory import load
from scanner.sweep.mirror import Room, _make_room
from tests.gitrepo import token
from tests.sweep.boards import Board
from tests.sweep.fetching import TOKEN
from tests.sweep.forging import ROOTS, Forged, forging

Make = Callable[[str], Forged]


@pytest.fixture
def forge(tmp_path: Path, make_repo: Callable[..., Any]) -> Iterator[Make]:
    """A forge with one repository, a release and an issue."""
    running = []

    def start(kind: str) -> Forged:
        there = forging(Forged(kind, ("app",), token=TOKEN))
        forged = there.__enter__()
        running.append(there)
        repo = make_repo("app")
        repo.commit({"app.env": f"GH={token(1)}\n"})
        bare = tmp_path / "app.git"
        subprocess.run(["git", "clone", "-q", "--bare", repo.path, bare], check=True)
        subprocess.run(["git", "-C", bare, "update-server-info"], check=True)
        for file in bare.rglob("*"):
            if file.is_file():
                forged.files[f"/acme/app.git/{file.relative_to(bare)}"] = file.read_bytes()
        board = forged.boards["app"] = Board(kind, forged.url)
        data = f"GH={token(2)}\n".encode()
        row, path = board.asset(7, f"{token(5)}.txt", len(data))
        forged.files[path] = data
        large, _ = board.asset(8, "large.bin", 9 << 30)
        board.release("v1", "fine", row, *([] if kind == "gitlab" else [large]))
        board.write(12, f"see {token(3)}")
        return forged

    yield start
    for there in running:
        there.__exit__(None, None, None)


def sweep(tmp_path: Path, forged: Forged, *words: str, more: str = "fetch: [releases, issues]", code: int) -> dict[str, Any]:
    host = urlsplit(forged.url).netloc
    account = f"{{kind: {forged.kind}, url: '{forged.url}', account: acme, token-env: T, {more}}}"
    (tmp_path / "inventory.yaml").write_text(f"version: 1\ninsecure: ['{host}']\nforges:\n- {account}\n")
    os.environ["T"] = TOKEN
    ledger = ("--ledger", str(tmp_path / "l.db"), "--cache", str(tmp_path / "mirrors"), "--jobs", "1", "-q", "--format", "json")
    done = CliRunner().invoke(cli, ["sweep", str(tmp_path / "inventory.yaml"), *ledger, *words], standalone_mode=False)
    assert done.exception is None, done.exception
    assert done.return_value == code, done.output
    return json.loads(done.output)


@pytest.mark.parametrize("kind", ROOTS)
def test_a_night_tells_what_is_beside_git_everywhere(tmp_path: Path, forge: Make, kind: str) -> None:
    forged = forge(kind)
    generate(tmp_path / "night.key", tmp_path / "night.pub", None)
    signed = ("--key", str(tmp_path / "night.key"), "--statement", str(tmp_path / "signed"))
    said = sweep(tmp_path, forged, *signed, code=1)
    places = [(one["finding"]["surface"], one["finding"]["location"]["path"]) for one in said["findings"]]
    assert [place for place in places if place[0] != "tree"] == [("git", "app.env"), ("notes", "issues/12")]
    assert [surface for surface, _ in places].count("tree") == 1
    gap = 0 if kind == "gitlab" else 1
    assert {name: (seen["objects"], seen["unread"]) for name, seen in said["surfaces"].items() if name != "git"} == {
        "notes": (2, 0), "tree": (1 + gap, gap),
    }  # fmt: skip
    assert len(said["incomplete"]) == gap
    line = json.loads((tmp_path / "signed/night-manifest.jsonl").read_text())
    assert {name: seen["objects"] for name, seen in line["beside"].items()} == {"notes": 2, "tree": 1 + gap} and line["gaps"] == gap
    assert all(seen["root"].startswith("sha256:") for seen in line["beside"].values())
    CliRunner().invoke(cli, ["report", str(tmp_path / "l.db"), "-o", str(tmp_path / "sweep.html")], standalone_mode=False)
    page = (tmp_path / "sweep.html").read_text()
    assert "issues/12" in page and ("v1/large.bin" in page) == bool(gap)
    written = [tmp_path / "l.db", *(tmp_path / "signed").iterdir(), tmp_path / "sweep.html"]
    assert not [file for file in written for number in (1, 2, 3, 5) if token(number).encode()[8:-4] in file.read_bytes()]
    again = sweep(tmp_path, forged, *signed, code=3 if gap else 0)
    assert again["repositories"]["unchanged"] == 1 and again["surfaces"] == said["surfaces"]
    assert json.loads((tmp_path / "signed/night-manifest.jsonl").read_text())["beside"] == line["beside"]
    forged.boards["app"].say(12, 50, f"and {token(4)}")
    third = sweep(tmp_path, forged, code=1)
    assert [(one["finding"]["location"]["record"], one["finding"]["surface"]) for one in third["findings"]] == [("12/50", "notes")]
    with Ledger(str(tmp_path / "l.db")) as ledger:
        assert len(read.findings_of(ledger, only_open=True)) == 4
    sweep(tmp_path, forged, more="wikis: false", code=0)
    with Ledger(str(tmp_path / "l.db")) as ledger:
        assert [kept.finding.surface for kept in read.findings_of(ledger)] == ["git"], "what is not wanted any more is not told"


def test_what_was_fetched_takes_its_part_of_the_room_and_goes_with_its_mirror(tmp_path: Path) -> None:
    def made(name: str, at: int) -> Path:
        mirror = tmp_path / f"{name}.git"
        for folder in (mirror, folder_of(mirror) / "files"):
            folder.mkdir(parents=True)
            (folder / "x").write_bytes(b"x" * 100_000)
        mark = tmp_path / f"{name}.git.leakseal-used"
        mark.touch()
        os.utime(mark, (at, at))
        return mirror

    old, young, wanted = made("old", 1), made("young", 2), made("wanted", 3)
    _make_room(Room(tmp_path, 450_000), wanted)
    assert not old.exists() and not folder_of(old).exists() and young.exists() and (folder_of(young) / "files/x").exists()
    _make_room(Room(tmp_path, 150_000), wanted)
    assert not young.exists() and wanted.exists() and not (folder_of(wanted) / "files").exists()


START = "version: 1\nforges:\n- {kind: gitea, url: 'https://git.acme.example', account: acme"


def test_an_inventory_says_what_is_fetched_of_whom(tmp_path: Path) -> None:
    path = tmp_path / "inventory.yaml"
    named = "\nrepositories:\n- {url: 'https://git.acme.example/acme/app.git', owner: ana}\n"
    path.write_text(START + ", fetch: [issues], fetch-largest: 5M, fetch-most: 1G, wikis: true, token-env: T}" + named)
    there = [
        Hosted(str(id), f"acme/{name}", f"https://git.acme.example/acme/{name}.git", wiki=f"https://git.acme.example/acme/{name}.wiki.git")
        for id, name in enumerate(("app", "lib"), 1)
    ]  # fmt: skip
    found = {one.name: one for one in expanded(load(path), SimpleNamespace(), {"T": TOKEN}, lambda *asked: there).repositories}
    sources = {name.rpartition("/")[2]: one.source for name, one in found.items()}
    assert {name for name, one in sources.items() if one is None} == {"app.wiki", "lib.wiki"}
    assert sources["app"].wanted.what == ("issues",) and (sources["lib"].wanted.largest, sources["lib"].wanted.most) == (5 << 20, 1 << 30)
    assert found["git.acme.example/acme/app"].owner == "ana", "what the inventory says of it itself counts more"


@pytest.mark.parametrize(("text", "message"), [
    ("fetch: [wiki]", "one of releases, issues"), ("fetch: releases", "a list"), ("fetch-most: lots", "a size such as"),
])  # fmt: skip
def test_what_cannot_be_fetched_is_told_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "inventory.yaml").write_text(f"{START}, {text}}}\n")
    with pytest.raises(ConfigError, match=message) as found:
        load(tmp_path / "inventory.yaml")
    assert "inventory.yaml:3" in str(found.value)
