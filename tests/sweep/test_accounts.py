"""Repositories that a forge lists are swept, keep their history under a new name, and none is forgotten when the forge is silent."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner

from scanner.artifact.transport import Transport
from scanner.cli.root import cli
from scanner.errors import ConfigError
from scanner.ledger import read
from scanner.ledger.book import Ledger
from scanner.rulepack.sample import grow
from scanner.sweep.accounts import expanded
from scanner.sweep.forge.hosted import ForgeError, Hosted
from scanner.sweep.inventory import load
from tests.conftest import Repo
from tests.gitrepo import token
from tests.sweep.forging import Forged, forging

TOKEN = grow("{alnum:30}", 7).decode()
HOSTED = [
    Hosted("1", "acme/app", "https://git.acme.example/acme/app.git", wiki="https://git.acme.example/acme/app.wiki.git"),
    Hosted("2", "acme/old", "https://git.acme.example/acme/old.git", archived=True),
    Hosted("3", "acme/fork", "https://git.acme.example/acme/fork.git", fork=True),
    Hosted("4", "acme/play-1", "https://git.acme.example/acme/play-1.git"),
]
START = "version: 1\nforges:\n- {kind: gitea, url: 'https://git.acme.example', account: acme"


def names(tmp_path: Path, text: str, hosted: Sequence[Hosted] = HOSTED, **environ: str) -> dict[str, Any]:
    (tmp_path / "inventory.yaml").write_text(text)
    made = expanded(load(tmp_path / "inventory.yaml"), Transport(), environ, lambda account, transport: list(hosted))
    return {one.name.removeprefix("git.acme.example/acme/"): one for one in made.repositories}


@pytest.mark.parametrize(("said", "wanted"), [
    ("}", {"app", "old", "fork", "play-1"}),
    (", archived: false}", {"app", "fork", "play-1"}),
    (", forks: false, wikis: true}", {"app", "app.wiki", "old", "play-1"}),
    (", leave-out: [{name: 'acme/play-*', reason: exercises}]}", {"app", "old", "fork"}),
])  # fmt: skip
def test_an_account_becomes_its_repositories(tmp_path: Path, said: str, wanted: set[str]) -> None:
    found = names(tmp_path, START + said)
    assert set(found) == wanted
    assert found["app"].identity == "gitea:git.acme.example#1" and not found["app"].optional
    assert "app.wiki" not in found or found["app.wiki"].optional


def test_its_repositories_are_read_as_the_inventory_says_and_one_named_by_hand_as_that_says(tmp_path: Path) -> None:
    text = (
        "version: 1\ndefaults: {every: 1d}\ngroups: {core: {owner: team-a}}\n"
        "forges:\n- {kind: github, url: 'https://git.acme.example', account: acme, groups: [core], token-env: T}\n"
        "repositories:\n- {url: 'https://git.acme.example/acme/app.git', owner: team-b}\n"
    )
    found = names(tmp_path, text, T=TOKEN)
    assert [(name, one.owner, one.every, one.token_env, one.token_user) for name, one in sorted(found.items())][:2] == [
        ("app", "team-b", 24, None, "token"), ("fork", "team-a", 24, "T", "x-access-token"),
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "message"), [
    ("version: 1\n", 1, "one of `repositories` and `forges` is missing"),
    (START.replace("gitea", "cvs") + "}", 3, "one of forgejo, gitea, github, gitlab"),
    (START.replace("https://", "https://me:x@") + "}", 3, "no address of a forge"),
    (START.replace("https://git.acme.example", "ssh://git.acme.example") + "}", 3, "no address of a forge"),
    (START + f", token-env: '{TOKEN}-'}}", 3, "the name of an environment variable"),
    (START + ", wikis: maybe}", 3, "`true` or `false`"),
    (START + ", leave-out: [{name: x}]}", 3, "`reason` is missing"),
    (START + "}\ntell: {mail: {host: h, from: a@b.example, tls: perhaps}}", 4, "one of starttls, tls, none"),
    (START + "}\ntell: {webhook: {url: 'https://x'}}", 4, "unknown key"),
])  # fmt: skip
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(ConfigError, match=rf"inventory.yaml:{line}(:\d+)?: .*") as found:
        names(tmp_path, text)
    assert message in str(found.value) and TOKEN not in str(found.value)


def test_an_account_without_its_token_or_an_answer_is_named(tmp_path: Path) -> None:
    (tmp_path / "inventory.yaml").write_text(START + ", token-env: T}")

    def broken(*_asked: object) -> list[Hosted]:
        raise ForgeError("it is down", reason="timeout")

    inventory = load(tmp_path / "inventory.yaml")
    (lost,) = expanded(inventory, Transport(), {}, broken).unlisted
    assert (lost.name, lost.reason) == ("git.acme.example/acme", "password") and "T is not set" in lost.detail
    (lost,) = expanded(inventory, Transport(), {"T": TOKEN}, broken).unlisted
    assert (lost.reason, lost.detail) == ("timeout", "it is down")


# -- a whole night ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def forged(tmp_path: Path, make_repo: Callable[..., Repo]) -> Iterator[Forged]:
    """A forge that serves the files of two repositories as Git's dumb protocol wants them (gitprotocol-http(5))."""
    with forging(Forged("gitea", ("app", "wiki"), token=TOKEN)) as forge:
        for number, name in enumerate(forge.names):
            repo = make_repo(name)
            repo.commit({"app.env": f"GH={token(number + 1)}\n"})
            serve(forge, repo.path, name)
        yield forge


def serve(forge: Forged, path: Path, name: str) -> None:
    bare = path.parent / f"{name}.git"
    subprocess.run(["git", "clone", "-q", "--bare", path, bare], check=True)
    subprocess.run(["git", "-C", bare, "update-server-info"], check=True)
    for file in bare.rglob("*"):
        if file.is_file():
            forge.files[f"/acme/{name}.git/{file.relative_to(bare)}"] = file.read_bytes()


def sweep(tmp_path: Path, forge: Forged, *words: str, more: str = "", code: int) -> str:
    host = urlsplit(forge.url).netloc
    account = f"{{kind: gitea, url: '{forge.url}', account: acme, token-env: T, wikis: true}}"
    (tmp_path / "inventory.yaml").write_text(f"version: 1\ninsecure: ['{host}']\nforges:\n- {account}\n{more}")
    os.environ["T"] = TOKEN
    ledger = ("--ledger", str(tmp_path / "l.db"), "--cache", str(tmp_path / "mirrors"), "--jobs", "1", "-q")
    done = CliRunner().invoke(cli, ["sweep", str(tmp_path / "inventory.yaml"), *ledger, *words], standalone_mode=False)
    assert done.exception is None, done.exception
    assert done.return_value == code, done.output
    assert TOKEN not in done.output and token(1) not in done.output
    return done.output


def test_a_forge_is_swept_told_of_and_remembered_under_new_names(tmp_path: Path, forged: Forged) -> None:
    host = urlsplit(forged.url).netloc
    tell = f"tell:\n  issues: {{kind: gitea, url: '{forged.url}', token-env: T, repository: acme/security}}\n  prometheus: m.prom\n"
    first = json.loads(sweep(tmp_path, forged, "--format", "json", more=tell, code=1).partition("\nissues:")[0])
    assert [one["repository"] for one in first["findings"]] == [f"{host}/acme/app", f"{host}/acme/wiki"]
    assert first["repositories"]["absent"] == 1, "the wiki was never begun, and that is no gap"
    assert len(forged.issues) == 2
    assert 'leakseal_findings_open{owner="(no owner)",severity="critical"} 2.0' in (tmp_path / "m.prom").read_text()
    forged.names = ("renamed", "wiki")
    forged.files = {path.replace("/acme/app.git", "/acme/renamed.git"): data for path, data in forged.files.items()}
    again = sweep(tmp_path, forged, more=tell, code=0)
    assert "2 older" not in again and "2 open findings are older" in again
    with Ledger(str(tmp_path / "l.db")) as ledger:
        names = [one.name.removeprefix(f"{host}/acme/") for one in read.all_repositories(ledger)]
        assert names == ["renamed", "wiki", "wiki.wiki"]
    assert len(forged.issues) == 3 and sorted(issue["state"] for issue in forged.issues.values()) == ["closed", "open", "open"]


def test_nothing_is_forgotten_when_the_forge_is_silent(tmp_path: Path, forged: Forged) -> None:
    sweep(tmp_path, forged, code=1)
    forged.faults = ["500"] * 20
    said = sweep(tmp_path, forged, code=3)
    assert f"not listed {urlsplit(forged.url).netloc}/acme" in said
    with Ledger(str(tmp_path / "l.db")) as ledger:
        assert all(one.listed for one in read.all_repositories(ledger, listed=None))


def test_lists_without_reading(tmp_path: Path, forged: Forged) -> None:
    said = sweep(tmp_path, forged, "--list", code=0)
    assert [line.split()[0].rpartition("/")[2] for line in said.splitlines()] == ["app", "wiki", "wiki.wiki"]
    assert not (tmp_path / "l.db").exists() and not (tmp_path / "mirrors").exists()
