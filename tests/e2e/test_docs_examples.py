"""Every example of the documentation runs, but for those that ask a network or a person; docs/release.md has a test of its own."""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scanner.cli import main
from tests.conftest import Repo
from tests.gitrepo import token
from tests.test_docs_commands import CALLS, words_of

ELSEWHERE = re.compile(r"docker://|postgresql://|docs/release\.md|docs/artifact\.md|leakseal review$|review --web|review report\.json")
LATER = (datetime.now(UTC).date() + timedelta(200)).isoformat()
EXAMPLES: dict[str, dict[str, str]] = {}  # page -> its examples, in their order
for _name, _line in CALLS.items():
    if not ELSEWHERE.search(_name):
        EXAMPLES.setdefault(_name.partition(":")[0], {})[_name] = _line


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A repository with everything that the examples name."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("examples") / "shop"
        folder.mkdir()
        subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
        repo = Repo(folder)
        repo.commit({"deploy/app.env": f"GH={token(1)}\n", "keys.txt": "nothing\n"})
        for name in ("PATH", "PATH/TO/A/REPOSITORY"):
            subprocess.run(["git", "clone", "-q", "--bare", folder, folder / name / ".git"], check=True)
        subprocess.run(["git", "clone", "-q", "--bare", folder, folder / "rewritten.git"], check=True)
        patch.chdir(folder)
        patch.setenv("HOME", str(folder.parent))
        assert run(["scan", "--format", "json", "-o", "report.json"]) == 1
        fill(folder)
        yield folder


def fill(folder: Path) -> None:
    (folder / "leakseal.yaml").write_text("version: 1\n")
    line = f"2024-01-02T03:04:05Z GH={token(2)}\n"
    for name in ("build/logs/app.log", "app.log", "web-1.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(line)
    (folder / "app.log.1.gz").write_bytes(gzip.compress(line.encode()))
    with zipfile.ZipFile(folder / "hub-export.zip", "w") as archive:
        archive.writestr("notes.json", json.dumps({"notes": [{"id": "n1", "title": "a", "body": f"GH={token(3)}"}]}))
    from PIL import Image

    (folder / "docs/img").mkdir(parents=True)
    Image.new("RGB", (60, 20), "white").save(folder / "docs/img/login.png")
    found = json.loads((folder / "report.json").read_text())["findings"]
    commit = found[0]["location"]["commit"]
    (folder / "BEFORE.json").write_bytes((folder / "report.json").read_bytes())
    (folder / ".secrets.baseline").write_text(json.dumps({
        "version": "1.5.0", "plugins_used": [], "filters_used": [], "results": {}, "generated_at": "2024-01-02T03:04:05Z",
    }))  # fmt: skip
    (folder / ".gitleaksignore").write_text(f"{commit}:deploy/app.env:github-pat:1\n")
    (folder / ".gitleaks.toml").write_text("[[rules]]\nid = 'acme'\nregex = 'acme_[a-z0-9]{20}'\nkeywords = ['acme']\n")
    (folder / "security").mkdir()
    row = {"DetectorName": "Github", "Raw": token(1), "SourceMetadata": {"Data": {"Filesystem": {"file": "deploy/app.env", "line": 1}}}}
    (folder / "trufflehog.json").write_text(json.dumps(row) + "\n")
    (folder / "inventory.yaml").write_text("version: 1\nrepositories:\n- path: PATH\n")
    words = ["umoci", "init", "--layout", folder / "build/oci-layout"]
    subprocess.run(words, check=True, capture_output=True)
    subprocess.run(["tar", "-cf", folder / "image.tar", "-C", folder / "build/oci-layout", "."], check=True)


def run(words: list[str], said: bytes = b"") -> int:
    """The command in this process; its exit code."""
    old = sys.stdin, sys.stdout, sys.stderr
    with tempfile.TemporaryFile() as given:
        given.write(said)
        given.seek(0)
        sys.stdin, sys.stdout, sys.stderr = io.TextIOWrapper(given), io.TextIOWrapper(io.BytesIO()), io.StringIO()
        try:
            code = main(words)
            complaint = sys.stderr.getvalue()
        finally:
            sys.stdin, sys.stdout, sys.stderr = old
    assert "unforeseen" not in complaint, f"{words}: {complaint}"
    assert code in (0, 1, 3), f"{words}: {complaint}"
    return code


def made_real(line: str, folder: Path) -> list[str]:
    """The words of an example, with what it leaves open filled in."""
    ids = [finding["id"] for finding in json.loads((folder / "report.json").read_text())["findings"]]
    line = re.sub(r"\b20\d\d-\d\d-\d\d\b", LATER, line)
    line = line.replace("~/plan", str(folder.parent / "plan")).replace("/var/log/app.log", "app.log")
    line = line.replace("/var/lib/leakseal/", f"{folder.parent}/")
    return [{"ID": ids[0], "RULE": "github-pat"}.get(word, word) for word in words_of(line)]


def test_the_others_ask_a_network_or_a_person() -> None:
    assert sum(map(len, EXAMPLES.values())) > 45
    left = [name for name in CALLS if name not in EXAMPLES.get(name.partition(":")[0], {})]
    known = ("docker://", "postgresql://", "leakseal review", "docs/release.md", "docs/artifact.md")
    assert [name for name in left if not any(word in name for word in known)] == []


@pytest.mark.parametrize("page", EXAMPLES)
def test_the_examples_of_a_page_run(place: Path, page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "shop"
    shutil.copytree(place, here)
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(tmp_path))
    for line in EXAMPLES[page].values():
        words = made_real(line, here)
        if words[0] == "redact" and "-o" not in words:
            continue  # a filter between two programs, which tests/cli/test_redact.py has
        run(words, b"2024-01-02T03:04:05Z nothing\n")
