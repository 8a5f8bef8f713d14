"""How much is spent on one content, whatever it claims to hold; the one place where this is said."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Looking:
    """How what pictures show is read: nothing is looked at unless a run says so."""

    mode: str = "never"  # auto: with the engine that is there | always: one must be there | never
    command: tuple[str, ...] = ()  # the user's own engine
    engine: str = ""  # rapidocr | tesseract; empty: the first that is there
    seconds: float = 120  # for one page
    pages: int = 200  # of one picture
    pixels: int = 100_000_000  # of one page
    cache: Path | None = None  # where it is kept which pictures show nothing
    rules: str = ""  # digest of the rules that said so


def _alone() -> BinaryIO | None:
    """Nothing stands beside the content."""
    return None


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that is read out of one content; what is beyond is a gap."""

    depth: int = 8  # readings within readings
    members: int = 1_000_000
    part: int = 256 << 20  # bytes that a part may have whatever its ratio
    ratio: int = 200  # times the container's size that a part may have beyond that
    total: int = 64 << 30  # bytes of all parts together
    share: int = 200  # times the content's size that all parts together may have, and at least `least`
    least: int = 1 << 30
    held: int = 16 << 20  # bytes of a part that are held in memory; larger parts are searched as they go by
    spooled: int = 4 << 30  # bytes that may be put on disk, for formats that cannot be read forwards
    seconds: float = 600
    clock: Callable[[], float] = time.monotonic
    looking: Looking = field(default_factory=Looking)
    beside: Callable[[], BinaryIO | None] = _alone  # the file that a log belongs to, opened; whoever asks closes it


DEFAULT = Limits()


class Stop(Exception):
    """A reader cannot go on: the reason of a gap, and a sentence without any content."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


class Budget:
    """What may still be spent on one content; all readings of it, however deep, draw on the same one."""

    def __init__(self, limits: Limits, size: int | None = None) -> None:
        self.limits = limits
        self.over: Stop | None = None  # set when nothing more may be spent
        self._end = limits.clock() + limits.seconds
        self.spent = 0  # bytes that were made out of it so far
        self._most = limits.total if size is None else min(limits.total, max(limits.least, limits.share * size))
        self._members = limits.members

    def spend(self, octets: int) -> None:
        """So many bytes were made out of the content; raises Stop when that is too much, or has taken too long."""
        self.spent += octets
        if self.spent > self._most:
            self._stop("archive-too-large", "what it holds is larger than may be read of one file")
        self.hurry()

    def member(self) -> None:
        """One more member; raises Stop when there are too many."""
        self._members -= 1
        if self._members < 0:
            self._stop("archive-too-large", f"it holds more than {self.limits.members:,} members")

    def beside(self) -> Budget:
        """One like it, with the same end, of which nothing is spent."""
        other = Budget(self.limits)
        other._end, other._most = self._end, self._most
        return other

    @property
    def members(self) -> int:
        """How many there were."""
        return self.limits.members - self._members

    def take(self, octets: int, members: int) -> bool:
        """Take what was spent beside; False, and nothing is taken, where that is more than is left."""
        if self.spent + octets > self._most or members > self._members:
            return False
        self.spent += octets
        self._members -= members
        return True

    def hurry(self) -> None:
        """Raises Stop when the time is up."""
        if self.limits.clock() > self._end:
            self._stop("timeout", f"reading it took longer than {self.limits.seconds:g} seconds")

    def _stop(self, reason: str, detail: str) -> None:
        self.over = Stop(reason, detail)
        raise self.over
