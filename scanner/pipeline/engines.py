"""The engine of a run: it finds what the rules describe, and what may be encoded text, in one pass."""

from __future__ import annotations

from pathlib import Path

from scanner.decode.marks import GATES, MARKS, THIN
from scanner.detect import engine as detect
from scanner.detect.engine import Engine
from scanner.detect.prefilter import HyperscanPrefilter
from scanner.model.rule import Ruleset
from scanner.pipeline.settings import Settings


class Searcher:
    """What searches in a worker process: every process makes its own engine when it is first asked."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine: Engine | None = None

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_engine": None}

    @property
    def engine(self) -> Engine:
        """This process's engine."""
        if self._engine is None:
            self._engine = engine(self._settings.rules, self._settings.cache, self._settings.engine)
        return self._engine


_AT_HAND = 2  # engines that a process keeps: one for all rules, and one for those that are new
_made: dict[tuple[str, int, Path | None, str], Engine] = {}


def engine(rules: Ruleset, cache: Path | None, kind: str = "auto", at_hand: HyperscanPrefilter | None = None) -> Engine:
    """The engine for these rules, with the marks of every encoding; a process that reads many repositories makes it once."""
    key = (rules.digest, len(rules.rules), cache, kind)
    if key not in _made or _made[key].rules.rules != rules.rules:
        made = detect.engine(rules, cache, kind, [mark.pattern for mark in MARKS], THIN, GATES, at_hand)
        while len(_made) >= _AT_HAND:
            del _made[next(iter(_made))]
        _made[key] = made
    return _made[key]
