"""What earlier nights have read of a repository, so that this one reads only what is new; and what it leaves to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from scanner.model.rule import Ruleset
from scanner.pipeline.gitread import Answer, GitReader
from scanner.pipeline.settings import Settings
from scanner.pipeline.workers import Died, Pool
from scanner.sources.git.kinds import BLOB, COMMIT, TAG, TREE
from scanner.sources.git.store import Batch, Store

SMALL = 16 << 20  # bytes of content below which starting processes costs more than it saves
PER_WORKER = 12  # batches

KIND, AGAIN, SHADED = 7, 8, 16  # in an entry's first number: the kind, found in, and with something that is sure to be no secret
_KINDS = {"commit": COMMIT, "tree": TREE, "blob": BLOB, "tag": TAG}
Entry = tuple[int, int]  # kind with its marks, size in bytes


@dataclass(frozen=True, slots=True)
class Glance:
    """What rules that are new see in objects that were read before."""

    ids: frozenset[bytes]  # the objects that must be read with all rules
    quiet: bool  # nothing was seen that these rules take for a secret, or are sure is none, and nothing stayed unread


@dataclass(frozen=True, slots=True)
class Earlier:
    """Objects that were read before: in this repository, and in others that share some with it."""

    own: Mapping[bytes, Entry] = field(default_factory=dict)
    shared: Mapping[bytes, Entry] = field(default_factory=dict)
    missing: frozenset[bytes] = frozenset()  # objects that something names, and that were not there
    submodules: frozenset[tuple[bytes, bytes]] = frozenset()  # (path component, commit)
    fresh: Ruleset | None = None  # rules that are new or have changed since; the others need not look again
    gone: bool = False  # whether a rule has changed or is gone: what it was sure of is not sure any more
    glance: Glance | None = None  # what the fresh rules see, where they have looked already

    def left(self, there: set[bytes]) -> tuple[dict[bytes, Entry], bool]:
        """What need not be read again of what is `there`, and whether something that was read is there no more.

        Commits and trees name other objects, and that those are there is seen when they are read in this repository. If one
        has left, all of them are read again.
        """
        marks = AGAIN | (SHADED if self.gone else 0)
        lost = bool(self.own.keys() - there)
        own = {id: entry for id, entry in self.own.items() if id in there and not entry[0] & marks}
        if lost:
            own = {id: entry for id, entry in own.items() if entry[0] & KIND == BLOB}
        for id, entry in self.shared.items():
            if entry[0] & KIND == BLOB and not entry[0] & marks and id in there and id not in self.own:
                own[id] = entry
        return own, lost


@dataclass(slots=True)
class After:
    """What is known once a repository was read."""

    objects: dict[bytes, Entry] = field(default_factory=dict)  # those that were read, now or earlier
    told: bool = True  # whether Git could show the whole history; if not, it may have been ended by chance
    lost: bool = False  # whether some that were known have left
    missing: set[bytes] = field(default_factory=set)
    submodules: set[tuple[bytes, bytes]] = field(default_factory=set)


def noted(after: After, answer: Answer) -> None:
    """Take in what a share of this night came to."""
    again = answer.again()
    for word, hexadecimal, size, _ in answer.leaves:
        kind = _KINDS.get(word)
        if kind is not None:
            oid = bytes.fromhex(hexadecimal)
            after.objects[oid] = (kind | (AGAIN if oid in again else 0) | (SHADED if oid in answer.shaded else 0), size)


def glance(store: Store, settings: Settings, rules: Ruleset, left: Mapping[bytes, Entry]) -> Glance:
    """The objects among these, which were read before, in which these rules see something."""
    store.leave(Others(left))
    reader = GitReader(store, replace(settings, rules=rules, leaves=False), [])
    reader.engine.sieve.spots(b"")
    batches = store.batches(settings.workers * PER_WORKER)
    found = {item.oid for item in store.endless if item.oid}
    quiet = not store.endless
    workers = settings.workers if sum(batch.weight for batch in batches) > SMALL else 1
    pool: Pool[Batch, Answer] = Pool(reader, batches, workers)
    for batch, answer in pool.results():
        if isinstance(answer, Died):
            found.update(store.ids(batch))
            quiet = False
        else:
            found |= answer.again().union(answer.shaded, (item.oid for item in answer.unread if item.oid))
            quiet = quiet and not (answer.secrets or answer.large or answer.shaded or answer.unread or answer.lfs)
    return Glance(frozenset(found), quiet)


class Others:
    """Everything but these."""

    def __init__(self, those: Mapping[bytes, Entry]) -> None:
        self._those = those

    def __contains__(self, id: object) -> bool:
        return id not in self._those
