"""A glance at what is staged, which can say one thing only: that there is nothing in it. Whatever it is not sure of is for a scan to say.

An earlier run has noted what it takes: the prefilter of these rules, and how rules and configuration stood. So the glance builds no rule,
reads no YAML, and imports nothing that only a hit or an encoded content needs.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from scanner import __version__, cachefile, shipped
from scanner.decode.marks import BETWEEN, GATES, MARKS, THIN
from scanner.decode.textonly import plain
from scanner.detect.prefilter import HyperscanPrefilter
from scanner.rulepack.unchanged import FORMAT, standing
from scanner.sources.git.fresh import fresh
from scanner.sources.git.narrow import MODULE, Entry

if TYPE_CHECKING:
    from scanner.config import Config
    from scanner.detect.engine import Engine
    from scanner.model.rule import Ruleset

CONFIG = "leakseal.yaml"
_FORMAT = 1  # raise it when what is noted changes
_FILE = 4 << 20  # bytes of a file that is searched in one window
_YAML = 1 << 20
_POINTER = b"version https://git-lfs.github.com/"


class Glance:
    """What an earlier run has noted for this configuration, and what there is to note if it has not."""

    def __init__(self, top: bytes, config: str | None, cache: str | None) -> None:
        self._now = time.time_ns()  # before anything is read: what changes from now on is not what was noted
        self._cache = cache
        self._rules, self._globs = "", list[str]()
        self._config = config or os.path.join(os.fsdecode(top), CONFIG)
        self._file = self._note_file()
        self.sieve = self._noted()

    def note(self, settings: Config, engine: Engine) -> None:
        """What the next glance has to know."""
        if self.sieve is not None or not self._file or not isinstance(engine.sieve, HyperscanPrefilter):
            return
        if self._file != self._note_file():  # the configuration has changed since
            return
        from scanner.rulepack.cache import key
        from scanner.rulepack.packs import read_packs, read_project

        folders = [shipped.shipped("rules"), *settings.packs]
        if stands := standing(map(os.fspath, folders), self._now):
            own = read_project(settings.project) if settings.project else None
            rules = key(read_packs(folders), settings.disabled, own)
            anchors = sum(len(rule.anchors) for rule in engine.rules.rules)
            globs = [exclusion.glob for exclusion in settings.exclusions]
            parts = (stands, rules, engine.sieve.key, str(anchors), str(len(folders)), *map(os.fspath, folders), *globs)
            cachefile.write(self._file, os.fsencode("\0".join(parts)))

    def rules(self) -> Ruleset | None:
        """The rules as they were kept, if they are those that were noted."""
        from scanner.rulepack.cache import kept

        return kept(self._cache, self._rules) if self._cache and self.sieve else None

    def _note_file(self) -> str:
        said = _said(self._config)
        return os.path.join(self._cache, f"glance-{_key(self._config, said)}") if self._cache and said is not None else ""

    def _noted(self) -> HyperscanPrefilter | None:
        stored = cachefile.read(self._file) if self._file else None
        if stored is None or self._cache is None:
            return None
        stands, self._rules, key, anchors, count, *rest = os.fsdecode(stored).split("\0")
        if standing(rest[: int(count)], self._now) != stands:
            return None
        self._globs, first = rest[int(count) :], int(anchors)
        gated = {first + number: MARKS[number].pattern for number in GATES}
        try:
            return HyperscanPrefilter.kept(self._cache, key, first + len(MARKS) - THIN, gated)
        except ModuleNotFoundError:
            return None

    def quiet(self, entries: Sequence[Entry], paths: Collection[bytes], objects: bytes | None) -> bool:
        """Whether it is sure that nothing is in these entries of the index; if paths are given, in those there, and that all are."""
        sieve, chosen = self.sieve, [entry for entry in entries if entry.path in paths] if paths else entries
        if sieve is None or objects is None or len({entry.path for entry in chosen}) < len(set(paths)):
            return False
        there = [entry for entry in chosen if entry.status != "D"]
        for entry in there:
            if entry.mode == MODULE or not entry.oid.strip("0"):
                return False
            if self._globs and self._left_out(entry.path):
                continue
            data = fresh(objects, entry.oid, _FILE)
            if data is None or data.startswith(_POINTER) or (data and (not plain(data) or sieve.spots(data))):
                return False
        names = BETWEEN.join(entry.path for entry in there if entry.status == "A")
        return not names or not sieve.spots(names)

    def _left_out(self, path: bytes) -> bool:
        from scanner import canon, globs

        return any(globs.covers(glob, canon.text(path)) for glob in self._globs)


def _said(path: str) -> bytes | None:
    """What the configuration says, nothing if there is none; None if it cannot be told."""
    if not os.path.isfile(path):
        return b""
    try:
        with open(path, "rb") as file:
            said = file.read(_YAML + 1)
    except OSError:
        return None
    return said if len(said) <= _YAML else None


def _key(path: str, said: bytes) -> str:
    """What is noted depends on it, besides on how the rule packs stand; every part is preceded by its length."""
    marks = "\n".join(mark.pattern for mark in MARKS)
    parts = [f"{_FORMAT} {FORMAT} {__version__}", shipped.place("rules"), marks, f"{THIN} {GATES}", os.path.abspath(path)]
    digest = hashlib.sha256()
    for part in (*(part.encode("utf-8", "surrogateescape") for part in parts), said):
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.hexdigest()[:32]
