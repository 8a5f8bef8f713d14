"""However a repository stores its objects, every one is read, once, and the count comes out even."""

from __future__ import annotations

import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Repo
from tests.gitrepo import Said, git, objects, own_files, packs, scan, token

Maker = Callable[..., Repo]
LINES = [f"line {n} of a file that changes little by little\n" for n in range(200)]


def versions(repo: Repo, count: int = 6, seed: int = 1) -> None:
    """A history whose file makes good deltas; a secret comes in at the second commit and goes with the last."""
    for number in range(count):
        hidden = [f"key={token(seed)}\n"] if 0 < number < count - 1 else []
        repo.commit({"file.txt": "".join([*LINES, *hidden, f"{number}\n"]), f"other{number}": f"{number}\n"}, f"c{number}")


def check(path: Path, git_dir: Path, files: int, seeds: tuple[int, ...] = (1,), code: int = 1) -> Said:
    """A scan whose count is Git's own, and that finds just these secrets."""
    said = scan(path)
    figures = said.coverage
    assert said.report["gaps"] == []
    assert figures["objects"] == figures["scanned"] == len(objects(path)) + own_files(git_dir) + files
    assert (said.code, len(said.fingerprints)) == (code, len(seeds))
    return said


def repack(repo: Repo, *words: str) -> None:
    repo.git("repack", "-adfq", "--depth=50", "--window=50")
    if words:
        repo.git(*words)


def three_packs(repo: Repo) -> None:
    for number in range(3):
        repo.commit({f"more{number}": f"more {number}"})
        repo.git("repack", "-dq")


def midx(repo: Repo) -> None:
    three_packs(repo)
    repo.git("multi-pack-index", "write")


def index_v1(repo: Repo) -> None:
    repack(repo)
    (pack,) = packs(repo.path)
    pack.with_suffix(".idx").unlink()
    for other in pack.parent.glob("*.rev"):
        other.unlink()
    repo.git("index-pack", "--index-version=1", str(pack))


def cruft(repo: Repo) -> None:
    repo.git("switch", "-qc", "gone")
    repo.commit({"gone": "unreachable\n"})
    repo.git("switch", "-q", "main")
    repo.git("branch", "-qD", "gone")
    repo.git("reflog", "expire", "--expire=all", "--all")
    repo.git("repack", "--cruft", "-dq")
    assert list((repo.path / ".git/objects/pack").glob("*.mtimes"))


def kept(repo: Repo) -> None:
    repack(repo)
    packs(repo.path)[0].with_suffix(".keep").write_text("kept\n")
    repo.commit({"after": "x"})
    repack(repo)


def twice(repo: Repo) -> None:
    repo.git("repack", "-dq")
    for oid in sorted(objects(repo.path)):
        kind = repo.git("cat-file", "-t", oid)
        data = git_raw(repo.path, "cat-file", kind, oid)
        path = repo.path / ".git/objects" / oid[:2]
        path.mkdir(exist_ok=True)
        (path / oid[2:]).write_bytes(zlib.compress(kind.encode() + b" %d\0" % len(data) + data))
    repo.git("repack", "-q", "-a")  # and in a second pack


def git_raw(at: Path, *words: str) -> bytes:
    return subprocess.run(["git", "-C", str(at), *words], capture_output=True, check=True).stdout


FORMS: dict[str, Callable[[Repo], None]] = {
    "loose": lambda repo: None,
    "packed": repack,
    "three packs": three_packs,
    "packs and loose": lambda repo: (three_packs(repo), repo.commit({"loose": "x"}))[0],
    "multi-pack-index": midx,
    "multi-pack-index alone": lambda repo: (midx(repo), repo.git("repack", "-q", "-a", "-d", "--write-midx"))[0],
    "index version 1": index_v1,
    "bases by id": lambda repo: (repo.git("config", "repack.useDeltaBaseOffset", "false"), repack(repo))[0],
    "a kept pack": kept,
    "a cruft pack": cruft,
    "everything twice": twice,
    "commit-graph and bitmap": lambda repo: (repack(repo, "commit-graph", "write", "--reachable"), repo.git("repack", "-adbq"))[0],
    "deep chains": lambda repo: repo.git("repack", "-adfq", "--depth=4095", "--window=200") and None,
    "gc": lambda repo: repo.git("gc", "-q", "--aggressive") and None,
}


@pytest.mark.parametrize("walk", ["fast", "git"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_storage(repo: Repo, form: str, walk: str) -> None:
    versions(repo)
    FORMS[form](repo)
    said = scan(repo.path, "--walk", walk)
    tracked = len(repo.git("ls-files").split())
    assert said.report["gaps"] == []
    assert said.coverage["objects"] == said.coverage["scanned"] == len(objects(repo.path)) + own_files(repo.path / ".git") + tracked
    assert (said.code, said.place["line"], said.place["path"]) == (1, len(LINES) + 1, "file.txt")


@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
def test_sha_256(make_repo: Maker, packed: bool) -> None:
    repo = make_repo("sha256", "--object-format=sha256")
    versions(repo)
    if packed:
        repack(repo)
    said = check(repo.path, repo.path / ".git", 7)
    assert len(said.place["commit"]) == len(said.place["object"]) == 64


def test_bare_clone(repo: Repo, tmp_path: Path) -> None:
    versions(repo)
    git(tmp_path, "clone", "-q", "--bare", str(repo.path), "bare.git")
    check(tmp_path / "bare.git", tmp_path / "bare.git", 0)


def test_the_git_folder_itself_is_the_same_target(repo: Repo) -> None:
    versions(repo)
    assert scan(repo.path / ".git").coverage == scan(repo.path).coverage


@pytest.mark.parametrize("way", ["--shared", "--reference"])
def test_alternates_in_a_chain(repo: Repo, tmp_path: Path, way: str) -> None:
    versions(repo, seed=1)
    repack(repo)
    second, third = Repo(tmp_path / "second"), Repo(tmp_path / "third")
    options = [way] if way == "--shared" else [way, str(repo.path)]
    git(tmp_path, "clone", "-q", *options, f"file://{repo.path}" if way == "--reference" else str(repo.path), "second")
    second.commit({"second": token(2)})
    git(tmp_path, "clone", "-q", "--shared", "second", "third")
    third.commit({"third": token(3)})
    assert (third.path / ".git/objects/info/alternates").exists()
    said = check(third.path, third.path / ".git", len(third.git("ls-files").split()), seeds=(1, 2, 3))
    assert any("2 alternate" in note for note in said.report["notes"])


def test_a_linked_work_tree(repo: Repo, tmp_path: Path) -> None:
    versions(repo)
    repo.git("worktree", "add", "-q", "-b", "linked", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked")
    linked.stage({"only-here": token(2)})
    linked.write({"file.txt": token(3)})
    assert (linked.path / ".git").is_file()
    said = check(linked.path, repo.path / ".git", len(linked.git("ls-files").split()), seeds=(1, 2, 3))
    assert {place["path"] for place in said.places} == {"file.txt", "only-here"}
    assert len(scan(repo.path).fingerprints) == 2  # what is only in the other's files is not this work tree's


def test_a_git_file_that_points_elsewhere(make_repo: Maker, tmp_path: Path) -> None:
    repo = make_repo("apart", f"--separate-git-dir={tmp_path / 'elsewhere'}")
    versions(repo)
    check(repo.path, tmp_path / "elsewhere", 7)


@pytest.mark.parametrize("options", [(), ("--bare",)])
def test_an_empty_repository_with_an_unborn_head(make_repo: Maker, options: tuple[str, ...]) -> None:
    repo = make_repo("empty", *options)
    said = check(repo.path, repo.path if options else repo.path / ".git", 0, seeds=(), code=0)
    assert said.report["targets"][0]["head"] is None


def test_only_tags(repo: Repo) -> None:
    versions(repo)
    repo.git("tag", "-a", "v1", "-m", "one")
    repo.git("update-ref", "-d", "refs/heads/main")
    repo.git("read-tree", "--empty")
    (repo.path / ".git/index").unlink()
    said = check(repo.path, repo.path / ".git", 0)
    assert (said.place["reachable"], said.report["targets"][0]["head"]) == (True, None)


def test_a_tag_of_a_tag_of_a_tree(repo: Repo) -> None:
    versions(repo)
    repo.git("tag", "-a", "tree", "-m", "tree", "HEAD^{tree}")
    repo.git("tag", "-a", "again", "-m", "again", "tree")
    check(repo.path, repo.path / ".git", 7)


def test_the_empty_tree_need_not_be_there(repo: Repo) -> None:
    commit = repo.git("commit-tree", "4b825dc642cb6eb9a060e54bf8d69288fbee4904", "-m", "empty")
    repo.git("update-ref", "refs/heads/main", commit)
    check(repo.path, repo.path / ".git", 0, seeds=(), code=0)


def test_verified_ids(repo: Repo) -> None:
    versions(repo)
    repack(repo)
    repo.commit({"large": b"\0" * (33 << 20)})
    assert scan(repo.path, "--verify-objects").report["gaps"] == []


def test_submodule_is_a_scope_of_its_own(repo: Repo, make_repo: Maker) -> None:
    inner = make_repo("inner")
    inner.commit({"secret": token(9)})
    versions(repo)
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", f"file://{inner.path}", "vendor/inner")
    repo.git("commit", "-qm", "submodule")
    said = scan(repo.path)
    assert len(said.fingerprints) == 1
    assert [(gap["path"], gap["object"]) for gap in said.gap("submodule")] == [
        (".git/modules/vendor/inner", None), ("vendor/inner", inner.git("rev-parse", "HEAD")),
    ]  # fmt: skip
    repo.git("rm", "-rqf", "vendor", ".gitmodules")
    repo.git("commit", "-qm", "gone")
    assert len(scan(repo.path).gap("submodule")) == 2


def test_reading_the_report_twice_gives_the_same(repo: Repo) -> None:
    versions(repo)
    one, two = (scan(repo.path, *options).report for options in ((), ("--jobs", "2")))
    for report in (one, two):
        report.pop("run")
    assert one == two


def test_a_large_repository_is_read_by_several_processes(repo: Repo) -> None:
    for number in range(8):
        repo.commit({f"f{number}": token(number) + "\n" + f"{number:099}\n" * 40_000})
    repack(repo)
    single, several = scan(repo.path, "--jobs", "1"), scan(repo.path, "--jobs", "3")
    assert single.coverage == several.coverage
    assert len(single.fingerprints) == 8
    assert single.report["findings"] == several.report["findings"]
