"""What a repository lacks or has spoiled is a gap of its kind, and everything else is still reported."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Repo
from tests.gitrepo import PYTHON_SCAN, Said, git, loose_file, packs, scan, token, write_object

Maker = Callable[..., Repo]
NOBODY = 65534  # and nogroup
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give files to another user")


@pytest.fixture
def full(repo: Repo) -> Repo:
    """Three commits; the first has a secret that the later ones do not."""
    repo.commit({"a.env": token(1), "dir/x": "x\n"}, "one")
    repo.commit({"a.env": "clean\n"}, "two")
    repo.commit({"b": "b\n"}, "three")
    return repo


def test_shallow_clone(full: Repo, tmp_path: Path) -> None:
    parent = full.git("rev-parse", "HEAD~1")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{full.path}", "shallow")
    said = scan(tmp_path / "shallow")
    assert (said.code, said.gaps) == (3, {"shallow-clone": 1})
    assert said.gap("shallow-clone")[0]["object"] == parent


def test_a_shallow_mark_though_all_is_there(full: Repo) -> None:
    (full.path / ".git/shallow").write_text(full.git("rev-parse", "HEAD~1") + "\n")
    first = git(full.path, "rev-list", "--max-parents=0", "HEAD", GIT_SHALLOW_FILE="").decode()
    said = scan(full.path)
    assert (said.code, said.gaps) == (1, {})
    assert (said.place["commit"], said.place["reachable"]) == (first, True)
    assert any("marked shallow" in note for note in said.report["notes"])


def test_grafts(full: Repo) -> None:
    first = full.git("rev-parse", "HEAD~2")
    (full.path / ".git/info").mkdir(exist_ok=True)
    (full.path / ".git/info/grafts").write_text(full.git("rev-parse", "HEAD") + "\n")
    said = scan(full.path)
    assert (said.code, said.gaps) == (1, {"grafts": 1})
    assert (said.place["commit"], said.place["reachable"]) == (first, True)


def test_replace_refs_are_counted(full: Repo) -> None:
    full.git("replace", full.git("rev-parse", "HEAD:b"), full.git("rev-parse", "HEAD:a.env"))
    full.git("pack-refs", "--all")
    said = scan(full.path)
    assert said.gaps == {}
    assert any(note.startswith("1 replace refs") for note in said.report["notes"])


@pytest.mark.parametrize("kind", ["blob:none", "tree:0"])
def test_partial_clone(full: Repo, tmp_path: Path, kind: str) -> None:
    full.git("config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--bare", f"--filter={kind}", f"file://{full.path}", "part.git")
    said = scan(tmp_path / "part.git")
    assert said.code == 3
    assert set(said.gaps) == {"partial-clone"}
    assert said.gaps["partial-clone"] == (4 if kind == "blob:none" else 3)


@pytest.mark.parametrize("name", ["HEAD~1:a.env", "HEAD~2:dir", "HEAD~1", "HEAD:b", "HEAD"])
def test_missing_objects(full: Repo, name: str) -> None:
    oid = full.git("rev-parse", name)
    loose_file(full.path, oid).unlink()
    said = scan(full.path)
    assert (said.code, said.gaps["missing-object"]) == (1, 1)
    assert said.gap("missing-object")[0]["object"] == oid


def test_a_ref_without_its_object(full: Repo) -> None:
    commit = full.git("commit-tree", "HEAD^{tree}", "-m", "alone")
    full.git("tag", "alone", commit)
    full.git("pack-refs", "--all")
    loose_file(full.path, commit).unlink()
    assert [gap["object"] for gap in scan(full.path).gap("missing-object")] == [commit]


def test_all_objects_gone(repo: Repo) -> None:
    repo.commit({"a": "a\n"})
    shutil.rmtree(repo.path / ".git/objects")
    (repo.path / ".git/objects").mkdir()
    said = scan(repo.path)
    assert said.code == 3
    assert said.gaps["missing-object"] == 2


def _flip(path: Path, at: int = -1) -> None:
    data = bytearray(path.read_bytes())
    data[at if at >= 0 else len(data) // 2] ^= 0xFF
    path.write_bytes(data)


LOOSE = {
    "flipped byte": _flip,
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-6]),
    "empty": lambda path: path.write_bytes(b""),
    "another's content": lambda path: path.write_bytes(zlib.compress(b"blob 6\0other\n")),
    "no header": lambda path: path.write_bytes(zlib.compress(b"what is this")),
    "unknown kind": lambda path: path.write_bytes(zlib.compress(b"fruit 6\0apple\n")),
    "a header that lies": lambda path: path.write_bytes(zlib.compress(b"blob 999999999999\0x")),
    "a bomb": lambda path: path.write_bytes(zlib.compress(b"blob 2\0" + bytes(64 << 20))),
    "not zlib": lambda path: path.write_bytes(b"\x00" * 40),
}


@pytest.mark.parametrize("walk", ["fast", "git"])
@pytest.mark.parametrize("kind", LOOSE)
def test_corrupt_loose_object(full: Repo, kind: str, walk: str) -> None:
    oid = full.git("rev-parse", "HEAD:b")
    LOOSE[kind](loose_file(full.path, oid))
    said = scan(full.path, "--walk", walk)
    assert (said.code, said.gaps) == (1, {"corrupt-object": 1})
    assert said.gap("corrupt-object")[0]["object"] == oid


@pytest.mark.parametrize("which", [0, 1], ids=["older", "newer"])
def test_a_damaged_copy_is_read_from_the_other_pack(full: Repo, which: int) -> None:
    oid = full.git("rev-parse", "HEAD:b")
    full.git("repack", "-adq")
    (older,) = packs(full.path)
    full.commit({"c": "c\n"})
    full.git("repack", "-aq")
    (newer,) = (pack for pack in packs(full.path) if pack != older)
    pack = (older, newer)[which]
    _flip(pack, _where(full, pack)[oid][0] + 4)
    said = scan(full.path)
    assert (said.code, said.gaps) == (1, {})


def _packed(repo: Repo, count: int = 30) -> Path:
    lines = "".join(f"line {n}\n" for n in range(100))
    for number in range(count):
        repo.commit({"f": f"{lines}{number}\n", f"other{number}": os.urandom(200)})
    repo.commit({"late": token(7)})
    repo.git("repack", "-adfq", "--depth=50", "--window=50")
    (pack,) = packs(repo.path)
    return pack


def _where(repo: Repo, pack: Path) -> dict[str, tuple[int, str, str | None]]:
    """object -> (offset, kind, base) as `git verify-pack -v` says."""
    found = {}
    for line in git(repo.path, "verify-pack", "-v", str(pack.with_suffix(".idx"))).decode().splitlines():
        words = line.split()
        if len(words) >= 5 and len(words[0]) == 40:
            found[words[0]] = (int(words[4]), words[1], words[6] if len(words) > 6 else None)
    return found


def test_a_flipped_byte_in_a_pack_costs_one_object_and_its_deltas(repo: Repo) -> None:
    pack = _packed(repo)
    where = _where(repo, pack)
    bases = {base for _, _, base in where.values() if base}
    base = max(bases, key=lambda oid: sum(1 for _, _, b in where.values() if b == oid))
    lost = {base}
    while more := {oid for oid, (_, _, b) in where.items() if b in lost} - lost:
        lost |= more
    _flip(pack, where[base][0] + 8)
    (repo.path / "late").unlink()
    said = scan(repo.path)
    assert (said.code, len(said.fingerprints)) == (1, 1)
    assert {gap["object"] for gap in said.gap("corrupt-object")} == lost
    assert said.coverage["objects"] == said.coverage["scanned"] + len(said.report["gaps"])


def test_truncated_pack(repo: Repo) -> None:
    pack = _packed(repo)
    where = _where(repo, pack)
    size = pack.stat().st_size
    os.truncate(pack, size * 2 // 3)
    after = {oid for oid, (offset, _, _) in where.items() if offset >= size * 2 // 3 - 20}
    said = scan(repo.path)
    lost = {gap["object"] for gap in said.gap("corrupt-object")}
    assert said.code in (1, 3)
    assert after < lost and None in lost
    assert said.coverage["scanned"] > len(where) // 4


def test_pack_without_index(repo: Repo) -> None:
    pack = _packed(repo, 2)
    pack.with_suffix(".idx").unlink()
    said = scan(repo.path)
    assert said.gap("corrupt-object")[0]["detail"].endswith("has no index, so its objects cannot be found")
    assert said.gaps["missing-object"]


def test_index_without_pack(repo: Repo) -> None:
    _packed(repo, 2).unlink()
    details = [gap["detail"] for gap in scan(repo.path).gap("missing-object")]
    assert any(detail.endswith("has an index, but the pack is gone") for detail in details)


INDEX = {
    "fan-out": 8 + 4 * 100,
    "an id": 8 + 1024 + 5,
    "checksum": -20,
}


@pytest.mark.parametrize("where", INDEX)
def test_corrupt_index(repo: Repo, where: str) -> None:
    index = _packed(repo, 4).with_suffix(".idx")
    data = bytearray(index.read_bytes())
    data[INDEX[where]] ^= 0x40
    index.write_bytes(data)
    (repo.path / "late").unlink()
    said = scan(repo.path)
    assert said.gaps["corrupt-object"]
    assert said.code in (1, 3)


def test_index_with_offsets_outside_its_pack(repo: Repo) -> None:
    pack = _packed(repo, 4)
    index = pack.with_suffix(".idx")
    data = bytearray(index.read_bytes())
    count = struct.unpack(">I", data[8 + 1020 : 8 + 1024])[0]
    at = 8 + 1024 + 24 * count
    data[at : at + 4] = struct.pack(">I", 0x7FFFFFF0)
    index.write_bytes(data)
    said = scan(repo.path)
    assert said.gaps["corrupt-object"] == 2  # the index itself, and the object that it sends outside
    assert said.code == 1


@pytest.mark.parametrize("size", [0, 7, 500, 1100])
def test_truncated_index(repo: Repo, size: int) -> None:
    os.truncate(_packed(repo, 2).with_suffix(".idx"), size)
    said = scan(repo.path)
    assert said.code in (1, 3)
    assert said.gaps["corrupt-object"] and said.gaps["missing-object"]


def test_lost_alternate(full: Repo, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--shared", str(full.path), "borrower")
    full.path.rename(tmp_path / "moved")
    said = scan(tmp_path / "borrower")
    assert said.code == 3
    assert "objects/info/alternates" in {gap["path"] for gap in said.gap("missing-object")}


def _pointer(oid: str) -> str:
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 41\n"


def test_lfs_content_absent_and_present(repo: Repo) -> None:
    here, gone = "ab" * 32, "cd" * 32
    repo.commit({"here.bin": _pointer(here), "gone.bin": _pointer(gone)})
    path = repo.path / ".git/lfs/objects/ab/ab" / here
    path.parent.mkdir(parents=True)
    path.write_text(f"{token(9)}\n")
    said = scan(repo.path)
    assert said.code == 1
    assert [gap["path"] for gap in said.gap("lfs-missing")] == ["gone.bin"]
    assert (said.place["field"], said.place["path"]) == ("lfs", f"lfs/objects/{here}")


def test_lfs_content_that_no_pointer_names_is_read_too(repo: Repo) -> None:
    repo.commit({"f": "x"})
    path = repo.path / ".git/lfs/objects/ab/ab" / ("ab" * 32)
    path.parent.mkdir(parents=True)
    path.write_text(f"{token(10)}\n")
    assert scan(repo.path).place["field"] == "lfs"


def test_corrupt_git_index(full: Repo) -> None:
    _flip(full.path / ".git/index")
    said = scan(full.path)
    assert (said.code, said.gaps) == (1, {"unreadable": 1})
    assert said.gap("unreadable")[0]["path"] == ".git/index"


@pytest.mark.parametrize("words", ["HEAD", "config"])
def test_git_cannot_open_it(full: Repo, words: str) -> None:
    (full.path / ".git" / words).write_text("garbage [[[\n")
    said = scan(full.path)
    assert said.code == 1
    assert said.gaps["tool-error"] == 1
    assert len(said.fingerprints) == 1


def test_a_broken_repository_is_not_mistaken_for_the_one_around_it(repo: Repo, make_repo: Maker) -> None:
    repo.commit({"outer": token(11)})
    inner = make_repo("repo/inner")
    inner.commit({"f": "x\n"})
    (inner.path / ".git/HEAD").write_text("garbage\n")
    said = scan(inner.path)
    assert (said.code, said.report["findings"]) == (3, [])


@pytest.mark.parametrize("make", ["empty", "file"])
def test_not_a_repository(tmp_path: Path, make: str) -> None:
    place = tmp_path / "there"
    place.mkdir()
    if make == "file":
        (place / ".git").write_text("gitdir: ../nowhere\n")
    said = scan(place)
    assert said.code == 3
    assert said.complaint.startswith("leakseal: ") and said.complaint.count("\n") == 2


def test_left_overs_of_interrupted_commands(repo: Repo) -> None:
    repo.commit({"f": "x\n"})
    for name in ("pack/tmp_pack_abc", "tmp_obj_abc", repo.git("rev-parse", "HEAD:f")[:2] + "/tmp_obj_xyz"):
        (repo.path / ".git/objects" / name).write_bytes(b"half")
    said = scan(repo.path)
    assert (said.code, said.gaps) == (3, {"unsupported-format": 3})


# -- permissions ---------------------------------------------------------------------------------------------------------------------------


def _as_nobody(path: Path, *options: str) -> Said:
    """The scan as a user who owns nothing; all modules are loaded before, since the interpreter may stand in root's own folder."""
    scan(path, "--trust-owner")
    for folder in path.parents:
        if folder.stat().st_uid == 0 and folder not in (Path("/"), Path("/tmp")):
            folder.chmod(0o755)
    home = Path(os.environ["HOME"])
    home.chmod(0o755)
    cache = home / "nobody"  # theirs, and kept, so that the rules are compiled once
    cache.mkdir(exist_ok=True)
    os.chown(cache, NOBODY, NOBODY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        try:
            os.setresgid(NOBODY, NOBODY, 0)
            os.setresuid(NOBODY, NOBODY, 0)
            return scan(path, *options)
        finally:
            os.setresuid(0, 0, 0)
            os.setresgid(0, 0, 0)


def _give(path: Path) -> None:
    for folder, _, files in os.walk(path):
        for name in (Path(folder), *(Path(folder, file) for file in files)):
            os.lchown(name, NOBODY, NOBODY)


@as_root
def test_another_users_repository(full: Repo) -> None:
    said = _as_nobody(full.path)
    assert (said.code, said.report) == (3, {})
    assert "belongs to another user" in said.complaint and "--trust-owner" in said.complaint
    said = _as_nobody(full.path, "--trust-owner")
    assert (said.code, len(said.fingerprints)) == (1, 1)


@as_root
def test_another_users_bare_repository(full: Repo, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(full.path), "bare.git")
    assert _as_nobody(tmp_path / "bare.git").code == 3
    assert _as_nobody(tmp_path / "bare.git", "--trust-owner").code == 1


@as_root
@pytest.mark.parametrize("name", ["b", ".git/logs/HEAD", ".git/logs", ".git/refs/heads", ".git/packed-refs", ".git/description"])
def test_files_and_folders_that_are_closed(full: Repo, name: str) -> None:
    full.git("tag", "v1")
    full.git("pack-refs", "--no-prune", "--all")
    _give(full.path)
    (full.path / name).chmod(0)
    said = _as_nobody(full.path)
    assert said.code == 1
    assert name in {gap["path"] for gap in said.gap("unreadable")}
    assert len(said.fingerprints) == 1


@as_root
def test_a_closed_object_and_a_closed_folder_of_objects(full: Repo) -> None:
    blob, tree = full.git("rev-parse", "HEAD:b"), full.git("rev-parse", "HEAD:dir")
    _give(full.path)
    loose_file(full.path, blob).chmod(0)
    loose_file(full.path, tree).parent.chmod(0)
    said = _as_nobody(full.path)
    assert said.code == 1
    assert blob in {gap["object"] for gap in said.report["gaps"]}
    assert any("closed to us" in gap["detail"] for gap in said.gap("unreadable"))
    assert len(said.fingerprints) == 1


@as_root
@pytest.mark.parametrize("ending", [".pack", ".idx"])
def test_a_closed_pack(full: Repo, ending: str) -> None:
    full.git("repack", "-adq")
    (pack,) = packs(full.path)
    full.commit({"loose": token(3)})
    _give(full.path)
    pack.with_suffix(ending).chmod(0)
    said = _as_nobody(full.path)
    assert said.code == 1
    assert any("cannot be opened" in gap["detail"] for gap in said.gap("unreadable"))


# -- objects that only an enemy would write ------------------------------------------------------------------------------------------------


def _tree(*entries: tuple[bytes, bytes, str]) -> bytes:
    return b"".join(mode + b" " + name + b"\0" + bytes.fromhex(oid) for mode, name, oid in entries)


HOSTILE_TREES: dict[str, Callable[[str], bytes]] = {
    "unknown mode": lambda oid: _tree((b"777777", token(20).encode(), oid)),
    "no mode": lambda oid: token(20).encode() + b"\0" + bytes.fromhex(oid),
    "dots and slashes": lambda oid: _tree((b"100644", b"../../" + token(20).encode(), oid), (b"40000", b"..", oid)),
    "empty name": lambda oid: _tree((b"100644", b"", oid), (b"100644", token(20).encode(), oid)),
}


@pytest.mark.parametrize("kind", HOSTILE_TREES)
def test_hostile_trees(repo: Repo, kind: str) -> None:
    repo.commit({"f": "x\n"})
    write_object(repo.path, b"tree", HOSTILE_TREES[kind](repo.git("rev-parse", "HEAD:f")))
    said = scan(repo.path)
    assert said.code == 1
    assert said.place["field"] == "path-name"


@pytest.mark.parametrize("tail", [b"100644 f", b"100644 f\0short", b"x" * (4 << 20)], ids=["no name", "short", "long"])
def test_trees_that_do_not_parse(repo: Repo, tail: bytes) -> None:
    repo.commit({"f": "x\n"})
    oid = write_object(repo.path, b"tree", tail)
    said = scan(repo.path)
    assert (said.code, [gap["object"] for gap in said.gap("corrupt-object")]) == (3, [oid])


@pytest.mark.parametrize(
    "data",
    [
        b"", b"tree ", b"tree " + b"a" * 41 + b"\n", b"parent zz\n\n", b"author \n" * 9,
        b"tree " + b"0" * 40 + b"\nauthor x <x> 99999999999999999999 +9999\n\n",
    ],
    ids=range(6),
)  # fmt: skip
def test_hostile_commits_and_tags(repo: Repo, data: bytes) -> None:
    repo.commit({"f": token(21)})
    for kind in (b"commit", b"tag"):
        write_object(repo.path, kind, data)
    said = scan(repo.path)
    assert (said.code, len(said.fingerprints)) == (1, 1)


def test_a_commit_without_an_empty_line(repo: Repo) -> None:
    repo.commit({"f": "x\n"})
    tree = repo.git("rev-parse", "HEAD^{tree}")
    write_object(repo.path, b"commit", f"tree {tree}\nauthor {token(22)} <a@b> 1 +0000\ncommitter c <c@d> 1 +0000\n".encode())
    assert scan(repo.path).place["field"] in ("author", "commit-message")


def test_a_huge_commit(repo: Repo) -> None:
    repo.commit({"f": "x\n"})
    tree = repo.git("rev-parse", "HEAD^{tree}")
    head = f"tree {tree}\nauthor a <a@b> 1 +0000\ncommitter c <c@d> 1 +0000\n\n".encode()
    write_object(repo.path, b"commit", head + b"line of a message\n" * (1 << 20) + token(23).encode())
    place = scan(repo.path).place
    assert (place["field"], place["line"]) == ("commit-message", (1 << 20) + 1)


def test_not_a_word_of_what_went_wrong_quotes_content(full: Repo) -> None:
    loose_file(full.path, full.git("rev-parse", "HEAD~2:a.env")).write_bytes(zlib.compress(f"blob 3\0{token(1)}".encode()))
    done = subprocess.run([*PYTHON_SCAN, "--git", str(full.path)], capture_output=True, cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == 3
    assert token(1)[4:].encode() not in done.stdout + done.stderr
