"""The engine on hostile content: its work grows with the content, its memory does not."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from scanner import cachefile, config, shipped
from scanner.cli.options import named, rules
from scanner.detect.engine import Engine, anchors, engine
from scanner.detect.prefilter import HyperscanPrefilter, Re2Prefilter, prefilter
from scanner.errors import RuleError
from scanner.model.rule import Ruleset
from scanner.pipeline.examine import hits
from scanner.rulepack.cache import load_cached
from scanner.rulepack.load import load
from scanner.rulepack.sample import grow

PASSWORD = b" password=" + grow("{alnum:10}", 1)
ROOT = Path(__file__).resolve().parents[2]
HOSTILE = (
    b"password=", b"AKIA", b"-----BEGIN RSA PRIVATE KEY-----\n", b"eyJ", b"postgresql://", b"a:b@", b"token: \"", b"Authorization: Basic ", b"://:@",
    b'{"auths":{', b"secret=$(", b"ghp_", b"\0p\0w", b"\n\n\n\n", b"=", b"machine x login y password ", b"AccountKey=",
)  # fmt: skip


@pytest.fixture(scope="module")
def ruleset() -> Ruleset:
    return load([shipped.shipped("rules")], known=named())


@pytest.fixture(scope="module")
def made(ruleset: Ruleset) -> Engine:
    """All rules, compiled once."""
    return engine(ruleset, None)


@pytest.mark.parametrize("kind", ["auto", "re2"])
def test_stays_quiet(ruleset: Ruleset, kind: str) -> None:
    searcher = engine(ruleset, None, kind)
    for data in (b"", b"\n", b"nothing here", b"\0" * 99, b"\xff" * 99):
        assert searcher.find(data) == ()


def test_an_automaton_out_of_memory_loses_nothing(ruleset: Ruleset, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"AKIA" + b"Z" * 16 + PASSWORD
    whole = Re2Prefilter(anchors(ruleset.rules)).spots(data)
    monkeypatch.setattr("scanner.detect.prefilter._SET_MEMORY", 1 << 12)
    assert Re2Prefilter(anchors(ruleset.rules)).spots(data) == whole


class Counting:
    """A prefilter that counts what it says."""

    name = "counting"

    def __init__(self, inner: object) -> None:
        self.inner, self.said = inner, 0

    def spots(self, data: bytes | memoryview) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = self.inner.spots(data)  # type: ignore[attr-defined]
        self.said += len(found)
        return found


@pytest.mark.parametrize("piece", HOSTILE)
def test_work_grows_no_faster_than_the_content(made: Engine, monkeypatch: pytest.MonkeyPatch, piece: bytes) -> None:
    counts = []
    for size in (1 << 16, 1 << 18):
        with monkeypatch.context() as patch:
            counting = Counting(made.sieve)
            patch.setattr(made, "sieve", counting)
            made.find((piece * (size // len(piece) + 1))[:size])
        counts.append(counting.said)
    assert counts[1] <= 4 * counts[0] + 400
    assert counts[1] <= 1 << 18, "more spots than bytes"


@pytest.mark.parametrize("piece", HOSTILE[:4])
def test_four_megabytes_of_one_beginning_end_in_bounded_memory(made: Engine, piece: bytes) -> None:
    made.find(b"warm")
    tracemalloc.start()
    hits(made, (piece * ((4 << 20) // len(piece) + 1))[: 4 << 20])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 400 << 20


def test_names_the_rule_whose_anchor_the_prefilter_refuses(ruleset: Ruleset) -> None:
    first, second = ruleset.rules[:2]
    with pytest.raises(RuleError, match=f"{second.file}:{second.line}: rule `{second.id}`: the prefilter does not take the anchor"):
        engine(Ruleset((first, replace(second, anchors=("a{0,3}",))), "sha256:none"), None, "hyperscan")


# -- caches -------------------------------------------------------------------------------------------------------------------


def both(folder: Path | None) -> tuple[str, int]:
    """What a run makes of a cache folder: the rules' digest, and how many spots a text has."""
    packs = [shipped.shipped("rules") / name for name in ("aws.yaml", "dsn-web.yaml", "generic.yaml")]
    chosen = load_cached(packs, (), folder, known=named)
    return chosen.digest, len(prefilter(anchors(chosen.rules), folder).spots(b"AKIA" + b"Q7R2" * 4 + PASSWORD))


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, int]:
    return both(tmp_path_factory.mktemp("right"))


@pytest.mark.parametrize("damage", [
    lambda data: b"", lambda data: data[:-1], lambda data: data[:200] + b"\0" + data[201:],
    lambda data: data.replace(b"leakseal-cache 1", b"leakseal-cache 2", 1), lambda data: os.urandom(4096),
])  # fmt: skip
def test_damaged_caches_are_made_again(tmp_path: Path, right: tuple[str, int], damage: object) -> None:
    assert both(tmp_path) == right
    for path in tmp_path.iterdir():
        path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    assert both(tmp_path) == right
    assert both(tmp_path) == right


def test_a_whole_cache_file_of_another_program_is_refused(tmp_path: Path, right: tuple[str, int]) -> None:
    both(tmp_path)
    for path in tmp_path.iterdir():
        cachefile.write(path, b"something else" * 100)
    assert both(tmp_path) == right


def test_what_others_may_write_and_links_are_not_read(tmp_path: Path, right: tuple[str, int]) -> None:
    cachefile.write(tmp_path / "own", b"payload")
    assert cachefile.read(tmp_path / "own") == b"payload"
    (tmp_path / "own").chmod(0o666)
    assert cachefile.read(tmp_path / "own") is None
    (tmp_path / "own").chmod(0o600)
    (tmp_path / "link").symlink_to(tmp_path / "own")
    assert cachefile.read(tmp_path / "link") is None
    os.mkfifo(tmp_path / "pipe")
    assert cachefile.read(tmp_path / "pipe") is None
    assert cachefile.read(tmp_path) is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path, right: tuple[str, int]) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert both(tmp_path / "file" / "below") == right
    assert both(Path("/proc/nowhere")) == right
    assert both(None) == right


def test_two_processes_at_once_leave_whole_caches(tmp_path: Path) -> None:
    program = "import sys; from scanner.cli import main; sys.exit(main(['scan', '-', '--quiet']))"
    env = {**os.environ, "LEAKSEAL_CACHE": str(tmp_path), "PYTHONPATH": str(ROOT)}
    running = [subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env) for _ in range(2)]
    assert [(one.communicate(b"nothing\n")[0] is not None, one.returncode) for one in running] == [(True, 0)] * 2
    assert all(cachefile.read(path) for path in tmp_path.iterdir())
    assert len(list(tmp_path.iterdir())) == 2


def test_a_stored_prefilter_says_the_same(tmp_path: Path) -> None:
    words = anchors(rules(config.Config()).rules)
    data = b"AKIA" + b"Q7R2" * 4 + PASSWORD + b" postgresql://a:b@c/d"
    first, stored, without = (HyperscanPrefilter(words, folder).spots(data) for folder in (tmp_path, tmp_path, None))
    assert first == stored == without
