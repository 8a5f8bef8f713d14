"""how usual three letters in a row are, counted in texts."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable

_PARTS = re.compile(rb"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def count(texts: Iterable[bytes]) -> Counter[bytes]:
    """The words of the texts, in small letters."""
    words: Counter[bytes] = Counter()
    for text in texts:
        words.update(part.lower() for part in _PARTS.findall(text) if len(part) > 2)
    return words


def table(words: Counter[bytes]) -> bytes:
    """A byte for each three letters (0 is none): 96 is what always follows, 0 is a chance of 1 in 3000 or less."""
    threes: Counter[tuple[int, int, int]] = Counter()
    twos: Counter[tuple[int, int]] = Counter()
    for word, times in words.items():
        weight = math.log1p(times)
        codes = [0, 0, *(letter - 96 for letter in word), 0]
        for a, b, c in zip(codes, codes[1:], codes[2:], strict=False):
            threes[a, b, c] += weight
            twos[a, b] += weight
    made = bytearray(27**3)
    for a in range(27):
        for b in range(27):
            for c in range(27):
                chance = (threes[a, b, c] + 0.3) / (twos[a, b] + 27)
                made[a * 729 + b * 27 + c] = round(max(0.0, min(96.0, (math.log(chance) + 8) * 12)))
    return bytes(made)
