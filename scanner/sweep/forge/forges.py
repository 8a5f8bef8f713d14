"""The kinds of forges, and what all of them must hold to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Protocol
from urllib.parse import urlsplit

from scanner.artifact.transport import Transport
from scanner.errors import UsageError
from scanner.sweep.forge import gitea, github, gitlab
from scanner.sweep.forge.api import Api, Row
from scanner.sweep.forge.hosted import Account, Asset, ForgeError, Hosted, Issue, Release, Talks

_NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)+", re.ASCII)
_GITHUB = "https://api.github.com"


class Forge(Protocol):
    """What every kind can be asked."""

    api: Api

    def repositories(self, owner: str) -> Iterator[Hosted]: ...
    def releases(self, one: Hosted) -> Iterator[Release]: ...
    def talks(self, one: Hosted) -> tuple[Talks, ...]: ...
    def more(self, one: Hosted, kind: str, number: int) -> dict[str, list[Row]]: ...
    def there(self, one: Hosted, kind: str, number: int) -> Row | None: ...
    def comments(self, one: Hosted, number: int) -> list[Row]: ...
    def attached(self, one: Hosted, said: Row) -> list[Asset]: ...
    def issues(self, repository: str, label: str) -> Iterator[Issue]: ...
    def file(self, repository: str, title: str, body: str, label: str) -> Issue: ...
    def change(self, repository: str, number: int, *, title: str, body: str, open_: bool) -> Issue: ...


KINDS: dict[str, tuple[Callable[[Api], Forge], str, str]] = {
    "gitea": (gitea.Gitea, gitea.API, gitea.AUTHORIZATION),
    "forgejo": (gitea.Gitea, gitea.API, gitea.AUTHORIZATION),
    "github": (github.GitHub, github.API, github.AUTHORIZATION),
    "gitlab": (gitlab.GitLab, gitlab.API, gitlab.AUTHORIZATION),
}


def forge(account: Account, transport: Transport) -> Forge:
    """The forge of an account; raises UsageError for a kind that there is none of."""
    if account.kind not in KINDS:
        raise UsageError("there is no forge of that kind", hint=f"name one of {', '.join(sorted(KINDS))}")
    made, path, authorization = KINDS[account.kind]
    url = account.url.rstrip("/")
    base = _GITHUB if account.kind == "github" and urlsplit(url).hostname == "github.com" else url + path
    api = Api(transport, base, authorization.format(token=account.token) if account.token else "")
    return made(api)


def listed(account: Account, transport: Transport) -> list[Hosted]:
    """Every repository of an account, sorted by its number; raises ForgeError, also where the forge names one that we must not ask for."""
    found = list(forge(account, transport).repositories(account.owner))
    for one in found:
        if not one.id.isdigit() or not _NAME.fullmatch(one.name) or ".." in one.name:
            raise ForgeError("the forge gives a repository without a proper number and name", reason="tool-error")
        if not all(_same_host(url, account.url, transport) for url in (one.url, one.wiki) if url or url is one.url):
            said = f"the forge sends us elsewhere for {one.name}"
            raise ForgeError(said, hint="check the forge's public address in its settings", reason="tool-error")
    return sorted(found, key=lambda one: int(one.id))


def _same_host(url: str, forge_url: str, transport: Transport) -> bool:
    """Whether a repository is where its forge is: its listing decides where our token goes, and which protocol Git speaks."""
    return transport.may(url) and urlsplit(url).netloc.lower() == urlsplit(forge_url).netloc.lower()
