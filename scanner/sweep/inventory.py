"""The inventory: which repositories there are, whose they are, and how each is read."""

from __future__ import annotations

import glob
import itertools
import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scanner import yamlnodes
from scanner.errors import ConfigError
from scanner.sweep.variables import variable
from scanner.yamlnodes import Node

if TYPE_CHECKING:
    from scanner.sweep.accounts import Hosting
    from scanner.sweep.fetch.source import Source
    from scanner.sweep.hearers import Hearers

PROTOCOLS = ("https", "ssh", "http", "git", "file")
_EVERYDAY = ("https", "ssh", "file")
_KEYS = ("name", "owner", "groups", "every", "full", "timeout", "trust-owner", "suppressions", "trust-suppressions", "token-env",
         "token-user", "surfaces")  # fmt: skip
SURFACES = {"files": "tree", "logs": "logs", "notes": "notes", "screenshots": "screenshots"}  # key -> surface
_SPAN = re.compile(r"([1-9][0-9]{0,3})(h|d|w)")
_HOURS = {"h": 1, "d": 24, "w": 168}
_SIZE = re.compile(r"([1-9][0-9]{0,5})([KMGT]?)")
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_SCP = re.compile(r"(?:[A-Za-z0-9._-]+@)?[A-Za-z0-9.-]+:(?!/)[^\s]+")  # host:path, as ssh(1) has it
_FOUND_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Listed:
    """One repository of the inventory."""

    name: str
    url: str | None = field(repr=False)  # None: it is read where it stands
    path: Path | None = None
    owner: str | None = None
    groups: tuple[str, ...] = ()
    every: int = 0  # hours that have to pass before it is read again
    full: int = 0  # hours after which every object is read again; 0: never
    timeout: int = 3600  # seconds for a fetch
    trust_owner: bool = False
    suppressions: Path | None = None
    trust_suppressions: bool = False  # what the repository itself accepts counts
    branch: str = ""  # the default branch, where its forge names it
    source: Source | None = None  # what is fetched of it from its forge
    token_env: str | None = None
    token_user: str = "token"  # noqa: S105 a user that forges take with any token
    protocols: tuple[str, ...] = _EVERYDAY
    identity: str | None = None  # what a forge knows it by, whatever its name is
    page: str = ""  # at its forge, for people
    surfaces: tuple[tuple[str, Path], ...] = ()  # what is read beside it: (surface, a file or folder)
    optional: bool = False  # a wiki: it may never have been begun

    @property
    def uri(self) -> str:
        """What may be said of where it is: no user, no password, no query."""
        return str(self.path) if self.url is None else bare(self.url)


@dataclass(frozen=True, slots=True)
class Unlisted:
    """An account whose repositories could not be listed, and why in one word and one sentence."""

    name: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """All of them, by name."""

    repositories: tuple[Listed, ...]
    empty: tuple[str, ...] = ()  # patterns that found nothing
    forges: tuple[Hosting, ...] = ()  # accounts that are asked for theirs
    unlisted: tuple[Unlisted, ...] = ()
    insecure: tuple[str, ...] = ()  # hosts that are spoken with without TLS
    hearers: Hearers | None = None

    def chosen(self, groups: tuple[str, ...], names: tuple[str, ...]) -> tuple[Listed, ...]:
        """Those in one of the groups and of these names, if any are given."""
        return tuple(
            one for one in self.repositories if (not groups or set(groups) & set(one.groups)) and (not names or one.name in names)
        )


def veiled(inventory: Inventory, known: Collection[str], mask: Callable[[Sequence[str]], Callable[[str], str]]) -> Inventory:
    """The inventory with no secret in what its repositories, owners and groups are called; what is `known` was looked at before."""
    texts = {text for one in inventory.repositories for text in (one.name, one.owner, *one.groups) if text} - set(known)
    if not texts:
        return inventory
    hide, taken, made = mask(sorted(texts)), {one.name for one in inventory.repositories}, []
    for one in inventory.repositories:
        name = hide(one.name)
        if name != one.name:  # what is left of two names may be the same
            number = next(number for number in itertools.count(1) if f"{name} ({number})" not in taken)
            name = f"{name} ({number})"
            taken.add(name)
        owner = hide(one.owner) if one.owner else None
        made.append(replace(one, name=name, owner=owner, groups=tuple(map(hide, one.groups))))
    return replace(inventory, repositories=tuple(sorted(made, key=lambda one: one.name)))


def load(path: Path) -> Inventory:
    """The inventory in a file; raises ConfigError with the line that cannot be understood."""
    if not path.is_file():
        raise ConfigError(f"there is no inventory at {path}", hint="write one; docs/sweep.md shows how")
    return read(yamlnodes.load(path), path.parent)


def read(root: Node, folder: Path) -> Inventory:
    """The inventory in a document; paths count from `folder`."""
    from scanner.sweep import accounts, hearers  # they are made of what stands here

    top = root.mapping(("version", "protocols", "insecure", "defaults", "groups", "repositories", "forges", "tell"), ("version",))
    if not {"repositories", "forges"} & set(top):
        raise root.error("one of `repositories` and `forges` is missing", "add `repositories:` with a URL or a path")
    top["version"].number(1, 1)
    protocols = tuple(_protocol(node) for node in top["protocols"].elements()) if "protocols" in top else _EVERYDAY
    start = Listed("", None, protocols=protocols)
    defaults = _with(start, top["defaults"].mapping(_KEYS[1:]), folder) if "defaults" in top else start
    groups: dict[str, Mapping[str, Node]] = {}
    if "groups" in top:
        top["groups"].names()
        groups = {name: node.mapping(_KEYS[1:]) for name, node in top["groups"].entries}
    found: dict[str, Listed] = {}
    empty: list[str] = []
    for node in top["repositories"].elements() if "repositories" in top else ():
        listed = _entry(node, defaults, groups, folder)
        if not listed:
            empty.append(f"{node.file}:{node.line}")
        for one in listed:
            if one.name in found:
                raise node.error("two repositories have the same name", "give one of them another `name:`")
            found[one.name] = one
            if len(found) > _FOUND_MOST:
                raise node.error(f"more than {_FOUND_MOST} repositories", "keep several inventories")
    forges = []
    for node in top["forges"].elements() if "forges" in top else ():
        keys = node.mapping((*accounts.KEYS, *_KEYS[1:]), ("kind", "url", "account"))
        forges.append(accounts.hosting(node, _grouped(keys, defaults, groups, folder), keys))
    return Inventory(
        tuple(found[name] for name in sorted(found)), tuple(empty), tuple(forges),
        insecure=tuple(node.text(300) for node in top["insecure"].elements()) if "insecure" in top else (),
        hearers=hearers.hearers(top["tell"], folder) if "tell" in top else None,
    )  # fmt: skip


def _entry(node: Node, defaults: Listed, groups: Mapping[str, Mapping[str, Node]], folder: Path) -> list[Listed]:
    keys = node.mapping(("url", "path", *_KEYS))
    if ("url" in keys) == ("path" in keys):
        raise node.error("one of `url` and `path` is expected here", "add `url:` for a remote one, or `path:` for one on this machine")
    one = _grouped(keys, defaults, groups, folder)
    if "url" in keys:
        url = _url(keys["url"], one.protocols)
        return [replace(one, name=one.name or _named(url), url=url)]
    pattern = str(folder / Path(keys["path"].text(4000)).expanduser())
    paths = sorted(glob.glob(pattern)) if glob.has_magic(pattern) else [pattern]  # noqa: PTH207 patterns of full paths
    if len(paths) > 1 and one.name:
        raise keys["name"].error("a pattern that finds many cannot have one name", "leave `name:` out")
    if glob.has_magic(pattern):
        paths = [path for path in paths if os.path.isdir(path)]  # noqa: PTH112
    return [replace(one, name=one.name or os.path.normpath(path), path=Path(path)) for path in paths]


def _grouped(keys: Mapping[str, Node], defaults: Listed, groups: Mapping[str, Mapping[str, Node]], folder: Path) -> Listed:
    """What the defaults, its groups and the entry itself say, the nearest last."""
    one = defaults
    for group in keys["groups"].elements() if "groups" in keys else ():
        if group.text(100) in groups:
            one = _with(one, groups[group.text(100)], folder)
    return _with(one, keys, folder)


def _with(one: Listed, keys: Mapping[str, Node], folder: Path) -> Listed:
    """The same with what these keys say."""
    changes: dict[str, object] = {}
    for key in ("name", "owner", "token-user"):
        if key in keys:
            changes[key.replace("-", "_")] = keys[key].text(300)
    if "suppressions" in keys:
        changes["suppressions"] = _file(keys["suppressions"], folder)
    if "groups" in keys:
        changes["groups"] = tuple(sorted({*one.groups, *(node.text(100) for node in keys["groups"].elements())}))
    if "surfaces" in keys:
        said = keys["surfaces"].mapping(SURFACES)
        changes["surfaces"] = tuple((SURFACES[name], folder / Path(said[name].text(4000)).expanduser()) for name in sorted(said))
    for key in ("every", "full"):
        if key in keys:
            changes[key] = _hours(keys[key])
    if "timeout" in keys:
        changes["timeout"] = keys["timeout"].number(1, 86_400)
    for key in ("trust-owner", "trust-suppressions"):
        if key in keys:
            changes[key.replace("-", "_")] = has(keys[key])
    if "token-env" in keys:
        changes["token_env"] = variable(keys["token-env"])
    return replace(one, **changes)  # type: ignore[arg-type]


def octets_of(text: str) -> int | None:
    """Bytes as a person writes them: 500M, 50G; None if it is no size."""
    found = _SIZE.fullmatch(text)
    return int(found[1]) * _UNITS[found[2]] if found else None


def has(node: Node) -> bool:
    """True or false."""
    word = node.text(10)
    if word not in ("true", "false"):
        raise node.error("`true` or `false` is expected here")
    return word == "true"


def _file(node: Node, folder: Path) -> Path:
    path = folder / Path(node.text(4000)).expanduser()
    if not path.is_file():
        raise node.error("there is no file of this name", "a path counts from the inventory's own folder")
    return path


def _hours(node: Node) -> int:
    found = _SPAN.fullmatch(node.text(20))
    if not found:
        raise node.error("a time such as 12h, 1d or 4w is expected here")
    return int(found[1]) * _HOURS[found[2]]


def _protocol(node: Node) -> str:
    word = node.text(20)
    if word not in PROTOCOLS:
        raise node.error(f"one of {', '.join(PROTOCOLS)} is expected here")
    return word


def _url(node: Node, protocols: tuple[str, ...]) -> str:
    url = node.text(2000)
    scheme = urlsplit(url).scheme if "://" in url else "ssh" if _SCP.fullmatch(url) else ""
    if not scheme or url.startswith("-") or "::" in url or " " in url:
        raise node.error("this is no URL of a repository", "write https://host/path, or `path:` for one on this machine")
    if scheme not in protocols:
        raise node.error("repositories are not fetched by this protocol", f"add it under `protocols:`, which allows {', '.join(protocols)}")
    if "://" in url and urlsplit(url).password:
        raise node.error("a password stands in this URL", "put it into an environment variable, and name that with `token-env:`")
    return url


def bare(url: str) -> str:
    """A URL without user, password, query and fragment."""
    if "://" not in url:
        return url.rpartition("@")[2]
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def _named(url: str) -> str:
    """Host and path: what a person calls it."""
    shown = bare(url)
    host, _, path = shown.partition("://")[2].partition("/") if "://" in shown else shown.partition(":")
    return f"{host}/{path}".strip("/").removesuffix(".git") or shown
