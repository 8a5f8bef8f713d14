"""What trees, commits and tags name: path names to scan, submodules, and objects that must be there."""

from __future__ import annotations

import re

from scanner.sources.git.kinds import COMMIT, TAG

_NAMES = 200_000  # distinct tree entries remembered before the slate is wiped; only speed depends on it
_ID = rb"([0-9a-fA-F]{64}|[0-9a-fA-F]{40})$"
_HEADER_ID = {COMMIT: re.compile(rb"(?m)^(?:tree|parent) " + _ID), TAG: re.compile(rb"(?m)\Aobject " + _ID)}


class References:
    """Gathers, over many objects, every distinct tree entry and every object id that is named."""

    def __init__(self, hash_size: int) -> None:
        self._size = hash_size
        # what does not parse is taken in one piece, so that a tree made to fail costs no more than one that does not
        self._entry = re.compile(rb"[^\0]*\0.{%d}|.+" % hash_size, re.DOTALL)
        self._seen: set[bytes] = set()
        self._new: set[bytes] = set()
        self.named: set[bytes] = set()  # binary ids of objects that are referred to
        self.names: set[bytes] = set()  # path components that were not seen before
        self.submodules: set[tuple[bytes, bytes]] = set()  # (path component, commit id)
        self.commits: list[bytes] = []  # ids of the commits themselves

    def tree(self, data: bytes) -> bool:
        """Take note of a tree's entries; False if it does not parse to its end."""
        entries = self._entry.findall(data)
        whole = not entries or entries[-1].find(b"\0") == len(entries[-1]) - self._size - 1
        self._new.update(entries if whole else entries[:-1])
        if len(self._new) > _NAMES:
            self._settle()
        return whole

    def commit_or_tag(self, oid: bytes, kind: int, data: bytes) -> None:
        """Take note of what a commit's or tag's header names."""
        header = data.partition(b"\n\n")[0]
        self.named.update(bytes.fromhex(name.decode()) for name in _HEADER_ID[kind].findall(header))
        if kind == COMMIT:
            self.commits.append(oid)

    def settle(self) -> None:
        """Bring `named`, `names` and `submodules` up to date with the trees seen so far."""
        fresh = self._new - self._seen
        for entry in fresh:
            head, oid = entry[: -self._size - 1], entry[-self._size :]
            mode, space, name = head.partition(b" ")
            name = name if space else head
            if name not in self.names:
                self.names.add(name)
            if mode == b"160000":
                self.submodules.add((name, oid))
            else:
                self.named.add(oid)
        self._seen |= fresh
        self._new.clear()

    def _settle(self) -> None:
        self.settle()
        if len(self._seen) > _NAMES:
            self._seen.clear()
