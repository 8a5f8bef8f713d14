"""`leakseal hook pre-push` and `pre-receive`, with real pushes between real repositories."""

from __future__ import annotations

import os
import subprocess

import pytest

from scanner.shipped import shipped

ZERO = "0" * 40


def env(token: str) -> str:
    """A file with a secret on line 2."""
    return f"name = app\ntoken = {token}\n"


def push(repo, *words: str) -> subprocess.CompletedProcess[bytes]:
    """`git push WORDS`, whether it succeeds or not."""
    return subprocess.run(["git", "-C", str(repo.path), "push", "-q", *words], capture_output=True, check=False)


@pytest.fixture
def on_path(command, monkeypatch):
    """A `leakseal` on the PATH."""
    monkeypatch.setenv("PATH", f"{command}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def forge(on_path, make_repo):
    """A bare repository that asks `leakseal hook pre-receive`."""
    server = make_repo("server.git", "--bare")
    server.git("config", "core.hooksPath", str(shipped("hooks") / "git"))
    return server


@pytest.fixture
def client(repo, forge):
    """A repository whose remote is the forge, with one commit pushed."""
    repo.git("remote", "add", "origin", str(forge.path))
    repo.commit({"a.txt": "hello\n"})
    assert push(repo, "origin", "main").returncode == 0
    return repo


# -- the forge ---------------------------------------------------------------------------------------------------------


def test_clean_pushes_new_refs_tags_forced_pushes_and_deletions_pass(client):
    client.commit({"a.txt": "more\n"})
    client.git("tag", "-am", "a tag", "v1")
    assert push(client, "origin", "main", "main:refs/heads/other", "v1").returncode == 0
    client.git("commit", "-q", "--amend", "-m", "again")
    assert push(client, "--force", "origin", "main").returncode == 0
    assert push(client, "origin", ":other", ":v1").returncode == 0


def test_what_the_forge_has_already_does_not_stop_a_push(client, forge, token):
    client.commit({"app.env": env(token())})
    forge.git("config", "core.hooksPath", os.devnull)
    push(client, "origin", "main")
    forge.git("config", "core.hooksPath", str(shipped("hooks") / "git"))
    client.commit({"a.txt": "more\n"})
    assert push(client, "origin", "main", "main:refs/heads/other").returncode == 0


def test_a_secret_that_a_later_commit_takes_away_is_refused_and_named_by_its_commit(client, forge, token):
    secret = token()
    bad = client.commit({"conf/app.env": env(secret)})
    client.commit({"conf/app.env": "name = app\n"})
    done = push(client, "origin", "main:refs/heads/new")
    assert done.returncode == 1
    assert f"conf/app.env:2:9 in commit {bad[:12]} of A Tester".encode() in done.stderr
    assert secret[8:].encode() not in done.stderr
    assert forge.git("for-each-ref", "--format=%(refname)") == "refs/heads/main"


@pytest.mark.parametrize("where", ["message", "author", "tag", "path", "ref", "forced", "merge", "tree"])
def test_a_secret_is_refused_wherever_a_push_carries_it(client, token, where):
    secret, refs = token(), ["main"]
    if where == "message":
        client.commit({}, f"use {secret}")
    elif where == "author":
        client.git("-c", "user.name=x", "commit", "--allow-empty", "-qm", "x", f"--author={secret} <a@example.org>")
    elif where == "tag":
        client.git("tag", "-am", f"use {secret}", "v1")
        refs = ["v1"]
    elif where == "path":
        client.commit({f"dir-{secret}/a.txt": "hello\n"})
    elif where == "ref":
        refs = [f"main:refs/heads/{secret}"]
    elif where == "forced":
        client.stage({"app.env": env(secret)})
        client.git("commit", "-q", "--amend", "-m", "again")
        refs = ["--force", "main"]
    elif where == "merge":
        client.git("checkout", "-qb", "side", "main")
        client.commit({"b.txt": "b\n"})
        client.git("checkout", "-q", "main")
        client.commit({"c.txt": "c\n"})
        client.git("merge", "-q", "--no-commit", "side")
        client.commit({"app.env": env(secret)}, "an evil merge")
    else:
        client.stage({"app.env": env(secret)})
        client.git("tag", "t", client.git("write-tree"))
        refs = ["t"]
    done = push(client, *[w for w in refs if w.startswith("-")], "origin", *[w for w in refs if not w.startswith("-")])
    assert done.returncode == 1 and b"leakseal: 1 secret, so the push is stopped" in done.stderr, done.stderr
    assert secret[8:].encode() not in done.stderr.replace(f"refs/heads/{secret}".encode(), b"").replace(secret.encode(), b"")


def test_an_acceptance_in_the_pushed_commits_counts_and_a_pushed_configuration_does_not(client, leakseal, token):
    client.commit({"app.env": env(token()), "leakseal.yaml": "version: 1\nrules:\n  disable: [github-pat]\nfingerprint:\n  salt: ours\n"})
    assert push(client, "origin", "main").returncode == 1
    client.stage({"leakseal.yaml": "version: 1\nfingerprint:\n  salt: ours\n"})
    report = client.path / ".git/r.json"
    assert leakseal(client.path, "scan", "-q", "--format", "json", "-o", str(report)).code == 1
    id = __import__("json").loads(report.read_text())["findings"][0]["id"]
    accept = ("accept", id, "--report", str(report), "--owner", "A Tester", "--reason", "made up", "--ticket", "T-1", "--expires", _later())
    assert leakseal(client.path, *accept).code == 0
    client.git("add", ".")
    client.git("commit", "-qm", "accept it")
    done = push(client, "origin", "main")
    assert done.returncode == 0, done.stderr


def _later() -> str:
    from datetime import UTC, datetime, timedelta

    return (datetime.now(UTC).date() + timedelta(days=100)).isoformat()


@pytest.mark.parametrize("line", [b"nonsense", b"a b c", b"main " + b"1" * 40 + b" refs/heads/main " + b"1" * 39])
def test_what_git_never_says_stops_the_push(repo, leakseal, line):
    repo.commit({"a": "1"})
    assert leakseal(repo.path, "hook", "pre-receive", data=line + b"\n").code == 3
    assert leakseal(repo.path, "hook", "pre-push", "origin", "x", data=line + b"\n").code == 3


def test_an_object_that_is_not_there_cannot_be_checked(repo, leakseal):
    repo.commit({"a": "1"})
    line = f"{ZERO} {'1' * 40} refs/heads/x\n".encode()
    assert leakseal(repo.path, "hook", "pre-receive", data=line).code == 3


# -- the client --------------------------------------------------------------------------------------------------------


@pytest.fixture
def pusher(on_path, repo, make_repo):
    """A repository with the client's hooks and two remotes."""
    for name in ("origin", "public"):
        repo.git("remote", "add", name, str(make_repo(f"{name}.git", "--bare").path))
    repo.commit({"a.txt": "hello\n"})
    repo.git("push", "-q", "origin", "main")
    repo.git("config", "core.hooksPath", str(shipped("hooks") / "git"))
    return repo


def sneak(repo, files: dict[str, str]) -> str:
    """A commit past the hooks."""
    repo.stage(files)
    repo.git("commit", "-qnm", "x")
    return repo.git("rev-parse", "HEAD")


def test_clean_pushes_and_deletions_pass(pusher):
    pusher.commit({"a.txt": "more\n"})
    assert push(pusher, "origin", "main", "main:refs/heads/new").returncode == 0
    assert push(pusher, "origin", ":new").returncode == 0


def test_what_the_remote_has_passes_and_what_only_another_remote_has_does_not(pusher, token):
    sneak(pusher, {"app.env": env(token())})
    assert push(pusher, "origin", "main").returncode == 1
    assert push(pusher, "--no-verify", "origin", "main").returncode == 0
    pusher.commit({"a.txt": "more\n"})
    assert push(pusher, "origin", "main", "main:refs/heads/new").returncode == 0
    assert push(pusher, "public", "main").returncode == 1


def test_a_forced_push_and_a_new_branch_are_read(pusher, token):
    pusher.stage({"app.env": env(token())})
    pusher.git("commit", "-qn", "--amend", "-m", "again")
    assert push(pusher, "--force", "origin", "main").returncode == 1
    assert push(pusher, "origin", "main:refs/heads/new").returncode == 1
    assert push(pusher, str(pusher.path.parent / "public.git"), "main").returncode == 1


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"PRE_COMMIT_FROM_REF": "HEAD~1", "PRE_COMMIT_TO_REF": "HEAD"}, 0),
        ({"PRE_COMMIT_FROM_REF": "HEAD~2", "PRE_COMMIT_TO_REF": "HEAD"}, 1),
        ({"PRE_COMMIT_FROM_REF": "HEAD~2", "PRE_COMMIT_TO_REF": "HEAD", "PRE_COMMIT_REMOTE_NAME": "origin"}, 1),
        ({"PRE_COMMIT_LOCAL_BRANCH": "refs/heads/main", "PRE_COMMIT_REMOTE_NAME": "public"}, 1),
        ({"PRE_COMMIT_TO_REF": "nowhere"}, 3),
        ({}, 1),  # run by hand: what no remote has
    ],
)
def test_pre_commit_tells_a_range_by_its_environment(pusher, leakseal, token, told, code):
    sneak(pusher, {"app.env": env(token())})
    sneak(pusher, {"b.txt": "b\n"})
    assert leakseal(pusher.path, "hook", "pre-push", PRE_COMMIT="1", **told).code == code
