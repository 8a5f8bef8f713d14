"""A rule that does not keep its promise is named with its file and line; our own rules keep theirs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from scanner import shipped
from scanner.cli import main
from scanner.cli.options import known, named
from scanner.pipeline.rulecheck import BROADEST, Checked, check
from scanner.rulepack.build import Known
from scanner.rulepack.neutral import corpus
from scanner.rulepack.packs import Pack, read_packs

PACK = r"""family: Acme
references: ["https://acme.example/docs"]
rules:
  - id: acme-key
    title: Acme deploy key
    kind: token
    severity: high
    pattern: '\b(?P<secret>acme_[0-9a-z]{25})\b'
    advice: Revoke it.
    hits: ['acme_{any:abcdefghijklmnop123456789:25}']
    misses: [acme_short, 'acme_{any:ABC123:25}']
"""
_known = cache(known)


def checked(text: str, *others: str, mutate: bool = False) -> Checked:
    allowed: Known = _known()
    beside = [Pack(f"other{number}.yaml", f"o/other{number}.yaml", other.encode()) for number, other in enumerate(others)]
    ours = [Pack("acme.yaml", "rules/acme.yaml", text.encode())]
    return check(ours, beside, known=allowed, texts=lambda: corpus(size=1 << 16), mutate=mutate)


def test_a_rule_that_keeps_its_promise_passes() -> None:
    seen = checked(PACK)
    assert seen.problems == []
    assert (len(seen.rules), seen.samples) == (1, 3)
    assert {measure.kind for measure in seen.measures} >= {"prose", "source", "base64"}


@pytest.mark.parametrize("right, wrong, line, says", [
    ("'acme_{any", "'acne_{any", 10, "hit 1 is not found in a setting"),
    ("acme_short", "'acme_{alnum:0}{hex:25}'", 11, "miss 1 is found in a setting"),
    ("acme_short", "'{pem:NO SUCH KEY}'", 11, "miss 1 does not grow"),
    ("acme_short", "'{nothing:3}'", 11, "miss 1 does not grow"),
    ("    advice", "    anchor: '[a-z_]{5}'\n    advice", 4, "are allowed"),
    ("kind: token", "kind: tokn", 6, "unknown kind `tokn`"),
    ("'acme_{any", "'KEY=acme_{any", 10, "3 hits are needed where none is a bare token, there are 1"),
    (", 'acme_{any:ABC123:25}'", "", 11, "2 misses are needed, there is 1"),
    (", 'acme_{any:ABC123:25}'", ", acme_short", 11, "2 misses are needed, there is 1"),
])  # fmt: skip
def test_a_rule_that_does_not_is_named_with_its_line(right: str, wrong: str, line: int, says: str) -> None:
    problems = checked(PACK.replace(right, wrong, 1)).problems
    assert any(problem.line == line and says in str(problem) and problem.hint for problem in problems), [str(p) for p in problems]
    assert all(str(problem).startswith("acme.yaml:") for problem in problems)


def test_every_mistake_is_told_at_once() -> None:
    rule = PACK[PACK.index("  - id") :]
    problems = checked(PACK.replace("high", "hgih") + rule.replace("acme-key", "acme-b").replace("token", "tokn")).problems
    assert [problem.line for problem in problems] == [7, 14]


def test_a_rule_beside_another_of_the_same_id_or_secret() -> None:
    assert "already defined in other0.yaml:4" in str(checked(PACK, PACK).problems[0])
    stronger = PACK.replace("acme-key", "acme-all").replace("    advice", "    specificity: 90\n    advice")
    assert checked(PACK, stronger).problems == []
    equal = PACK.replace("acme-key", "aaa")
    assert "is taken by a rule that is not more specific" in str(checked(PACK, equal).problems[0])


def test_a_rule_that_takes_anybodys_value_for_a_secret_is_named() -> None:
    loose = PACK.replace("acme_[0-9a-z]{25}", "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f-]{21}")
    loose = loose.replace("acme_{any:abcdefghijklmnop123456789:25}", "{uuid}")
    messages = [str(problem) for problem in checked(loose).problems]
    assert "acme.yaml:4: rule `acme-key`: finds a UUID that could be anybody's" in messages
    needing = loose.replace("    advice", "    needs: [acme]\n    advice")
    assert checked(needing.replace("'{uuid}'", "'acme {uuid}', 'acme: {uuid}', 'x(acme, {uuid})'")).problems == []


def test_three_lines_or_a_bare_token_are_hits_enough() -> None:
    token = "acme_{any:abcdefghijklmnop123456789:25}"
    assert checked(PACK.replace(f"['{token}']", f"['A={token}', 'a: {token}', 'x(\"{token}\")']")).problems == []


def test_what_no_miss_needs_is_told_when_asked_for() -> None:
    loose = PACK.replace("    advice", "    checks: [mixed]\n    advice")
    assert checked(loose).problems == []
    assert [(p.line, p.message) for p in checked(loose, mutate=True).problems] == [
        (12, "rule `acme-key`: without the check `mixed` its misses are still not found")
    ]


def test_our_own_rules_keep_their_promise() -> None:
    seen = check(read_packs([shipped.shipped("rules")]), known=named())
    assert [str(problem) for problem in seen.problems] == []
    assert max(rate for measure in seen.measures for _, rate in measure.spots) < BROADEST / 2, "room for what this corpus does not show"



def test_neutral_texts_are_always_the_same() -> None:
    first, second = list(corpus(size=4096)), list(corpus(size=4096))
    assert first == second
    assert all(len(text) == 4096 for kind, text in first[:-1])


def test_the_commands(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["rules", "list", "github", "critical"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows
    assert all("critical" in row and "GitHub" in row for row in rows)
    assert main(["rules", "list", "github", "--format", "json"]) == 0
    assert '"id": "github-pat"' in capsys.readouterr().out
    assert main(["rules", "show", "github-pat"]) == 0
    assert "rules/github.yaml:" in capsys.readouterr().out
    assert main(["rules", "show", "github-pta"]) == 2
    assert "did you mean `github-pat`?" in capsys.readouterr().err
    (tmp_path / "a.yaml").write_text(PACK.replace("tok", "tko"))
    assert main(["rules", "check", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert f"{tmp_path}/a.yaml:6:11: " in said.err
    assert "1 problem" in said.out
