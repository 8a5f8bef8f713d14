"""Tar archives of every dialect, read forwards; names are only names, links are not followed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from scanner.decode.content import Content, Part, Readable, member
from scanner.decode.reel import CUT, LOST, SMALL, Body, Reel
from scanner.decode.sparse import Holes, map_of
from scanner.decode.tarheads import BLOCK, Header, header, next_header, old_sparse, records, stretches
from scanner.model.content import Inside, Unseen

_EXTENDED_MOST = 1 << 20  # bytes of a name or of pax records that are understood
_MAPS_MOST = 100_000  # stretches of one sparse file
_LINKS, _BODILESS = b"12", b"23456"
_USUAL = frozenset({b"path", b"size", b"mtime", b"atime", b"ctime", b"uid", b"gid", b"hdrcharset"})


@dataclass(slots=True)
class Entry:
    """One member: a file, a folder, a link, a device."""

    name: bytes
    kind: bytes
    link: bytes = b""
    data: bytes | Readable = field(default=b"", repr=False)
    cut: bool = False  # it ends before it should

    @property
    def is_content(self) -> bool:
        """Whether it is no link and no directory, which old programs only name by a slash; or has content all the same."""
        return bool(self.data) or (self.kind not in _LINKS + b"5" and not self.name.endswith(b"/"))


def read(content: Content) -> Iterator[Part | Unseen]:
    """The members in order; what stands between and behind them too."""
    for one in walk(content):
        if not isinstance(one, Entry):
            yield one
        elif one.is_content:
            where = member(one.name)
            yield Part(one.data, where)
            if one.cut:
                yield Unseen("truncated", CUT, where)


def walk(content: Content, *, sealed: bool = False) -> Iterator[Entry | Part | Unseen]:
    """Every member, each to be read before the next is asked for; a Part for what is no member, a gap for what is damaged.

    With `sealed` somebody else knows whether it is whole: some programs leave out the mark of the end.
    """
    yield from _Walk(content, sealed=sealed).entries()


class _Walk(Reel):
    """One way through an archive."""

    def __init__(self, content: Content, *, sealed: bool) -> None:
        super().__init__(content)
        self._sealed = sealed
        self._more: dict[bytes, bytes] = {}  # what extended headers say about the next member
        self._map: list[tuple[int, int]] = []
        self._ended = False

    def entries(self) -> Iterator[Entry | Part | Unseen]:
        zeros = 0
        while block := self.take(BLOCK):
            if not block.strip(b"\0"):
                zeros += 1
                self._ended = True
                continue
            head = header(block)
            if head is None:
                yield from self._lost(block)
            else:
                self._ended = False
                yield from self._member(head)
            yield from self.noted()
        if not self._ended and not self._sealed:
            yield Unseen("truncated", "it ends without the mark of its end")
        yield from self.noted(0)

    def _lost(self, block: bytes) -> Iterator[Part | Unseen]:
        """Go on to the next header; what stands before it is handed on."""
        if not self._ended:
            yield Unseen("unreadable", LOST)
        yield self.until(next_header, BLOCK, block)
        self._ended = True  # it was told already

    def _member(self, head: Header) -> Iterator[Entry | Part | Unseen]:
        kind, size = head.kind, head.size
        if kind in b"LKxXgNAV":
            yield from self._extended(head)
            return
        more, self._more, found, self._map = self._more, {}, self._map, []
        name, link = more.get(b"GNU.sparse.name") or more.get(b"path") or head.name, more.get(b"linkpath", head.link)
        if (said := more.get(b"size", b"")).isdigit() and len(said) < 19:
            size = int(said)
        if kind in _BODILESS or (kind == b"1" and (not size or self._is_next())):
            size = 0
        self.note(link, head.owners, name if kind == b"5" else b"")
        if kind == b"M":
            yield Unseen("truncated", "it is one of several volumes, and the others are needed", member(name))
        if kind == b"S":
            found = self._old_map(head.block)
        entry = Entry(name, kind, link)
        body = Body(self.source, size)
        if more.get(b"GNU.sparse.major") == b"1":
            found = map_of(body)
        if found:
            real = max(offset + length for offset, length in found)
            entry.data = Holes(body, found, expand=real <= self.content.budget.limits.held)
        elif size <= SMALL:
            entry.data = body.upto(size)
            entry.cut = body.cut
        else:
            entry.data = body
        yield entry
        body.finish()
        self._ended = body.cut  # which was told
        self.pad(-size % BLOCK)

    def _extended(self, head: Header) -> Iterator[Part | Unseen]:
        """What is said about the next member by one that is none."""
        if head.kind == b"V":
            self.note(head.name)
            return
        body = Body(self.source, head.size)
        if head.size > _EXTENDED_MOST:
            yield Unseen("archive-too-large", "what is said about a member is larger than may be held", Inside(field="pax"))
            yield Part(body, Inside(field="pax"))
            body.finish()
        else:
            data = body.upto(head.size)
            if len(data) < head.size:
                yield Unseen("truncated", CUT)
            if head.kind in b"LK":
                self._more[b"path" if head.kind == b"L" else b"linkpath"] = data.split(b"\0", 1)[0]
            elif head.kind in b"xX":
                self._pax(data)
            else:
                self.note(data)
        self.pad(-head.size % BLOCK)

    def _pax(self, data: bytes) -> None:
        said = records(data)
        self._more |= said
        if any(key not in _USUAL for key, _ in said):
            self.note(data)
        offsets = [value for key, value in said if key == b"GNU.sparse.offset"]
        sizes = [value for key, value in said if key == b"GNU.sparse.numbytes"]
        numbers = [n for pair in zip(offsets, sizes, strict=False) for n in pair] or self._more.get(b"GNU.sparse.map", b"").split(b",")
        if len(numbers) > 1 and all(n.isdigit() and len(n) < 19 for n in numbers):
            self._map = [(int(numbers[at]), int(numbers[at + 1])) for at in range(0, len(numbers) - 1, 2)]

    def _old_map(self, block: bytes) -> list[tuple[int, int]]:
        found, more = old_sparse(block)
        while more and len(found) < _MAPS_MOST:
            block = self.take(BLOCK)
            if len(block) < BLOCK:
                break
            found += stretches(block[:504])
            more = bool(block[504])
        return found

    def _is_next(self) -> bool:
        """Whether a header, or the end, comes next: a hard link has a size, and rarely the content too."""
        block = self.source.peek(BLOCK)
        return len(block) < BLOCK or not block.strip(b"\0") or header(block) is not None
