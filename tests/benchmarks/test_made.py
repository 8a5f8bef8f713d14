"""What is made for a measurement is the same each time."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from benchmarks import made


def digest(folder: Path) -> str:
    content = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return content.hexdigest()


def test_a_tree_is_the_same_each_time_and_holds_one_token(tmp_path: Path) -> None:
    size = made.tree(tmp_path / "a", 250)
    assert made.tree(tmp_path / "b", 250) == size
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    files = [path for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert len(files) == 250
    assert sum(made.token(1) in path.read_text() for path in files) == 1
    assert sum(path.stat().st_size for path in files) == size


def test_a_log_has_exactly_the_size_asked_for_and_counts() -> None:
    data = b"".join(made.counted(3_000_001))
    assert len(data) == 3_000_001
    lines = data.split(b"\n")[:-1]
    assert [int(line[:12]) for line in lines] == list(range(len(lines)))


def test_a_large_blob_is_in_the_repository_whole(tmp_path: Path) -> None:
    repository = made.big(tmp_path, 2_000_000, {"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    shown = subprocess.run(("git", "-C", str(repository), "cat-file", "-s", "main:big.log"), capture_output=True, text=True, check=True)
    assert int(shown.stdout) == 2_000_000


def test_what_is_staged_is_one_line(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = a\n\temail = a@example.org\n")
    repository, name = made.commit(tmp_path, 120, env)
    shown = subprocess.run(("git", "-C", str(repository), "diff", "--cached", "--numstat"), capture_output=True, text=True, check=True)
    assert shown.stdout == f"1\t0\t{name}\n"


def test_a_whole_repository_is_measured_where_it_is(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    repository = made.big(tmp_path, 1000, env)
    assert made.completed(tmp_path, repository, env) == (repository, 0)


def test_a_missing_blob_stands_empty_in_a_copy(tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = a\n\temail = a@example.org\n")
    repository = tmp_path / "r"
    repository.mkdir()
    (repository / "a").write_text("one\n")
    made.git(repository, env, "init", "--quiet")
    made.git(repository, env, "add", "a")
    made.git(repository, env, "commit", "--quiet", "--message", "one")
    oid = made.git(repository, env, "rev-parse", "HEAD:a").decode().strip()
    (repository / ".git/objects" / oid[:2] / oid[2:]).unlink()
    copy, lacking = made.completed(tmp_path, repository, env)
    assert (copy != repository, lacking) == (True, 1)
    assert b"new file" in made.git(copy, env, "log", "--all", "--patch")
    assert not (repository / ".git/refs/replace").exists()
