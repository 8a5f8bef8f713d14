"""Mnemonic phrases of BIP 39: twelve to twenty-four English words, the last of which holds a checksum."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from scanner.detect.candidate import Candidate
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_LIST = Path(__file__).with_suffix(".txt")  # bip-0039/english.txt of the BIPs, MIT licence
_WORD = re.compile(rb"[a-z]+")
_SIZES = (24, 21, 18, 15, 12)
_BITS = 11  # of a word


@cache
def _numbers() -> Mapping[bytes, int]:
    return {word: number for number, word in enumerate(_LIST.read_bytes().split())}


def proven(words: Sequence[bytes]) -> bool:
    """Whether the words are of the list and the checksum in the last one is right."""
    if len(words) not in _SIZES:
        return False
    value = 0
    for word in words:
        number = _numbers().get(word)
        if number is None:
            return False
        value = value << _BITS | number
    check = len(words) // 3  # bits
    entropy = (value >> check).to_bytes(len(words) * 4 // 3, "big")
    return value & ((1 << check) - 1) == hashlib.sha256(entropy).digest()[0] >> (8 - check)


def mnemonic(candidate: Candidate) -> Parsed | None:
    """The longest proven phrase that the candidate begins with."""
    found = list(_WORD.finditer(candidate.value))[: _SIZES[0]]
    words = [match[0] for match in found]
    for size in _SIZES:
        phrase = words[:size]
        if len(phrase) < size or len(set(phrase)) * 5 < size * 4 or not proven(phrase):
            continue  # few different words: a test vector, and no generator's
        value = b" ".join(phrase)
        start = candidate.secret.start
        span = Span(start + found[0].start(), start + found[size - 1].end())
        return Parsed(span, value, (("words", size),))
    return None
