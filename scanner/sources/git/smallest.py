"""The smallest object ids of a repository, by which forks are known; no object is read."""

from __future__ import annotations

import heapq
from itertools import islice

from scanner.sources.git.layout import Layout
from scanner.sources.git.loose import loose_ids
from scanner.sources.git.packindex import BadIndex, PackIndex


def smallest(layout: Layout, count: int) -> list[bytes]:
    """That many ids, in order; of an index that cannot be read, none."""
    found: set[bytes] = set()
    for folder in layout.object_dirs:
        for path in folder.glob("pack/pack-*.idx"):
            try:
                found.update(islice(PackIndex(path, layout.hash_size).each(), count))
            except (OSError, BadIndex, ValueError):
                continue
        found.update(loose_ids(folder, layout.hash_size)[0][:count])
    return heapq.nsmallest(count, found)
