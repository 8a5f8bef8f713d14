"""Baselines of other scanners: places become values, verdicts are kept, and what cannot be carried over is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from detect_secrets import SecretsCollection
from detect_secrets.settings import transient_settings

from scanner.cli.imports import command as imports
from scanner.cli.scan import command as scan
from scanner.errors import UsageError
from scanner.exchange.baselines import read
from scanner.findings.suppressions import load
from scanner.rulepack.sample import grow

TERMS = ["--owner", "team-a", "--reason", "made over", "--ticket", "T-1", "--expires", "2027-06-30"]
PLUGINS = ("KeywordDetector", "BasicAuthDetector", "GitHubTokenDetector", "PrivateKeyDetector", "Base64HighEntropyString")


def password(seed: int) -> str:
    return grow("{alnum:16}", seed).decode()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: Callable[[int], str]) -> Path:
    """Files with secrets, and a baseline that detect-secrets itself made of them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.env").write_text(f"# the app\nGITHUB_TOKEN={token(1)}\nDB=postgresql://app:{password(2)}@db.internal:5432/a\n")
    (tmp_path / "conf.py").write_text(f'password = "{password(3)}"\n')
    files = SecretsCollection()
    with transient_settings({"plugins_used": [{"name": name} for name in PLUGINS]}):
        for name in ("app.env", "conf.py"):
            files.scan_file(name)
    results = {name: [secret.json() for secret in sorted(files[name], key=str)] for name in files.files}
    (tmp_path / ".secrets.baseline").write_text(json.dumps({"version": "1.5.0", "plugins_used": [], "results": results}))
    return tmp_path


def audited(folder: Path, **verdicts: bool | None) -> None:
    """The verdicts of an audit, by line of app.env."""
    baseline = json.loads((folder / ".secrets.baseline").read_text())
    for one in baseline["results"]["app.env"]:
        if (verdict := verdicts.get(f"line{one['line_number']}")) is not None:
            one["is_secret"] = verdict
    (folder / ".secrets.baseline").write_text(json.dumps(baseline))


def run(*words: str) -> Any:
    result = CliRunner().invoke(imports, ["baseline", *words, *TERMS], standalone_mode=False)
    if result.exception and not isinstance(result.exception, UsageError):
        raise result.exception
    return result


def dispositions() -> dict[str, str]:
    found = json.loads(CliRunner().invoke(scan, [".", "--format", "json", "-q"]).stdout)["findings"]
    return {f"{f['location']['path']}:{f['location']['line']}": f["disposition"] for f in found}


def test_verdicts_of_an_audit_are_kept_and_lines_no_longer_count(project: Path, token: Callable[[int], str]) -> None:
    audited(project, line2=False, line3=True)
    result = run(".secrets.baseline")
    assert result.exception is None
    entries = load(project / ".leakseal/suppressions.yaml")
    assert {(e.rule, e.verdict, e.scope) for e in entries} == {("github-pat", "false-positive", "anywhere")}
    assert "confirmed      app.env:3" in result.stdout
    assert "unaudited      conf.py:1" in result.stdout
    assert dispositions() == {"app.env:2": "accepted", "app.env:3": "open", "conf.py:1": "open"}
    text = (project / "app.env").read_text()
    (project / "moved.env").write_text("\n\n\n" + text)
    (project / "app.env").write_text(text.replace(token(1), token(9)))
    assert dispositions()["moved.env:5"] == "accepted"
    assert dispositions()["app.env:2"] == "open"


def test_what_nobody_audited_is_accepted_if_asked(project: Path) -> None:
    assert run(".secrets.baseline", "--unaudited").exception is None
    assert set(dispositions().values()) == {"accepted"}


def test_what_cannot_be_carried_over_is_told(project: Path) -> None:
    audited(project, line2=False)
    baseline = json.loads((project / ".secrets.baseline").read_text())
    plain = {"type": "Secret Keyword", "is_verified": False, "line_number": 1, "is_secret": False}
    baseline["results"] |= {
        "gone.py": [{**plain, "filename": "gone.py", "hashed_secret": "a" * 40}],
        "conf.py": [*baseline["results"]["conf.py"], {**plain, "filename": "conf.py", "hashed_secret": "b" * 40}],
        "../up.py": [{**plain, "filename": "../up.py", "hashed_secret": "c" * 40}],
        "odd.py": [{**plain, "filename": "odd.py", "hashed_secret": "plain text"}],
    }
    baseline["plugins_used"] = [{"name": "Own", "path": "file:///tmp/own.py"}]
    (project / ".secrets.baseline").write_text(json.dumps(baseline))
    (project.parent / "up.py").write_text(f'password = "{password(3)}"\n')
    told = run(".secrets.baseline", "--dry-run")
    kinds = [line.split()[0] for line in told.stdout.splitlines()]
    assert sorted(set(kinds)) == ["changed", "found", "gone", "not-understood", "unaudited"]
    assert kinds.count("gone") == 2 and kinds.count("not-understood") == 2
    assert not (project / ".leakseal").exists()


def test_a_gitleaks_report_and_an_ignore_file_are_looked_up_in_their_commits(repo, token, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo.path)
    first = repo.commit({"a.env": f"\nTOKEN={token(1)}\n", "two.env": f"A={token(5)} B={token(6)}\n"})
    repo.commit({"a.env": "", "b.env": f"TOKEN={token(2)}\n", "c.env": f"\n\nTOKEN={token(3)}\n"})
    lines = [f"{first}:a.env:github-pat:2", "b.env:github-pat:1", "# why", "", "b.env:x:9", f"{'0' * 40}:a.env:r:2", "nonsense"]
    lines.append(f"{first}:two.env:r:1")
    (repo.path / ".gitleaksignore").write_text("\n".join(lines) + "\n")
    result = run(".gitleaksignore")
    assert result.exception is None
    kinds = sorted(line.split()[0] for line in result.stdout.splitlines())
    assert kinds == ["found", "found", "gone", "not-reported", "not-understood", "several-values"]
    assert len(load(Path(".leakseal/suppressions.yaml"))) == 2
    assert sorted(dispositions().values()) == ["accepted", "accepted", "open", "open"]
    place = {"File": "c.env", "StartLine": 3, "EndLine": 3, "Commit": repo.git("rev-parse", "HEAD")}
    report = [{"RuleID": "github-pat", **place, "Secret": token(3)}]
    (repo.path / "gitleaks.json").write_text(json.dumps(report))
    result = run("gitleaks.json")
    assert result.exception is None and token(3)[10:] not in result.stdout + result.stderr
    assert len(load(Path(".leakseal/suppressions.yaml"))) == 3


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"[" * 100_000, b'{"results": {"a": [{}]}}', b'{"results": {"a": 5}}', b"\xff"])
def test_what_is_no_baseline_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        read(data, ".secrets.baseline")
    assert caught.value.hint


def test_a_link_out_of_the_folder_is_not_followed(project: Path) -> None:
    outside = project.parent / "outside.py"
    outside.write_text((project / "conf.py").read_text())
    (project / "conf.py").unlink()
    (project / "conf.py").symlink_to(outside)
    assert "gone           conf.py:1" in run(".secrets.baseline", "--unaudited", "--dry-run").stdout
