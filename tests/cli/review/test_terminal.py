"""`leakseal review` in a terminal: one by one, masked, written down at once, taken back, gone on with."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scanner.findings import suppressions
from scanner.findings.review import queue
from tests.cli.conftest import Said
from tests.cli.review.talk import Talk
from tests.conftest import Repo
from tests.gitrepo import token
from tests.report.samples import finding

LATER = (datetime.now(UTC).date() + timedelta(60)).isoformat()
ASKS = "? help"


@pytest.fixture
def three(repo: Repo) -> Repo:
    """Three tokens, the second in two places, and one more token on the line above the first."""
    repo.commit({"a.env": f"X={token(9)}\nGH={token(1)}\nlast=line\n", "b.env": f"GH={token(2)}\n", "c/d.env": f"GH={token(2)}\n"})
    return repo


def ids(at: Path, run: Callable[..., Said]) -> list[str]:
    said = run(at, "scan", "--format", "json", "-q")
    return sorted({one["id"] for one in json.loads(said.out)["findings"] if one["disposition"] == "open"})


def test_nothing_open_asks_nothing(repo: Repo) -> None:
    repo.commit({"a.txt": "nothing\n"})
    with Talk(repo.path, "review") as talk:
        assert talk.end() == 0
    assert "nothing decided; nothing waits" in talk.said and ASKS not in talk.said


def test_needs_a_person(three: Repo, leakseal: Callable[..., Said]) -> None:
    said = leakseal(three.path, "review")
    assert said.code == 2 and "there is nobody to answer" in said.err and said.out == ""


def accept(talk: Talk, key: str, **said: str) -> None:
    """Press a key and answer what is asked; what is not given is taken as it is offered."""
    talk.say(key)
    for name in ("owner", "reason", "ticket", "until (YYYY-MM-DD)"):
        talk.hear(name)
        talk.hear(": ")
        talk.say(said.get(name.split()[0], "") + "\r")


def test_decisions_are_written_at_once_taken_back_and_gone_on_with(three: Repo, leakseal: Callable[..., Said]) -> None:
    before = ids(three.path, leakseal)
    assert len(before) == 3
    file = three.path / suppressions.FILE
    with Talk(three.path, "review", "--owner", "team-a") as talk:
        talk.hear(ASKS)
        accept(talk, "a", reason="rotated long ago", ticket="T-1", until=LATER)
        talk.hear(ASKS)
        (first,) = suppressions.load(file)
        assert (first.owner, first.reason, first.ticket, first.verdict) == ("team-a", "rotated long ago", "T-1", "accepted")
        talk.say("u")
        talk.hear("taken back")
        talk.hear(ASKS)
        assert suppressions.load(file) == ()
        talk.say("r")
        talk.hear(ASKS)
        accept(talk, "f", reason="a fixture")
        talk.hear(ASKS)
        (second,) = suppressions.load(file)
        assert (second.reason, second.ticket, second.verdict, second.expires.isoformat()) == ("a fixture", "T-1", "false-positive", LATER)
        talk.say("q")
        assert talk.end() == 1
    assert "1 false-positive, 1 rotate; 1 still to decide" in talk.said
    assert f"to rotate (1, kept in {Path('.leakseal/review.json')})" in talk.said
    with Talk(three.path, "review") as talk:
        assert "1 of 1" in talk.hear(ASKS)
        talk.say("s")
        assert talk.end() == 0
    assert len(ids(three.path, leakseal)) == 2


def test_terms_that_will_not_do_are_asked_again(three: Repo) -> None:
    with Talk(three.path, "review") as talk:
        talk.hear(ASKS)
        accept(talk, "a", owner="me", reason="none", ticket="T-1", until="2001-01-01")
        talk.hear("--expires lies in the past")
        talk.hear(ASKS)
        accept(talk, "a", owner=f"ghp_{'x' * 3} {token(5)}", reason="none", ticket="T-1", until=LATER)
        assert token(5) not in talk.hear("holds what looks like a secret").partition("until")[2]
        talk.hear(ASKS)
        talk.say("z")
        talk.hear("take the last decision back")
        talk.hear(ASKS)
        talk.say("q")
        assert talk.end() == 1
    assert not (three.path / suppressions.FILE).exists()


@pytest.mark.parametrize("columns", [60, 100, 200])
def test_no_secret_is_shown_not_even_that_of_a_neighbour(three: Repo, columns: int) -> None:
    with Talk(three.path, "review", columns=columns) as talk:
        for _ in range(3):
            talk.hear(ASKS)
            talk.say("p")
            talk.hear(ASKS)
            talk.say("s")
        assert talk.end() == 0
    flat = "".join(talk.said.split())
    for number in (1, 2, 9):
        secret = token(number).removeprefix("ghp_")
        assert not any(secret[at : at + 8] in flat for at in range(len(secret) - 7))
    assert "c/d.env" in talk.said and "last=line" in talk.said


def test_a_name_of_a_stranger_steers_no_terminal(repo: Repo) -> None:
    repo.commit({"\x1b[2J\x1b[1;1Hevil\u202egnp.env": f"GH={token(1)}\n"})
    with Talk(repo.path, "review") as talk:
        talk.hear(ASKS)
        talk.say("q")
        talk.end()
    assert "\x1b[2J" not in talk.said and "\u202e" not in talk.said


def test_the_worst_comes_first_and_a_value_once() -> None:
    found = [
        finding(id="b" * 16, severity="low"), finding(id="a" * 16, severity="critical", confidence=0.5),
        finding(id="c" * 16, severity="critical", confidence=0.9), finding(id="b" * 16, severity="low"),
        finding(id="d" * 16, severity="high", disposition="accepted"),
        finding(id="e" * 16, severity="high", disposition="expired-acceptance"),
    ]  # fmt: skip
    assert [(item.id[0], len(item.findings)) for item in queue(found)] == [("c", 1), ("a", 1), ("e", 1), ("b", 2)]
