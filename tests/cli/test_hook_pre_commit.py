"""`leakseal hook pre-commit`, on real indexes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def env(token: str) -> str:
    """A file with a secret on line 2."""
    return f"name = app\ntoken = {token}\n"


# -- what must stay quiet ----------------------------------------------------------------------------------------------


def test_nothing_staged_is_nothing_to_say(repo, leakseal):
    said = leakseal(repo.path, "hook", "pre-commit")
    assert (said.code, said.out, said.err) == (0, "", "")


def test_a_clean_commit_passes_without_a_word(repo, leakseal):
    repo.stage({"app.env": "name = app\n"})
    said = leakseal(repo.path, "hook", "pre-commit", "--", "app.env")
    assert (said.code, said.out, said.err) == (0, "", "")


def test_a_secret_that_is_only_in_the_work_tree_is_not_about_to_be_committed(repo, leakseal, token):
    repo.stage({"app.env": "name = app\n"})
    repo.write({"app.env": env(token())})
    assert leakseal(repo.path, "hook", "pre-commit", "app.env").code == 0


def test_a_secret_in_another_file_of_an_old_repository_does_not_stop_a_commit(repo, leakseal, token):
    repo.commit({"old.env": env(token())})
    repo.stage({"new.txt": "hello\n"})
    assert leakseal(repo.path, "hook", "pre-commit").code == 0


def test_a_secret_that_goes_away_does_not_stop_the_commit(repo, leakseal, token):
    repo.commit({"a.env": env(token()), "b.env": env(token(2))})
    repo.git("rm", "-q", "a.env")
    repo.stage({"b.env": "name = app\n"})
    said = leakseal(repo.path, "hook", "pre-commit", "a.env", "b.env")
    assert (said.code, said.err) == (0, "")


def test_intent_to_add_is_not_staged(repo, leakseal, token):
    repo.write({"a.env": env(token())})
    repo.git("add", "--intent-to-add", "a.env")
    assert leakseal(repo.path, "hook", "pre-commit").code == 0


def test_an_inline_allowance_counts(repo, leakseal, token):
    repo.stage({"a.py": f'T = "{token()}"  # leakseal: allow * made up for the manual\n'})
    assert leakseal(repo.path, "hook", "pre-commit").code == 0


def test_an_exclusion_of_the_project_counts(repo, leakseal, token):
    repo.stage({"leakseal.yaml": "version: 1\npaths:\n  - exclude: made/\n    reason: made up\n", "made/a.env": env(token())})
    assert leakseal(repo.path, "hook", "pre-commit", "made/a.env").code == 0


# -- what must not pass ------------------------------------------------------------------------------------------------


def test_a_staged_secret_stops_the_commit_and_says_what_to_do_without_showing_itself(repo, leakseal, token):
    secret = token()
    repo.stage({"conf/app.env": env(secret)})
    said = leakseal(repo.path, "hook", "pre-commit", "conf/app.env")
    what, where, total, remedy, accept, explain = said.err.splitlines()
    assert said.code == 1
    assert "github-pat" in what
    id = explain.split()[-1]
    assert where == f"  where: conf/app.env:2:9, id {id}"
    assert "rotate" in remedy and f"leakseal accept {id} " in accept
    assert total == "leakseal: 1 secret, so the commit is stopped"
    assert secret[8:] not in said.err


def test_the_command_that_the_hook_names_accepts_the_finding(repo, leakseal, token):
    repo.stage({"app.env": env(token())})
    remedy = leakseal(repo.path, "hook", "pre-commit").err.splitlines()[4]
    words = remedy.split("leakseal accept ")[1].replace('"WHY"', "WHY").split()
    assert leakseal(repo.path, "accept", *words).code == 0
    said = leakseal(repo.path, "hook", "pre-commit")
    assert (said.code, said.err) == (0, "")


def test_the_kept_report_holds_no_secret(repo, leakseal, token):
    secret = token()
    repo.stage({"app.env": env(secret)})
    leakseal(repo.path, "hook", "pre-commit")
    kept = (repo.path / ".git/leakseal-hook.json").read_text()
    assert secret[8:] not in kept
    assert [f["location"]["path"] for f in json.loads(kept)["findings"]] == ["app.env"]


def test_the_staged_content_counts_when_the_work_tree_is_clean_again(repo, leakseal, token):
    repo.stage({"app.env": env(token())})
    repo.write({"app.env": "name = app\n"})
    assert leakseal(repo.path, "hook", "pre-commit", "app.env").code == 1


def test_the_first_commit_has_no_head_to_compare_with(repo, leakseal, token):
    repo.stage({"app.env": env(token())})
    assert leakseal(repo.path, "hook", "pre-commit").code == 1


def test_a_committed_secret_is_found_when_files_are_named_that_are_not_staged(repo, leakseal, token):
    repo.commit({"old.env": env(token()), "a.txt": "a\n"})
    assert leakseal(repo.path, "hook", "pre-commit", "--", "a.txt", "old.env").code == 1


@pytest.mark.parametrize("name", [b"a b.env", b"new\nline.env", b'quo"te\'s.env', b"\xff\xfe.env", "ümlaut.env".encode(), b"--help", b"-"])
def test_any_name_is_read(repo, leakseal, token, name):
    path = os.fsencode(repo.path) + b"/" + name
    with open(path, "wb") as file:  # noqa: PTH123 pathlib does not take bytes
        file.write(env(token()).encode())
    repo.git("add", "--all")
    assert leakseal(repo.path, "hook", "pre-commit", "--", name).code == 1
    assert leakseal(repo.path, "hook", "pre-commit").code == 1
    repo.git("commit", "-qm", "x")
    assert leakseal(repo.path, "hook", "pre-commit", "--", name).code == 1


def test_a_file_named_help_does_not_let_a_commit_pass_under_pre_commit(repo, leakseal):
    assert leakseal(repo.path, "hook", "pre-commit", "--help", PRE_COMMIT="1").code == 2
    assert leakseal(repo.path, "hook", "pre-commit", "--help").code == 0


def test_a_path_name_and_a_link_can_be_the_leak(repo, leakseal, token):
    repo.stage({f"{token()}.txt": "hello\n"})
    said = leakseal(repo.path, "hook", "pre-commit")
    assert said.code == 1 and "(path name)" in said.err and token()[8:] not in said.err
    repo.git("commit", "-qm", "x")
    (repo.path / "link").symlink_to(f"https://app:{token(2)}@example.org/")  # leakseal: allow url-userinfo grown when the test runs
    repo.git("add", "link")
    assert leakseal(repo.path, "hook", "pre-commit").code == 1


def test_a_large_file_is_streamed(repo, leakseal, token):
    repo.stage({"big.txt": b"x" * 79 + b"\n" + (b"y" * 79 + b"\n") * (430 << 10) + env(token()).encode()})
    said = leakseal(repo.path, "hook", "pre-commit")
    assert said.code == 1 and f"big.txt:{(430 << 10) + 3}:9" in said.err


def test_wide_text_is_read(repo, leakseal, token):
    repo.stage({"a.txt": env(token()).encode("utf-16")})
    assert leakseal(repo.path, "hook", "pre-commit").code == 1


# -- what is not new ---------------------------------------------------------------------------------------------------


def test_a_secret_that_head_has_in_the_same_file_is_a_hint(repo, leakseal, token):
    repo.commit({"app.env": env(token())})
    repo.stage({"app.env": "# more\n" + env(token())})
    said = leakseal(repo.path, "hook", "pre-commit", "app.env")
    assert said.code == 0 and said.err.count("\n") == 1 and "app.env:3:9: HEAD has this secret already" in said.err
    assert leakseal(repo.path, "hook", "pre-commit", "--strict").code == 1


def test_a_renamed_file_brings_nothing_new_but_a_copy_does(repo, leakseal, token):
    repo.commit({"app.env": env(token())})
    repo.git("mv", "app.env", "app2.env")
    assert leakseal(repo.path, "hook", "pre-commit").code == 0
    repo.stage({"app.env": env(token())})
    assert leakseal(repo.path, "hook", "pre-commit").code == 1


def test_another_secret_in_the_same_place_is_new(repo, leakseal, token):
    repo.commit({"app.env": env(token())})
    repo.stage({"app.env": env(token(2))})
    assert leakseal(repo.path, "hook", "pre-commit").code == 1


def test_what_the_other_side_of_a_merge_has_is_not_new(repo, leakseal, token):
    repo.commit({"a.txt": "one\n"})
    repo.git("checkout", "-qb", "side")
    repo.commit({"a.txt": "side\n", "app.env": env(token())})
    repo.git("checkout", "-q", "main")
    repo.commit({"a.txt": "main\n"})
    with pytest.raises(subprocess.CalledProcessError):
        repo.git("merge", "side")
    repo.stage({"a.txt": "both\n"})
    said = leakseal(repo.path, "hook", "pre-commit", "a.txt", "app.env")
    assert said.code == 0 and "already" in said.err
    repo.stage({"a.txt": env(token(2))})
    assert leakseal(repo.path, "hook", "pre-commit", "a.txt", "app.env").code == 1


# -- what could not be read --------------------------------------------------------------------------------------------


def test_a_gap_is_shown_and_blocks_only_if_strict(repo, leakseal):
    repo.stage({"logo.png": b"\x89PNG\r\n\x1a\n" + bytes(64), "a.txt": "hello\n"})
    said = leakseal(repo.path, "hook", "pre-commit")
    assert said.code == 0 and "not read: logo.png: it ends before its end chunk (truncated)" in said.err
    assert leakseal(repo.path, "hook", "pre-commit", "--strict").code == 3


def test_it_never_passes_having_read_nothing_that_it_was_asked_to_read(repo, leakseal):
    repo.commit({"a.txt": "hello\n"})
    said = leakseal(repo.path, "hook", "pre-commit", "nowhere.txt", "nor-here.txt")
    assert said.code == 3 and "nothing was checked" in said.err
    assert leakseal(repo.path, "hook", "pre-commit", "a.txt", "nowhere.txt").code == 0


def test_a_lost_blob_is_a_gap(repo, leakseal):
    repo.stage({"a.txt": "hello\n", "b.txt": "other\n"})
    oid = repo.git("rev-parse", ":a.txt")
    (repo.path / ".git/objects" / oid[:2] / oid[2:]).unlink()
    said = leakseal(repo.path, "hook", "pre-commit")
    assert said.code == 0 and "a.txt" in said.err and "missing-object" in said.err
    assert leakseal(repo.path, "hook", "pre-commit", "a.txt").code == 3


def test_a_submodule_is_a_gap(repo, leakseal):
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},lib")
    said = leakseal(repo.path, "hook", "pre-commit")
    assert said.code == 0 and "lib" in said.err and "submodule" in said.err


def test_outside_a_repository_it_cannot_run(tmp_path, leakseal):
    assert leakseal(tmp_path, "hook", "pre-commit", GIT_CEILING_DIRECTORIES=str(tmp_path.parent)).code == 3


@pytest.mark.parametrize("words", [(), ("nope",), ("pre-commit", "--loud"), ("commit-msg",), ("pre-commit", "--config", "nowhere")])
def test_asked_wrongly(repo, leakseal, words):
    assert leakseal(repo.path, "hook", *words).code == 2


# -- as Git runs it ----------------------------------------------------------------------------------------------------


@pytest.fixture
def hooked(repo, command, monkeypatch):
    """The repository with the hooks that ship, and a `leakseal` on the PATH."""
    from scanner.shipped import shipped

    monkeypatch.setenv("PATH", f"{command}{os.pathsep}{os.environ['PATH']}")
    repo.git("config", "core.hooksPath", str(shipped("hooks") / "git"))
    return repo


def stopped(repo, *words: str) -> bool:
    """Whether `git WORDS` was stopped by a hook."""
    done = subprocess.run(["git", "-C", str(repo.path), *words], capture_output=True, check=False)
    assert done.returncode in (0, 1)
    assert (b"leakseal: 1 secret" in done.stderr) == bool(done.returncode), done.stderr
    return bool(done.returncode)


def test_commit_all_and_partial_commits_are_seen_as_they_will_be(hooked, token):
    hooked.commit({"a.env": "a\n", "b.env": "b\n"})
    hooked.write({"a.env": env(token())})
    assert stopped(hooked, "commit", "-qam", "all")
    assert stopped(hooked, "commit", "-qm", "one", "-o", "a.env")
    hooked.git("add", "a.env")
    hooked.write({"b.env": "b2\n"})
    assert not stopped(hooked, "commit", "-qm", "the other only", "-o", "b.env")


def test_a_linked_work_tree_and_a_subfolder(hooked, token, tmp_path):
    hooked.commit({"sub/a.env": "a\n"})
    hooked.git("worktree", "add", "-q", str(tmp_path / "linked"))
    linked = type(hooked)(tmp_path / "linked")
    linked.write({"sub/a.env": env(token())})
    assert stopped(type(hooked)(linked.path / "sub"), "commit", "-qam", "x")
    assert not stopped(hooked, "commit", "--allow-empty", "-qm", "y")


def test_a_message_with_a_secret_is_stopped(hooked, token):
    assert stopped(hooked, "commit", "--allow-empty", "-qm", f"use {token()}")


def test_the_diff_below_the_scissors_is_not_the_message(repo, leakseal, token):
    (repo.path / "m").write_text(f"Take it out\n# {'-' * 24} >8 {'-' * 24}\n# Do not modify\n-token = {token()}\n")
    assert leakseal(repo.path, "hook", "commit-msg", "m").code == 0
    assert leakseal(repo.path, "hook", "commit-msg", "nowhere").code == 3


def test_no_program_of_the_repository_runs(repo, leakseal, tmp_path):
    mark = tmp_path / "ran"
    program = tmp_path / "evil"
    program.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    program.chmod(0o755)
    for key in ("filter.x.clean", "filter.x.smudge", "diff.x.textconv", "diff.x.command", "diff.external", "core.fsmonitor", "core.pager"):
        repo.git("config", key, str(program))
    repo.write({".gitattributes": "*.txt filter=x diff=x\n", "a.txt": "hello\n"})
    repo.git("-c", "filter.x.clean=cat", "-c", "core.fsmonitor=false", "-c", "core.pager=cat", "add", ".")
    mark.unlink(missing_ok=True)
    assert leakseal(repo.path, "hook", "pre-commit", "a.txt").code == 0
    assert not mark.exists()


def test_the_hook_loads_nothing_that_is_slow(repo, leakseal):
    """The hook's time is what it imports."""
    repo.commit({"a.txt": "a\n"})
    repo.stage({"a.txt": "a\nb\n"})
    assert leakseal(repo.path, "hook", "pre-commit").code == 0  # fills the caches
    said = leakseal(repo.path, "hook", "pre-commit", PYTHONPROFILEIMPORTTIME="1")
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in said.err.splitlines() if line.startswith("import time:")}
    assert said.code == 0 and "scanner" in loaded
    slow = {"click", "rich", "git", "yaml", "re2", "dulwich", "isal", "platformdirs", "multiprocessing", "tempfile", "detect_secrets"}
    assert not loaded & slow


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "0<&- 1>&-"])
def test_a_hook_whose_input_or_output_is_closed_stops_a_secret_all_the_same(repo, leakseal, token, closed):
    repo.stage({"a.env": "name = app\n"})
    assert leakseal(repo.path, "hook", "pre-commit").code == 0
    repo.stage({"a.env": env(token())})
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    words = ["sh", "-c", f'exec "$0" -m scanner hook pre-commit {closed}', sys.executable]
    done = subprocess.run(words, cwd=repo.path, capture_output=True, check=False, env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == 1
    assert b"the commit is stopped" in done.stderr
