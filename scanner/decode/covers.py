"""Which files of a layer are still there when all layers above it are laid on top: whiteouts, replaced files and folders."""

from __future__ import annotations

from collections.abc import Iterator

_NAMES_MOST = 96 << 20  # bytes of names that are remembered
_WHITEOUT, _OPAQUE, _OWN = b".wh.", b".wh..wh..opq", b".wh..wh."  # OCI image specification, layer.md


class Covers:
    """What each layer hides of those below it; a set of layers is a number with a bit for each."""

    def __init__(self) -> None:
        self.unknown = 0  # layers of which it is not known what they hide
        self._whole: dict[bytes, int] = {}  # hides what is there and what is below
        self._below: dict[bytes, int] = {}  # hides only what is below
        self._there: dict[bytes, int] = {}  # a folder hides a file of its name
        self._room = _NAMES_MOST

    def add(self, layer: int, name: bytes, *, folder: bool) -> None:
        """A layer has a member of this name."""
        path = plain(name)
        parent, _, last = path.rpartition(b"/")
        if last == _OPAQUE:
            self._put(self._below, parent, layer)
        elif last.startswith(_OWN):
            return
        elif last.startswith(_WHITEOUT):
            self._put(self._whole, parent + b"/" * bool(parent) + last[len(_WHITEOUT) :], layer)
        else:
            self._put(self._there if folder else self._whole, path, layer)

    def hiding(self, name: bytes) -> int:
        """The layers that would hide a file of this name in a layer below them."""
        path = plain(name)
        found = self._whole.get(path, 0) | self._there.get(path, 0)
        for folder in _above(path):
            found |= self._whole.get(folder, 0) | self._below.get(folder, 0)
        return found

    def _put(self, table: dict[bytes, int], path: bytes, layer: int) -> None:
        if path not in table:
            self._room -= len(path) + 100
        if self._room < 0:
            self.unknown |= 1 << layer
        else:
            table[path] = table.get(path, 0) | 1 << layer


def is_whiteout(name: bytes) -> bool:
    """Whether a member only says what is no longer there."""
    return name.rstrip(b"/").rpartition(b"/")[2].startswith(_WHITEOUT)


def plain(name: bytes) -> bytes:
    """A path without what does not matter: `./etc//app` is `etc/app`."""
    if b"//" not in name and b"./" not in name and not name.startswith(b"/") and not name.endswith((b"/", b"/.")):
        return name
    return b"/".join(part for part in name.split(b"/") if part not in (b"", b"."))


def _above(path: bytes) -> Iterator[bytes]:
    """The folders that a path is in, the root (of no name) last; of absurdly deep ones only the first."""
    for _ in range(256):
        path = path.rpartition(b"/")[0]
        yield path
        if not path:
            return
