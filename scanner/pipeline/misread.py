"""A text that was read off a picture, searched as it stands and in the other readings that it may have."""

from __future__ import annotations

from dataclasses import replace

from scanner.detect.confusable import readings, settled, tolerant
from scanner.detect.engine import Engine
from scanner.detect.overlap import open_ones, settle
from scanner.model.content import Span
from scanner.model.evidence import Hit
from scanner.pipeline.examine import hits
from scanner.pipeline.reread import Aside, read_back


def misread_hits(engine: Engine, text: bytes, wraps: tuple[Span, ...], aside: Aside | None = None) -> tuple[Hit, ...]:
    """Every hit, by its place in the text; what may be encoded in it is put aside, as it stands."""
    easy = tolerant(engine)
    found = [settled(hit) for hit in hits(easy, text, aside)]
    known = {(hit.rule.id, hit.value) for hit in found}  # what has been read as it stands does not reach into the next line as well
    for reading in readings(engine, text, wraps):
        for hit in map(settled, hits(easy, reading.data)):
            if reading.touches(hit.span) and (hit.rule.id, hit.value) not in known:
                found.append(replace(read_back(hit, reading.data, reading.back), steps=hit.steps))
    found.sort(key=lambda hit: -hit.confidence)  # where two readings have a token, the one that is proven
    return open_ones(settle(found))
