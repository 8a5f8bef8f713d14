"""What a forge has beside one repository, as it stands on the shelf: things to read, and what could not be listed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from scanner import canon
from scanner.sweep.fetch.shelf import Shelf
from scanner.sweep.fetch.source import Source
from scanner.sweep.forge.forges import Forge
from scanner.sweep.forge.hosted import Asset


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to read: a text that is there, or a file that is fetched if it must be read."""

    key: str
    stamp: str
    surface: str  # notes | tree | logs
    shown: str  # what a person calls it
    path: Path
    asset: Asset | None = None  # None: a text
    record: str = ""  # that a file hangs on


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that was not listed or fetched."""

    surface: str
    shown: str
    reason: str
    detail: str


@dataclass(slots=True)
class Held:
    """What a forge has beside one repository, as far as it was told."""

    source: Source | None = None
    shelf: Shelf | None = None
    forge: Forge | None = None
    items: list[Item] = field(default_factory=list)
    lacks: list[Lack] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        """Another one as soon as something has to be read."""
        if self.source is None:
            return ""
        told = sorted([item.key, item.stamp, item.shown] for item in self.items)
        lacks = sorted([lack.surface, lack.shown, lack.reason, lack.detail] for lack in self.lacks)
        limits = [self.source.wanted.largest, self.source.wanted.most]
        return canon.digest(repr((told, lacks, sorted(self.notes), limits)).encode("utf-8", "backslashreplace"))


def listed(held: Held) -> Held:
    """The items of everything that stands on the shelf: releases, the last first, then what was said, by number."""
    if held.shelf is None:
        return held
    seen = set[str]()
    for key, one in sorted(held.shelf.texts.items(), key=lambda entry: _place(entry[0])):
        held.items.append(Item(key, one.stamp, "notes", one.shown, held.shelf.text(key)))
        if one.cut:
            held.lacks.append(Lack("notes", one.shown, "archive-too-large", "more was said to it than is fetched"))
        release = unit_of(key) == "releases"
        for asset, record in one.files:
            name = f"{key}/{asset.id}"
            if name in seen:
                continue
            seen.add(name)
            tag = one.shown.removeprefix("releases/") if release else one.shown
            shown = f"{tag}/{canon.text(asset.name.encode('utf-8', 'replace'))}"
            surface = ("logs" if _is_log(asset.name) else "tree") if release else "notes"
            path = held.shelf.file(name, asset.stamp, asset.name)
            held.items.append(Item(name, asset.stamp, surface, shown, path, asset, "" if release else record))
    return held


def unit_of(key: str) -> str:
    return key.partition("-")[0]


def _place(key: str) -> tuple[str, int]:
    """Releases stay in their order, and come first; whatever else there is goes by its number, the last first."""
    return ("", 0) if unit_of(key) == "releases" else (key.rpartition("-")[0], -int(key.rpartition("-")[2]))


def _is_log(name: str) -> bool:
    words = name.lower().split(".")[1:]
    return any(word == "log" or word.startswith("log-") for word in words) or words[-1:] == ["journal"]


def reason_of(word: str) -> str:
    """The word of a gap for that of a forge's answer."""
    return word if word in ("truncated", "timeout", "tool-error", "archive-too-large") else "unreadable"
