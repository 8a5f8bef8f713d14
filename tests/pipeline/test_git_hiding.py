"""Wherever Git can keep a secret it is found, and the finding says where."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Repo
from tests.gitrepo import Said, git, scan, token

ME = "A Tester <tester@example.org>"


def only(said: Said) -> dict[str, object]:
    """The one finding's place without what is null."""
    assert said.code == 1
    return {key: value for key, value in said.place.items() if value not in (None, [])}


def test_a_clean_repository_is_clean(repo: Repo) -> None:
    repo.commit({"README": "nothing\n"})
    said = scan(repo.path)
    assert (said.code, said.report["result"], said.report["findings"]) == (0, "clean", [])


def test_untracked_files_are_not_scanned(repo: Repo) -> None:
    repo.commit({"README": "nothing\n"})
    repo.write({"untracked.env": token(1), ".gitignore": ""})
    assert scan(repo.path).code == 0


def test_removed_in_a_later_commit(repo: Repo) -> None:
    repo.commit({"README": "x\n"})
    first = repo.commit({"deploy/app.env": f"a=1\nTOKEN={token(2)}\n"})
    repo.commit({"deploy/app.env": "a=1\n"})
    place = only(scan(repo.path))
    assert (place["path"], place["line"], place["column"], place["commit"], place["reachable"]) == ("deploy/app.env", 2, 7, first, True)
    assert (place["author"], place["date"]) == (ME, "2024-01-02T03:04:05Z")
    assert place["object"] == git(repo.path, "rev-parse", f"{first}:deploy/app.env").decode()


def test_the_oldest_commit_is_named_though_newer_ones_move_it(repo: Repo) -> None:
    first = repo.commit({"a.env": token(3)})
    repo.commit({"b.env": f"moved\n{token(3)}"})
    repo.git("rm", "--quiet", "a.env")
    repo.git("commit", "--quiet", "-m", "away")
    said = scan(repo.path)
    assert only(said)["commit"] == first
    assert said.report["findings"][0]["paths"] == ["a.env", "b.env"]


def test_evil_merge_is_attributed_to_the_merge(repo: Repo) -> None:
    repo.commit({"f": "base\n"})
    repo.git("switch", "-qc", "side")
    repo.commit({"f": "side\n"})
    repo.git("switch", "-q", "main")
    repo.commit({"f": "main\n"})
    repo.git("merge", "--quiet", "--no-commit", "-s", "ours", "side")
    merge = repo.commit({"f": f"merged {token(4)}\n", "new": "x"}, "merge")
    assert len(repo.git("rev-parse", "HEAD^@").split()) == 2
    place = only(scan(repo.path))
    assert (place["path"], place["commit"], place["reachable"]) == ("f", merge, True)


def test_stash(repo: Repo) -> None:
    repo.commit({"f": "x\n"})
    repo.write({"f": token(5)})
    repo.git("stash", "--quiet")
    place = only(scan(repo.path))
    assert (place["path"], place["reachable"], place["commit"]) == ("f", True, repo.git("rev-parse", "stash"))


def test_a_commit_that_only_the_reflog_knows(repo: Repo) -> None:
    repo.commit({"f": "x\n"})
    lost = repo.commit({"f": token(6)})
    repo.git("reset", "--quiet", "--hard", "HEAD^")
    place = only(scan(repo.path))
    assert (place["path"], place["reachable"], place["commit"]) == ("f", False, lost)


def test_a_commit_that_nothing_knows(repo: Repo) -> None:
    repo.commit({"f": "x\n"})
    lost = repo.commit({"f": token(7)})
    repo.git("reset", "--quiet", "--hard", "HEAD^")
    repo.git("reflog", "expire", "--expire=all", "--all")
    place = only(scan(repo.path))
    assert (place["path"], place["reachable"], place["commit"]) == ("f", False, lost)


def test_a_dangling_blob(repo: Repo) -> None:
    repo.commit({"f": "x\n"})
    oid = repo.git("hash-object", "-w", "--stdin", data=f"\n\n {token(8)}".encode())
    place = only(scan(repo.path))
    assert (place["object"], place["line"], place["column"], place["reachable"]) == (oid, 3, 2, False)
    assert "path" not in place and "commit" not in place


def test_a_tag_on_a_blob_makes_it_reachable(repo: Repo) -> None:
    repo.commit({"f": "x\n"})
    repo.git("tag", "blob", repo.git("hash-object", "-w", "--stdin", data=token(9).encode()))
    assert only(scan(repo.path))["reachable"] is True


def test_commit_message(repo: Repo) -> None:
    commit = repo.commit({"f": "x\n"}, f"Subject\n\nbody {token(10)}")
    place = only(scan(repo.path))
    assert (place["field"], place["commit"], place["object"], place["line"], place["column"]) == ("commit-message", commit, commit, 3, 6)
    assert place["reachable"] is True


def test_message_of_an_unreachable_commit(repo: Repo) -> None:
    repo.commit({"f": "x\n"})
    lost = repo.commit({"f": "y\n"}, token(11))
    repo.git("reset", "--quiet", "--hard", "HEAD^")
    place = only(Said(*_without_reflog(repo)))
    assert (place["field"], place["commit"], place["reachable"]) == ("commit-message", lost, False)


def _without_reflog(repo: Repo) -> tuple[int, object]:
    repo.git("reflog", "expire", "--expire=all", "--all")
    said = scan(repo.path)
    return said.code, said.report


def test_tag_message(repo: Repo) -> None:
    repo.commit({"f": "x\n"})
    repo.git("tag", "-a", "v1", "-m", f"Version 1\n\n{token(12)}")
    place = only(scan(repo.path))
    assert (place["field"], place["object"], place["line"], place["reachable"]) == ("tag-message", repo.git("rev-parse", "v1"), 3, True)


@pytest.mark.parametrize(("variable", "field"), [("GIT_AUTHOR_NAME", "author"), ("GIT_COMMITTER_EMAIL", "committer")])
def test_who_made_a_commit(repo: Repo, monkeypatch: pytest.MonkeyPatch, variable: str, field: str) -> None:
    monkeypatch.setenv(variable, token(13))
    monkeypatch.setenv("GIT_REFLOG_ACTION", "x")
    commit = repo.commit({"f": "x\n"})
    place = only(scan(repo.path))
    assert (place["field"], place["commit"], place["line"]) == (field, commit, 1)
    assert token(13) not in str(place)


def test_note(repo: Repo) -> None:
    head = repo.commit({"f": "x\n"})
    repo.git("notes", "add", "-m", f"see {token(14)}")
    place = only(scan(repo.path))
    assert (place["field"], place["path"], place["line"], place["column"], place["reachable"]) == ("note", head, 1, 5, True)


def test_path_name(repo: Repo) -> None:
    commit = repo.commit({f"keys/{token(15)}.txt": "x\n"})
    repo.git("rm", "-rq", "keys")
    repo.commit({"f": ""})
    place = only(scan(repo.path))
    assert (place["field"], place["commit"], place["reachable"]) == ("path-name", commit, True)
    assert token(15) not in str(place)


@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
def test_ref_name(repo: Repo, packed: bool) -> None:
    repo.commit({"f": "x\n"})
    repo.git("-c", "core.logAllRefUpdates=false", "branch", f"fix-{token(16)}")
    if packed:
        repo.git("pack-refs", "--all")
    assert only(scan(repo.path))["field"] == "ref-name"


def test_reflog_message(repo: Repo) -> None:
    repo.commit({"f": "x\n"})
    repo.git("update-ref", "-m", f"moved by {token(17)}", "--create-reflog", "refs/heads/other", "HEAD")
    place = only(scan(repo.path))
    assert (place["field"], place["path"], place["line"]) == ("reflog", ".git/logs/refs/heads/other", 1)


def test_staged_and_never_committed(repo: Repo) -> None:
    repo.commit({"f": "x\n"})
    repo.stage({"staged.env": f"\n{token(18)}\n"})
    repo.write({"staged.env": "harmless\n"})
    place = only(scan(repo.path))
    assert (place["field"], place["path"], place["line"], place["reachable"]) == ("index", "staged.env", 2, True)


def test_an_edit_in_the_work_tree(repo: Repo) -> None:
    repo.commit({"deep/f": "x\n"})
    repo.write({"deep/f": f"x\n{token(19)}\n"})
    assert only(scan(repo.path)) == {"path": "deep/f", "line": 2, "endLine": 2, "column": 1, "endColumn": 41}


@pytest.mark.parametrize("setting", ["remote.origin.url=https://oauth2:{}@git.example.org/x.git", "http.extraHeader=X-Token: {}"])
def test_the_configuration_of_a_repository(repo: Repo, setting: str) -> None:
    repo.commit({"f": "x\n"})
    name, _, value = setting.partition("=")
    repo.git("config", name, value.format(token(20)))
    said = scan(repo.path)
    assert said.code == 1
    assert {(place["field"], place["path"]) for place in said.places} == {("config", ".git/config")}


@pytest.mark.parametrize(
    "name", ["hooks/pre-commit", "info/exclude", "COMMIT_EDITMSG", "FETCH_HEAD", "objects/info/note", "refs/heads/odd"]
)
def test_other_files_of_the_repository(repo: Repo, name: str) -> None:
    repo.commit({"f": "x\n"})
    path = repo.path / ".git" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"\n{token(21)}\n")
    place = only(scan(repo.path))
    assert (place["path"], place["line"]) == (f".git/{name}", 2)


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-16-le", "\ufeff"),
        ("utf-16-be", "\ufeff"),
        ("utf-16-le", ""),
        ("utf-16-be", ""),
        ("utf-32-le", "\ufeff"),
        ("utf-32-be", "\ufeff"),
    ],
)
def test_wide_encodings(repo: Repo, encoding: str, mark: str) -> None:
    text = f"{mark}first line\nTOKEN = {token(22)}\n"
    repo.commit({"wide.txt": text.encode(encoding)})
    place = only(scan(repo.path))
    assert (place["line"], place["column"], place["path"]) == (2, 9, "wide.txt")
    assert place["steps"] == [encoding.replace("-le", "le").replace("-be", "be")]


def test_latin_1_and_crlf(repo: Repo) -> None:
    repo.commit({"l1.txt": f"th\xe9\r\n\xfc = {token(23)}\r\n".encode("latin-1")})
    place = only(scan(repo.path))
    assert (place["line"], place["column"]) == (2, 5)


def test_binary_with_nul_bytes(repo: Repo) -> None:
    repo.commit({"data.bin": bytes(range(256)) * 8 + b"\0" + token(24).encode() + b"\0" + bytes(range(255, -1, -1))})
    assert only(scan(repo.path))["path"] == "data.bin"


@pytest.mark.parametrize("where", [".gitattributes", ".git/info/attributes"])
def test_attributes_hide_nothing(repo: Repo, where: str) -> None:
    (repo.path / ".git/info").mkdir(exist_ok=True)
    (repo.path / where).write_text("* -diff -text binary export-ignore filter=crypt diff=none\n")
    commit = repo.commit({"f.env": token(25)})
    assert only(scan(repo.path))["commit"] == commit


def test_a_replaced_object_is_read_as_it_was(repo: Repo) -> None:
    repo.commit({"f": token(26)})
    old = repo.git("rev-parse", "HEAD:f")
    repo.git("replace", old, repo.git("hash-object", "-w", "--stdin", data=b"nothing\n"))
    said = scan(repo.path)
    place = only(said)
    assert (place["object"], place["line"]) == (old, 1)
    assert any("1 replace ref" in note for note in said.report["notes"])


def test_where_a_link_leads(repo: Repo) -> None:
    (repo.path / "link").symlink_to(f"/srv/{token(27)}")
    repo.git("add", "link")
    commit = repo.commit({"f": "x"})
    place = only(scan(repo.path))
    assert (place["path"], place["commit"], place["line"], place["column"]) == ("link", commit, 1, 6)


def test_a_link_in_the_work_tree_is_not_followed(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text(token(28))
    repo.commit({"f": "x", "dir/g": "x"})
    (repo.path / "f").unlink()
    (repo.path / "f").symlink_to(tmp_path / "outside")
    (repo.path / "dir/g").unlink()
    (repo.path / "dir").rmdir()
    (repo.path / "dir").symlink_to(tmp_path)
    (tmp_path / "g").write_text(token(28))
    assert scan(repo.path).report["findings"] == []


@pytest.mark.parametrize("offset", [-60, -40, -20, -1, 0, 1, 30])
def test_across_a_windows_edge(repo: Repo, offset: int) -> None:
    edge = (4 << 20) + offset
    lines = b"x" * 99 + b"\n"
    data = (lines * (edge // 100 + 1))[:edge]
    repo.commit({"long.txt": data + b" " + token(29).encode() + b"\n" + lines * 100})
    (repo.path / "long.txt").unlink()
    place = only(scan(repo.path))
    assert (place["line"], place["column"]) == (data.count(b"\n") + 1, (edge + 1) % 100 + 1 if edge % 100 != 99 else 101)


@pytest.mark.parametrize("packed", [False, True], ids=["loose", "packed"])
def test_at_the_end_of_a_streamed_blob(repo: Repo, packed: bool) -> None:
    line = b"0123456789abcdef" * 4 + b"\r\n"
    count = (40 << 20) // len(line)
    commit = repo.commit({"dump.sql": line * count + b"  " + token(30).encode()})
    (repo.path / "dump.sql").unlink()
    if packed:
        repo.git("repack", "-adq")
    place = only(scan(repo.path))
    assert (place["line"], place["column"], place["commit"], place["path"]) == (count + 1, 3, commit, "dump.sql")


def test_every_fork_of_history_is_read(repo: Repo) -> None:
    repo.commit({"f": "x\n"})
    seeds = range(40, 45)
    for seed in seeds:
        repo.git("switch", "-q", "--orphan", f"b{seed}")
        repo.commit({"f": token(seed)})
    repo.git("switch", "-q", "main")
    for seed in seeds:
        repo.git("branch", "-qD", f"b{seed}") if seed % 2 else None
    said = scan(repo.path)
    assert len(said.fingerprints) == len(seeds)
    assert sorted(place["reachable"] for place in said.places) == [False, False, True, True, True]


def test_names_that_no_terminal_should_see(repo: Repo) -> None:
    names = [b"new\nline", b'quo"te', b"inv\xff\xfealid", b"esc\x1b[31m", b"tab\tand\\back", "ü".encode()]
    for number, name in enumerate(names):
        (repo.path / os.fsdecode(name)).write_text(f"{token(50 + number)}\n")
    repo.git("add", "-A")
    repo.git("commit", "-qm", "odd names")
    said = scan(repo.path)
    assert said.code == 1
    paths = [place["path"] for place in said.places]
    assert sorted(paths) == sorted(["new\\nline", 'quo"te', "inv\\xff\\xfealid", "esc\\x1b[31m", "tab\\tand\\back", "ü"])
    assert all(path.isprintable() for path in paths)


def test_the_secret_itself_is_nowhere_in_the_report(repo: Repo, make_repo: Callable[..., Repo]) -> None:
    repo.commit({f"{token(60)}/{token(60)}": token(60)}, token(60))
    repo.git("branch", token(60))
    said = scan(repo.path)
    assert said.code == 1
    assert token(60)[6:] not in str(said.report)
