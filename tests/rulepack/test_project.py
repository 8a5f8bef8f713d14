"""A project adds and changes rules in its configuration; what is wrong there is told with its line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scanner.errors import RuleError
from scanner.model.rule import Rule, Sample
from scanner.rulepack.build import Known
from scanner.rulepack.cache import load_cached
from scanner.rulepack.load import load, survey
from scanner.rulepack.packs import read_packs, read_project

KNOWN = Known(checks={"mixed", "entropy"}, parsers={"dsn"})
PACK = r"""family: Acme
references: ["https://acme.example/docs"]
rules:
  - {id: acme-key, title: Acme key, kind: token, severity: high, pattern: '(?P<secret>acme_[0-9a-z]{20})', checks: [mixed],
     needs: [acme], before: 7, anchor: acme_, advice: Revoke it., hits: [a, b], misses: [c]}
"""
OWN = r"""version: 1
rules:
  add:
    - id: own-key
      title: Own key
      kind: token
      severity: high
      pattern: '(?P<secret>own_[0-9a-z]{20})'
      advice: Ask for another.
      hits: [d]
      misses: [e]
  override:
    acme-key:
      severity: low
      checks: []
      misses:
        - f
paths: []
"""


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    (tmp_path / "acme.yaml").write_text(PACK)
    return tmp_path / "acme.yaml"


def loaded(pack: Path, own: str, disable: tuple[str, ...] = ()) -> dict[str, Rule]:
    path = pack.parent / "leakseal.yaml"
    path.write_text(own)
    return {rule.id: rule for rule in load([pack], disable, read_project(path), known=KNOWN).rules}


def test_says_nothing_where_there_is_nothing(pack: Path) -> None:
    plain = load([pack], known=KNOWN)
    assert load([pack], project=None, known=KNOWN) == plain
    for rules in ("", "rules:\n", "rules: {packs: [x]}\n", "rules: {add: [], override: {}}\n"):
        assert tuple(loaded(pack, "version: 1\n" + rules).values()) == plain.rules


def test_adds_a_rule_that_needs_no_reference(pack: Path) -> None:
    rule = loaded(pack, OWN)["own-key"]
    assert (rule.family, rule.references, rule.file, rule.line) == ("own rules", (), "leakseal.yaml", 4)
    assert rule.anchors == ("own_[0-9a-z]{20}",)


def test_changes_what_it_names_and_nothing_else(pack: Path) -> None:
    (plain,) = load([pack], known=KNOWN).rules
    changed = loaded(pack, OWN)["acme-key"]
    file = str(pack.parent / "leakseal.yaml")
    assert changed == replace(plain, severity="low", checks=(), misses=(Sample("f", 17, file),))


def test_a_new_pattern_comes_with_its_own_anchor_and_window(pack: Path) -> None:
    text = "version: 1\nrules: {override: {acme-key: {pattern: '(?P<secret>acme-[0-9a-z]{30})'%s}}}\n"
    rule = loaded(pack, text % "")["acme-key"]
    assert (rule.anchors, rule.before) == (("acme-[0-9a-z]{30}",), 128)
    rule = loaded(pack, text % ", anchor: acme-, after: 9")["acme-key"]
    assert (rule.anchors, rule.before, rule.after) == (("acme-",), 128, 9)


@pytest.mark.parametrize(("old", "new", "line", "says", "hint"), [
    ("    acme-key:", "    acme-keyy:", 13, "rule `acme-keyy` cannot be changed", "did you mean `acme-key`?"),
    ("severity: low", "severty: low", 14, "unknown key `severty` in the changed rule", "did you mean `severity`?"),
    ("severity: low", "severity: lwo", 14, "rule `acme-key`: unknown severity `lwo`", "did you mean `low`?"),
    ("severity: low", "id: other", 14, "unknown key", ""),
    ("checks: []", "checks: [mixd]", 15, "rule `acme-key`: unknown check `mixd`", "did you mean `mixed`?"),
    ("checks: []", "pattern: 'x'", 15, "rule `acme-key`: the pattern has no group `secret`", ""),
    ("checks: []", "title: ''", 15, "rule `acme-key`: `title` is empty", ""),
    ("checks: []", "confidence: 3", 15, "`confidence` must be a number from 0 to 1", ""),
    ("      severity: low\n      checks: []\n      misses:\n        - f\n", "      low\n", 14, "must be a mapping", ""),
    ("kind: token", "kind: tokn", 6, "rule `own-key`: unknown kind `tokn`", "did you mean `token`?"),
    ("id: own-key", "id: acme-key", 4, "is already defined in", ""),
    ("id: own-key", "ids: own-key", 4, "unknown key `ids` in the rule", "did you mean `id`?"),
    ("  override:", "  disable: [acme-kee]\n  override:", 12, "rule `acme-kee` cannot be disabled", "did you mean `acme-key`?"),
])  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(pack: Path, old: str, new: str, line: int, says: str, hint: str) -> None:
    assert old in OWN
    with pytest.raises(RuleError) as caught:
        loaded(pack, OWN.replace(old, new), ("acme-kee",) if "disable" in new else ())
    assert says in caught.value.message
    assert hint in caught.value.hint
    assert (Path(caught.value.file).name, caught.value.line) == ("leakseal.yaml", line)


def test_every_mistake_is_told_at_once(pack: Path) -> None:
    path = pack.parent / "leakseal.yaml"
    path.write_text(OWN.replace("kind: token", "kind: tokn").replace("    acme-key:", "    other: {}\n    acme-key:").replace("low", "lwo"))
    reads, problems = survey(read_packs([pack]), read_project(path), KNOWN)
    assert reads == []
    assert [problem.line for problem in problems] == [15, 6, 13]


def test_the_digest_and_the_cache_know_of_it(pack: Path, tmp_path: Path) -> None:
    path = pack.parent / "leakseal.yaml"

    def cached(text: str) -> str:
        path.write_text(text)
        return load_cached([pack], (), tmp_path / "cache", project=path, known=lambda: KNOWN).digest

    digests = {cached(OWN), cached(OWN.replace("low", "medium")), cached(OWN.replace("own_", "owned_")), load([pack], known=KNOWN).digest}
    assert len(digests) == 4
    assert cached(OWN) in digests
