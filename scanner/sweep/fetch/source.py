"""What is fetched of one repository, and from where."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from scanner.artifact.transport import Transport
from scanner.sweep.forge.forges import Forge, forge
from scanner.sweep.forge.hosted import Account, Hosted
from scanner.sweep.variables import value
from scanner.yamlnodes import Node

KINDS = ("releases", "issues")
KEYS = ("fetch", "fetch-largest", "fetch-most")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an inventory wants to have fetched."""

    what: tuple[str, ...] = ()  # of KINDS
    largest: int = 256 << 20  # bytes of one file
    most: int = 2 << 30  # bytes of all files and texts of one repository


@dataclass(frozen=True, slots=True)
class Source:
    """One repository at its forge."""

    kind: str
    url: str
    one: Hosted
    wanted: Wanted
    token_env: str | None = None
    insecure: tuple[str, ...] = ()

    def forge(self, environ: Mapping[str, str] = os.environ) -> Forge:
        """The forge, to be asked; raises Unset if its token is not there."""
        token = value(self.token_env, environ) if self.token_env else ""
        account = Account(self.kind, self.url, self.one.name.partition("/")[0], token)
        return forge(account, Transport(self.insecure, environ=environ))


def wanted(keys: Mapping[str, Node]) -> Wanted:
    """What an account's keys say; raises ConfigError with the line."""
    from scanner.sweep.inventory import octets_of  # it is made of what stands here

    sizes = {name: keys[f"fetch-{name}"] for name in ("largest", "most") if f"fetch-{name}" in keys}
    what = keys["fetch"].elements() if "fetch" in keys else ()
    for node in what:
        if node.text(20) not in KINDS:
            raise node.error(f"one of {', '.join(KINDS)} is expected here")
    found = {}
    for name, node in sizes.items():
        size = octets_of(node.text(20))
        if size is None:
            raise node.error("a size such as 500M or 2G is expected here")
        found[name] = size
    return Wanted(tuple(kind for kind in KINDS if kind in {node.text(20) for node in what}), **found)
