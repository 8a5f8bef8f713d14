"""To read only what is new comes to the same as to read everything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner import cachefile
from scanner.cli.options import project
from scanner.ledger.known import known
from scanner.model.report import Run
from scanner.model.rule import Ruleset
from scanner.pipeline.earlier import AGAIN, Earlier
from scanner.pipeline.gitscan import GitScan
from scanner.pipeline.run import reported
from scanner.pipeline.settings import Settings
from scanner.report.json_v1 import document
from scanner.sweep.past import Past, earlier, memory_of, segments_of
from tests.gitrepo import git, loose_file, token


@pytest.fixture(scope="module")
def own():
    return project(None, file=None)


@pytest.fixture(scope="module")
def settings(own):
    return Settings(own.rules, cachefile.folder(), leaves=True, remember=True)


def look(at, own, settings, before=None):
    """(the report, the leaves, what is known after) of a repository, given what was known."""
    done = GitScan("t1", at, settings, before).run("repository")
    report = document(reported([done], settings, own.judging, Run("x")))
    return report, sorted(done.tally.leaves), done.after


def remembered(before, there, after):
    """What the ledger would hand to the next night."""
    segments, drop = segments_of(before.own, there.segments, after)
    return Past(segments if drop else (*there.segments, *segments), memory_of(after))


def _named_by_a_secret(one):
    one.commit({f"dir/{token(77)}.txt": "nothing\n"})


def _amend(one):
    one.commit({"b.env": one.secret()})
    git(one.at, "reset", "--quiet", "--hard", "HEAD~1")


def _submodule(one):
    git(one.at, "update-index", "--add", "--cacheinfo", "160000," + "ab" * 20 + ",vendored")
    one.commit({})


def _pointer(one):
    one.commit({"big.bin": f"version https://git-lfs.github.com/spec/v1\noid sha256:{'1f' * 32}\nsize 12\n"})


def _lost(one):
    oid = git(one.at, "hash-object", "-w", "--stdin", data=one.text().encode()).decode()
    git(one.at, "update-index", "--add", "--cacheinfo", f"100644,{oid},gone.txt")
    git(one.at, "commit", "--quiet", "-m", "gone", GIT_COMMITTER_DATE="1700000000 +0000", GIT_AUTHOR_DATE="1700000000 +0000",
        GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@b", GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@b")  # fmt: skip
    loose_file(one.at, oid).unlink()
    git(one.at, "rm", "--quiet", "--cached", "gone.txt")


STEPS = {
    "nothing": lambda one: None,
    "a commit": lambda one: one.commit({"c.txt": one.text()}),
    "a secret": lambda one: one.commit({"deep/d.env": one.secret()}),
    "a secret that goes": lambda one: [one.commit({"e.env": one.secret()}), one.commit({"e.env": "\n"})],
    "a message": lambda one: one.commit({}, f"see {one.secret()}"),
    "a name": _named_by_a_secret,
    "an amended commit": _amend,
    "an archive that cannot be opened": lambda one: one.commit({"x.txt": "MZ"}) and one.commit({"y.zip": "PK\x03\x04broken"}),
    "a submodule": _submodule,
    "a pointer": _pointer,
    "a repack": lambda one: git(one.at, "repack", "-a", "-d", "-q"),
    "what nobody leads to is pruned": lambda one: [
        git(one.at, "reflog", "expire", "--expire=now", "--all"), git(one.at, "gc", "--quiet", "--prune=now"),
    ],
    "an object is lost": _lost,
}  # fmt: skip


def test_night_after_night_it_says_what_a_whole_scan_says(live, own, settings):
    one, there = live("app").start(), Past()
    for name, step in [*STEPS.items(), *list(STEPS.items())[:4]]:
        step(one)
        before = earlier(there, own.rules)
        report, leaves, after = look(one.at, own, settings, before)
        whole, every_leaf, everything = look(one.at, own, settings)
        assert report == whole, name
        assert leaves == every_leaf, name
        assert after.objects == everything.objects, name
        there = remembered(before, there, after)
        assert known(there.segments).of == after.objects, name


def test_what_was_read_is_not_read_again(live, own, settings, monkeypatch):
    one = live("app").start()
    _, _, after = look(one.at, own, settings)
    asked = []
    monkeypatch.setattr("scanner.pipeline.gitread.GitReader._object", lambda self, answer, refs, item: asked.append(item.oid))
    new = one.commit({"c.txt": one.text()})
    GitScan("t1", one.at, settings, Earlier(own=after.objects)).run("repository")
    again = {oid for oid, (kind, _) in after.objects.items() if kind & AGAIN}
    fresh = set(map(bytes.fromhex, git(one.at, "rev-list", "--objects", "--no-object-names", f"{new}~1..{new}").decode().split()))
    assert again and set(asked) == again | fresh


@pytest.mark.parametrize("rule", ["github-pat", "postgres-dsn"])
def test_a_new_rule_runs_alone_over_what_was_read(live, own, settings, rule):
    one = live("app").start()
    one.commit({f"dir/{token(5)}": "x\n", "db.env": f"postgresql://app:{token(6)[4:20]}@db.internal/x\n", "c.txt": one.text()})
    git(one.at, "repack", "-a", "-d", "-q")
    one.commit({"new.env": one.secret()})
    without = Ruleset(tuple(other for other in own.rules.rules if other.id != rule), "without")
    _, _, after = look(one.at, own, replace(settings, rules=without))
    fresh = Ruleset(tuple(other for other in own.rules.rules if other.id == rule), f"only {rule}")
    assert len(fresh.rules) == 1
    report, leaves, knows = look(one.at, own, settings, Earlier(own=after.objects, fresh=fresh))
    whole, every_leaf, everything = look(one.at, own, settings)
    assert (report, leaves, knows.objects) == (whole, every_leaf, everything.objects)
    assert rule in {finding["rule"] for finding in report["findings"]}


def test_a_rule_that_is_gone_takes_its_findings_with_it(live, own, settings):
    one = live("app").start()
    _, _, after = look(one.at, own, settings)
    without = replace(settings, rules=Ruleset(tuple(rule for rule in own.rules.rules if rule.id != "github-pat"), "without"))
    report, _, knows = look(one.at, own, without, Earlier(own=after.objects, gone=True))
    whole, _, everything = look(one.at, own, without)
    assert report == whole
    assert knows.objects == everything.objects


def test_a_fork_says_what_a_whole_scan_of_it_says(live, own, settings):
    one = live("app").start()
    for _ in range(3):
        one.commit({"c.txt": one.text(), "f.env": one.secret()})
    _, _, after = look(one.at, own, settings)
    fork = live("fork")
    git(fork.at, "fetch", "--quiet", str(one.at), "+HEAD:refs/heads/up")
    git(fork.at, "reset", "--quiet", "--hard", "up")
    fork.commit({"own.env": fork.secret()})
    report, leaves, knows = look(fork.at, own, settings, Earlier(shared=after.objects))
    whole, every_leaf, everything = look(fork.at, own, settings)
    assert (report, leaves, knows.objects) == (whole, every_leaf, everything.objects)
