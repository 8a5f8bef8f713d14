"""`leakseal remove-plan`: its steps are run with git-filter-repo itself, and then nothing is left."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scanner.cli import main
from scanner.report.removal import plan, written
from tests.report.samples import finding, report


@pytest.fixture
def stained(repo: Any, token: Any) -> Any:
    """A history with a token that moved, one in a message, and one in base64."""
    repo.commit({"a.env": f"T={token(1)}\n", "b.py": f"x = 1\nT = '{token(1)}'\n"})
    repo.commit({"deploy/a.env": f"T={token(1)}\n", "a.env": "", "b.py": "x = 1\n"}, f"Set {token(2)}")
    repo.commit({"blob.txt": "data: " + base64.b64encode(f"export GITHUB_TOKEN={token(3)} # for the job".encode()).decode() + "\n"})
    repo.commit({"deploy/a.env": "\n", "kept.txt": "kept\n"}, "Clean up")
    return repo


def run(*words: str, folder: Path) -> str:
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(words, cwd=folder, env=env, capture_output=True, check=True).stdout.decode()


def test_the_steps_are_run_and_nothing_is_left(stained: Any, tmp_path: Path, token: Any, capsys: pytest.CaptureFixture[str]) -> None:
    before, made = str(tmp_path / "before.json"), tmp_path / "plan"
    assert main(["scan", str(stained.path), "-q", "-o", before]) == 1
    assert main(["remove-plan", str(stained.path), "--report", before, "-o", str(made)]) == 0
    said = capsys.readouterr()
    everything = said.out + said.err + "".join(path.read_text() for path in made.iterdir())
    assert not [n for n in (1, 2, 3) if token(n)[6:] in everything]
    assert {path.name for path in made.iterdir()} == {"PLAN.md", "replacements.txt", "paths.txt"}
    assert (made / "replacements.txt").stat().st_mode & 0o077 == 0
    assert main(["remove-plan", "--verify", "--report", before, str(stained.path)]) == 1

    found = {f["fingerprint"]: f["id"] for f in json.loads(Path(before).read_text())["findings"]}
    assert len(found) == 3
    slots = re.findall(r"PASTE-THE-VALUE-OF-[0-9a-f]{16}-HERE", (made / "replacements.txt").read_text())
    assert len(slots) == 2
    text = (made / "replacements.txt").read_text()
    for slot, value in zip(slots, (token(1), token(2)), strict=True):  # in whichever order: both are filled in
        text = text.replace(slot, value)
    (made / "replacements.txt").write_text(text)
    clone = tmp_path / "rewritten.git"
    run("git", "clone", "--quiet", "--mirror", "--no-local", str(stained.path), str(clone), folder=tmp_path)
    commands = [line[2:] for line in (made / "PLAN.md").read_text().splitlines() if line.startswith("$ git filter-repo")]
    assert len(commands) == 2
    for command in commands:
        run(*command.split(), "--no-fetch", "--force", folder=clone)
    assert main(["remove-plan", "--verify", "--report", before, str(clone)]) == 0
    assert "none of 3 values is left" in capsys.readouterr().out
    assert run("git", "log", "--format=%s", "main", folder=clone).splitlines()[0] == "Clean up"
    assert run("git", "show", "main:kept.txt", folder=clone) == "kept\n"


def test_an_unreachable_object_is_left(repo: Any, tmp_path: Path, token: Any, capsys: pytest.CaptureFixture[str]) -> None:
    repo.commit({"a.env": f"T={token(1)}\n"})
    before = str(tmp_path / "before.json")
    assert main(["scan", str(repo.path), "-q", "-o", before]) == 1
    repo.git("commit", "--quiet", "--amend", "--allow-empty", "--message", "Without")
    repo.git("rm", "--quiet", "a.env")
    repo.git("commit", "--quiet", "--amend", "--allow-empty", "--message", "Without")
    capsys.readouterr()
    assert main(["remove-plan", "--verify", "--report", before, str(repo.path)]) == 1
    assert "left  object" in capsys.readouterr().out
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "--quiet", "--prune=now")
    assert main(["remove-plan", "--verify", "--report", before, str(repo.path)]) == 0


def test_the_plan_is_not_written_into_a_repository_nor_over_another(stained: Any, tmp_path: Path) -> None:
    before = str(tmp_path / "before.json")
    main(["scan", str(stained.path), "-q", "-o", before])
    assert main(["remove-plan", "--report", before, "-o", str(stained.path / "plan")]) == 2
    assert main(["remove-plan", "--report", before, "-o", str(tmp_path / "plan")]) == 0
    assert main(["remove-plan", "--report", before, "-o", str(tmp_path / "plan")]) == 2
    assert main(["remove-plan", "--verify"]) == 2


def test_every_place_has_its_own_way_out() -> None:
    def at(field: str | None, path: str | None = None, number: int = 0, **changes: Any):
        oid = None if field in ("reflog", "config", "ref-name") else "b" * 40
        place = replace(finding().location, field=field, path=path, object=oid, **changes)
        return finding(id=f"{number:016x}", location=place, paths=())

    fields = (None, "commit-message", "author", "path-name", "reflog", "config", "ref-name", "index")
    found = [at(field, "x" if field is None else None, n) for n, field in enumerate(fields)]
    found += [at(None, "a.zip!b", 20), at("exif.UserComment", "b.png", 21), at("note", "c", 22)]
    made = plan(replace(report(), findings=tuple(found)))
    counts = [len(part) for part in (made.text, made.whole, made.people, made.names, made.own, made.rotate)]
    assert counts == [3, 2, 1, 1, 4, 11]
    assert set(made.files()) == {"replacements.txt", "paths.txt", "mailmap.txt"}
    assert made.files()["paths.txt"] == "literal:a.zip\nliteral:b.png\n"
    text = written(made, {"postgres-dsn": "PostgreSQL"}, "plan")
    assert "### PostgreSQL (11)" in text and "--mailmap plan/mailmap.txt" in text and "git reflog expire" in text


def test_a_private_key_goes_by_its_frame() -> None:
    made = plan(replace(report(), findings=(finding(kind="private-key"),)))
    (line,) = made.files()["replacements.txt"].splitlines()
    pattern = re.compile(line.removeprefix("regex:").partition("==>")[0])
    frame = "-----{} RSA PRIVATE KEY-----"
    assert pattern.sub("", f"a {frame.format('BEGIN')}\nx\ny\n{frame.format('END')} b") == "a  b"


def test_what_is_in_no_history_is_only_rotated() -> None:
    made = plan(replace(report(), findings=(finding(surface="logs"),)))
    assert not made.rewrites and made.files() == {}
    assert "Nothing is in a history" in written(made, {}, "plan")
