"""Rules of gitleaks as rules of ours: what they found is found, and what could not be carried over is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import re2
import yaml
from click.testing import CliRunner

from scanner.cli import main
from scanner.cli.imports import command as imports
from scanner.errors import UsageError
from scanner.exchange.gitleaksrules import read
from scanner.exchange.pathglobs import globs_of
from scanner.exchange.regexes import adapted, groups, plain
from scanner.exchange.shapes import shape
from scanner.globs import covers
from scanner.rulepack.sample import grow

# pattern, group, texts with the secret that it takes there
PATTERNS = [
    (r"acme_[a-z0-9]{8}", 0, {"x acme_abcd1234 y": "acme_abcd1234"}),
    (r"(?i)(key|token)\s*=\s*['\"]([a-z0-9]{8})['\"]", 2, {"KEY = 'ABCD1234'": "ABCD1234", "token='zzzz9999'": "zzzz9999"}),
    (r"ab(?i)cd|e(x{2})", 1, {"EXX": "XX", "exx": "xx"}),
    (r"(?i)aws(.{0,20})?(?-i)['\"]([0-9A-Z]{10})['\"]", 2, {"AWS_x='AB12CD34EF'": "AB12CD34EF"}),
    (r"(?i)a(?-i:b)(c)", 1, {"AbC": "C"}),
    (r"[[:alnum:]]{4}(?P<tail>-[^]\]a-z]{2})\z", 1, {"ab1D-09": "-09"}),
    (r"(?:x|(y))(?P<last>z+)", 2, {"xzz": "zz", "yz": "z"}),
    (r"[(|)]{2}\((\d{3})\)", 1, {"|)(123)": "123"}),
    (r"((((deep)))1)", 4, {"deep1": "deep"}),
]


@pytest.mark.parametrize(("pattern", "group", "texts"), PATTERNS)
def test_a_pattern_takes_the_same_secret_as_before(pattern: str, group: int, texts: dict[str, str]) -> None:
    ours = re2.compile(adapted(pattern, group))
    assert set(ours.groupindex) == {"secret"}
    for text, secret in texts.items():
        theirs = re2.compile(pattern).search(text)
        assert theirs and ours.search(text).span() == theirs.span()
        assert ours.search(text)["secret"] == theirs.group(group) == secret
    assert re2.compile(plain(pattern)).groups == 0


@pytest.mark.parametrize(("pattern", "group", "texts"), PATTERNS)
def test_samples_grow_into_what_a_pattern_matches(pattern: str, group: int, texts: dict[str, str]) -> None:
    for seed in range(5):
        assert re2.compile(pattern).search(grow(shape(adapted(pattern, group)), seed).decode())


@pytest.mark.parametrize("pattern", [r"\pL+", r"\x{10ffff}", "ü", "(a", "a)", "[a", "(?=a)", "(?U)a*", "a\\", "[[:nonsense:]]"])
def test_what_rules_cannot_say_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        adapted(pattern, 0)


def test_groups_are_counted_as_go_counts_them() -> None:
    assert [groups(p) for p in ("a", "(a)", "(?:a)(b)", r"\((a)[(]", "(?P<x>a)(?<y>b)", "(?i)(a)")] == [0, 1, 1, 1, 2, 1]


@pytest.mark.parametrize(
    ("pattern", "covered", "not_covered"),
    [
        ("vendor", ["vendor/a.c", "x/vendor/b", "vendor"], ["src/a.c"]),
        (r"^docs/api\.md$", ["docs/api.md"], ["x/docs/api.md", "docs/api_md"]),
        (r"(.*?)(jpg|gif)$", ["a.jpg", "x/b.gif"], ["a.png", "jpg/a.png"]),
        (r"package-lock\.json", ["package-lock.json", "a/package-lock.json"], ["package.json"]),
        (r"^tests/.*\.env$", ["tests/a.env", "tests/x/b.env", "tests/x/y/.env"], ["src/a.env", "tests/a.env.x"]),
        (r"(^|/)\.env\.example$", [".env.example", "a/b/.env.example"], ["x.env.example", ".env.examples"]),
        (r"(^|/)(tests?|__tests__)/.*\.(ts|js)$", ["test/a.ts", "x/tests/a/b.js", "__tests__/c.ts"], ["latest/a.ts", "tests/a.py"]),
        (r"\.(woff2?|jpe?g)$", ["a.woff", "x/a.woff2", "b.jpg", "b.jpeg"], ["woff.c", "a.jpg.txt"]),
        (r"(^|/)node_modules/", ["node_modules/a.js", "x/node_modules/b/c"], ["my_node_modules/a", "node_modules.js"]),
        (r"^a/[^/]+\.md$", ["a/b.md"], ["a/b/c.md", "a/.md"]),
        (r"lib/.+/gen", ["lib/x/gen/a.c", "my/lib/x/y/gen.c"], ["lib/gen"]),
    ],
)
def test_simple_paths_become_globs(pattern: str, covered: list[str], not_covered: list[str]) -> None:
    globs = globs_of(pattern)
    assert globs
    assert [path for path in covered if not any(covers(glob, path) for glob in globs)] == []
    assert [path for path in not_covered if any(covers(glob, path) for glob in globs)] == []


@pytest.mark.parametrize("pattern", [r"(^|/)x[0-9]+", r"(?i)vendor", r"a{3}", r"\d+", r"a\*b", r"\bx", ".*", "("])
def test_other_paths_are_not_guessed_at(pattern: str) -> None:
    assert globs_of(pattern) == ()


CONFIG = r"""
title = "ours"
[extend]
useDefault = true
disabledRules = ["old-rule"]
[allowlist]
description = "not ours"
paths = ['''^vendor/''', '''x[0-9]+''']
stopwords = ["sampleone"]
commits = ["abc"]
[[rules]]
id = "Acme_Key"
description = "Key of Acme"
regex = '''(?i)acme[_-]key\s*=\s*["']?([a-z0-9]{20})["']?'''
entropy = 3.2
keywords = ["acme"]
path = '''\.env$'''
[[rules.allowlists]]
regexTarget = "line"
regexes = ['''do-not-look''']
[[rules.allowlists]]
condition = "AND"
paths = ["a"]
stopwords = ["b"]
[[rules]]
id = "files-only"
path = '''id_rsa'''
[[rules]]
id = "github-pat"
regex = '''ourpat_[0-9a-f]{16}'''
[[rules]]
id = "wide"
regex = '''\p{Greek}+'''
[[rules]]
id = "odd"
regex = '''odd_[0-9]{12}'''
verify = true
"""


@pytest.fixture
def carried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "their.toml").write_text(CONFIG)
    result = CliRunner().invoke(imports, ["rules", "their.toml", "-o", "pack.yaml"], standalone_mode=False)
    assert result.exception is None
    return result


def test_rules_are_carried_over_and_look(carried: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [rule["id"] for rule in yaml.safe_load(Path("pack.yaml").read_text())["rules"]] == ["acme-key", "github-pat-2", "odd"]
    Path("leakseal.yaml").write_text(carried.stdout)
    key = grow("{any:abcdefghijklmnopqrstuvwxyz0123456789:20}", 1).decode()
    lines = [f"ACME_KEY = '{key}'", f"acme_key={key[::-1]} do-not-look", f"acme_key=sampleone{key[:11]}", "acme_key=aaaaaaaaaaaaaaaaaaaa"]
    Path("src").mkdir()
    Path("src/a.cfg").write_text("\n".join(lines) + f"\nourpat_{'0123456789abcdef'}\n")
    Path("vendor").mkdir()
    Path("vendor/b.cfg").write_text(lines[0])
    assert main(["scan", ".", "--format", "json", "-q"]) == 1
    report = json.loads(capsys.readouterr().out)
    ours = [f for f in report["findings"] if f["rule"] in ("acme-key", "github-pat-2")]
    found = {(f["rule"], f["location"]["path"], f["location"]["line"]) for f in ours}
    assert found == {("acme-key", "src/a.cfg", 1), ("github-pat-2", "src/a.cfg", 5)}
    assert report["coverage"]["skipped"] == 1


def test_what_is_not_carried_over_is_told(carried: Any) -> None:
    said = carried.stderr
    for part in (
        "`extend.useDefault`", "old-rule", "x[0-9]+", "commits", "`Acme_Key`: is called acme-key here", "`Acme_Key`: `path`",
        "conditions must all hold", "`files-only`: the rule is not carried over: it has no regex", "`github-pat`: is called github-pat-2",
        "`wide`: the rule is not carried over", "`verify` is not known",
    ):  # fmt: skip
        assert part in said, said
    assert "3 rules and 1 path carried over" in said


def test_a_secret_in_an_allowlist_is_not_written_down_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: Any) -> None:
    monkeypatch.chdir(tmp_path)
    words = f"[allowlist]\nregexes = ['{token(4)}']\nstopwords = ['{token(5)}']\n"
    (tmp_path / "t.toml").write_text(words + CONFIG[CONFIG.index("[[rules]]") :])
    result = CliRunner().invoke(imports, ["rules", "t.toml", "-o", "p.yaml"], standalone_mode=False)
    assert result.exception is None and result.stderr.count("looks like a secret") >= 2
    written = (tmp_path / "p.yaml").read_text() + result.stdout + result.stderr
    assert token(4)[8:] not in written and token(5)[8:].lower() not in written.lower()


@pytest.mark.parametrize("data", [b"\xff", b"a = ", b"[" * 10_000])
def test_what_is_no_toml_is_refused(data: bytes) -> None:
    with pytest.raises(UsageError):
        read(data)
