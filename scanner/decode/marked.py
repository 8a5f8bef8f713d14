"""Text that a reader puts together from pieces, each of which knows where it stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from scanner import canon
from scanner.decode.content import Part
from scanner.model.content import WHOLE, Inside, Span

_MOST = 1 << 20  # characters of one part
_SHOWN = 200


class Marked:
    """Gathers text with places; hands it on in parts of bounded size, which say where a span of them stands."""

    def __init__(self, inside: Inside = WHOLE, step: str = "text") -> None:
        self._inside, self._step = inside, step
        self._begin()

    def _begin(self) -> None:
        self._pieces: list[bytes] = []
        self._starts: list[int] = []
        self._places: list[Inside] = []
        self._size = 0

    def add(self, text: str | bytes, where: Inside = WHOLE) -> Iterator[Part]:
        """Text that stands there, and a part where enough has been gathered; a text is never torn apart."""
        data = text.encode("utf-8", "replace") if isinstance(text, str) else text
        if not data:
            return
        if not self._places or self._places[-1] != where:
            self._starts.append(self._size)
            self._places.append(where)
        self._pieces.append(data)
        self._size += len(data)
        if self._size >= _MOST:
            yield from self.rest()

    def rest(self) -> Iterator[Part]:
        """What was gathered and not handed on."""
        data = b"".join(self._pieces)
        if data.strip():
            starts, places = self._starts, self._places
            if len(places) == 1:
                yield Part(data, places[0].within(self._inside), self._step)
            else:
                yield Part(data, self._inside, self._step, locate=lambda span: _at(span, starts, places))
        self._begin()


def _at(span: Span, starts: list[int], places: list[Inside]) -> Inside:
    """The place of a span's last byte: a label stands before what it names."""
    last = max(span.start, span.end - 1)
    return places[max(0, bisect_right(starts, last) - 1)]


def shown(name: str | bytes) -> str:
    """A name from inside a document as one that can be shown: printable, and cut where it is absurdly long."""
    text = canon.text(name if isinstance(name, bytes) else name.encode("utf-8", "backslashreplace"))
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
