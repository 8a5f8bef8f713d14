"""A wrong pack is refused with the line; a right one becomes rules with their defaults."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from scanner.errors import RuleError
from scanner.model.rule import Ruleset
from scanner.rulepack.build import Known
from scanner.rulepack.load import digest, load

KNOWN = Known(
    checks={"entropy", "mixed"},
    parsers={"dsn", "jwt"},
    check_flaw=lambda check: "needs a number" if check == "entropy" else None,
    anchor_flaw=lambda anchor: "too odd" if "odd" in anchor else None,
)
PACK = r"""family: Acme
references: ["https://acme.example/docs"]
rules:
  - id: acme-key
    title: Acme deploy key
    kind: token
    severity: high
    pattern: '\b(?P<secret>acme_[0-9a-z]{20,40})\b'
    needs: [ACME]
    checks: ["entropy:3.0", mixed]
    advice: Revoke it.
    hits: ['{any:abc:5}']
    misses:
      - short
"""


def loaded(tmp_path: Path, text: str | bytes, disable: tuple[str, ...] = ()) -> Ruleset:
    folder = tmp_path / "rules"
    folder.mkdir(exist_ok=True)
    (folder / "acme.yaml").write_bytes(text.encode() if isinstance(text, str) else text)
    return load([folder], disable, known=KNOWN)


WRONG = [
    ("kind: token", "kind: tokn", 6, "unknown kind `tokn`", "did you mean `token`?"),
    ("severity: high", "severity: hihg", 7, "unknown severity", "did you mean `high`?"),
    ("severity: high", "severty: high", 7, "unknown key `severty` in the rule", "did you mean `severity`?"),
    ("severity: high", "kind: token", 7, "`kind` stands twice in the rule, first in line 6", ""),
    ("    severity: high\n", "", 4, "`severity` is missing", ""),
    ("    title: Acme deploy key\n", "", 4, "`title` is missing", ""),
    ("title: Acme deploy key", "title: 2024-01-01", 5, "must be text and is a date", "put quotes"),
    ("title: Acme deploy key", "title: ''", 5, "`title` is empty", ""),
    ("title: Acme deploy key", "title: [a]", 5, "must be text", ""),
    ("id: acme-key", "id: Acme_Key", 4, "is not an id", "small letters"),
    ("id: acme-key", "id: yes", 4, "is a yes/no value", "put quotes"),
    ("(?P<secret>", "(?P<key>", 8, "no group `secret`", "name the part"),
    (r"(?P<secret>acme", r"(?&near)(?&si)(?P<secret>acme", 8, "known are is, near", "write (?&name)"),
    (r"(?P<secret>acme", r"(?P<secret>(?=a)acme", 8, "RE2 does not compile the pattern", "no look-around"),
    ("acme_[", "äcme_[", 8, "outside ASCII", "write"),
    ("acme_[0-9a-z]{20,40}", "[0-9a-z]+", 8, "no anchor can be derived", "write an `anchor:`"),
    ("needs: [ACME]", "anchor: 'acme_.*'", 9, "the anchor is without bound", "stays within 512"),
    ("needs: [ACME]", "anchor: 'acme_.{600}'", 9, "up to 605 bytes wide", "stays within 512"),
    ("needs: [ACME]", "anchor: 'a?'", 9, "matches nothing", ""),
    ("needs: [ACME]", "anchor: '('", 9, "RE2 does not compile the anchor", ""),
    ("needs: [ACME]", "anchor: 'odd'", 9, "does not take the anchor: too odd", ""),
    ("needs: [ACME]", "before: 1.5", 9, "must be a whole number", ""),
    ("needs: [ACME]", "before: 0x10", 9, "must be a number from 0", ""),
    ("needs: [ACME]", "specificity: 101", 9, "must be a number from 0 to 100", ""),
    ("needs: [ACME]", "confidence: sure", 9, "must be a number from 0 to 1", ""),
    ("needs: [ACME]", "parser: dns", 9, "unknown parser `dns`", "did you mean `dsn`?"),
    ("mixed]", "mxied]", 10, "unknown check `mxied`", "did you mean `mixed`?"),
    ('"entropy:3.0"', "entropy", 10, "check `entropy`: needs a number", ""),
    ("    advice: Revoke it.\n", "", 4, "`advice` is missing", ""),
    ("    hits: ['{any:abc:5}']\n", "", 4, "no sample under `hits`", "add one under `hits:`"),
    ("      - short\n", "      []\n", 14, "no sample under `misses`", ""),
    ('references: ["https://acme.example/docs"]\n', "", 3, "there are no references", ""),
    ("https://acme", "acme", 4, "is not a web address", ""),
    ("family: Acme", "family: &x Acme", 1, "anchors and aliases", ""),
    ("needs: [ACME]", "beside: 'acme-[0-9]{3}'", 9, "needs a named group that is not `secret`", "(?P<user>"),
    ("needs: [ACME]", "requires: ['(?P<secret>a)']", 9, "needs a named group that is not `secret`", "(?P<user>"),
    ("needs: [ACME]", "requires: ['(?P<id>(?=a))']", 9, "RE2 does not compile the requires", "no look-around"),
    ("title: Acme deploy key", "title: *x", 5, "anchors and aliases", ""),
    ("title: Acme deploy key", "title: !!python/name:os.system x", 5, "tags are not allowed", ""),
    ("title: Acme deploy key", "title: [" + "[" * 30, 5, "nested deeper", ""),
    ("title: Acme deploy key", "title: [" + "[" * 3000, 5, "nest", ""),  # newer PyYAML says it first
    ("title: Acme deploy key", "title: 'open", 8, "not YAML", ""),
    ("title: Acme deploy key", "title: \x07", 1, "not YAML", ""),
    ("family: Acme", "family: Acme\nfamly: Acme", 2, "unknown key `famly` in the rule pack", "did you mean `family`?"),
]


@pytest.mark.parametrize("case", WRONG, ids=[f"{case[3]} {number}" for number, case in enumerate(WRONG)])
def test_a_wrong_pack_is_refused_with_its_line(tmp_path: Path, case: tuple[str, str, int, str, str]) -> None:
    right, wrong, line, says, hint = case
    assert right in PACK
    with pytest.raises(RuleError) as caught:
        loaded(tmp_path, PACK.replace(right, wrong))
    assert says in caught.value.message
    assert hint in caught.value.hint
    assert (Path(caught.value.file).name, caught.value.line) == ("acme.yaml", line)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(("data", "says"), [
    (b"", "is empty"),
    (b"- a\n", "must be a mapping"),
    (b"family: A\n", "`rules` is missing"),
    (b"family: A\nrules: []\n", "at least one item"),
    (b"family: A\nrules: [1]\n", "must be a mapping"),
    (b"family: A\n---\nfamily: B\n", "not YAML"),
    (b"family: \xff\n", "not UTF-8"),
    (b"#" * ((1 << 20) + 1), "larger than 1 MiB"),
])  # fmt: skip
def test_what_is_no_pack_is_refused(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        loaded(tmp_path, data)


def test_a_rule_has_its_defaults(tmp_path: Path) -> None:
    (rule,) = loaded(tmp_path, PACK).rules
    assert (rule.id, rule.family, rule.needs, rule.checks) == ("acme-key", "Acme", ("acme",), ("entropy:3.0", "mixed"))
    assert rule.anchors == ("acme_[0-9a-z]{20}",)
    assert (rule.before, rule.after) == (128, 128)  # needs a word nearby; 45 + 16 without
    assert (rule.specificity, rule.confidence, rule.parser) == (70, 0.9, None)
    assert rule.references == ("https://acme.example/docs",)
    assert [(sample.shape, sample.line) for sample in rule.hits + rule.misses] == [("{any:abc:5}", 12), ("short", 14)]
    assert (rule.file, rule.line) == ("rules/acme.yaml", 4)


@pytest.mark.parametrize(("extra", "window"), [
    ("", (61, 61)),
    ("    before: 7\n", (7, 61)),
    ("    after: 9000\n", (61, 9000)),
])  # fmt: skip
def test_the_window_is_as_wide_as_the_pattern(tmp_path: Path, extra: str, window: tuple[int, int]) -> None:
    (rule,) = loaded(tmp_path, PACK.replace("    needs: [ACME]\n", extra)).rules
    assert (rule.before, rule.after) == window


PLACES = (
    "ACME_KEY=%s", '"acmeKey": "%s",', "acme:\n  key: %s", 'Acme(key="%s")', "export ACME_KEY ?= '%s'",
    "acme.key := `%s`", "ENV ACME_KEY %s", 'acme_key: str = "%s"', '<string name="acme_key">%s</string>',
    "<key>AcmeKey</key>\n<string>%s</string>", 'getenv("ACME_KEY", "%s")', "- name: ACME_KEY\n  value: %s",
    'process.env.ACME_KEY || "%s"', '{\\"acme_key\\": \\"%s\\"}', '<add key="AcmeKey" value="%s"/>',
)  # fmt: skip


@pytest.mark.parametrize("line", PLACES)
def test_the_shared_pieces_lead_from_a_name_to_its_value(tmp_path: Path, line: str) -> None:
    named = PACK.replace(r"\b(?P<secret>acme_[0-9a-z]{20,40})\b", r"(?i:acme(?&near)key(?&is))(?P<secret>[0-9a-z]{20})\b")
    rule = loaded(tmp_path, named.replace("    needs: [ACME]\n", "    anchor: '(?i)acme(?&near)key'\n")).rules[0]
    assert [re.search(pattern, line) is not None for pattern in (rule.pattern, *rule.anchors)] == [False, True]
    value = re.search(rule.pattern, line.replace("%s", "k3" * 10))
    assert value is not None and value["secret"] == "k3" * 10


def test_the_window_of_an_unbounded_pattern_is_512(tmp_path: Path) -> None:
    (rule,) = loaded(tmp_path, PACK.replace("{20,40}", "{20,}")).rules
    assert (rule.before, rule.after) == (512, 512)


def test_an_id_that_stands_twice_is_refused_with_both_places(tmp_path: Path) -> None:
    loaded(tmp_path, PACK)
    (tmp_path / "rules" / "b.yml").write_text(PACK)
    with pytest.raises(RuleError, match=r"b\.yml:4: rule `acme-key` is already defined in .*acme\.yaml:4"):
        load([tmp_path / "rules"], known=KNOWN)


def test_rules_are_sorted_and_disabled_ones_left_out(tmp_path: Path) -> None:
    item = PACK[PACK.index("  - id") :]
    text = PACK + item.replace("acme-key", "acme-z") + item.replace("acme-key", "acme-a")
    assert [rule.id for rule in loaded(tmp_path, text).rules] == ["acme-a", "acme-key", "acme-z"]
    assert [rule.id for rule in loaded(tmp_path, text, disable=("acme-key",)).rules] == ["acme-a", "acme-z"]
    with pytest.raises(RuleError, match="`acme-keey` cannot be disabled") as caught:
        loaded(tmp_path, text, disable=("acme-keey",))
    assert caught.value.hint == "did you mean `acme-key`?"


def test_more_rules_than_allowed_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.rulepack.load.MAX_RULES", 1)
    with pytest.raises(RuleError, match="more than 1 rules"):
        loaded(tmp_path, PACK + PACK[PACK.index("  - id") :].replace("acme-key", "other"))


def test_the_digest_is_about_decisions_only(tmp_path: Path) -> None:
    ruleset = loaded(tmp_path, PACK)
    assert loaded(tmp_path, "# moved down\n" + PACK.replace("- short", "- longer")).digest == ruleset.digest
    for changed in ({"pattern": "x"}, {"before": 1}, {"checks": ()}, {"severity": "low"}, {"anchors": ("x",)}, {"specificity": 1}):
        assert digest([replace(ruleset.rules[0], **changed)]) != ruleset.digest


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="neither a folder"):
        load([tmp_path / "nowhere"], known=KNOWN)


def test_one_file_can_be_named(tmp_path: Path) -> None:
    loaded(tmp_path, PACK)
    assert load([tmp_path / "rules" / "acme.yaml"], known=KNOWN).rules[0].file == "acme.yaml"


def test_the_pure_python_loader_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = loaded(tmp_path, PACK)
    monkeypatch.setattr("scanner.rulepack.nodes._Loader", yaml.SafeLoader)
    assert loaded(tmp_path, PACK) == quick
