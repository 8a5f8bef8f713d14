"""What was not read, by reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

Place = tuple[str, str, str]  # surface or repository, where in it, what a person is told


def by_reason(gaps: Iterable[tuple[str, Place]], most: int) -> list[tuple[str, int, list[Place]]]:
    """The most frequent reason first: its number, and the first of its places, `most` over all reasons."""
    found: dict[str, list[Place]] = defaultdict(list)
    for reason, place in gaps:
        found[reason].append(place)
    room, made = most, []
    for reason, places in sorted(found.items(), key=lambda one: (-len(one[1]), one[0])):
        made.append((reason, len(places), places[:room]))
        room -= len(made[-1][2])
    return made
