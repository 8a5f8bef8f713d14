"""What a forge says of its repositories, in one vocabulary for all kinds of forges."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scanner.errors import LeaksealError


class ForgeError(LeaksealError):
    """A forge does not answer, or not with what was asked for; `reason` is a word for the summary."""

    def __init__(self, message: str, *, hint: str = "", reason: str = "unreadable") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Account:
    """Whose repositories are wanted: an organisation, a user or a group, and the token to ask with."""

    kind: str  # gitea | github | gitlab
    url: str  # of the forge, without a path of its API
    owner: str
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Hosted:
    """One repository; `id` is the forge's own number, which a new name does not change."""

    id: str
    name: str  # owner/name, as people write it
    url: str  # to clone from, without credentials
    archived: bool = False
    fork: bool = False
    empty: bool = False
    private: bool = True
    wiki: str = ""  # to clone from; it need not exist
    page: str = ""  # for people
    branch: str = ""  # the default one
    units: tuple[tuple[str, bool], ...] = ()  # (issues | pulls | releases, whether it is turned on), where the forge says so

    def on(self, unit: str) -> bool | None:
        """Whether something is turned on here; None: the forge does not say."""
        return dict(self.units).get(unit)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that hangs on a release, or on something that was said."""

    id: str  # never the same for two of a repository
    name: str
    url: str = field(repr=False)  # empty: it is kept where we do not ask
    size: int | None  # bytes, where the forge says so
    stamp: str  # another one as soon as it is another file


@dataclass(frozen=True, slots=True)
class Release:
    """A release: its notes, as the forge writes them, and its files."""

    id: str
    tag: str
    row: Mapping[str, Any] = field(repr=False)
    assets: tuple[Asset, ...]


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said: an issue or a pull request, or (no `row`) a part of one."""

    number: int
    kind: str = ""  # issues | pulls | merge_requests; empty: of a part it is not known
    row: Mapping[str, Any] | None = field(default=None, repr=False)
    parts: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict, repr=False)  # name of a list -> some of its entries


@dataclass(frozen=True, slots=True)
class Talks:
    """One list that a forge has of what was said."""

    unit: str  # what it is turned off with
    ask: Callable[[str], Iterator[Talk]]  # for what has changed since a time; empty: for all
    instead: bool = False  # asked only where the one before it is turned off


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue that was filed about a finding."""

    number: int
    open: bool
    title: str
    body: str = field(repr=False)
