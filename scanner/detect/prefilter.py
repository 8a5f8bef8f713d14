"""One pass over the content that says which rules to try where: Hyperscan, or google-re2 where it has no wheel."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from scanner import cachefile
from scanner.errors import RuleError

_SET_MEMORY = 64 << 20
_APART = 256  # bytes between the places of one thinned pattern
Spot = tuple[int, int]  # (anchor number, offset where the anchor ends)


class Prefilter(Protocol):
    """Finds where anchors end."""

    name: str

    def spots(self, data: bytes | memoryview) -> list[Spot]:
        """Every (anchor number, end offset), sorted and without repeats."""
        ...


class HyperscanPrefilter:
    """All anchors in one compiled Hyperscan database, kept in the user's cache."""

    name = "hyperscan"

    def __init__(self, anchors: Sequence[str], cache: Path | None, thin: int = 0) -> None:
        import hyperscan

        self._db = _load(hyperscan, anchors, cache) or _build(hyperscan, anchors, cache)
        self._found: list[Spot] = []
        self._thin, self._next = len(anchors) - thin, dict[int, int]()

    def spots(self, data: bytes | memoryview) -> list[Spot]:
        found = self._found
        found.clear()
        self._next.clear()
        self._db.scan(data, match_event_handler=self._note)
        return sorted(set(found)) if found else []

    def _note(self, number: int, _start: int, end: int, _flags: int, _context: Any) -> None:
        if number >= self._thin:
            if end < self._next.get(number, 0):
                return
            self._next[number] = end + _APART
        self._found.append((number, end))


def _file(hyperscan: Any, anchors: Sequence[str], cache: Path) -> Path:
    key = hashlib.sha256("\0".join([hyperscan.__version__, *anchors]).encode()).hexdigest()[:32]
    return cache / f"prefilter-{key}.hs"


def _load(hyperscan: Any, anchors: Sequence[str], cache: Path | None) -> Any:
    stored = cachefile.read(_file(hyperscan, anchors, cache)) if cache else None
    if stored is None:
        return None
    try:
        # Hyperscan itself refuses another version, a CPU without the features compiled for, and a wrong checksum.
        db = hyperscan.loadb(stored, hyperscan.HS_MODE_BLOCK)
        db.scratch = hyperscan.Scratch(db)
    except hyperscan.error:
        return None
    return db


def _build(hyperscan: Any, anchors: Sequence[str], cache: Path | None) -> Any:
    db = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        db.compile(expressions=[a.encode() for a in anchors], ids=list(range(len(anchors))), flags=[0] * len(anchors))
    except hyperscan.error as problem:
        raise RuleError(
            "the prefilter does not accept the rules' anchors", hint="run `leakseal rules check`, which names the rule"
        ) from problem
    if cache:
        cachefile.write(_file(hyperscan, anchors, cache), hyperscan.dumpb(db))
    return db


class Re2Prefilter:
    """The same answer from google-re2 alone: slower, and everywhere."""

    name = "re2"

    def __init__(self, anchors: Sequence[str], cache: Path | None = None, thin: int = 0) -> None:
        import re2

        self._thin = len(anchors) - thin
        options = latin1(re2)
        options.max_mem = _SET_MEMORY
        self._set = re2.Set.SearchSet(options)
        for anchor in anchors:
            self._set.Add(anchor.encode())
        self._always = self._set.Add(b"")  # matches everything: missing in an answer, the automaton ran out of memory without a word
        try:
            self._set.Compile()
        except re2.error:  # more anchors than fit in memory: each is looked for by itself
            self._set = None
        self._patterns = [re2.compile(anchor.encode(), latin1(re2)) for anchor in anchors]

    def spots(self, data: bytes | memoryview) -> list[Spot]:
        content = bytes(data)
        found: set[Spot] = set()
        numbers = (self._set.Match(content) if self._set else None) or ()
        for number in numbers if self._always in numbers else range(len(self._patterns)):
            if number == self._always:
                continue
            pattern, at = self._patterns[number], 0
            while match := pattern.search(content, at):
                found.add((number, match.end()))
                at = match.start() + 1 if number < self._thin else match.end() + _APART  # anchors may overlap themselves
        return sorted(found)


def latin1(re2: Any) -> Any:
    """Options under which RE2 reads bytes as they are and keeps quiet about errors."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    return options


def prefilter(anchors: Sequence[str], cache: Path | None, engine: str = "auto", thin: int = 0) -> Prefilter:
    """The fastest prefilter that this platform has; `engine` is "auto", "hyperscan" or "re2".

    Of the last `thin` patterns only some places are told where they stand close together.
    """
    if engine != "re2":
        try:
            return HyperscanPrefilter(anchors, cache, thin)
        except ModuleNotFoundError:
            if engine == "hyperscan":
                raise
    return Re2Prefilter(anchors, thin=thin)


def anchor_flaw(anchor: str) -> str | None:
    """What Hyperscan has against an anchor, or None; nothing where there is no Hyperscan."""
    try:
        import hyperscan
    except ModuleNotFoundError:
        return None
    try:
        hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK).compile(expressions=[anchor.encode()], ids=[0], flags=[0])
    except hyperscan.error:
        return "Hyperscan does not compile it, or it matches the empty string"
    return None
