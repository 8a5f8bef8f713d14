"""The cache answers what the packs say, is not trusted when it should not be, and costs the hook little."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from scanner import cachefile
from scanner.rulepack.build import Known
from scanner.rulepack.cache import key, load_cached, restore, store
from scanner.rulepack.load import load
from scanner.rulepack.packs import read_packs

KNOWN = Known(checks={"mixed"}, parsers={"dsn"})
PACK = r"""family: Acme
references: ["https://acme.example/docs"]
rules:
  - {id: acme-key, title: Acme key, kind: token, severity: high, pattern: '(?P<secret>acme_[0-9a-z]{20})', checks: [mixed],
     needs: [acme], parser: dsn, advice: Revoke it., hits: [a], misses: [b]}
  - {id: acme-two, title: Acme two, kind: other, severity: low, pattern: '(?P<secret>two_[0-9a-z]{20})', advice: No.,
     hits: [a], misses: [b]}
"""


def unasked() -> Known:
    raise AssertionError("the packs were read again")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "acme.yaml").write_text(PACK)
    return folder


def stored_files(cache: Path) -> list[Path]:
    return sorted(cache.glob("rules-*.json"))


def test_without_a_folder_there_is_no_cache(rules: Path) -> None:
    assert len(load_cached([rules], known=lambda: KNOWN).rules) == 2


def test_the_cache_answers_the_same_without_samples(rules: Path, tmp_path: Path) -> None:
    fresh = load_cached([rules], (), tmp_path / "cache", known=lambda: KNOWN)
    assert load_cached([rules], (), tmp_path / "cache", known=unasked) == fresh
    plain = load([rules], known=KNOWN)
    assert fresh.digest == plain.digest
    assert fresh.rules == tuple(replace(rule, hits=(), misses=()) for rule in plain.rules)
    assert restore(store(plain)) == fresh


def test_changed_packs_and_other_disabled_rules_are_other_entries(rules: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    load_cached([rules], (), cache, known=lambda: KNOWN)
    assert [rule.id for rule in load_cached([rules], {"acme-two"}, cache, known=lambda: KNOWN).rules] == ["acme-key"]
    (rules / "acme.yaml").write_text(PACK.replace("severity: high", "severity: low"))
    assert load_cached([rules], (), cache, known=lambda: KNOWN).rules[0].severity == "low"
    assert len(stored_files(cache)) == 3


def test_the_key_keeps_its_parts_apart(rules: Path) -> None:
    packs = read_packs([rules])
    assert key(packs, ["a", "b"]) == key(packs, {"b", "a"})
    assert key(packs, ["ab"]) != key(packs, ["a", "b"])
    assert key([replace(packs[0], name="x")], ()) != key(packs, ())


@pytest.mark.parametrize("spoil", [
    lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(path.read_bytes()[:-3]),
    lambda path: path.write_bytes(path.read_bytes().replace(b'"low"', b'"LOW"')),
    lambda path: cachefile.write(path, b"{}"),
    lambda path: cachefile.write(path, b"[" * 100_000),
    lambda path: cachefile.write(path, json.dumps({"digest": "x", "rules": [[1, 2]]}).encode()),
    lambda path: cachefile.write(path, json.dumps({"digest": "x", "rules": [3]}).encode()),
    lambda path: path.chmod(0o666),
], ids=["empty", "cut", "changed", "other", "deep", "short-row", "no-row", "writable-by-all"])  # fmt: skip
def test_a_spoilt_entry_is_read_afresh_and_replaced(rules: Path, tmp_path: Path, spoil: object) -> None:
    cache = tmp_path / "cache"
    fresh = load_cached([rules], (), cache, known=lambda: KNOWN)
    (path,) = stored_files(cache)
    spoil(path)  # type: ignore[operator]
    with pytest.raises(AssertionError):
        load_cached([rules], (), cache, known=unasked)
    assert load_cached([rules], (), cache, known=lambda: KNOWN) == fresh
    assert load_cached([rules], (), cache, known=unasked) == fresh
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_unwritable_folder_is_no_cache(rules: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert len(load_cached([rules], (), tmp_path / "file" / "cache", known=lambda: KNOWN).rules) == 2


def test_a_cached_answer_imports_neither_yaml_nor_re2(rules: Path, tmp_path: Path) -> None:
    load_cached([rules], (), tmp_path / "cache", known=lambda: KNOWN)
    program = (
        "import sys, pathlib; from scanner.rulepack.cache import load_cached\n"
        f"print(len(load_cached([pathlib.Path({str(rules)!r})], (), pathlib.Path({str(tmp_path / 'cache')!r}), known=None).rules))\n"
        "print(*sorted({'yaml', 're2', 'hyperscan', 'detect_secrets', 'hypothesis', 'difflib'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "2\n\n"
