"""Where what was fetched of a repository stands, beside its mirror: texts as JSON, files by their numbers, and a list of both."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scanner import canon
from scanner.sweep.forge.hosted import Asset
from scanner.wholefile import whole

_VERSION = 1
_FIRST = ("number", "iid", "tag_name", "id", "title", "name", "state", "html_url", "web_url", "user", "author", "body", "description")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
# They change when nobody has written anything.
_PASSING = frozenset({"reactions", "assets", "upvotes", "downvotes", "time_stats", "user_notes_count", "download_count", "evidences"})


@dataclass(slots=True)
class Text:
    """A text that was fetched: an issue with all that was said to it, or the notes of a release."""

    stamp: str  # digest of what stands in it
    shown: str  # what a person calls it: issues/12
    octets: int
    files: list[tuple[Asset, str]] = field(default_factory=list)  # what hangs on it, and the record that it hangs on
    updated: str = ""  # by the forge's clock
    asked: str = ""  # the same, when all that belongs to it was last asked for
    found: bool = False  # whether something was found in it
    cut: bool = False  # what was said to it is more than is kept


class Shelf:
    """The folder of one repository; whoever holds the mirror's lock may write."""

    def __init__(self, mirror: Path, of: str) -> None:
        """`of` says which repository it is; what stands there of another one is removed."""
        self.folder, self._of = folder_of(mirror), of
        self.texts: dict[str, Text] = {}  # key -> what it is
        self.since = ""  # what the forge has changed before was listed to its end
        self._load()

    def _load(self) -> None:
        try:
            said = json.loads((self.folder / "list.json").read_bytes())
            if said["version"] != _VERSION or said["of"] != self._of:
                raise ValueError
            self.since = str(said["since"])
            for key, one in said["texts"].items():
                files = [(Asset(*asset), str(record)) for asset, record in one.pop("files")]
                self.texts[key] = Text(**one, files=files)
        except (OSError, ValueError, TypeError, KeyError):
            self.texts, self.since = {}, ""
            shutil.rmtree(self.folder, ignore_errors=True)

    def save(self) -> None:
        """Write the list down."""
        texts = {key: {name: getattr(one, name) for name in ("stamp", "shown", "octets", "updated", "asked", "found", "cut")} | {"files": [
            [[asset.id, asset.name, asset.url, asset.size, asset.stamp], record] for asset, record in one.files
        ]} for key, one in self.texts.items()}  # fmt: skip
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole(self.folder / "list.json", 0o600) as file:
            file.write(json.dumps({"version": _VERSION, "of": self._of, "since": self.since, "texts": texts}).encode())

    def text(self, key: str) -> Path:
        """The file of a text."""
        return self.folder / f"{key}.json"

    def said(self, key: str) -> dict[str, Any]:
        """What stands in a text; nothing if it is not there."""
        try:
            found = json.loads(self.text(key).read_bytes())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def put(self, key: str, shown: str, row: Mapping[str, Any], most: int) -> Text:
        """Write a text down, and of one that is larger than `most` only what it begins with.

        Its first fields say what it is, as its layout is told by its beginning.
        """
        kept = _lasting(row)
        ordered = {name: kept[name] for name in _FIRST if name in kept} | kept
        data = json.dumps(ordered, ensure_ascii=False).encode("utf-8", "replace")
        cut = len(data) > most
        if cut:
            ordered = {name: value for name, value in ordered.items() if not isinstance(value, list)}
            data = json.dumps(ordered, ensure_ascii=False).encode("utf-8", "replace")
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole(self.text(key), 0o600) as file:
            file.write(data)
        one = Text(canon.digest(data)[-24:], shown, len(data), cut=cut)
        if had := self.texts.get(key):
            one.updated, one.asked, one.found, one.cut = had.updated, had.asked, had.found, cut or had.cut
        self.texts[key] = one
        return one

    def forget(self, key: str) -> None:
        """It is not there any more."""
        self.texts.pop(key, None)
        self.text(key).unlink(missing_ok=True)

    def file(self, key: str, stamp: str, name: str) -> Path:
        """Where a file stands: below a folder that its number names, by as much of its name as names nothing else."""
        safe = _UNSAFE.sub("-", name)[-80:].lstrip(".-") or "file"
        return self.folder / "files" / canon.digest(f"{key}\0{stamp}".encode("utf-8", "surrogatepass"))[-32:] / safe

    def tidy(self, wanted: set[Path]) -> None:
        """Remove files that are not among these."""
        folders = {path.parent.name for path in wanted}
        with contextlib.suppress(OSError):
            for folder in (self.folder / "files").iterdir():
                if folder.name not in folders:
                    shutil.rmtree(folder, ignore_errors=True)


def _lasting(value: Any) -> Any:
    """A value without what changes by itself, at any depth."""
    if isinstance(value, Mapping):
        return {name: _lasting(part) for name, part in value.items() if name not in _PASSING}
    return [_lasting(part) for part in value] if isinstance(value, list | tuple) else value


def folder_of(mirror: Path) -> Path:
    """What stands beside a mirror."""
    return mirror.with_name(f"{mirror.name}.beside")
