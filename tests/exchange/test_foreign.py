"""Reports of other scanners become reports of ours, without a value in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scanner.cli import main
from scanner.errors import UsageError
from scanner.exchange.foreign import read
from scanner.rulepack.sample import grow

COMMIT = "ab" * 20


def trufflehog(value: str, path: str = "a.env") -> dict[str, Any]:
    at = {"commit": COMMIT, "file": path, "email": "A <a@example.org>", "timestamp": "2024-01-02 03:04:05 +0000", "line": 3}
    return {"SourceMetadata": {"Data": {"Git": at}}, "DetectorName": "Github", "Verified": False, "Raw": value, "RawV2": ""}


def kingfisher(value: str, path: str = "a.env") -> dict[str, Any]:
    git = {"commit": {"id": COMMIT, "committer": {"email": "a@example.org"}, "date": "2024-01-02"}}
    return {"rule": {"name": "GitHub", "id": "kf.github.1"}, "finding": {"snippet": value, "line": 3, "path": path, "git_metadata": git}}


def gitleaks(value: str, path: str = "a.env") -> dict[str, Any]:
    at = {"File": path, "StartLine": 3, "Commit": COMMIT, "Email": "a@example.org"}
    return {"RuleID": "github-pat", "Secret": value, "Match": value, **at}


def written(kind: Any, values: list[str]) -> bytes:
    found = [kind(value, f"f{number}.env") for number, value in enumerate(values)]
    if kind is trufflehog:
        return b'{"level":"info","msg":"running"}\n' + b"\n".join(json.dumps(one).encode() for one in found)
    return json.dumps({"findings": found} if kind is kingfisher else found).encode()


@pytest.mark.parametrize("kind", [trufflehog, kingfisher, gitleaks])
def test_a_report_is_compared_by_value(kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, token: Any) -> None:
    monkeypatch.chdir(tmp_path)
    password = grow("{alnum:16}", 2).decode()
    (tmp_path / "src").mkdir()
    (tmp_path / "src/a.env").write_text(f"T={token(1)}\nDB=postgresql://app:{password}@db.internal:5432/a\nU={token(3)}\n")
    url = f"postgresql://app:{password}@db.internal:5432/a"
    (tmp_path / "theirs.json").write_bytes(written(kind, [token(1), url, token(9), "REDACTED"]))
    assert main(["import", "report", "theirs.json", "-o", "theirs-as-ours.json"]) == 0
    assert "1 without a value" in capsys.readouterr().err
    text = (tmp_path / "theirs-as-ours.json").read_text()
    assert not [value for value in (token(1), token(9), password) if value[6:] in text]
    document = json.loads(text)
    assert (document["result"], document["findings"][0]["location"]["commit"]) == ("leaks", COMMIT)
    assert main(["scan", "src", "-q", "--format", "json", "-o", "ours.json"]) == 1
    capsys.readouterr()
    assert main(["compare", "theirs-as-ours.json", "ours.json", "--format", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [(one["rule"], one["place"]) for one in told["new"]] == [("github-pat", "a.env:3:3")]
    assert [one["place"] for one in told["gone"]] == ["f2.env:3"]
    assert len(told["moved"]) == 2


def test_a_report_without_findings_is_not_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.json").write_bytes(written(gitleaks, ["REDACTED", "ghp_***"]))
    assert main(["import", "report", "t.json", "-o", "o.json"]) == 0
    assert json.loads((tmp_path / "o.json").read_text())["result"] == "incomplete"


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'[{"RuleID": 1}]', b'{"rule": {}, "finding": 5}'])
def test_what_is_no_report_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError):
        read(data)


def test_damaged_findings_are_counted() -> None:
    odd = [gitleaks("zq" * 10), {**gitleaks("y" * 20), "RuleID": None}, {"other": 1}, {**gitleaks("a" * 9), "StartLine": "3", "Commit": 5}]
    found = read(json.dumps(odd).encode())
    assert (len(found.seen), found.odd) == (2, 2)
    assert found.seen[1].line is None and found.seen[1].commit is None
    assert "zqzq" not in repr(found)
