"""A reader that a test adds to the table: its text is written backwards, and has tildes in it that mean nothing."""

from __future__ import annotations

from collections.abc import Iterator

from scanner.decode.content import Content, Part
from scanner.decode.offsets import Offsets, Run
from scanner.model.content import Inside, Span, Unseen


def read(content: Content) -> Iterator[Part | Unseen]:
    """The text the right way round, with a box for what is found; and without the tildes, in the lines that it has."""
    data = content.whole()
    text = data.split(b"\n", 1)[1]
    yield Part(text[::-1], Inside(record="r7"), "reversed", locate=_boxed)
    start = len(data) - len(text)
    kept = [offset for offset in range(start, len(data)) if data[offset] != ord("~")]
    runs = [Run(made, offset) for made, offset in enumerate(kept)]
    yield Part(bytes(data[offset] for offset in kept), Inside(field="body"), "tilde", Offsets(runs, len(data)))
    yield Unseen("illegible-image", "too dark", Inside(page=3))


def _boxed(span: Span) -> Inside:
    return Inside(page=2, box=(span.start, 0, span.end - span.start, 9))
