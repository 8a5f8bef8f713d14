"""Surfaces that are named: one report with each of them, its findings, its gaps and its count."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def ground(repo, token, tmp_path):
    """A repository, logs, pictures and notes, with a secret in each."""
    repo.commit({"app.env": f"t = {token(1)}\n"})
    for name, seed in (("logs/a/1.log", 2), ("logs/b.log", 3), ("logs/b.txt", 4), ("shots/x.png.txt", 5), ("notes/n.md", 6)):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"t = {token(seed)}\n")
    (tmp_path / "shots" / "x.xz").write_bytes(b"\xfd7zXZ\0\0\x04 not really")
    return tmp_path


def _report(said):
    report = json.loads(said.out)
    return report, sorted((f["surface"], f["target"], f["location"]["path"]) for f in report["findings"])


def test_one_report_has_all_surfaces_with_their_coverage(ground, leakseal, repo):
    said = leakseal(
        ground, "scan", "-q", "--format", "json", "--git", repo.path, "--logs", "logs/a", "--logs", "logs/b.log",
        "--screenshots", "shots", "--notes", "notes",
    )  # fmt: skip
    report, found = _report(said)
    assert found == [
        ("git", "t1", "app.env"), ("logs", "t2", "1.log"), ("logs", "t3", "b.log"), ("notes", "t4", "n.md"),
        ("screenshots", "t5", "x.png.txt"),
    ]  # fmt: skip
    assert [(target["id"], target["surface"]) for target in report["targets"]] == [
        ("t1", "git"), ("t2", "logs"), ("t3", "logs"), ("t4", "notes"), ("t5", "screenshots"),
    ]  # fmt: skip
    assert [(gap["surface"], gap["path"]) for gap in report["gaps"]] == [("screenshots", "x.xz")]
    surfaces = report["coverage"]["surfaces"]
    assert {name: seen["objects"] for name, seen in surfaces.items() if name != "git"} == {"logs": 2, "notes": 1, "screenshots": 2}
    assert all(seen["objects"] == seen["scanned"] + seen["unreadable"] + seen["opaque"] for seen in surfaces.values())
    assert said.code == 1


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("logs/*.log", ["b.log"]),
        ("logs/**/*.log", ["a/1.log", "b.log"]),
        ("logs/[ab]", ["a/1.log"]),
        ("log?/b.*", ["logs/b.log", "logs/b.txt"]),
    ],
)
def test_a_pattern_names_files_and_folders(ground, leakseal, pattern, paths):
    report, found = _report(leakseal(ground, "scan", "-q", "--format", "json", "--logs", pattern))
    assert [path for _, _, path in found] == paths
    assert report["coverage"]["surfaces"]["logs"]["objects"] == len(paths)
    assert report["targets"][0]["uri"] == pattern


@pytest.mark.parametrize("pattern", ["logs/*.nothing", "nowhere/*", "logs/nothing"])
def test_a_pattern_that_names_nothing_is_asked_wrongly(ground, leakseal, pattern):
    said = leakseal(ground, "scan", "-q", "--format", "json", "--logs", pattern)
    assert (said.code, said.out) == (2, "")
    assert "nothing at" in said.err


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(ground, leakseal, token):
    (ground / "logs" / "x[1].log").write_text(f"t = {token(7)}\n")
    _, found = _report(leakseal(ground, "scan", "-q", "--format", "json", "--logs", "logs/x[1].log"))
    assert [path for _, _, path in found] == ["x[1].log"]


def test_standard_input_can_be_a_log(ground, leakseal, token):
    report, found = _report(leakseal(ground, "scan", "-q", "--format", "json", "--logs", "-", data=f"t = {token(8)}\n".encode()))
    assert found == [("logs", "t1", "-")]
    assert list(report["coverage"]["surfaces"]) == ["logs"]


def test_a_named_surface_that_cannot_be_opened_is_a_gap_of_that_surface(ground, leakseal):
    broken = ground / "broken"
    broken.mkdir()
    (broken / ".git").write_text("gitdir: nowhere\n")
    said = leakseal(ground, "scan", "-q", "--format", "json", "--logs", "logs", "--git", broken)
    report, _ = _report(said)
    assert [(gap["surface"], gap["reason"]) for gap in report["gaps"]] == [("git", "unreadable")]
