"""What a forge says of its repositories: all of them or an error, and its token for nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest

from scanner.artifact.transport import Patience, Transport
from scanner.errors import UsageError
from scanner.rulepack.sample import grow
from scanner.sweep.forge.forges import KINDS, forge, listed
from scanner.sweep.forge.hosted import Account, ForgeError, Hosted
from tests.sweep.forging import ROOTS, Forged, forging

TOKEN = grow("{alnum:30}", 7).decode()
Start = Callable[..., tuple[Forged, Account, Transport]]


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:

        def begin(
            kind: str, *names: str, waited: list[float] | None = None, token: str = "", **said: Any
        ) -> tuple[Forged, Account, Transport]:
            forged = stack.enter_context(forging(Forged(kind, names, **said)))
            slept = waited if waited is not None else []
            patience = Patience(attempts=3, longest=90, sleep=slept.append, jitter=lambda: 0.0)
            return forged, Account(kind, forged.url, forged.owner, token), Transport({urlsplit(forged.url).netloc}, patience)

        yield begin


@pytest.mark.parametrize("kind", ROOTS)
@pytest.mark.parametrize("is_group", [True, False])
def test_lists_every_page_with_what_each_repository_is(start: Start, kind: str, is_group: bool) -> None:
    names = ("app", "old", "fork", "empty", "wiki", *(f"r{number}" for number in range(120)))
    forged, account, transport = start(kind, *names, is_group=is_group, page=40)
    found = listed(account, transport)
    assert [one.name for one in found] == [f"acme/{name}" for name in names]
    by_name = {one.name.removeprefix("acme/"): one for one in found}
    assert [name for name, one in by_name.items() if one.archived] == ["old"]
    assert [name for name, one in by_name.items() if one.fork] == ["fork"]
    assert [name for name, one in by_name.items() if one.empty] == ["empty"]
    assert {name: one.wiki for name, one in by_name.items() if one.wiki} == {"wiki": f"{forged.url}/acme/wiki.wiki.git"}
    assert by_name["app"] == Hosted("1", "acme/app", f"{forged.url}/acme/app.git", page=f"{forged.url}/acme/app")


@pytest.mark.parametrize("kind", ROOTS)
def test_sends_its_token_with_every_request_and_shows_it_nowhere(start: Start, kind: str) -> None:
    forged, account, transport = start(kind, "app", token=TOKEN)
    forged.token = TOKEN
    assert [one.name for one in listed(account, transport)] == ["acme/app"]
    assert {said.split(" ")[-1] for _, _, said in forged.seen} == {TOKEN}
    assert TOKEN not in repr(account) and not any(TOKEN in path for _, path, _ in forged.seen)
    with pytest.raises(ForgeError, match=r"does not let us in \(401\)") as refused:
        listed(Account(kind, forged.url, "acme", "another"), transport)
    assert refused.value.reason == "password" and TOKEN not in str(refused.value)


@pytest.mark.parametrize(("faults", "slept"), [(["500"], 1), (["ok", "half"], 1), (["ok", "500", "half"], 2)])
def test_asks_again_where_an_answer_fails_or_breaks_off(start: Start, faults: list[str], slept: int) -> None:
    waited: list[float] = []
    _, account, transport = start("gitea", "app", "lib", faults=faults, waited=waited)
    assert [one.name for one in listed(account, transport)] == ["acme/app", "acme/lib"]
    assert len(waited) == slept


@pytest.mark.parametrize(("faults", "reason", "said"), [
    (["500"] * 9, "tool-error", "answers 500"),
    (["ok", *["half"] * 9], "truncated", "breaks its answers off"),
    (["limited"] * 9, "rate-limit", "enough of our questions"),
])  # fmt: skip
def test_says_why_where_a_forge_does_not_recover(start: Start, faults: list[str], reason: str, said: str) -> None:
    _, account, transport = start("github", "app", faults=faults)
    with pytest.raises(ForgeError, match=said) as found:
        listed(account, transport)
    assert found.value.reason == reason


def test_waits_for_new_questions_if_that_is_soon_and_not_if_it_is_long(start: Start) -> None:
    waited: list[float] = []
    forged, account, transport = start("github", "app", faults=["limited"], waited=waited)
    made = forge(account, transport)
    made.api._now = lambda: 980.0
    assert [one.name for one in made.repositories("acme")] == ["acme/app"]
    assert waited == [21.0]
    forged.faults.append("limited")
    made.api._now = lambda: 100.0
    with pytest.raises(ForgeError, match="enough of our questions"):
        list(made.repositories("acme"))


@pytest.mark.parametrize("kind", ["gitea", "gitlab"])
def test_a_list_that_is_shorter_than_the_forge_counts_is_no_list(start: Start, kind: str) -> None:
    _, account, transport = start(kind, "app", count=3)
    with pytest.raises(ForgeError, match="counts 3 entries, and gave 1") as found:
        listed(account, transport)
    assert found.value.reason == "truncated"


def test_no_page_and_no_token_goes_to_another_host(start: Start) -> None:
    other, _, _ = start("gitea")
    _, account, transport = start("gitea", *map(str, range(60)), elsewhere=other.url, token=TOKEN)
    with pytest.raises(ForgeError, match="to another host for the next page"):
        listed(account, transport)
    assert other.seen == []


@pytest.mark.parametrize("url", [
    "ext::sh -c touch% /tmp/x", "file:///etc", "/srv/git/x.git", "http://example.org/acme/{name}.git", "ssh://git@127.0.0.1/x.git",
    "-uevil", "",
])  # fmt: skip
def test_a_repository_that_is_elsewhere_is_refused(start: Start, url: str) -> None:
    _, account, transport = start("gitea", "app", overrides={"clone_url": url})
    with pytest.raises(ForgeError, match="sends us elsewhere for acme/app"):
        listed(account, transport)


@pytest.mark.parametrize("name", ["acme/../../etc", "acme", "acme/a b", "acme/x\n", "/acme/app", "acme/\u202eapp"])
def test_a_name_that_is_none_is_refused(start: Start, name: str) -> None:
    _, account, transport = start("gitea", "app", overrides={"full_name": name})
    with pytest.raises(ForgeError, match="without a proper number and name"):
        listed(account, transport)


def test_needs_a_verified_connection_and_a_known_kind() -> None:
    with pytest.raises(ForgeError, match="no verified connection"):
        listed(Account("gitea", "http://forge.example", "acme"), Transport())
    with pytest.raises(UsageError, match="no forge of that kind"):
        listed(Account("sourceforge", "https://forge.example", "acme"), Transport())
    assert set(KINDS) == {"forgejo", "gitea", "github", "gitlab"}
