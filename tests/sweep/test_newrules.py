"""A night with rules that are new, in repositories that are as they were."""

from __future__ import annotations

import base64
import json
import zipfile

import pytest

from tests.gitrepo import git, scan

LOCAL = "repositories:\n  - path: repos/*\n    owner: ana\n"


PACK = """family: Extra
rules:
  - id: acme-key
    title: Acme key
    kind: token
    severity: high
    pattern: '\\b(?P<secret>acme_[0-9a-f]{24})\\b'
    references: ['https://example.org/']
    advice: Revoke it.
    hits: ['acme_{hex:24}', 'x=acme_{hex:24}', '"acme_{hex:24}"']
    misses: ['acme_short', 'acme-']
"""


def _pack(folder, text=PACK):
    folder.mkdir(exist_ok=True)
    (folder / "extra.yaml").write_text(text)
    return str(folder)


def _acme(one) -> str:
    return "acme_" + "".join(one.dice.choices("0123456789abcdef", k=24))


HIDDEN = {
    "file": lambda one: one.commit({"x.env": f"{_acme(one)}\n"}),
    "message": lambda one: one.commit({}, f"use {_acme(one)}"),
    "path": lambda one: one.commit({f"{_acme(one)}/x": "x\n"}),
    "ref": lambda one: git(one.at, "branch", f"for-{_acme(one)}".replace("for-", "for/")),
    "config": lambda one: git(one.at, "config", "remote.up.url", f"https://example.org/{_acme(one)}"),
    "encoded": lambda one: one.commit({"x.yaml": base64.b64encode(f"key: {_acme(one)} and more text\n".encode()).decode() + "\n"}),
    "beside an older finding": lambda one: one.commit({"y.env": one.secret() + f"{_acme(one)}\n"}),
    "work tree": lambda one: (one.at / "a.txt").write_text(f"{_acme(one)}\n"),
    "an archive": lambda one: [_zip(one), one.commit({})],
}  # fmt: skip


def _zip(one):
    with zipfile.ZipFile(one.at / "x.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("in/x.env", f"{_acme(one)}\n")


@pytest.mark.parametrize("where", sorted(HIDDEN))
def test_what_a_new_rule_sees_is_found_wherever_it_stands_in_a_repository_that_has_not_changed(live, sweeps, tmp_path, where):
    one, pack = live("one").start(), _pack(tmp_path / "pack")
    live("two").start()
    HIDDEN[where](one)
    sweeps.inventory(LOCAL)
    sweeps()
    said = sweeps("--rules", pack)
    assert said.statuses == {"rules": 2}
    assert {(found["repository"].rpartition("/")[2], found["finding"]["rule"]) for found in said.document["findings"]} == {
        ("one", "acme-key")
    }


def _not_wanted(self, uri):
    raise AssertionError("it was read with all rules")


def test_where_new_rules_see_nothing_the_ledger_is_that_of_a_whole_reading(live, sweeps, tmp_path, monkeypatch):
    one, pack = live("one").start(), _pack(tmp_path / "pack")
    live("two").start()
    one.commit({"y.zip": "PK\x03\x04broken"})
    sweeps.inventory(LOCAL)
    sweeps()
    with monkeypatch.context() as nothing:
        nothing.setattr("scanner.pipeline.gitscan.GitScan.run", _not_wanted)
        said = sweeps("--rules", pack, "-o", str(tmp_path / "reports"))
    assert (said.statuses, said.places, said.not_read) == ({"rules": 2}, [], {})
    known = sweeps.known()
    assert sweeps("--rules", pack).statuses == {"unchanged": 2}
    sweeps("--rules", pack, "--full")
    assert sweeps.known() == known
    (written,) = [json.loads(file.read_text()) for file in (tmp_path / "reports").glob("*one*.json")]
    again = scan(one.at, "--rules", pack).report
    assert (written["rules"], written["findings"], written["gaps"]) == (again["rules"], again["findings"], again["gaps"])


def test_a_rule_that_says_something_else_of_what_it_found_says_it_at_once(live, sweeps, tmp_path):
    one, pack = live("one").start(), _pack(tmp_path / "pack")
    HIDDEN["file"](one)
    sweeps.inventory(LOCAL)
    sweeps("--rules", pack)
    second = PACK.replace("Acme key", "Key of Acme").replace("severity: high", "severity: low")
    extra = PACK.split("rules:\n")[1].replace("acme-key", "other-key").replace("acme_", "acne_").replace("acme-", "acne-")
    _pack(tmp_path / "pack", second + extra)
    said = sweeps("--rules", pack, "--all")
    assert {(f["finding"]["severity"], f["finding"]["title"]) for f in said.document["findings"] if f["finding"]["rule"] == "acme-key"} == {
        ("low", "Key of Acme")
    }
