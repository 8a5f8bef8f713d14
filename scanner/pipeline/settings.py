"""What every scan of a run has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from scanner.decode.limits import DEFAULT, Limits
from scanner.model.rule import Ruleset

if TYPE_CHECKING:
    from scanner.notemaps import NoteMap
    from scanner.pipeline.live import Live


class Progress(Protocol):
    """Told how far a scan has come."""

    def start(self, title: str, total: int | None = None) -> None: ...

    def advance(self, objects: int = 1, octets: int = 0) -> None: ...

    def stop(self) -> None: ...


class Silent:
    """Nobody watches."""

    def start(self, title: str, total: int | None = None) -> None:
        """A scan begins."""

    def advance(self, objects: int = 1, octets: int = 0) -> None:
        """A share is done."""

    def stop(self) -> None:
        """The scan is over."""


def _nothing() -> None:
    """There is nothing to do."""


def _forget(values: Iterable[bytes]) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Pulling:
    """How images are pulled from registries; nothing is, unless a target is one."""

    insecure: tuple[str, ...] = ()  # hosts, as in references, that need no TLS and no valid certificate
    platform: str | None = None  # os/architecture[/variant]; None: all of an index
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)  # where credentials and proxies are named


@dataclass(frozen=True, slots=True)
class Settings:
    """Rules, and how to read: with how many processes, by which way, how strictly."""

    rules: Ruleset
    cache: Path | None
    engine: str = "auto"  # auto | hyperscan | re2
    walk: str = "fast"  # fast | git
    verify: bool = False  # recompute every object id
    workers: int = 1
    trust_owner: bool = False
    limits: Limits = DEFAULT  # of what is read out of one content
    leaves: bool = False  # note every object, for the tree that an assertion signs
    remember: bool = False  # note which objects must be read again on another night
    mappings: tuple[NoteMap, ...] = ()  # a project's own layouts of note exports, before those that ship
    pulling: Pulling = Pulling()
    meanwhile: Callable[[], None] = _nothing  # what can be done while workers read
    foresee: Callable[[Iterable[bytes]], None] = _forget  # told the secrets' values as soon as they are known
    live: Live | None = None  # who is told of what is found on standard input while it is read
    progress: Progress = field(default_factory=Silent)
