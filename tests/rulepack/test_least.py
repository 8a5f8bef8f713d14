"""A project's own thresholds: what is less sure than they ask is not reported, and the digest says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scanner import config
from scanner.cli import main
from scanner.errors import ConfigError
from scanner.rulepack.sample import grow

LINE = b'passphrase = "' + grow("{lower:9}", 4) + b'"\n'


def scan(folder: Path, capfd, text: str | None) -> tuple[list[str], str]:
    (folder / "a.py").write_bytes(LINE)
    if text is not None:
        (folder / "leakseal.yaml").write_text(text)
    main(["scan", str(folder), "--format", "json"])
    report = json.loads(capfd.readouterr().out)
    return [one["rule"] for one in report["findings"]], report["rules"]["digest"]


def test_what_is_less_sure_than_asked_is_not_reported(tmp_path, capfd):
    found, digest = scan(tmp_path, capfd, None)
    asked, other = scan(tmp_path, capfd, "version: 1\nrules:\n  least: {password: 1.0}\n")
    assert (found, asked) == (["generic-password"], [])
    assert digest != other


def test_another_kind_s_threshold_changes_nothing(tmp_path, capfd):
    assert scan(tmp_path, capfd, "version: 1\nrules:\n  least: {dsn: 1.0}\n")[0] == ["generic-password"]


@pytest.mark.parametrize(
    ("text", "line"),
    [("least: {password: 2}", 3), ("least: {password: often}", 3), ("least: {passwords: 0.5}", 3), ("least: 0.5", 3)],
)
def test_a_wrong_threshold_is_refused_with_its_line(tmp_path, text, line):
    path = tmp_path / "leakseal.yaml"
    path.write_text(f"version: 1\nrules:\n  {text}\n")
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    assert f":{line}:" in str(caught.value)
