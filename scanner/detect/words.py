"""Does text look made by people (words, sequences, keyboard rows) or drawn at random."""

from __future__ import annotations

import math
import re
from operator import add

LONGEST = 512  # of a value, only so much is looked at

_ROWS = (
    "0123456789", "1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm",
    "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "1q2w3e4r5t6z7u8i9o0p", "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb",
    "!@#$%^&*()", "!\"#$%&/()=",
)  # fmt: skip
_COMMON_PAIRS = (
    "ab ac ad ae ag ai al am an ap ar as at au av aw ay ba be bi bl bo br bu by ca ce ch ci ck cl co cr cs ct cu da dd de di do dr ds "
    "du ea eb ec ed ee ef eg eh ei el em en ep er es et eu ev ew ex ey ez fa fe ff fi fl fo fr fu ga ge gg gh gi gn go gr gs gu ha he "
    "hi hn ho hr ht hu ia ib ic id ie if ig ik il im in io ip ir is it iv iz ja jo js ju ke ki ko ks la ld le lf li lk ll lo ls lt lu "
    "lv ly ma mb me mi mm mo mp ms mt mu my na nc nd ne nf ng ni nk nn no ns nt nu nv oa ob oc od oe of og oh ok ol om on oo op or os "
    "ot ou ov ow pa pe ph pi pl po pp pr ps pt pu qu ra rb rc rd re rg ri rk rl rm rn ro rp rr rs rt ru rv ry sa sc se sh si sk sl sm "
    "so sp ss st su sw ta tc te th ti tl to tr ts tt tu tw ty ub uc ud ue uf ug uh ui ul um un up ur us ut va ve vi vo wa we wh wi wn "
    "wo wr xp xt ya ye yo ys ze zu "
)
_COMMON = frozenset(_COMMON_PAIRS.split())
_VOWEL = re.compile(r"[aeiouy]")
_ALPHABETS = ((26, re.compile("[a-z]")), (26, re.compile("[A-Z]")), (10, re.compile("[0-9]")), (30, re.compile("[^a-zA-Z0-9]")))
_LETTERS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def _rows() -> dict[str, int]:
    """Which rows, read forwards or backwards, have the pair; bit 0 is a repeated character."""
    pairs = {chr(code) * 2: 1 for code in range(256)}
    for number, row in enumerate(_ROWS):
        for direction, line in enumerate((row, row[::-1])):
            for pair in map(add, line, line[1:]):
                pairs[pair] = pairs.get(pair, 0) | 2 << (2 * number + direction)
    return pairs


_PAIRS = _rows()


def runs(text: str) -> list[tuple[int, int]]:
    """Where three or more characters of lower-case text repeat or follow a row: 1234, abcd, qwer, 4321, zzz."""
    found: list[tuple[int, int]] = []
    start = mask = 0  # `mask` holds the rows that text[start:at] follows; 0 when it follows none
    for at, step in enumerate(map(_PAIRS.get, map(add, text, text[1:])), 1):
        if mask and step and mask & step:
            mask &= step
            continue
        if mask and at - start > 2:
            found.append((start, at))
            start, mask = at, 0
        else:
            start, mask = at - 1, step or 0
    if mask and len(text) - start > 2:
        found.append((start, len(text)))
    return found


def wordlike(word: str) -> bool:
    """Letters that could be a word in English or German: mostly common pairs, and a vowel."""
    word = word.lower()
    if len(word) <= 3:
        return True
    common = sum(word[at : at + 2] in _COMMON for at in range(len(word) - 1))
    return _VOWEL.search(word) is not None and common >= 0.75 * (len(word) - 1)


def entropy(data: bytes) -> float:
    """Shannon's bits per byte."""
    size = len(data)
    if not size:
        return 0.0
    counts = map(data.count, set(data))
    return math.log2(size) - sum(count * math.log2(count) for count in counts) / size


def strength(data: bytes) -> float:
    """Roughly how many bits a guesser must find: runs count as one or two characters, words as two bits a letter."""
    text = data[:LONGEST].decode("latin-1")
    alphabet = sum(size for size, of in _ALPHABETS if of.search(text))
    each = math.log2(max(alphabet, 2))
    characters: float = 0.0
    words = 0.0
    at = 0
    for start, end in [*runs(text.lower()), (len(text), len(text))]:
        for match in _LETTERS.finditer(text, at, start):
            if len(match[0]) >= 4 and wordlike(match[0]):
                words += len(match[0])
        characters += start - at + 1.5 * (end > start)
        at = end
    return (characters - words) * each + words * 2.0
