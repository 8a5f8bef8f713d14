"""Whoever should hear of a night does, and one that cannot be told keeps nobody else from hearing it."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.artifact.transport import Transport
from scanner.errors import LeaksealError
from scanner.sweep.hearers import Hearers, tell
from scanner.sweep.inventory import load
from scanner.sweep.notify.night import Night
from tests.sweep.test_notify import KEY, hearing, mailing, night, notice


def said(tmp_path: Path, text: str) -> Hearers:
    (tmp_path / "inventory.yaml").write_text("version: 1\nrepositories: []\ntell:\n" + text)
    found = load(tmp_path / "inventory.yaml").hearers
    assert found is not None
    return found


def told(one: Night, who: Hearers, transport: Transport | None = None, **environ: str) -> list[str]:
    done = tell(one, who, transport or Transport(), environ)
    return [answer.message if isinstance(answer, LeaksealError) else answer.sentence for answer in done]


def test_owners_hear_of_what_is_theirs_and_nobody_of_a_quiet_night(tmp_path: Path) -> None:
    with mailing() as (box, port):
        who = said(
            tmp_path, f"  mail: {{host: 127.0.0.1, port: {port}, from: l@acme.example, tls: none, to: [all@acme.example],\n"
            "    owners: {team-a: [a@acme.example], team-b: [b@acme.example], team-c: [c@acme.example]}}\n",
        )  # fmt: skip
        assert told(night(visited=()), who) == [] and box.got == []
        assert told(night(notice(), notice(2, owner="team-b")), who) == []
    heard = {line.split(": ")[1]: mail for mail in box.got for line in mail.splitlines() if line.startswith("To: ")}
    assert set(heard) == {"all@acme.example", "a@acme.example", "b@acme.example"}
    assert "Subject: Leakseal: 2 new findings" in heard["all@acme.example"]
    assert "Subject: Leakseal: 1 new finding, 1 open" in heard["a@acme.example"] and "acme/gone" not in heard["a@acme.example"]
    assert "acme/gone: vanished" in heard["b@acme.example"]


def test_one_that_cannot_be_told_is_named_and_the_others_hear(tmp_path: Path) -> None:
    issues = "{kind: gitea, url: 'https://x.example', token-env: T, repository: a/b}"
    who = said(tmp_path, f"  prometheus: nowhere/m.prom\n  webhook: {{url-env: HOOK_URL, key-env: HOOK_KEY}}\n  issues: {issues}\n")
    with hearing() as (url, heard, transport):
        problems = told(night(notice()), who, transport, HOOK_URL=url, HOOK_KEY=KEY)
    assert len(heard) == 1 and len(problems) == 2
    assert "cannot be written" in problems[0] and "the environment variable T is not set" in problems[1]
    assert "HOOK_URL is not set" in told(night(notice()), who)[1]
    assert KEY not in " ".join(problems)


@pytest.mark.parametrize("text", [
    "  mail: {host: h}\n", "  webhook: {}\n", "  issues: {kind: cvs, url: x, token-env: T, repository: a}\n", "  fax: 1\n",
])  # fmt: skip
def test_what_cannot_be_understood_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(LeaksealError, match=r"inventory\.yaml:4"):
        said(tmp_path, text)
