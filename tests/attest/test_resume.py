"""An interrupted run goes on where it was, signs the same bytes, and leaves nothing behind that it should not."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from scanner.attest.statement import draft, statement
from scanner.pipeline.run import Request
from scanner.pipeline.scanned import Scanned
from scanner.release.attesting import attest
from scanner.release.resume import Progress, progress
from scanner.release.surfaces import Release, stand
from tests.attest.golden import CANARIES, FINISHED, HERE, NONCE, STARTED, TOOL, fixed, made, release, secret

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The golden repository and its surfaces."""
    made(path := tmp_path / "app")
    return path


def _expected() -> bytes:
    return (HERE / "evidence-manifest.jsonl").read_bytes() + (HERE / "statement.json").read_bytes()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_whenever_it_is_interrupted_the_same_bytes_come_out_at_last(folder: Path, tmp_path: Path, how: signal.Signals) -> None:
    words = [sys.executable, "-m", "tests.attest.resuming", str(folder), str(tmp_path / "cache")]
    chance = random.Random(how)
    for _ in range(3):
        with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
            assert run.stdout is not None
            assert run.stdout.readline() == b"begun\n"
            time.sleep(chance.uniform(0.05, 0.8))
            run.send_signal(how)
            run.stdout.read()
    done = subprocess.run(words, cwd=ROOT, capture_output=True, check=True)
    assert done.stdout == b"begun\n" + _expected()


class _Stops:
    """Keeps what a run has read, and interrupts it after so many targets."""

    def __init__(self, kept: Progress, after: int) -> None:
        self.kept, self.after = kept, after

    def find(self, number: int, request: Request) -> Scanned | None:
        """What is known."""
        if number > self.after:
            raise KeyboardInterrupt
        return self.kept.find(number, request)

    def keep(self, number: int, request: Request, done: Scanned) -> None:
        """What is to be known."""
        self.kept.keep(number, request, done)


Run = Callable[..., tuple[bytes, list[str]]]


def _asked(folder: Path, cache: Path) -> Release:
    asked = release(folder)
    return replace(asked, settings=replace(asked.settings, cache=cache))


def _begun(asked: Release, after: int) -> None:
    """A run that is interrupted after so many targets."""
    with pytest.raises(KeyboardInterrupt):
        attest(asked, lambda: CANARIES, lambda one, tool, before: _Stops(_progress(one, before), after))


def _progress(asked: Release, before: object, *, later: timedelta = timedelta()) -> Progress:
    found = progress(asked, TOOL, before, STARTED + later)  # type: ignore[arg-type]
    assert found is not None
    return found


def _ended(asked: Release, *, later: timedelta = timedelta()) -> tuple[bytes, list[str]]:
    """What another run comes to, and the surfaces that it did not read again."""
    kept = _progress(asked, stand(asked), later=later)
    drawn = draft(fixed(attest(asked, lambda: CANARIES, lambda *_: kept)))
    return drawn.listed + statement(drawn, STARTED, FINISHED, NONCE), kept.reused


@pytest.mark.parametrize(("after", "reused"), [
    (0, []), (1, []), (2, ["logs"]), (3, ["logs", "logs"]), (4, ["logs", "logs", "notes"]), (5, ["logs", "logs", "notes", "tree"]),
])  # fmt: skip
def test_what_was_read_is_not_read_again_but_for_what_has_findings(folder: Path, tmp_path: Path, after: int, reused: list[str]) -> None:
    asked = _asked(folder, tmp_path / "cache")
    if after == 5:
        _ended(asked)
    else:
        _begun(asked, after)
    assert _ended(asked) == (_expected(), reused)


def test_a_repository_without_findings_is_not_read_again_until_something_in_it_is_written(folder: Path, tmp_path: Path) -> None:
    shutil.rmtree(folder / "app.git")
    repo = folder / "app.git"
    for words in (["init", "-q", str(repo)], ["-C", str(repo), "commit", "-q", "--allow-empty", "-m", "One"]):
        subprocess.run(["git", *words], check=True, capture_output=True)
    asked = _asked(folder, tmp_path / "cache")
    _ended(asked)
    assert _ended(asked)[1][0] == "git"
    subprocess.run(["git", "-C", str(repo), "hash-object", "-w", "--stdin"], input=b"new", check=True, capture_output=True)
    assert "git" not in _ended(asked)[1]
    with (repo / ".git/config").open("a") as file:
        file.write("[x]\n")
    assert "git" not in _ended(asked)[1]
    assert _ended(asked)[1][0] == "git"


def test_nothing_counts_for_other_content_or_rules_or_on_the_next_day(folder: Path, tmp_path: Path) -> None:
    asked = _asked(folder, tmp_path / "cache")
    _begun(asked, 4)
    assert _ended(asked, later=timedelta(days=1, seconds=1))[1] == []
    _begun(asked, 4)
    other = replace(asked, settings=replace(asked.settings, rules=replace(asked.settings.rules, digest="sha256:" + "0" * 64)))
    assert _ended(other)[1] == []
    for another in (replace(asked, config=None), replace(asked, policy=replace(asked.policy, digest="sha256:" + "1" * 64))):
        assert _ended(another)[1] == []
    (folder / "logs/app.log").write_bytes(b"2026-02-01T00:00:00Z again\n")
    assert _ended(asked)[1] == ["notes"]


def test_a_damaged_or_foreign_state_is_as_good_as_none(folder: Path, tmp_path: Path) -> None:
    asked = _asked(folder, tmp_path / "cache")
    _ended(asked)
    state = sorted((tmp_path / "cache/attest").rglob("*.z"))
    assert len(state) == 4  # the repository has a finding
    state[0].write_bytes(state[0].read_bytes()[:-1])
    state[1].write_bytes(b"")
    state[2].chmod(0o666)
    assert _ended(asked) == (_expected(), ["tree"])


def test_the_state_is_private_has_no_secret_and_is_gone_at_the_end(folder: Path, tmp_path: Path) -> None:
    (folder / "logs" / f"{secret().decode()}.log").write_bytes(b"all is well\n")
    (folder / "deploy/token.env").write_bytes(b"t=" + secret() + b"\n")
    asked = _asked(folder, tmp_path / "cache")
    _ended(asked)
    top = tmp_path / "cache/attest"
    held = [path for path in top.rglob("*") if path.is_file()]
    assert len([path for path in held if path.suffix == ".z"]) == 3  # two logs and the notes
    for path in (top, *top.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0
    for path in held:
        data = path.read_bytes().partition(b"\n")[2]
        text = zlib.decompress(data) if path.suffix == ".z" else data
        for part in (secret()[:12], secret()[-8:], b"fingerprint", b"hmac"):
            assert part not in text
    _progress(asked, stand(asked)).over()
    assert list(top.iterdir()) == []


def test_what_nobody_went_on_with_is_swept_away(folder: Path, tmp_path: Path) -> None:
    old = tmp_path / "cache/attest/0123"
    old.mkdir(parents=True)
    (old / "1.z").write_bytes(b"x")
    days_ago = (STARTED - timedelta(days=3)).timestamp()
    os.utime(old, (days_ago, days_ago))
    asked = _asked(folder, tmp_path / "cache")
    mine = _progress(asked, stand(asked)).folder
    assert list(mine.parent.iterdir()) == [mine]
    _progress(asked, stand(asked), later=timedelta(hours=1))
    assert (mine / "begun").exists()
