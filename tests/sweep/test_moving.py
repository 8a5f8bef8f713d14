"""A repository that changes while it is fetched or read: nothing is lost, nothing is told twice, and the next night has all of it."""

from __future__ import annotations

import threading

import pytest

from tests.gitrepo import git, scan


@pytest.mark.parametrize("way", ["url: 'file://{at}'", "path: '{at}'"], ids=["fetched", "where it stands"])
def test_a_repository_that_changes_meanwhile(live, sweeps, way):
    one = live("one").start()
    sweeps.inventory("repositories:\n  - " + way.format(at=one.at) + "\n    name: one\n")
    over = threading.Event()

    def push() -> None:
        while not over.is_set():
            one.commit({f"app{one.days}.env": one.secret()})
            if one.days % 5 == 0:
                git(one.at, "branch", "--force", "side", "HEAD~1")
                git(one.at, "gc", "--quiet", "--prune=now")

    pusher = threading.Thread(target=push)
    pusher.start()
    try:
        told = [finding["finding"]["id"] for _ in range(3) for finding in sweeps().document["findings"]]
    finally:
        over.set()
        pusher.join()
    last = sweeps()
    told += [finding["finding"]["id"] for finding in last.document["findings"]]
    assert last.not_read == {} and one.days > 6
    assert len(told) == len(set(told)), "a finding is new once"
    assert sorted(told) == sorted({finding["id"] for finding in scan(one.at).report["findings"]})
