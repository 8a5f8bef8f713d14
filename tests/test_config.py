"""`leakseal.yaml`: every mistake has a line and a next step."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.config import Config, Exclusion, find, load, read_key
from scanner.errors import ConfigError
from scanner.globs import covers
from tests.effort import costs_at_most

FULL = """\
version: 1
rules:
  packs: [acme/rules, more.yaml]
  disable:
    - slack-token
    - acme.key
fingerprint:
  key-env: ACME_KEY
  salt: acme and its salt
paths:
  - exclude: vendor/**
    reason: third parties scan these themselves
"""


def reading(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "leakseal.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_without_a_file_everybody_gets_the_same() -> None:
    assert load(None) == Config()
    assert read_key(Config(), {"LEAKSEAL_KEY": "x" * 40}) is None


def test_everything_that_can_be_said_is_read(tmp_path: Path) -> None:
    config = reading(tmp_path, FULL)
    assert config == Config(
        file=tmp_path / "leakseal.yaml",
        packs=(tmp_path / "acme/rules", tmp_path / "more.yaml"),
        disabled=("acme.key", "slack-token"),
        says_rules=True,
        key_env="ACME_KEY",
        salt="acme and its salt",
        exclusions=(Exclusion("vendor/**", "third parties scan these themselves"),),
    )
    assert "its salt" not in repr(config)


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        ("version: 1", "version: 9", "1:1: a whole number", ""),
        ("version: 1\n", "", "1:1: `version` is missing", "version"),
        ("rules:\n", "rulez:\n", "2:1: unknown key `rulez`", "`rules`"),
        ("disable:", "disabled:", "4:3: unknown key `disabled`", "`disable`"),
        ("slack-token", "Slack Token", "5:7: this is no rule id", "rules list"),
        ("key-env: ACME_KEY", "key-env: not-a-name", "8:3: the name of an environment variable", "not the key"),
        ("  salt", "  key-file: x\n  salt", "9:3: `key-env` and `key-file`", "one of them"),
        ("  salt", "  slat", "9:3: unknown key `slat`", "`salt`"),
        ("    reason: third parties scan these themselves\n", "", "11:5: `reason` is missing", "reason"),
        ("vendor/**", "'**'", "11:5: this covers everything", "name the folder"),
        ("vendor/**", "../x", "11:5: a path below", ""),
        ("paths:\n", "paths:\n  vendor\n", "12:12: not valid YAML", "indentation"),
    ],
)
def test_mistakes_are_named_with_line_column_and_the_nearest_key(tmp_path: Path, old: str, new: str, message: str, hint: str) -> None:
    assert old in FULL
    with pytest.raises(ConfigError) as caught:
        reading(tmp_path, FULL.replace(old, new))
    assert caught.value.message.startswith(f"{tmp_path / 'leakseal.yaml'}:{message}")
    assert hint in caught.value.hint
    assert caught.value.exit_code == 2


def test_rules_of_ones_own_are_only_noticed_here(tmp_path: Path) -> None:
    config = reading(tmp_path, "version: 1\nrules: {add: [{id: x}], override: {b: {severity: low}, a: {}}}\n")
    assert (config.project, config.changed) == (tmp_path / "leakseal.yaml", ("a", "b"))
    assert reading(tmp_path, "version: 1\nrules: {packs: [x]}\n").project is None
    for wrong in ("add: {id: x}", "override: [a]"):
        with pytest.raises(ConfigError, match=r"leakseal\.yaml:2:9: .* expected here"):
            reading(tmp_path, f"version: 1\nrules: {{{wrong}}}\n")


def test_an_empty_file_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="empty"):
        reading(tmp_path, "# nothing\n")


def test_only_the_root_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "leakseal.yaml").write_text("version: 1\n")
    (tmp_path / "sub").mkdir()
    assert find(tmp_path) == tmp_path / "leakseal.yaml"
    assert find(tmp_path / "sub") is None


@pytest.mark.parametrize(
    "glob", ["vendor/", "vendor/**", "**/vendor/**", "*/lib.min.js", "**/*.min.js", "vendor/lib.min.js", "vendor/lib.???.js"]
)
def test_globs_cover(glob: str) -> None:
    assert covers(glob, "vendor/lib.min.js")


@pytest.mark.parametrize("glob", ["*.js", "vendor", "vendor/*/x", "ENDOR/**", "Vendor/**", "lib/**", "vendor/lib.min.js/**/x", "**/vendor"])
def test_globs_do_not_cover(glob: str) -> None:
    assert not covers(glob, "vendor/lib.min.js")


def test_a_hostile_glob_costs_a_bounded_number_of_looks_at_each_name() -> None:
    glob, path = "/".join(["**", "*a*a*a*"] * 20), "/".join(["a" * 200] * 300) + "/b"
    assert not covers(glob, path)
    assert costs_at_most(40 * 300 * 2000, lambda: covers(glob, path))


def test_the_first_exclusion_that_covers_a_path_gives_the_reason(tmp_path: Path) -> None:
    config = reading(tmp_path, FULL)
    assert config.excluded("vendor/a/b.c") == config.exclusions[0]
    assert config.excluded("src/vendor.c") is None


def test_a_key_comes_from_the_environment(tmp_path: Path) -> None:
    config = reading(tmp_path, FULL)
    assert read_key(config, {"ACME_KEY": "k" * 16 + "\n"}) == b"k" * 16
    for environ in ({}, {"ACME_KEY": " "}, {"ACME_KEY": "k" * 15}):
        with pytest.raises(ConfigError) as caught:
            read_key(config, environ)
        assert caught.value.hint
        assert "kkk" not in str(caught.value)


def test_a_key_comes_from_a_file_that_others_cannot_read(tmp_path: Path) -> None:
    config = reading(tmp_path, "version: 1\nfingerprint: {key-file: project.key}\n")
    key = tmp_path / "project.key"
    with pytest.raises(ConfigError, match="cannot be read"):
        read_key(config, {})
    key.write_bytes(b"k" * 32 + b"\n")
    key.chmod(0o600)
    assert read_key(config, {}) == b"k" * 32
    key.chmod(0o644)
    with pytest.raises(ConfigError, match="everybody") as caught:
        read_key(config, {})
    assert caught.value.hint == f"run `chmod 600 {key}`"
    key.chmod(0o600)
    for content in (b"short", b"x" * 5000):
        key.write_bytes(content)
        with pytest.raises(ConfigError, match=r"shorter|larger"):
            read_key(config, {})
