"""A glance says `nothing is in it` only where a scan says so too, and only while rules and configuration stand as they did."""

from __future__ import annotations

import base64
import gzip
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner import cachefile
from scanner.cli.hook import Asked, settle
from scanner.config import Config
from scanner.detect.engine import Engine
from scanner.pipeline.glance import Glance
from scanner.pipeline.staged import FileScan
from scanner.rulepack.sample import grow
from scanner.rulepack.unchanged import standing
from scanner.sources.git import narrow
from tests.conftest import Repo

Settled = tuple[Config, Engine]


def token() -> bytes:
    return grow("{github-token:ghp_}", 3)


QUIET: dict[str, Callable[[], bytes]] = {
    "code": lambda: b"import os\n\n\ndef run(at: str) -> None:\n    os.chdir(at)\n",
    "settings": lambda: b"name: app\nversion: 2\n",
    "empty": lambda: b"",
    "umlauts": "# Note\n\nÜber Größen.\n".encode,
    "long": lambda: b"a line of words\n" * 50_000,
    "digest": lambda: b"of it: " + b"0123456789abcdef" * 4 + b"\n",
}
UNSURE: dict[str, Callable[[], bytes]] = {
    "token": lambda: b"t = " + token() + b"\n",
    "password": lambda: b"password = " + grow("{lower:3}{digit:4}{lower:5}", 1) + b"\n",
    "base64": lambda: b"t = " + base64.b64encode(b"github " + token()) + b"\n",
    "hex": lambda: b"t = " + token().hex().encode() + b"\n",
    "percent": lambda: b"t = " + token().replace(b"ghp_", b"ghp%5F") + b"\n",
    "wide": lambda: ("t = " + token().decode()).encode("utf-16"),
    "gzip": lambda: gzip.compress(token()),
    "page": lambda: b"<html><p>" + token() + b"</p></html>\n",
    "pointer": lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9\n",
    "too long": lambda: b"a line of words\n" * 300_000,
}


@pytest.fixture
def settled(repo: Repo) -> Settled:
    return settle(repo.path, Asked(False, None, ()))


def look(repo: Repo, settled: Settled) -> Glance:
    """A glance for which a run has noted what it takes."""
    Glance(os.fsencode(repo.path), None, cachefile.place()).note(*settled)
    return Glance(os.fsencode(repo.path), None, cachefile.place())


def quiet(repo: Repo, glance: Glance, *paths: bytes) -> bool:
    env = narrow.told()
    top, objects = narrow.places(repo.path, env)
    assert top == os.fsencode(repo.path.resolve())
    return glance.quiet(narrow.staged(repo.path, env), paths, objects)


def scanned(repo: Repo, settled: Settled) -> tuple[int, int, bool]:
    """(matches, gaps, whether the count is even) of a scan."""
    scan = FileScan("t1", repo.path, narrow.told(), settled[1], settled[0].why_excluded)
    with scan.slow:
        done = scan.staged(".")
    return len(done.matches), len(done.tally.gaps), done.tally.even


@pytest.mark.parametrize("name", QUIET)
def test_quiet_content_is_quiet_for_a_scan_too(repo: Repo, settled: Settled, name: str) -> None:
    repo.stage({"a.txt": QUIET[name]()})
    glance = look(repo, settled)
    assert quiet(repo, glance)
    assert quiet(repo, glance, b"a.txt")
    assert scanned(repo, settled) == (0, 0, True)


@pytest.mark.parametrize("name", UNSURE)
def test_a_glance_is_not_sure_of_anything_else(repo: Repo, settled: Settled, name: str) -> None:
    repo.stage({"a.txt": UNSURE[name](), "b.txt": b"hello\n"})
    glance = look(repo, settled)
    assert not quiet(repo, glance)
    assert not quiet(repo, glance, b"a.txt", b"b.txt")
    assert quiet(repo, glance, b"b.txt")


def test_a_glance_is_not_sure_of_paths_that_are_not_staged(repo: Repo, settled: Settled) -> None:
    repo.stage({"a.txt": b"hello\n"})
    repo.write({"b.txt": b"hello\n"})
    assert not quiet(repo, look(repo, settled), b"a.txt", b"b.txt")


def test_a_name_is_looked_at_as_well(repo: Repo, settled: Settled) -> None:
    repo.stage({token().decode(): b"hello\n"})
    assert not quiet(repo, look(repo, settled))
    assert scanned(repo, settled)[0] == 1


def test_what_goes_away_holds_nothing(repo: Repo, settled: Settled) -> None:
    repo.commit({"a.txt": UNSURE["token"](), "b.txt": b"hello\n"})
    repo.git("rm", "-q", "a.txt")
    assert quiet(repo, look(repo, settled))


def test_submodules_and_conflicts_are_for_a_scan_to_say(repo: Repo, settled: Settled) -> None:
    first = repo.commit({"a.txt": "one\n"})
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{first},module")
    assert not quiet(repo, look(repo, settled))
    repo.git("rm", "--cached", "-q", "module")
    blob = repo.git("hash-object", "-w", "--stdin", data=b"two\n")
    repo.git("update-index", "--index-info", data=f"0 {'0' * 40}\ta.txt\n100644 {blob} 2\ta.txt\n100644 {blob} 3\ta.txt\n".encode())
    assert not quiet(repo, look(repo, settled))


@pytest.mark.parametrize("damage", ["packed", "another", "cut", "gone"])
def test_an_object_that_cannot_be_read_or_is_not_what_its_id_says_is_for_git_to_read(repo: Repo, settled: Settled, damage: str) -> None:
    repo.commit({"a.txt": UNSURE["token"]()})
    repo.stage({"b.txt": b"hello\n"})
    place = repo.path / ".git/objects"
    right, wrong = (place / oid[:2] / oid[2:] for oid in (repo.git("rev-parse", f":{name}") for name in ("b.txt", "a.txt")))
    right.chmod(0o644)
    if damage == "packed":
        repo.git("commit", "--quiet", "--message", "More")
        repo.git("repack", "-adq")
        repo.git("update-index", "--add", "--cacheinfo", f"100644,{repo.git('rev-parse', 'HEAD:b.txt')},c.txt")
    elif damage == "another":
        right.write_bytes(wrong.read_bytes())
    elif damage == "cut":
        right.write_bytes(right.read_bytes()[:-3])
    else:
        right.unlink()
    assert not quiet(repo, look(repo, settled))


# -- what was noted ----------------------------------------------------------------------------------------------------


def test_without_a_note_or_a_cache_there_is_no_glance(repo: Repo, tmp_path: Path) -> None:
    assert Glance(os.fsencode(repo.path), None, str(tmp_path / "cache")).sieve is None
    assert Glance(os.fsencode(repo.path), None, None).sieve is None


def test_a_spoilt_note_is_none(repo: Repo, settled: Settled) -> None:
    assert look(repo, settled).sieve is not None
    place = Path(cachefile.place() or "")
    for path in place.glob("glance-*"):
        path.write_bytes(path.read_bytes()[:-2])
    assert Glance(os.fsencode(repo.path), None, str(place)).sieve is None


def test_another_configuration_is_not_what_was_noted(repo: Repo, settled: Settled) -> None:
    assert look(repo, settled).sieve is not None
    repo.write({"leakseal.yaml": "version: 1\n"})
    assert Glance(os.fsencode(repo.path), None, cachefile.place()).sieve is None
    other = repo.path / "other.yaml"
    other.write_text("version: 1\n")
    assert Glance(os.fsencode(repo.path), str(other), cachefile.place()).sieve is None


def test_what_the_configuration_leaves_out_is_left_out(repo: Repo) -> None:
    repo.write({"leakseal.yaml": "version: 1\npaths:\n  - exclude: made/\n    reason: made up\n"})
    repo.stage({"made/a.txt": UNSURE["token"](), "b.txt": b"hello\n"})
    glance = look(repo, settle(repo.path, Asked(False, None, ())))
    assert quiet(repo, glance)
    repo.stage({"b.txt": UNSURE["token"]()})
    assert not quiet(repo, glance)


def test_a_pack_that_changes_is_noticed_whatever_its_size_and_time(tmp_path: Path) -> None:
    pack = tmp_path / "packs/acme.yaml"
    pack.parent.mkdir()
    pack.write_text("rules: [1]\n")
    later = time.time_ns() + 3_600_000_000_000
    before = standing([str(pack.parent)], later)
    assert before == standing([str(pack.parent)], later) is not None
    about = pack.stat()
    time.sleep(0.02)  # longer than a tick of the file system's clock
    pack.write_text("rules: [2]\n")
    os.utime(pack, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert standing([str(pack.parent)], later) != before
    pack.rename(pack.with_name("zacme.yaml"))
    assert standing([str(pack.parent)], later) != before
    assert standing([str(tmp_path / "gone")], later) is None


def test_a_pack_that_was_just_written_is_not_noted(tmp_path: Path) -> None:
    (tmp_path / "acme.yaml").write_text("rules: []\n")
    assert standing([str(tmp_path)], time.time_ns()) is None
