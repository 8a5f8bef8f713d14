"""How sure it is that an assignment holds a secret: a sum of learned weights, read from a data file.

The model is additive: each pair of traits has a table, and what the tables say is added up. `training/` has the script that learned it.
"""

from __future__ import annotations

import json
import math
import zlib
from base64 import b64decode
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from scanner.detect.assignment import Assignment
from scanner.detect.traits import WIDTHS, traits

_FORMAT = "leakseal.score/v1"
_SCALE = 32.0  # a table's bytes are thirty-seconds of a logit, 128 is nothing


Rows = tuple[tuple[tuple[int, bytes], ...], ...]


@dataclass(frozen=True, slots=True)
class Model:
    """What was learned."""

    tables: tuple[tuple[int, Rows], ...] = field(repr=False)  # for a trait, what each of its values says of other traits: (trait, weights)
    count: int  # how many weights are added up
    letters: bytes = field(repr=False)  # how usual three letters in a row are, at a * 729 + b * 27 + c

    def confidence(self, values: tuple[int, ...]) -> float:
        """Between 0 and 1, for one number of each trait."""
        total = -128 * self.count
        for trait, rows in self.tables:
            for other, weights in rows[values[trait]]:
                total += weights[values[other]]
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total / _SCALE))))


def score(found: Assignment) -> float:
    """The confidence that this is a secret, to two digits."""
    known = model()
    return round(known.confidence(traits(found, known.letters)), 2)


@cache
def model() -> Model:
    """The model that ships with this version."""
    return parse(Path(__file__).with_name("score.json").read_bytes())


def parse(data: bytes) -> Model:
    """A model from its file; ValueError for anything else."""
    document = json.loads(data)
    if document.get("format") != _FORMAT or document.get("traits") != WIDTHS:
        raise ValueError("the score's data file does not fit this version")
    widths = tuple(WIDTHS.values())
    tables: dict[int, list[tuple[int, list[bytes]]]] = {}
    for a, b, packed in document["tables"]:
        tables.setdefault(a, []).append((b, _rows(_unpacked(packed), widths[a], widths[b] if a != b else 0)))
    by_value = tuple((a, tuple(tuple((b, rows[value]) for b, rows in some) for value in range(widths[a]))) for a, some in tables.items())
    return Model(by_value, len(document["tables"]), _unpacked(document["letters"]))


def _rows(table: bytes, height: int, width: int) -> list[bytes]:
    """A table cut into the rows of its first trait; of a trait with itself each row says the same for every value."""
    if not width:
        return [bytes([weight]) * height for weight in table]
    return [table[at * width : (at + 1) * width] for at in range(height)]


def _unpacked(text: str) -> bytes:
    return zlib.decompress(b64decode(text))
