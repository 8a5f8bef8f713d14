"""One pass over the content that says which rules to try where: Hyperscan, or google-re2 where it has no wheel."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from scanner import cachefile
from scanner.errors import RuleError

if TYPE_CHECKING:
    from pathlib import Path

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
    """All anchors in one compiled Hyperscan database, kept in the user's cache.

    A pattern with a gate is looked for only where the gate was: what must stand there, and is quicker to look for.
    """

    name = "hyperscan"

    def __init__(
        self, anchors: Sequence[str], cache: Path | None, thin: int = 0, gates: Mapping[int, str] | None = None,
        made: HyperscanPrefilter | None = None,
    ) -> None:  # fmt: skip
        import hyperscan

        gates = gates or {}
        self._cache: str | Path | None = cache
        self._gated: Mapping[int, str] = {number: anchors[number] for number in gates}
        patterns = [gates.get(number, anchor) for number, anchor in enumerate(anchors)]
        self.key = _key(hyperscan, patterns, gates)  # under which it is kept
        at_hand = made._db if made is not None and made.key == self.key else None
        self._ready(at_hand or _database(hyperscan, patterns, cache, self.key, once=gates), len(anchors) - thin)

    @classmethod
    def kept(cls, cache: str, key: str, thin_from: int, gated: Mapping[int, str]) -> HyperscanPrefilter | None:
        """The one that was kept under this key, without the anchors that it was made of; `gated` are those behind gates, by number."""
        import hyperscan

        db = _load(hyperscan, _file(cache, key))
        if db is None:
            return None
        self = cls.__new__(cls)
        self.key, self._cache, self._gated = key, cache, gated
        self._ready(db, thin_from)
        return self

    def _ready(self, db: Any, thin_from: int) -> None:
        self._db, self._thin = db, thin_from
        self._fine: Any = None  # made when a gate is first open
        self._open: set[int] = set()
        self._found: list[Spot] = []
        self._next: dict[int, int] = {}

    def spots(self, data: bytes | memoryview) -> list[Spot]:
        found = self._found
        found.clear()
        self._next.clear()
        self._open.clear()
        self._db.scan(data, match_event_handler=self._note)
        if self._open:
            self._look_again(data)
        return sorted(set(found)) if found else []

    def _note(self, number: int, _start: int, end: int, _flags: int, _context: Any) -> None:
        if number in self._gated:
            self._open.add(number)
            return
        if number >= self._thin:
            if end < self._next.get(number, 0):
                return
            self._next[number] = end + _APART
        self._found.append((number, end))

    def _look_again(self, data: bytes | memoryview) -> None:
        if self._fine is None:
            import hyperscan

            patterns = list(self._gated.values())
            self._fine = _database(hyperscan, patterns, self._cache, _key(hyperscan, patterns))
        numbers = list(self._gated)

        def note(number: int, _start: int, end: int, _flags: int, _context: Any) -> None:
            self._found.append((numbers[number], end))

        self._fine.scan(data, match_event_handler=note)


def _key(hyperscan: Any, patterns: Sequence[str], once: Collection[int] = ()) -> str:
    """What a database is kept under: everything that it is made of."""
    return hashlib.sha256("\0".join([hyperscan.__version__, *map(str, sorted(once)), *patterns]).encode()).hexdigest()[:32]


def _file(cache: str | Path, key: str) -> str:
    return os.path.join(cache, f"prefilter-{key}.hs")  # noqa: PTH118 a hook does without pathlib


def _database(hyperscan: Any, patterns: Sequence[str], cache: str | Path | None, key: str, once: Collection[int] = ()) -> Any:
    """The patterns compiled, or as they were kept; those of `once` are told of only once for each content."""
    flags = [hyperscan.HS_FLAG_SINGLEMATCH if number in once else 0 for number in range(len(patterns))]
    file = _file(cache, key) if cache else None
    return _load(hyperscan, file) or _build(hyperscan, patterns, flags, file)


def _load(hyperscan: Any, file: str | None) -> Any:
    stored = cachefile.read(file, whole=True) if file else None
    if stored is None:
        return None
    try:
        # Hyperscan itself refuses another version, a CPU without the features compiled for, and a wrong checksum.
        db = hyperscan.loadb(stored, hyperscan.HS_MODE_BLOCK)
        db.scratch = hyperscan.Scratch(db)
    except hyperscan.error:
        return None
    return db


def _build(hyperscan: Any, patterns: Sequence[str], flags: Sequence[int], file: str | None) -> Any:
    db = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        db.compile(expressions=[one.encode() for one in patterns], ids=list(range(len(patterns))), flags=list(flags))
    except hyperscan.error as problem:
        raise RuleError(
            "the prefilter does not accept the rules' anchors", hint="run `leakseal rules check`, which names the rule"
        ) from problem
    if file:
        cachefile.write(file, hyperscan.dumpb(db))
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


def prefilter(
    anchors: Sequence[str], cache: Path | None, engine: str = "auto", thin: int = 0, gates: Mapping[int, str] | None = None,
    made: HyperscanPrefilter | None = None,
) -> Prefilter:  # fmt: skip
    """The fastest prefilter that this platform has; `engine` is "auto", "hyperscan" or "re2", `made` may be just the one that is asked for.

    Of the last `thin` patterns only some places are told where they stand close together. `gates` has, by number, what must stand
    wherever the pattern matches, and is quicker to look for.
    """
    if engine != "re2":
        try:
            return HyperscanPrefilter(anchors, cache, thin, gates, made)
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
