"""A release engineer's way: keys, a policy, the assertion over all surfaces, and its verification from the other side."""

from __future__ import annotations

import base64
import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scanner.cli import main
from scanner.rulepack.sample import grow
from tests.attest import tsa
from tests.conftest import Repo

POLICY = """\
version: 1
scope: shop/app@production
surfaces:
  git: .
  logs: build/logs
  notes: hub-export.json
keys:
  - file: keys/scanner.pub
    roles: [scanner]
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """An application with a policy, a log and an export of notes."""

    repo: Repo
    run: Callable[..., tuple[int, str, str]]

    @property
    def folder(self) -> Path:
        return self.repo.path

    @property
    def out(self) -> Path:
        return self.folder.parent / "attestation"

    def attest(self, *more: str) -> tuple[int, str, str]:
        key = str(self.folder.parent / "scanner.key")
        return self.run("attest", str(self.folder), "--key", key, "-o", str(self.out), "-q", "--jobs", "1", *more)  # engines stay warm

    def verify(self, *more: str, name: str = "no-secret-leak.intoto.json") -> tuple[int, str, str]:
        return self.run("verify", str(self.out / name), "--policy", str(self.folder / ".leakseal/gate.yaml"), *more)

    def statement(self) -> dict[str, Any]:
        found = json.loads((self.out / "no-secret-leak.intoto.json").read_bytes())
        payload: dict[str, Any] = json.loads(base64.b64decode(found["payload"]))
        return payload


@pytest.fixture
def shop(repo: Repo, capfd: pytest.CaptureFixture[str]) -> Shop:
    def run(*words: str) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main(list(words))
        return (code, *capfd.readouterr())

    made = Shop(repo, run)
    assert run("keygen", str(repo.path.parent / "scanner"))[0] == 0
    hub = {"workstreams": [{"id": 1, "title": "S5", "tasks": []}], "notes": [{"id": 1, "body": "all is well"}]}
    notes = {"schema": "state-hub.export/v1", **hub}
    repo.write({
        "keys/scanner.pub": (repo.path.parent / "scanner.pub").read_bytes(), ".leakseal/gate.yaml": POLICY, ".gitignore": "build/\n",
        "build/logs/app.log": "started\n" * 50, "build/logs/old.log.gz": gzip.compress(b"stopped\n", mtime=0),
        "hub-export.json": json.dumps(notes), "app.py": "print('hello')\n",
    })  # fmt: skip
    repo.git("add", ".")
    repo.git("commit", "-qm", "Release")
    return made


def test_the_whole_way(shop: Shop) -> None:
    code, out, err = shop.attest()
    assert (code, err) == (0, "")
    assert out.startswith("PASSED: signed by SHA256:")
    head = shop.repo.git("rev-parse", "HEAD")
    for name in ("no-secret-leak.intoto.json", "no-secret-leak.sigstore.json"):
        assert shop.verify("--commit", head, name=name)[0] == 0
    code, out, _ = shop.verify("--commit", head, "--objects", str(shop.folder), "--rescan", str(shop.folder), "--format", "json")
    assert code == 0
    assert {check["name"] for check in json.loads(out)["checks"] if check["outcome"] != "held"} == {"timestamp"}
    said = shop.statement()["predicate"]
    assert [one["surface"] for one in said["surfaces"]] == ["git", "logs", "notes"]
    assert said["selfTest"]["canaries"] == said["selfTest"]["detected"] >= 10
    assert "PASSED" in (shop.out / "no-secret-leak.md").read_text()


@pytest.mark.parametrize("where", ["build/logs/app.log", "hub-export.json", "app.py"])
def test_an_open_finding_is_not_signed_away(shop: Shop, where: str) -> None:
    secret = grow("{github-token:ghp_}", 3).decode()
    path = shop.folder / where
    path.write_text(path.read_text().replace("started", f"token={secret}", 1).replace("well", secret).replace("hello", secret))
    code, out, err = shop.attest()
    assert code == 1
    assert "not signed, as it would say FAILED" in err
    assert not shop.out.exists() or not list(shop.out.iterdir())
    assert shop.attest("--any-result")[0] == 1
    assert shop.statement()["predicate"]["result"] == "FAILED"
    assert shop.verify()[0] == 1
    for file in shop.out.iterdir():
        assert secret[4:12].encode() not in file.read_bytes()
    assert secret[4:12] not in out + err


def test_what_was_not_read_is_not_signed_away(shop: Shop) -> None:
    (shop.folder / "build/logs/cut.gz").write_bytes(gzip.compress(b"x" * 9999)[:-9])
    code, _, err = shop.attest("--any-result")
    assert code == 3
    assert "1 things were not read" in err
    assert shop.statement()["predicate"]["result"] == "INCOMPLETE"
    assert shop.verify()[0] == 3


def test_a_dirty_work_tree_is_not_signed_away(shop: Shop) -> None:
    (shop.folder / "app.py").write_text("print('other')\n")
    code, _, err = shop.attest()
    assert code == 3
    assert "tracked files are not as the commit has them" in err


def test_an_empty_surface_is_not_signed_away(shop: Shop) -> None:
    for path in (shop.folder / "build/logs").iterdir():
        path.unlink()
    code, _, err = shop.attest()
    assert code == 3
    assert "there was nothing to read on the required surface logs" in err


def test_a_surface_that_is_not_there_is_asked_for(shop: Shop) -> None:
    (shop.folder / "hub-export.json").unlink()
    code, _, err = shop.attest()
    assert code == 2
    assert "nothing is at one of its paths" in err


def test_another_commit_and_other_files_are_noticed(shop: Shop) -> None:
    shop.attest()
    head = shop.repo.git("rev-parse", "HEAD")
    (shop.folder / "build/logs/app.log").write_text("started again\n")
    code, out, _ = shop.verify("--objects", str(shop.folder))
    assert code == 4
    assert "the files of the surface logs make another root" in out
    later = shop.repo.commit({"app.py": "print('more')\n"})
    assert shop.verify("--commit", later)[0] == 4
    assert shop.verify("--commit", head)[0] == 0
    code, out, _ = shop.verify("--objects", str(shop.folder))
    assert "objects, and the statement speaks of" in out


def test_a_secret_that_comes_later_is_found_by_the_rescan(shop: Shop) -> None:
    shop.attest()
    (shop.folder / "build/logs/app.log").write_text(grow("{github-token:ghp_}", 4).decode())
    code, out, _ = shop.verify("--rescan", str(shop.folder))
    assert code == 4
    assert "a scan finds other secrets than the statement lists" in out


def test_a_note_beside_the_commit_is_read_back_and_is_no_part_of_what_it_speaks_of(shop: Shop) -> None:
    head = shop.repo.git("rev-parse", "HEAD")
    assert shop.attest("--git-notes")[0] == 0
    note = f"git-note:{shop.folder}"
    for name in (note, f"{note}@HEAD", f"{note}@{head[:10]}"):
        code, out, _ = shop.run("verify", name, "--policy", str(shop.folder / ".leakseal/gate.yaml"), "--objects", str(shop.folder))
        assert code == 0, out
    assert shop.attest("--git-notes")[0] == 0  # with the note of before
    assert shop.statement()["predicate"]["surfaces"][0]["git"]["excludedObjects"] == 3  # note, tree and commit
    assert shop.run("verify", note, "--policy", str(shop.folder / ".leakseal/gate.yaml"), "--objects", str(shop.folder))[0] == 0
    assert len(shop.repo.git("notes", "--ref=refs/notes/attest", "show", "HEAD").splitlines()) == 2
    clone = shop.folder.parent / "clone"
    shop.repo.git("clone", "-q", "--no-hardlinks", str(shop.folder), str(clone))
    code, _, err = shop.run("verify", f"git-note:{clone}", "--policy", str(clone / ".leakseal/gate.yaml"))
    assert code == 4
    assert "git fetch origin refs/notes/attest:refs/notes/attest" in err
    shop.repo.git("-C", str(clone), "fetch", "-q", "origin", "refs/notes/attest:refs/notes/attest")
    assert shop.run("verify", f"git-note:{clone}", "--policy", str(clone / ".leakseal/gate.yaml"))[0] == 0


def test_an_authority_is_asked_for_the_time_when_it_is_named(shop: Shop, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    authority = tsa.made(tmp_path / "tsa")
    policy = shop.folder / ".leakseal/gate.yaml"
    policy.write_text(f"{POLICY}timestamp: required\ntimestamp-authorities: [{{file: {authority.trusted}}}]\n")
    shop.repo.git("commit", "-qam", "Trust an authority")
    with authority.serving() as url:
        assert shop.attest("--tsa", url)[0] == 0
    code, out, _ = shop.verify("--format", "json", name="no-secret-leak.sigstore.json")
    assert code == 0
    assert {check["outcome"] for check in json.loads(out)["checks"] if check["name"] == "timestamp"} == {"held"}
    code, out, _ = shop.verify()
    assert code == 4
    assert "it has no time stamp, and the policy requires one" in out
    for file in shop.out.iterdir():
        file.unlink()
    code, _, err = shop.attest("--tsa", url)
    assert code == 3
    assert "the time-stamp authority does not answer" in err
    assert not list(shop.out.iterdir())
    code, _, err = shop.run("attest", str(shop.folder), "--key", str(shop.folder.parent / "scanner.key"), "-o", str(shop.out))
    assert code == 0
    assert "which had read: git, logs, notes" in err


def test_a_note_on_another_commit_and_a_foreign_line_are_seen_through(shop: Shop) -> None:
    assert shop.attest("--git-notes")[0] == 0
    ref = "--ref=refs/notes/attest"
    policy = ("--policy", str(shop.folder / ".leakseal/gate.yaml"))
    later = shop.repo.commit({"app.py": "print('more')\n"})
    shop.repo.git("notes", ref, "copy", "HEAD~1", later)
    code, out, _ = shop.run("verify", f"git-note:{shop.folder}@{later}", *policy)
    assert code == 4
    assert "what was asked for is not among its subjects" in out
    shop.repo.git("notes", ref, "append", "-m", "{}", "HEAD~1")
    assert shop.run("verify", f"git-note:{shop.folder}@HEAD~1", *policy)[0] == 0
    for word in ("nowhere", "--all", "HEAD:app.py"):
        assert shop.run("verify", f"git-note:{shop.folder}@{word}", *policy)[0] == 2


def test_what_a_note_hides_is_found(shop: Shop) -> None:
    shop.repo.git("notes", "--ref=refs/notes/attest", "add", "-m", grow("{github-token:ghp_}", 5).decode(), "HEAD")
    assert shop.attest()[0] == 1


def test_a_note_has_no_place_without_a_commit(shop: Shop) -> None:
    shop.repo.git("update-ref", "-d", "HEAD")
    code, _, err = shop.attest("--git-notes")
    assert code == 2
    assert "the repository has no such commit" in err


def test_verification_of_what_is_not_there_asks_for_it(shop: Shop) -> None:
    assert shop.verify()[0] == 2
    assert shop.run("verify", "x", "--policy", "nowhere.yaml")[0] == 2
