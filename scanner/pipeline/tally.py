"""What was counted, read and not read on one surface."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from scanner.model.content import Gap, Origin, Unseen
from scanner.model.evidence import Leaf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scanner.model.report import Coverage

_TRUNCATED = frozenset({"truncated", "timeout", "changed-while-reading"})
_OPAQUE = frozenset({
    "encrypted-archive", "archive-too-deep", "archive-too-large", "illegible-image", "no-ocr-engine", "unsupported-format",
})  # fmt: skip


Entry = tuple[str, str, int, str | None]  # the kind, id, size and path of a Leaf


class Tally:
    """Counts first, then reads: whatever is neither read nor explained becomes a gap at the end."""

    def __init__(self, target: str, surface: str, *, leaves: bool = False) -> None:
        self.target, self.surface = target, surface
        self.leaves: list[Leaf] | None = [] if leaves else None  # one for each thing that the coverage counts
        self.expected = 0  # things counted before reading
        self.scanned = 0
        self.bytes = 0
        self.skipped = 0
        self.gaps: list[Gap] = []
        self._explained = 0  # counted things that gaps are about
        self._more: Counter[str] = Counter()  # things that share a gap, besides the first

    def read(self, objects: int = 1, octets: int = 0, leaves: Iterable[Entry] = ()) -> None:
        """So many things were read whole."""
        self.scanned += objects
        self.bytes += octets
        if self.leaves is not None:
            self.leaves += (Leaf(self.surface, kind, id, size, path=path) for kind, id, size, path in leaves)

    def skip(self, path: str) -> None:
        """Something was counted, and left out by configuration."""
        self.expected += 1
        self.skipped += 1
        if self.leaves is not None:
            self.leaves.append(Leaf(self.surface, "file", status="skipped", path=path))

    def gap(self, origin: Origin, reason: str, detail: str = "", *, counted: bool = True, objects: int = 1) -> None:
        """Something was not read, or so many things; `counted` says whether they are some of those counted before."""
        self.gaps.append(Gap(origin, reason, detail))
        if self.leaves is not None:
            self.leaves += [Leaf(self.surface, "gap", origin.object or "", status=reason, path=origin.path)] * objects
        self._explained += objects if counted else 0
        if objects > 1:
            self._more[reason] += objects - 1

    def unseen(self, origin: Origin, what: Unseen, *, counted: bool) -> None:
        """Something inside of a content was not seen; `counted` says whether it stands for the content itself."""
        self.gap(origin.at(what.inside), what.reason, what.detail, counted=counted)

    def join(self, other: Tally, at: Callable[[Origin], Origin], leaves: Iterable[Entry] = ()) -> None:
        """Everything that another one counted, told of as it stands `at` here; its leaves are given."""
        self.expected += other.expected
        self.skipped += other.skipped
        self.read(other.scanned, other.bytes, leaves)
        self.gaps += (Gap(at(gap.origin), gap.reason, gap.detail) for gap in other.gaps)
        if self.leaves is not None:
            self.leaves += (Leaf(self.surface, "gap", status=gap.reason) for gap in other.gaps)
        self._explained += other._explained
        self._more += other._more

    @property
    def even(self) -> bool:
        """Everything that was counted was read, left out, or explained."""
        return self.expected == self.scanned + self.skipped + self._explained

    def coverage(self) -> Coverage:
        """The figures; adds a gap if the count does not come out even."""
        from scanner.model.report import Coverage

        lost = self.expected - self.scanned - self.skipped - self._explained
        if lost:
            said = "things were counted and neither read nor explained" if lost > 0 else "more things were read than counted"
            detail = f"{abs(lost)} {said}"
            self.gap(Origin(self.target, self.surface), "tool-error", detail, counted=False)
        by_reason = Counter(gap.reason for gap in self.gaps) + self._more
        truncated = sum(by_reason[reason] for reason in _TRUNCATED)
        opaque = sum(by_reason[reason] for reason in _OPAQUE)
        unreadable = by_reason.total() - truncated - opaque
        return Coverage(
            objects=self.scanned + self.skipped + by_reason.total(),
            bytes=self.bytes,
            scanned=self.scanned,
            skipped=self.skipped,
            unreadable=unreadable,
            truncated=truncated,
            opaque=opaque,
        )
