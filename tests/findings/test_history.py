"""Two hundred commits that move, rename, reformat, squash and rebase: no acceptance is lost, and every changed secret is open."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scanner.config import Bounds
from scanner.findings.accept import Terms, draft, open_ids
from scanner.findings.audit import audit
from scanner.findings.suppressions import load, save
from scanner.report.read_v1 import report_of
from scanner.rulepack.sample import grow
from tests.gitrepo import scan

TODAY = date(2030, 1, 15)
SECRETS, CHANGED, COMMITS = 40, 20, 200
SHAPES = ("{github-token:ghp_}", "postgresql://app:{password:14}@db.shop.internal:5432/app", "{npm-token}", "{aws-key-id}")


class Tree:
    """Files of settings, each line with a secret or without, and what people do to them."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.files: dict[str, list[tuple[str, str]]] = {f"app{n}/settings.env": [] for n in range(8)}
        for number in range(SECRETS):
            name = sorted(self.files)[number % len(self.files)]
            self.files[name].append((f"VALUE_{number}_URL", self.value(number, 0)))
        self.styles = dict.fromkeys(self.files, "env")

    @staticmethod
    def value(number: int, turn: int) -> str:
        return grow(SHAPES[0 if number < CHANGED else number % len(SHAPES)], number * 1000 + turn).decode()

    def move(self) -> None:
        lines = self.files[self.rng.choice(sorted(self.files))]
        lines.insert(self.rng.randrange(len(lines) + 1), (f"LEVEL_{self.rng.randrange(10**6)}", "info"))
        self.rng.shuffle(lines)

    def rename(self) -> None:
        old = self.rng.choice(sorted(self.files))
        new = f"services/{self.rng.randrange(10**6)}/{Path(old).name}"
        self.files[new], self.styles[new] = self.files.pop(old), self.styles.pop(old)

    def hand_over(self) -> None:
        """A line goes into another file."""
        source, target = self.rng.sample(sorted(self.files), 2)
        if len(self.files[source]) > 1:
            self.files[target].append(self.files[source].pop())

    def reformat(self) -> None:
        name = self.rng.choice(sorted(self.files))
        self.styles[name] = self.rng.choice(("env", "export", "yaml", "json", "crlf"))

    def change(self, number: int) -> None:
        """The secret goes, and another stands in its place."""
        for lines in self.files.values():
            lines[:] = [(key, self.value(number, 1) if key == f"VALUE_{number}_URL" else value) for key, value in lines]

    def content(self, name: str) -> bytes:
        lines = self.files[name]
        if self.styles[name] == "json":
            return json.dumps(dict(lines), indent=2).encode()
        form = {"env": "{}={}\n", "export": 'export {}="{}"\n', "yaml": "{}:   '{}'\n", "crlf": "{}={}\r\n"}[self.styles[name]]
        return "".join(form.format(key, value) for key, value in lines).encode()


def commit(stream: list[bytes], branch: str, tree: Tree, message: str, parent: str | None = None) -> None:
    """One commit of the whole tree, for `git fast-import`; onto the branch's tip if no parent is named."""
    stream.append(f"commit refs/heads/{branch}\ncommitter A <a@example.org> {1_700_000_000 + len(stream)} +0000\n".encode())
    stream.append(f"data {len(message)}\n{message}\n".encode() + (f"from {parent}\n".encode() if parent else b"") + b"deleteall\n")
    for name in sorted(tree.files):
        data = tree.content(name)
        stream.append(f"M 100644 inline {name}\ndata {len(data)}\n".encode() + data + b"\n")


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], tuple[list[bytes], Tree]]:
    """The first commits of the history as a stream, always the same."""

    def until(last: int) -> tuple[list[bytes], Tree]:
        rng = random.Random(5)
        tree, stream = Tree(rng), list[bytes]()
        commit(stream, "main", tree, "Begin")
        for number in range(1, last):
            if number % 10 == 5:
                tree.change(number // 10)
            else:
                rng.choice((tree.move, tree.rename, tree.hand_over, tree.reformat))()
            commit(stream, "main", tree, f"Change {number}")
        return stream, tree

    return until


def accepting(report: Mapping[str, Any], file: Path) -> None:
    terms = Terms("team-a", "made up for a test", "T-1", date(2030, 6, 1))
    save(file, draft(open_ids(report), report, terms, today=TODAY))


def dispositions(said: Any) -> dict[str, str]:
    return {finding["fingerprint"]: finding["disposition"] for finding in said.report["findings"]}


def test_no_acceptance_is_lost_and_every_changed_secret_is_open(history, make_repo, tmp_path: Path) -> None:
    file = tmp_path / "accepted.yaml"
    first, _ = history(1)
    begin = make_repo("begin")
    begin.git("fast-import", "--quiet", data=b"".join(first))
    accepting(scan(begin.path, "--suppressions", str(_empty(tmp_path))).report, file)
    entries = load(file)
    assert len(entries) == SECRETS

    stream, _ = history(COMMITS)
    assert sum(part.startswith(b"commit ") for part in stream) == COMMITS
    linear = make_repo("linear")
    linear.git("fast-import", "--quiet", data=b"".join(stream))
    accepted, changed = {entry.fingerprint for entry in entries}, 0
    for back in (135, 50, 1, 0):  # as it stood then, the old objects not being there
        then = make_repo(f"then-{back}")
        part, _ = history(COMMITS - back)
        then.git("fast-import", "--quiet", data=_squashed(part))
        seen = dispositions(scan(then.path, "--suppressions", str(file)))
        changed = sum(number % 10 == 5 for number in range(1, COMMITS - back))
        assert len(seen) == SECRETS
        assert {print for print, what in seen.items() if what == "accepted"} == accepted & set(seen)
        assert sum(what == "open" for what in seen.values()) == changed
        assert len(accepted & set(seen)) == SECRETS - changed
    assert changed == CHANGED

    # Everything that ever was, with a real rebase and a real squash on top.
    linear.git("reset", "--quiet", "--hard", "main")
    linear.git("checkout", "--quiet", "-b", "topic", "main~30")
    linear.commit({"README": "topic\n"}, "Say what it is")
    linear.git("rebase", "--quiet", "main")
    linear.git("checkout", "--quiet", "-b", "squashed", "main~150")
    linear.git("merge", "--quiet", "--squash", "topic")
    linear.git("commit", "--quiet", "--message", "All at once")
    whole = scan(linear.path, "--suppressions", str(file))
    seen = dispositions(whole)
    assert {print for print, what in seen.items() if what == "accepted"} == accepted
    assert sum(what == "open" for what in seen.values()) == CHANGED
    assert [problem.kind for problem in audit(entries, report_of(whole.report), TODAY, Bounds(places=1000))] == []
    assert whole.report["suppressions"]["used"] == SECRETS


def _squashed(stream: list[bytes]) -> bytes:
    """Only the last commit, without its parents."""
    last = max(at for at, part in enumerate(stream) if part.startswith(b"commit "))
    return b"".join(stream[last:])


def _empty(tmp_path: Path) -> Path:
    path = tmp_path / "empty.yaml"
    save(path, [])
    return path
