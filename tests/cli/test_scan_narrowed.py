"""`leakseal scan` of less than a repository, and that its report says so."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def history(repo, token):
    """Three commits with a secret each, the first of which goes away again, and a staged fourth."""
    for number in (1, 2, 3):
        date = f"202{number}-01-01T00:00:00+00:00"
        repo.stage({"1.env" if number < 3 else "3.env": f"t = {token(number)}\n"})
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("GIT_COMMITTER_DATE", date)
            repo.git("commit", "-qm", str(number))
    repo.stage({"4.env": f"t = {token(4)}\n"})
    return repo


@pytest.mark.parametrize(
    ("words", "scope", "paths"),
    [
        (["--staged"], "staged", ["4.env"]),
        (["--tree"], "tree", ["1.env", "3.env"]),
        (["--range", "HEAD~1..HEAD"], "range {1}..{2}", ["3.env"]),
        (["--range", "HEAD~2.."], "range {0}..{2}", ["1.env", "3.env"]),
        (["--since", "2022-06-01"], "since 2022-06-01T00:00:00Z", ["1.env", "3.env"]),
        (["--since", "2030-01-01T00:00:00+02:00"], "since 2029-12-31T22:00:00Z", []),
    ],
)
def test_a_narrowed_scan_reads_that_and_says_so(history, leakseal, words, scope, paths):
    said = leakseal(history.path, "scan", "-q", "--format", "json", *words)
    report = json.loads(said.out)
    commits = history.git("rev-list", "--reverse", "HEAD").split()
    assert report["targets"][0]["scope"] == scope.format(*commits)
    assert [f["location"]["path"] for f in report["findings"]] == paths
    assert said.code == (1 if paths else 0)


def test_the_range_names_the_commit_that_brought_it(history, leakseal):
    report = json.loads(leakseal(history.path, "scan", "-q", "--format", "json", "--range", "HEAD~1..HEAD").out)
    place = report["findings"][0]["location"]
    assert (place["commit"], place["author"]) == (history.git("rev-parse", "HEAD"), "A Tester <tester@example.org>")


@pytest.mark.parametrize(
    "words",
    [
        ["--range", "HEAD"],
        ["--range", "a..b"],
        ["--range", "HEAD...HEAD~1"],
        ["--range", "--all..HEAD"],
        ["--since", "yesterday"],
        ["--staged", "--tree"],
    ],
)
def test_asked_wrongly(history, leakseal, words):
    assert leakseal(history.path, "scan", "-q", *words).code == 2


def test_a_folder_cannot_be_narrowed(tmp_path, leakseal):
    assert leakseal(tmp_path, "scan", "-q", "--staged").code == 2


def test_a_shallow_clone_whose_cut_lies_in_the_range_is_a_gap(history, leakseal, make_repo):
    clone = make_repo("clone")
    clone.git("fetch", "-q", "--depth=1", f"file://{history.path}", "main")
    clone.git("reset", "-q", "--hard", "FETCH_HEAD")
    report = json.loads(leakseal(clone.path, "scan", "-q", "--format", "json", "--since", "2000-01-01").out)
    assert [gap["reason"] for gap in report["gaps"]] == ["shallow-clone"]
