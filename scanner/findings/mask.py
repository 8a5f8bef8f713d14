"""Keeps the run's secrets out of every text that leaves it: names, authors, parts, details."""

from __future__ import annotations

import re
from urllib.parse import quote_from_bytes, unquote_to_bytes

from scanner import canon
from scanner.findings.strength import ordinary

STARS = "********"
LEAST = 8  # characters: shorter secrets are masked only where they were found
_DENSE = 4096  # bytes of a secret of which every part is known; of the rest and of long ones, every eighth part
_MOST = 1 << 16
_LONG = 512  # longer than any password or token
_FULL = 1 << 20  # parts in memory; beyond, every eighth part of a secret has to do
_PEM = re.compile(rb"-----(?:BEGIN|END) [A-Z0-9 ]{1,40}-----")


class Mask:
    """Replaces every part of a known secret that is at least eight characters long.

    A part that reads like an ordinary word (of the password `postgres-production`, say) is replaced only where it stands as a word of its
    own: else a poor password would blot out half of all path names, and thereby tell more than it hides. Parts are kept as keyed hashes
    (Python's own, new in every process), so that the mask itself holds no plaintext.
    """

    __slots__ = ("_known", "_parts")

    def __init__(self) -> None:
        self._parts: set[int] = set()
        self._known: set[int] = set()

    def __repr__(self) -> str:
        return f"Mask({len(self._known)} secrets)"

    def learn(self, value: bytes, public: int = 0) -> None:
        """From now on, no part of this secret passes; its first `public` bytes alone may."""
        known = hash((value, public))
        if known in self._known:
            return
        self._known.add(known)
        if 0 in value:
            return  # decoded key material: no text that leaves a run is made of it, and as it was written it is learnt too
        value = value[:public] + _PEM.sub(b"\n", value[public : public + _MOST])
        long = len(value) > _LONG  # key material: nobody writes it percent-encoded
        for form in {value} if long else {value, unquote_to_bytes(value), quote_from_bytes(value, safe="").encode()}:
            first = max(0, public - LEAST + 1) if form[:public] == value[:public] else 0
            for line in form.splitlines():
                self._learn_line(line, first, sparse=long)
                first = 0

    def text(self, text: str) -> str:
        """The text without any part of a secret."""
        return self._replace(text) if len(text) >= LEAST and self._parts else text

    def maybe(self, text: str | None) -> str | None:
        """The same for a text that may be missing."""
        return None if text is None else self.text(text)

    def _learn_line(self, line: bytes, first: int, *, sparse: bool) -> None:
        shown = canon.text(line)
        dense = 0 if sparse or len(self._parts) >= _FULL else _DENSE
        starts = [*range(first, min(dense, len(shown) - LEAST + 1)), *range(max(first, dense), len(shown) - LEAST + 1, LEAST)]
        self._parts.update(hash(shown[start : start + LEAST]) for start in starts)

    def _replace(self, text: str) -> str:
        kept, done = [], 0
        for start, end, certain in self._ranges(text):
            if certain or (_edge(text, start) and _edge(text, end)):
                kept += [text[done:start], STARS]
                done = end
        return "".join(kept) + text[done:]

    def _ranges(self, text: str) -> list[tuple[int, int, bool]]:
        """Where parts of secrets stand, joined where they touch, and whether any of them is more than an ordinary word."""
        found: list[tuple[int, int, bool]] = []
        for start in range(len(text) - LEAST + 1):
            part = text[start : start + LEAST]
            if hash(part) not in self._parts:
                continue
            certain = not ordinary(part.encode("utf-8", "surrogatepass"))
            if found and found[-1][1] >= start:
                found[-1] = (found[-1][0], start + LEAST, found[-1][2] or certain)
            else:
                found.append((start, start + LEAST, certain))
        return found


def _edge(text: str, at: int) -> bool:
    """Whether a word begins or ends here."""
    return at in (0, len(text)) or not (text[at - 1].isalnum() and text[at].isalnum())
