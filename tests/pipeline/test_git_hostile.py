"""A stranger's repository runs nothing of its own, and costs no more than its size."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from scanner.pipeline import gitread
from scanner.sources import files
from tests.conftest import Repo
from tests.effort import costs_at_most
from tests.gitrepo import PYTHON_SCAN, ROOT, Said, loose_file, objects, packs, scan, token, write_object

# -- configuration that would run a program ------------------------------------------------------------------------------------------------

HOSTILE = """
[core]
    repositoryformatversion = 1
    fsmonitor = {run}
    hooksPath = {folder}
    pager = {run}
    editor = {run}
    sshCommand = {run}
    askPass = {run}
    gitProxy = {run}
    alternateRefsCommand = {run}
    attributesFile = {folder}/attributes
[alias]
    cat-file = !{run}
    rev-list = !{run}
    log = !{run}
[diff]
    external = {run}
    orderFile = {folder}/none
    ignoreSubmodules = none
[diff "evil"]
    command = {run}
    textconv = {run}
[filter "evil"]
    clean = {run}
    smudge = {run}
    process = {run}
    required = true
[merge "evil"]
    driver = {run}
[credential]
    helper = !{run}
[protocol]
    allow = always
[protocol "ext"]
    allow = always
[protocol "file"]
    allow = always
[remote "origin"]
    url = ext::{run}
    promisor = true
    partialCloneFilter = blob:none
    uploadpack = {run}
    fetch = +refs/heads/*:refs/remotes/origin/*
[extensions]
    partialClone = origin
[gpg]
    program = {run}
[log]
    showSignature = true
    diffMerges = off
    showRoot = false
[i18n]
    logOutputEncoding = UTF-16
[color]
    ui = always
[pager]
    log = {run}
    cat-file = {run}
[uploadpack]
    packObjectsHook = {run}
[submodule]
    recurse = true
[submodule "sub"]
    update = !{run}
[include]
    path = {folder}/more
[includeIf "gitdir:**"]
    path = {folder}/more
[sequence]
    editor = {run}
[trace2]
    normalTarget = {folder}/canary
"""


@pytest.mark.parametrize("missing", [False, True], ids=["whole", "lacks an object that Git would fetch"])
def test_nothing_of_the_scanned_repository_runs(repo: Repo, tmp_path: Path, missing: bool) -> None:
    folder = tmp_path / "evil"
    folder.mkdir()
    canary, run = folder / "canary", folder / "run"
    run.write_text(f"#!/bin/sh\necho ran >> '{canary}'\n")
    run.chmod(0o755)
    for hook in ("post-index-change", "pre-auto-gc", "reference-transaction", "post-checkout"):
        (folder / hook).write_text(run.read_text())
        (folder / hook).chmod(0o755)
    (folder / "more").write_text(f"[core]\n fsmonitor = {run}\n pager = {run}\n")
    (folder / "attributes").write_text("* filter=evil diff=evil merge=evil\n")
    commit = repo.commit({"f": token(1), ".gitattributes": "* filter=evil diff=evil\n", "gone": "gone"})
    repo.commit({"f": "clean\n"})
    repo.write({"f": "changed\n"})
    if missing:
        loose_file(repo.path, repo.git("rev-parse", "HEAD:gone")).unlink()
        loose_file(repo.path, repo.git("rev-parse", "HEAD~1:.gitattributes")).write_bytes(b"")
    shutil.copytree(folder, repo.path / ".git/hooks", dirs_exist_ok=True)
    (repo.path / ".git/config").write_text(HOSTILE.format(run=run, folder=folder))
    said = scan(repo.path)
    assert not canary.exists()
    assert (said.place["commit"], said.place["path"], said.place["author"]) == (commit, "f", "A Tester <tester@example.org>")
    assert scan(repo.path, "--walk", "git", "--verify-objects").code == 1
    assert not canary.exists()
    assert bool(said.gaps) is missing


def test_the_callers_own_git_variables_lead_nowhere_else(
    repo: Repo, make_repo: Callable[..., Repo], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_repo("other")
    other.commit({"f": token(2)})
    repo.commit({"f": "x\n"}, f"message {token(3)}")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(other.path / ".git/objects"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / ".git/index"))
    said = scan(repo.path)
    monkeypatch.undo()
    assert said.place["field"] == "commit-message"
    assert said.place["author"] == "A Tester <tester@example.org>"
    assert said.report["targets"][0]["head"] == repo.git("rev-parse", "HEAD")


# -- packs that only an enemy would write --------------------------------------------------------------------------------------------------


def _size(kind: int, size: int) -> bytes:
    first, size = kind << 4 | size & 15, size >> 4
    head = bytearray()
    while size:
        head.append(first | 128)
        first, size = size & 127, size >> 7
    return bytes([*head, first])


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def write_pack(repo: Path, entries: list[tuple[bytes, bytes]]) -> None:
    """A pack and its index of (object id, packed bytes), whatever they are."""
    pack, offsets = bytearray(b"PACK" + struct.pack(">II", 2, len(entries))), {}
    crcs = {}
    for oid, packed in entries:
        offsets[oid], crcs[oid] = len(pack), zlib.crc32(packed)
        pack += packed
    pack += hashlib.sha1(pack).digest()
    ids = sorted(offsets)
    index = bytearray(b"\xfftOc" + struct.pack(">I", 2))
    index += b"".join(struct.pack(">I", sum(oid[0] <= first for oid in ids)) for first in range(256))
    index += (
        b"".join(ids) + b"".join(struct.pack(">I", crcs[oid]) for oid in ids) + b"".join(struct.pack(">I", offsets[oid]) for oid in ids)
    )
    index += pack[-20:]
    index += hashlib.sha1(index).digest()
    folder = repo / ".git/objects/pack"
    folder.mkdir(exist_ok=True)
    name = "pack-" + hashlib.sha1(pack).hexdigest()
    (folder / f"{name}.pack").write_bytes(pack)
    (folder / f"{name}.idx").write_bytes(index)


def _blob(data: bytes) -> tuple[bytes, bytes]:
    oid = hashlib.sha1(b"blob %d\0" % len(data) + data).digest()
    return oid, _size(3, len(data)) + zlib.compress(data)


def _delta(base: bytes, source: int, result: int, body: bytes) -> bytes:
    delta = _varint(source) + _varint(result) + body
    return _size(7, len(delta)) + base + zlib.compress(delta)


def _id(number: int) -> bytes:
    return hashlib.sha1(b"%d" % number).digest()


SECRET = _blob(b"TOKEN=" + token(9).encode())
BASE = _blob(b"b" * 1000)
ENEMIES: dict[str, list[tuple[bytes, bytes]]] = {
    "a cycle of deltas": [(_id(1), _delta(_id(2), 9, 9, b"x")), (_id(2), _delta(_id(1), 9, 9, b"x"))],
    "a delta of itself": [(_id(1), _delta(_id(1), 9, 9, b"x"))],
    "a base that is nowhere": [(_id(1), _delta(_id(5), 9, 9, b"x"))],
    "a delta that claims 4 GiB": [BASE, (_id(1), _delta(BASE[0], 1000, 4 << 30, b"\x90\x10"))],
    "a delta that claims 2**62 bytes": [BASE, (_id(1), _delta(BASE[0], 1000, 1 << 62, b"\x90\x10"))],
    "a delta whose size never ends": [BASE, (_id(1), _size(7, 40) + BASE[0] + zlib.compress(b"\xff" * 40))],
    "an empty delta": [BASE, (_id(1), _size(7, 0) + BASE[0] + zlib.compress(b""))],
    "a copy from outside its base": [BASE, (_id(1), _delta(BASE[0], 1000, 500, b"\xbf\xff\xff\xff\x00\x01"))],
    "a header that says too little": [(_id(1), _size(3, 10) + zlib.compress(bytes(300 << 20)))],
    "a header that says too much": [(_id(1), _size(3, 1 << 60) + zlib.compress(b"x"))],
    "a header without end": [(_id(1), b"\xff" * 60)],
    "a kind that is none": [(_id(1), _size(5, 3) + zlib.compress(b"abc")), (_id(2), _size(0, 3) + zlib.compress(b"abc"))],
    "no content": [(_id(1), _size(3, 10))],
    "no bytes": [(_id(1), b"")],
    "not zlib": [(_id(1), _size(3, 10) + b"\0" * 50)],
    "the content of another": [(_id(1), _blob(b"other")[1])],
    "a reversed chain": [(_id(n), _delta(_id(n + 1), 9, 9, b"x")) for n in range(20_000)],
}  # fmt: skip


@pytest.mark.parametrize("kind", ENEMIES)
def test_hostile_packs(repo: Repo, kind: str) -> None:
    repo.commit({"f": "x\n"})
    bad = ENEMIES[kind][: 50 if kind == "a reversed chain" else None]
    write_pack(repo.path, [SECRET, *bad])
    said = scan(repo.path, *(["--verify-objects"] if kind == "the content of another" else []))
    assert (said.code, len(said.fingerprints)) == (1, 1)
    spoiled = {oid.hex() for oid, _ in bad} - {BASE[0].hex()}
    assert {gap["object"] for gap in said.gap("corrupt-object")} == spoiled
    figures = said.coverage
    assert figures["objects"] == figures["scanned"] + figures["unreadable"]


def test_a_long_chain_of_deltas_in_the_wrong_order_is_linked_in_linear_time(repo: Repo) -> None:
    from scanner.sources.git.pack import Pack

    write_pack(repo.path, [*ENEMIES["a reversed chain"], (_id(20_000), _blob(b"123456789")[1])])
    (path,) = packs(repo.path)

    def walked() -> None:
        pack = Pack(path, 20)
        assert list(pack.unreached()) == []
        assert sum(weight > 0 for _, weight in pack.units(1 << 20)) >= 1

    assert costs_at_most(20_000 * 3000, walked)


def test_deltas_on_a_damaged_base_cost_one_try_each(repo: Repo) -> None:
    base = (_id(0), _size(3, 9) + b"\0" * 20)
    write_pack(repo.path, [SECRET, base, *((_id(n), _delta(_id(n - 1), 9, 9, b"\x90\x09")) for n in range(1, 300))])
    said = scan(repo.path)
    assert (said.code, said.gaps["corrupt-object"]) == (1, 300)


def _bounded(path: Path, *options: str) -> tuple[Said, int]:
    """A scan in a process of its own, and the most memory that one of its processes ever held, in MiB."""
    most = "resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss"
    count = f"import resource, subprocess, sys; subprocess.run(sys.argv[1:]); print({most}, file=sys.stderr)"
    words = [sys.executable, "-c", count, *PYTHON_SCAN, "--jobs", "2", *options, "--git", str(path)]
    done = subprocess.run(words, capture_output=True, cwd=ROOT, timeout=300, check=True)
    report = json.loads(done.stdout)
    return Said(1 if report["findings"] else 3, report), int(done.stderr.split()[-1]) >> 10


def test_memory_does_not_grow_with_a_blob(repo: Repo) -> None:
    (repo.path / "big").write_bytes(b"")
    os.truncate(repo.path / "big", 600 << 20)
    with (repo.path / "big").open("ab") as file:
        file.write(f"\n{token(5)}\n".encode())
    repo.git("-c", "core.compression=1", "add", "big")
    repo.git("commit", "-qm", "big")
    (repo.path / "big").unlink()
    said, most = _bounded(repo.path)
    assert (said.code, said.place["line"], said.place["path"]) == (1, 2, "big")
    assert said.coverage["objects"] == said.coverage["scanned"]
    assert most < 400


def test_very_many_refs(repo: Repo) -> None:
    head = repo.commit({"f": "x\n"})
    with (repo.path / ".git/packed-refs").open("w") as file:
        file.write("# pack-refs with: peeled fully-peeled sorted \n")
        file.writelines(f"{head} refs/heads/topic/{number:06}\n" for number in range(500_000))
        file.write(f"{head} refs/heads/zz-{token(6)}\n")
    said = scan(repo.path)
    assert (said.code, said.place["field"], said.place["line"]) == (1, "ref-name", 500_002)


# -- while it is read ----------------------------------------------------------------------------------------------------------------------


def test_a_file_that_is_written_to_while_it_is_read(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit({"busy.log": "x\n" * 1000, "quiet": token(7)})
    real = os.fstat
    path = repo.path / "busy.log"

    def busy(fd: int) -> os.stat_result:
        about = real(fd)
        if about.st_ino == path.stat().st_ino:
            with path.open("a") as file:
                file.write("more\n")
        return about

    monkeypatch.setattr(files.os, "fstat", busy)
    said = scan(repo.path)
    monkeypatch.undo()
    assert [gap["path"] for gap in said.gap("changed-while-reading")] == ["busy.log"]
    assert len(said.fingerprints) == 1


def test_a_large_file_that_grows_while_it_is_read(repo: Repo) -> None:
    repo.commit({"grows": b"0123456789abcdef\n" * (3 << 20), "quiet": token(7)})
    done = threading.Event()

    def append() -> None:
        with (repo.path / "grows").open("ab") as file:
            while not done.is_set():
                file.write(b"more\n")
                file.flush()
                time.sleep(0.002)

    writer = threading.Thread(target=append)
    writer.start()
    try:
        said = scan(repo.path)
    finally:
        done.set()
        writer.join()
    assert [gap["path"] for gap in said.gap("changed-while-reading")] == ["grows"]


@pytest.mark.parametrize("make", ["fifo", "socket", "folder"])
def test_a_tracked_file_that_is_no_file_any_more(repo: Repo, make: str) -> None:
    repo.commit({"odd": "x\n", "quiet": token(7)})
    path = repo.path / "odd"
    path.unlink()
    if make == "fifo":
        os.mkfifo(path)
    elif make == "folder":
        path.mkdir()
    else:
        with contextlib.chdir(repo.path), socket.socket(socket.AF_UNIX) as server:
            server.bind("odd")
    said = scan(repo.path)
    assert (said.code, len(said.fingerprints)) == (1, 1)
    assert [gap["path"] for gap in said.report["gaps"]] == ([] if make == "folder" else ["odd"])


def _sizeable(repo: Repo, count: int = 40) -> None:
    for number in range(count):
        repo.write({f"f{number}": token(number) + "\n" + f"{number:099}\n" * 60_000})
    repo.git("add", ".")
    repo.git("commit", "-qm", "many")
    for number in range(count):
        (repo.path / f"f{number}").unlink()
    repo.git("repack", "-adq", "--window=0")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_reports_what_it_found(repo: Repo, number: signal.Signals) -> None:
    _sizeable(repo)
    repo.git("branch", f"x-{token(99)}")
    process = subprocess.Popen(
        [*PYTHON_SCAN, "--jobs", "2", "--git", str(repo.path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        until = time.monotonic() + 30
        while len(_children(process.pid)) < 2:
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.01)
        time.sleep(0.1)
        os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, err.decode()
    assert err.decode().startswith("leakseal: the scan was interrupted")
    assert err.count(b"\n") == 2
    report = json.loads(out)
    assert report["result"] in ("leaks", "incomplete")
    assert report["gaps"], "what was not read any more is told"


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        words = [Path(f"/proc/{child}/cmdline") for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return [int(path.parent.name) for path in words if b"scanner" in path.read_bytes()]
    return []


@pytest.mark.parametrize("how", ["kill -9", "an error", "kill -9 once"])
def test_a_worker_that_dies_costs_only_what_killed_it(repo: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, how: str) -> None:
    _sizeable(repo, 12)
    deadly = repo.git("rev-parse", "HEAD:f5")
    once = tmp_path / "once"
    real = gitread.GitReader._object

    def object(self: gitread.GitReader, answer: gitread.Answer, references: object, item: object) -> None:
        if item.oid.hex() == deadly and not (how == "kill -9 once" and once.exists()):  # type: ignore[attr-defined]
            once.touch()
            if how == "an error":
                raise RuntimeError(token(5))
            os.kill(os.getpid(), signal.SIGKILL)
        real(self, answer, references, item)  # type: ignore[arg-type]

    monkeypatch.setattr(gitread.GitReader, "_object", object)
    said = scan(repo.path, "--jobs", "2")
    assert token(5) not in said.complaint
    lost = [] if how == "kill -9 once" else [deadly]
    assert [gap["object"] for gap in said.report["gaps"]] == lost
    assert len(said.fingerprints) == 12 - len(lost)
    assert said.coverage["objects"] >= len(objects(repo.path))


def test_an_error_without_workers_costs_only_its_object(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit({f"f{n}": token(n) for n in range(6)})
    repo.git("repack", "-adq")
    deadly = repo.git("rev-parse", "HEAD:f3")
    for number in range(6):
        (repo.path / f"f{number}").unlink()
    real = gitread.GitReader._object

    def object(self: gitread.GitReader, answer: gitread.Answer, references: object, item: object) -> None:
        if item.oid.hex() == deadly:  # type: ignore[attr-defined]
            raise RuntimeError
        real(self, answer, references, item)  # type: ignore[arg-type]

    monkeypatch.setattr(gitread.GitReader, "_object", object)
    said = scan(repo.path)
    assert [(gap["object"], gap["reason"]) for gap in said.report["gaps"]] == [(deadly, "tool-error")]
    assert len(said.fingerprints) == 5


def test_a_loose_object_whose_header_lies_cannot_answer_for_another(repo: Repo) -> None:
    """Git writes all of it after announcing two bytes; the rest looks like the answer to the next question."""
    repo.commit({"f": token(8)})
    target = repo.git("rev-parse", "HEAD:f")
    forged = f"\n{target} blob 7\nforged\n\n".encode()
    liar = write_object(repo.path, b"blob", b"hi" + forged)
    loose_file(repo.path, liar).write_bytes(zlib.compress(b"blob 2\0hi" + forged))
    (repo.path / "f").unlink()
    for walk in ("fast", "git"):
        said = scan(repo.path, "--walk", walk)
        assert (said.code, [gap["object"] for gap in said.gap("corrupt-object")]) == (1, [liar])
        assert said.place["line"] == 1
