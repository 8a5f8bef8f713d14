"""`.leakseal/suppressions.yaml`: strict to read, quiet to merge."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner import globs
from scanner.errors import ConfigError
from scanner.findings import suppressions
from scanner.findings.seal import finding_id
from scanner.findings.suppressions import ANYWHERE, NO_TICKET, VERDICTS, Suppression, load, parse, render, save, tally
from scanner.model.evidence import Finding, Location
from scanner.model.report import Suppressions

TODAY = date(2030, 6, 15)


def entry(number: int, expires: date = TODAY, **changes: str) -> Suppression:
    fingerprint = f"scrypt-v1:{number:032x}"
    return Suppression(finding_id("acme-key", fingerprint), fingerprint, "acme-key", "team-a", "a fixture", expires, **changes)


def found(number: int, disposition: str) -> Finding:
    e = entry(number)
    return Finding(
        e.id, e.rule, "token", "", "high", 0.9, e.fingerprint, "git", "t1", Location(), 1, None, (), (), "********", disposition, ""
    )  # fmt: skip


TEXTS = st.text(min_size=1, max_size=40).map(lambda t: " ".join(t.split())).filter(lambda t: t and t.isprintable())
SCOPES = st.just(ANYWHERE) | TEXTS.filter(lambda t: not globs.flaw(t) and not t.startswith("./"))
ENTRIES = st.lists(
    st.builds(
        lambda number, rule, owner, reason, expires, ticket, scope, verdict: Suppression(
            finding_id(rule, f"scrypt-v1:{number:032x}"), f"scrypt-v1:{number:032x}", rule, owner, reason, expires, ticket, scope, verdict
        ),
        st.integers(0, 2**128 - 1), TEXTS, TEXTS, TEXTS, st.dates(date(1000, 1, 1)), TEXTS, SCOPES, st.sampled_from(VERDICTS),
    ),
    max_size=5, unique_by=lambda e: e.id,
)  # fmt: skip


@given(ENTRIES)
def test_what_is_written_reads_back(entries: list[Suppression]) -> None:
    assert parse(render(entries).encode()) == tuple(sorted(entries, key=lambda e: e.id))


def test_the_file_is_the_same_in_any_order_and_merges_by_block() -> None:
    text = render([entry(1), entry(2), entry(3)])
    assert text == render([entry(3), entry(1), entry(2)])
    for line in render([entry(1), entry(3)]).splitlines():
        assert line in text


def test_other_yaml_readers_see_texts_where_texts_are() -> None:
    import yaml

    (read,) = yaml.safe_load(render([entry(1, ticket="12e45", scope="no")]))["suppressions"]
    assert all(isinstance(read[key], str) for key in ("id", "fingerprint", "rule", "ticket", "scope"))


BLOCK = render([entry(1, ticket="T-1")])


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (BLOCK.replace("    owner", "    ownr"), "s.yaml:8:5: unknown key `ownr`", "`owner`"),
        (BLOCK.replace('    reason: "a fixture"\n', ""), "s.yaml:4:5: `reason` is missing", "reason"),
        (BLOCK.replace('    ticket: "T-1"\n', ""), "s.yaml:4:5: `ticket` is missing", "ticket"),
        (BLOCK.replace('    scope: "anywhere"\n', ""), "s.yaml:4:5: `scope` is missing", "scope"),
        (BLOCK.replace("2030-06-15", "soon"), "s.yaml:11:5: a date", "YYYY-MM-DD"),
        (BLOCK.replace("2030-06-15", "2030-02-31"), "s.yaml:11:5: a date", "YYYY-MM-DD"),
        (BLOCK.replace('"a fixture"', '""'), "s.yaml:9:5: a text", ""),
        (BLOCK.replace('"anywhere"', '"**"'), "s.yaml:12:5: this covers everything; a scope is `anywhere` or a path", "name the folder"),
        (BLOCK.replace("verdict: accepted", "verdict: maybe"), "s.yaml:7:5: one of accepted, false-positive", ""),
        (BLOCK.replace("version: 2", "version: 3"), "s.yaml:2:1: a whole number from 1 to 2", ""),
        (BLOCK.replace("rule: acme-key", "rule: other"), "s.yaml:4:5: id, rule and fingerprint", "leakseal accept"),
        (BLOCK.replace("scrypt-v1:0", "Hunter2:0"), "s.yaml:5:5: this is no fingerprint", "never write the secret"),
        (BLOCK + BLOCK.split("suppressions:\n")[1], "s.yaml:13:5: the same finding is accepted twice", "keep one"),
        ("- a\n", "s.yaml:1:1: keys and values expected", ""),
    ],
)  # fmt: skip
def test_mistakes_are_named_with_their_line(text: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text.encode(), "s.yaml")
    assert caught.value.message.startswith(message)
    assert hint in caught.value.hint


OLD = '''version: 1
suppressions:
  - id: "{id}"
    fingerprint: {fingerprint}
    rule: acme-key
    owner: "team-a"
    reason: "a fixture"
    expires: 2030-06-15
    path: "a[1]/*.env"
'''


def test_a_file_of_version_1_is_read_and_written_in_version_2(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(OLD.format(id=entry(1).id, fingerprint=entry(1).fingerprint))
    (old,) = load(path)
    assert suppressions.is_old(path)
    assert (old.ticket, old.verdict) == (NO_TICKET, "accepted")
    assert old.reaches(["a[1]/*.env"]) and not old.reaches(["a[1]/b.env"])
    save(path, [old])
    assert load(path) == (old,)
    assert not suppressions.is_old(path)
    path.write_text(OLD.format(id=entry(1).id, fingerprint=entry(1).fingerprint).split("    path")[0] + '    ticket: "T-1"\n')
    assert [(e.ticket, e.scope) for e in load(path)] == [("T-1", ANYWHERE)]


@pytest.mark.parametrize(
    ("scope", "paths", "reached"),
    [
        (ANYWHERE, [], True),
        (ANYWHERE, ["a", "b/c"], True),
        ("deploy/", ["deploy/a.env", "deploy/x/b.env"], True),
        ("deploy/", ["deploy/a.zip!b.env"], True),
        ("deploy/*.env", ["deploy/a.env", "prod/a.env"], False),
        ("deploy/*.env", [], False),
    ],
)
def test_an_entry_reaches_what_its_scope_says(scope: str, paths: list[str], reached: bool) -> None:
    assert entry(1, scope=scope).reaches(paths) == reached


def test_no_file_is_no_entries_and_costs_no_yaml(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from scanner.findings import establish, suppressions; from scanner import config;"
        "assert suppressions.load(pathlib.Path(sys.argv[1])) == (); assert config.load(None) == config.Config();"
        "assert not {'yaml', 'click', 'rich', 'concurrent.futures'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "none.yaml")], check=True, cwd=Path(suppressions.__file__).parents[2])


def test_entries_are_counted_as_used_unused_and_expired() -> None:
    entries = (entry(1), entry(2), entry(3, date(2030, 6, 14)), entry(4))
    counted = tally(entries, [found(1, "accepted"), found(3, "expired-acceptance"), found(9, "open")], TODAY)
    assert counted == Suppressions(1, 2, 1, suppressions.digest(entries))
    assert tally((), [found(1, "open")], TODAY) == Suppressions()


def test_the_digest_depends_on_what_is_accepted_and_not_on_the_layout() -> None:
    assert suppressions.digest([entry(1), entry(2)]) == suppressions.digest([entry(2), entry(1)])
    assert len({suppressions.digest(e) for e in ([entry(1)], [entry(2)], [entry(1, scope="x")], [entry(1, ticket="x")])}) == 4


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / ".leakseal" / "suppressions.yaml"
    save(path, [entry(1)])
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        save(path, [entry(2)])
    assert load(path) == (entry(1),)
    assert [p.name for p in path.parent.iterdir()] == ["suppressions.yaml"]
