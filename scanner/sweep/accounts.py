"""Accounts at forges in an inventory: whose repositories are asked for, which of them are left out, and how each is read."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from scanner.artifact.transport import Transport
from scanner.errors import LeaksealError
from scanner.sweep.fetch import source
from scanner.sweep.fetch.source import Source, Wanted
from scanner.sweep.forge.forges import KINDS, listed
from scanner.sweep.forge.hosted import Account, Hosted
from scanner.sweep.inventory import Inventory, Listed, Unlisted, has
from scanner.sweep.variables import value
from scanner.yamlnodes import Node

KEYS = ("kind", "url", "account", "token-env", "wikis", "archived", "forks", "leave-out", *source.KEYS)
_USERS = {"github": "x-access-token"}  # with a token for a password; the others take any


@dataclass(frozen=True, slots=True)
class Hosting:
    """One account, and what is wanted of it."""

    kind: str
    url: str
    account: str
    like: Listed  # how its repositories are read
    wikis: bool = False
    archived: bool = True
    forks: bool = True
    left_out: tuple[tuple[str, str], ...] = field(default=())  # (pattern of names, why)
    wanted: Wanted = field(default_factory=Wanted)  # beside the Git of its repositories

    @property
    def where(self) -> str:
        """What it is called in messages."""
        return f"{urlsplit(self.url).netloc.rpartition('@')[2]}/{self.account}"


def hosting(node: Node, like: Listed, keys: Mapping[str, Node]) -> Hosting:
    """What an entry of `forges:` says; raises ConfigError with its line."""
    kind, url = keys["kind"].text(20), keys["url"].text(2000).rstrip("/")
    if kind not in KINDS:
        raise keys["kind"].error(f"one of {', '.join(sorted(KINDS))} is expected here")
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc or parts.query:
        raise keys["url"].error("this is no address of a forge", "write https://host, and name the token with `token-env:`")
    flags = {name: has(keys[name]) for name in ("wikis", "archived", "forks") if name in keys}
    out = []
    for item in keys["leave-out"].elements() if "leave-out" in keys else ():
        said = item.mapping(("name", "reason"), ("name", "reason"))
        out.append((said["name"].text(300), said["reason"].text()))
    like = replace(like, token_user=_USERS.get(kind, like.token_user))
    return Hosting(kind, url, keys["account"].text(300), like, **flags, left_out=tuple(out), wanted=source.wanted(keys))


def expanded(
    inventory: Inventory, transport: Transport, environ: Mapping[str, str] = os.environ,
    ask: Callable[[Account, Transport], list[Hosted]] = listed,
) -> Inventory:  # fmt: skip
    """The inventory with what its forges list; an account that cannot be listed is named, and none of its repositories forgotten."""
    found = {one.name: one for one in inventory.repositories}
    unlisted = list(inventory.unlisted)
    for one in inventory.forges:
        try:
            token = value(one.like.token_env, environ) if one.like.token_env else ""
            there = ask(Account(one.kind, one.url, one.account, token), transport)
        except LeaksealError as problem:
            unlisted.append(Unlisted(one.where, str(getattr(problem, "reason", "unreadable")), problem.message))
            continue
        for entry in _entries(one, there, inventory.insecure):
            had = found.get(entry.name)  # what the inventory says of a repository itself counts more
            found[entry.name] = entry if had is None else replace(had, source=entry.source, branch=entry.branch, page=entry.page)
    return replace(inventory, repositories=tuple(found[name] for name in sorted(found)), unlisted=tuple(unlisted))


def _entries(one: Hosting, there: Iterable[Hosted], insecure: tuple[str, ...]) -> Iterable[Listed]:
    host = urlsplit(one.url).netloc.rpartition("@")[2]
    schemes = tuple({*one.like.protocols, urlsplit(one.url).scheme})
    for repository in there:
        if (repository.archived and not one.archived) or (repository.fork and not one.forks):
            continue
        if any(fnmatch.fnmatchcase(repository.name, pattern) for pattern, _ in one.left_out):
            continue
        identity = f"{one.kind}:{host}#{repository.id}"
        entry = replace(
            one.like, name=f"{host}/{repository.name}", url=repository.url, identity=identity, page=repository.page, protocols=schemes,
            branch=repository.branch,
            source=Source(one.kind, one.url, repository, one.wanted, one.like.token_env, insecure) if one.wanted.what else None,
        )  # fmt: skip
        yield entry
        if one.wikis and repository.wiki:
            wiki = replace(entry, name=f"{entry.name}.wiki", url=repository.wiki, identity=f"{identity}.wiki", optional=True)
            yield replace(wiki, branch="", source=None)
