"""`leakseal config`: what applies is told with its origin, and the schema says what the reader takes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from scanner import config
from scanner.cli import main
from scanner.cli.config import SETTINGS
from scanner.cli.config import command as configure
from scanner.cli.manual import write
from scanner.cli.root import COMMANDS
from scanner.errors import ConfigError, RuleError
from scanner.yamlnodes import Node

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads(config.SCHEMA.read_text())
FULL = """\
version: 1
rules:
  packs: [more]
  disable: [slack-token, gitlab-feed-token]
  least: {password: 0.6}
  override: {github-pat: {severity: low}}
fingerprint: {key-env: ACME_KEY, salt: acme}
paths:
  - exclude: vendor/
    reason: third parties scan these
suppressions: {days: 90, places: 3}
registries: {insecure: [localhost]}
ocr: {mode: never, engine: tesseract, command: [a, b], seconds: 9}
notes:
  mappings:
    - name: own
      files: "*.json"
      kinds: {task: {in: tasks, id: id, body: text}}
"""


def problems(text: str) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(text))]


def test_the_schema_is_a_schema_and_the_same_in_the_documentation() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert (ROOT / "docs/leakseal.schema.json").read_text() == config.SCHEMA.read_text()
    assert CliRunner().invoke(configure, ["schema"]).stdout == config.SCHEMA.read_text()


def test_the_schema_takes_what_the_reader_takes(tmp_path: Path) -> None:
    (tmp_path / "leakseal.yaml").write_text(FULL)
    assert config.load(tmp_path / "leakseal.yaml").bounds.days == 90
    assert problems(FULL) == []
    assert problems((ROOT / "leakseal.yaml").read_text()) == []
    assert problems("version: 1\n") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("version: 1", "version: 2"), ("version: 1\n", ""), ("packs:", "pack:"), ("[slack-token,", "[Slack Token,"), ("0.6", "1.6"),
        ("days: 90", "days: 900"), ("places: 3", "places: 0"), ("    reason: third parties scan these\n", ""), ("never", "sometimes"),
        ("tesseract", "other"), ("seconds: 9", "seconds: 0"), ("salt: acme", "salt: acme, key-file: x"), ("ACME_KEY", "not-a-name"),
        ("insecure:", "unsafe:"), ("files:", "file:"), ("body: text", "bdy: text"),
    ],
)  # fmt: skip
def test_the_schema_refuses_what_the_reader_refuses(tmp_path: Path, old: str, new: str) -> None:
    text = FULL.replace(old, new)
    assert text != FULL
    (tmp_path / "leakseal.yaml").write_text(text)
    with pytest.raises((ConfigError, RuleError)):
        config.load(tmp_path / "leakseal.yaml")
    assert problems(text)


def test_the_schema_and_the_table_of_settings_have_every_key_of_the_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    mapping = Node.mapping

    def noting(self: Node, known: Any, required: Any = ()) -> Any:
        asked.append(tuple(known))
        return mapping(self, known, required)

    monkeypatch.setattr(Node, "mapping", noting)
    (tmp_path / "leakseal.yaml").write_text(FULL)
    config.load(tmp_path / "leakseal.yaml")

    def inner(schema: Any) -> list[frozenset[str]]:
        if isinstance(schema, list):
            return [keys for one in schema for keys in inner(one)]
        if not isinstance(schema, dict):
            return []
        own = [frozenset(schema["properties"])] if isinstance(schema.get("properties"), dict) else []
        return own + [keys for one in schema.values() for keys in inner(one)]

    assert {frozenset(keys) for keys in asked} <= set(inner(SCHEMA))
    top = set(asked[0])
    assert {setting.key.split(".")[0] for setting in SETTINGS} == top - {"version"}
    for name in ("rules", "fingerprint", "suppressions", "ocr", "registries"):
        told = {setting.key.split(".")[1] for setting in SETTINGS if setting.key.startswith(f"{name}.")}
        assert told == set(SCHEMA["properties"][name]["properties"])


def shown(folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> dict[str, list[tuple[Any, str]]]:
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(configure, ["show", "--format", "json", *words], standalone_mode=False)
    assert result.exception is None
    told: dict[str, list[tuple[Any, str]]] = {}
    for one in json.loads(result.stdout):
        told.setdefault(one["key"], []).append((one["value"], one["origin"]))
    return told


def test_every_setting_is_told_with_its_origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(origin == "default" for key, found in shown(tmp_path, monkeypatch).items() if "." in key for _, origin in found)
    (tmp_path / "leakseal.yaml").write_text(FULL)
    told = shown(tmp_path, monkeypatch)
    assert told["suppressions.days"] == [(90, "leakseal.yaml:11:16")]
    assert told["rules.disable"] == [("slack-token", "leakseal.yaml:4:13"), ("gitlab-feed-token", "leakseal.yaml:4:26")]
    assert told["paths"] == [("vendor/ (third parties scan these)", "leakseal.yaml:9:5")]
    assert told["fingerprint.key-file"] == [(None, "default")]
    monkeypatch.setenv("LEAKSEAL_CACHE", str(tmp_path / "cache"))
    assert shown(tmp_path, monkeypatch)["cache"][0][1] == "environment LEAKSEAL_CACHE"


def test_the_table_hides_what_looks_like_a_secret(tmp_path: Path, monkeypatch, token, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leakseal.yaml").write_text(f"version: 1\nfingerprint: {{salt: {token()}}}\n")
    assert main(["config", "show"]) == 0
    assert token()[10:] not in capsys.readouterr().out


def test_a_configuration_is_checked_with_its_rules(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["config", "check"]) == 2
    (tmp_path / "leakseal.yaml").write_text("version: 1\nrules: {disable: [gitlab-feed-token]}\n")
    assert main(["config", "check"]) == 0
    (tmp_path / "leakseal.yaml").write_text("version: 1\nrules: {disable: [gitlab-feed-tokn]}\n")
    capsys.readouterr()
    assert main(["config", "check"]) == 2
    assert "did you mean `gitlab-feed-token`" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_told_how_to_complete(shell: str, capsys) -> None:
    assert main(["completion", shell]) == 0
    assert "_LEAKSEAL_COMPLETE" in capsys.readouterr().out


def test_bash_completes_commands_and_options(tmp_path: Path, command, leakseal) -> None:
    (tmp_path / "s.sh").write_text(leakseal(tmp_path, "completion", "bash").out)
    script = 'PATH="$1:$PATH"; . ./s.sh; COMP_WORDS=(leakseal $2); COMP_CWORD=$3; _leakseal_completion leakseal; echo "${COMPREPLY[@]}"'

    def complete(words: str, at: int) -> list[str]:
        done = subprocess.run(["bash", "-c", script, "-", str(command), words, str(at)], cwd=tmp_path, capture_output=True, check=True)
        return done.stdout.decode().split()

    assert complete("sup", 1) == ["suppressions"]
    assert complete("suppressions re", 2) == ["renew"]
    assert "--all-current" in complete("accept --a", 2)


def test_every_command_has_a_manual_page(tmp_path: Path) -> None:
    write(tmp_path)
    pages = {path.name for path in tmp_path.iterdir()}
    assert {"leakseal.1", *(f"leakseal-{name}.1" for name in COMMANDS)} <= pages
    assert "leakseal-suppressions-renew.1" in pages
    assert "\\-\\-all\\-current" in (tmp_path / "leakseal-accept.1").read_text()
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write(tmp_path)
    assert first == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
