"""What a repository itself accepts: nothing by default, and where its operator trusts it, what a scan would take as accepted."""

from __future__ import annotations

import pytest

from scanner.ledger import read
from scanner.ledger.book import Ledger
from tests.gitrepo import git, token

PATH = "repositories:\n  - path: repos/*\n"
TRUSTED = "groups:\n  ours: {trust-suppressions: true}\nrepositories:\n  - path: repos/*\n    groups: [ours]\n"
FILE = ".leakseal/suppressions.yaml"


def entry(finding, expires="2099-01-01"):
    return f"""version: 2
suppressions:
  - id: {finding["id"]}
    fingerprint: {finding["fingerprint"]}
    rule: {finding["rule"]}
    verdict: accepted
    owner: ana
    reason: a token of a test that was revoked
    ticket: OPS-1
    expires: {expires}
    scope: anywhere
"""


def said_of(sweeps):
    with Ledger(sweeps.where) as ledger:
        return [(kept.finding.disposition, kept.finding.acceptance) for kept in read.findings_of(ledger)]


@pytest.fixture
def one(live, sweeps):
    """A repository with an open finding, and the finding."""
    there = live("one").start()
    sweeps.inventory(PATH)
    (shown,) = sweeps().document["findings"]
    return there, shown["finding"]


def test_a_strangers_repository_does_not_silence_the_night(one, sweeps):
    there, found = one
    there.commit({FILE: entry(found), "b.env": f"GH={token(9)}  # leakseal: allow * nothing to see here, really\n"})
    said = sweeps("--all")
    assert (said.code, [path for _, path in said.places]) == (1, ["app.env", "b.env"])


def test_a_trusted_one_accepts_by_file_and_line_and_the_ledger_says_who(one, sweeps):
    there, found = one
    there.commit({FILE: entry(found), "b.env": f"GH={token(9)}  # leakseal: allow * the example of our own manual\n"})
    sweeps()
    sweeps.inventory(TRUSTED)
    assert (sweeps("--all").code, sweeps("--all").statuses) == (0, {"unchanged": 1})
    assert said_of(sweeps) == [
        ("accepted", "ana: a token of a test that was revoked (OPS-1, until 2099-01-01)"),
        ("accepted", "inline: the example of our own manual"),
    ]
    sweeps.inventory(PATH)
    assert sweeps().code == 1, "trust that is taken back counts at once"


def test_what_has_run_out_does_not_count(one, sweeps):
    there, found = one
    there.commit({FILE: entry(found, "2020-01-01")})
    sweeps.inventory(TRUSTED)
    assert sweeps("--all").code == 1
    assert [disposition for disposition, _ in said_of(sweeps)] == ["expired-acceptance"]


@pytest.mark.parametrize("wrong", ["suppressions: [\n", "version: 9\nsuppressions: []\n"])
def test_a_file_that_cannot_be_understood_counts_for_nothing_and_is_said(one, sweeps, wrong):
    there, _ = one
    there.commit({FILE: wrong})
    sweeps.inventory(TRUSTED)
    assert sweeps("--all").code == 1
    with Ledger(sweeps.where) as ledger:
        (note,) = read.report(ledger, str(there.at)).notes
    assert note.startswith(f"what the repository itself accepts does not count: {FILE}:")


def test_a_link_in_place_of_the_file_is_not_followed(one, sweeps, tmp_path):
    there, found = one
    (tmp_path / "elsewhere.yaml").write_text(entry(found))
    (there.at / ".leakseal").mkdir()
    (there.at / FILE).symlink_to(tmp_path / "elsewhere.yaml")
    there.commit({})
    sweeps.inventory(TRUSTED)
    assert sweeps("--all").code == 1


def test_only_the_default_branch_counts_also_of_a_repository_elsewhere(one, sweeps, tmp_path):
    there, found = one
    git(there.at, "checkout", "--quiet", "-b", "trunk")
    there.commit({FILE: entry(found)})
    git(there.at, "checkout", "--quiet", "main")
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(there.at), str(bare))
    sweeps.inventory(f"defaults: {{trust-suppressions: true}}\nrepositories:\n  - {{url: 'file://{bare}', name: far}}\n")
    assert sweeps("--all").code == 1
    git(bare, "symbolic-ref", "HEAD", "refs/heads/trunk")
    assert sweeps("--all").code == 0


def test_the_operators_word_counts_more(one, sweeps, tmp_path):
    there, found = one
    (tmp_path / "ours.yaml").write_text(entry(found, "2020-01-01"))
    there.commit({FILE: entry(found)})
    sweeps.inventory(TRUSTED + "    suppressions: ours.yaml\n")
    assert sweeps("--all").code == 1
