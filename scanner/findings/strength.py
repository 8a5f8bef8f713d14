"""How hard a secret is to guess: a lower bound, in bits, that would rather call a strong one weak.

It decides two things: whether a fingerprint without a project key needs a slow hash (a fast one of a weak secret could be guessed
offline), and whether a part of a secret may be an ordinary word. People write words (`Summer`, `p4ssw0rd`), numbers, and the same few
signs between them; chance does not. So such stretches count for little and, however many there are, for no more than a passphrase;
runs (`1234`, `qwerty`) and parts seen before count for nothing; and text inside base64, hexadecimal or percent signs counts as that
text. What it does not know: well-known values that look random, and hashes of weak ones.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from itertools import pairwise
from urllib.parse import unquote_to_bytes

STRONG = 80.0
MOST = 512  # bytes that are looked at: a bound of the beginning is a bound of the whole
_PASSPHRASE = 60.0
_WORD = 8.0
_WORDS = re.compile(rb"[A-Z]?[a-z](?:[a-z]|[014357@$!](?=[a-z])){2,}[a-z]|[A-Z]{4,}")
_ALONE = re.compile(rb"(?<![A-Za-z0-9])[A-Za-z][a-z]{0,14}(?![A-Za-z0-9])")
_TURNS = re.compile(rb"[a-z](?=[A-Z])|[A-Z](?=[a-z])")
_HEX_WORDS = re.compile(rb"[A-Fa-f]{5,}")
_NUMBERS = re.compile(rb"[0-9]{2,}")
_ROWS = (b"1234567890", b"qwertyuiop", b"qwertzuiop", b"asdfghjkl", b"zxcvbnm", b"yxcvbnm")
_NEAR = frozenset(pair for row in _ROWS for way in (row, row[::-1]) for pair in pairwise(way))
_LEET = bytes.maketrans(b"014357@$!", b"oleastasi")
_PAIRS = frozenset(
    tuple(pair.encode())
    for pair in """
        ab ac ad ag ai al am an ar as at au av ay be bi bl bo br ca ce ch ck cl co cr ct cu da de di dr du ea eb ec ed ee ef eg
        ei el em en ep er es et ev ex fe ff fi fo fr ft fu ga ge gh gi go gr ha he hi ho ht ic id ie if ig il im in io ir is it
        ke la ld le li ll lo ls lt lu ly ma mb me mi mo mp na nc nd ne ng ni nk nn no ns nt oc od of ok ol om on oo op or os ot
        ou ov ow pa pe pl po pp pr pt qu ra rd re ri rk rm rn ro rs rt ru rv ry sc se sh si sk sl sm sn so sp ss st su sw ta te
        th ti to tr tt tw ty ub uc ud ue ug ui ul um un up ur us ut ve vi wa wh wi wn wo xp ya ye ys
    """.split()  # noqa: SIM905 - a list of two hundred quoted pairs is no easier to read
)
_CLASSES = tuple(
    (re.compile(pattern), size)
    for pattern, size in ((rb"[a-z]", 26), (rb"[A-Z]", 26), (rb"[0-9]", 10), (rb"[^A-Za-z0-9\x80-\xff]", 16), (rb"[\x80-\xff]", 128))
)
_HEX_ONLY = re.compile(rb"[0-9a-f-]+|[0-9A-F-]+")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{8,}={0,2}")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}){6,}")


def bits(value: bytes) -> float:
    """A lower bound of the work to guess this value, as a power of two."""
    value = value[: 2 * MOST]
    return min(_bits(form[:MOST]) for form in (value, *_inside(value)))


def strong(value: bytes) -> bool:
    """Whether nobody can find the value by trying, even with a fast hash of it."""
    return bits(value) >= STRONG


def ordinary(piece: bytes) -> bool:
    """Whether a few bytes may well stand in a text that has nothing to do with the secret: words, counting, one sign over and over."""
    low = piece.lower()
    costs = [1.0] * len(low)
    _forget_runs(low, costs)
    plain = low.translate(_LEET)
    pairs = [pair for pair in pairwise(plain) if all(0x61 <= byte <= 0x7A for byte in pair)]
    reads = len(pairs) >= 5 and 4 * sum(pair in _PAIRS for pair in pairs) >= 3 * len(pairs)
    return sum(costs) <= 4 or (reads and len(_TURNS.findall(piece)) <= 2)


def _bits(value: bytes) -> float:
    costs, ordinary = _weigh(value)
    usual = sum(cost for cost, flag in zip(costs, ordinary, strict=True) if flag)
    return sum(costs) - usual + min(usual, _PASSPHRASE)


def _weigh(value: bytes) -> tuple[list[float], bytearray]:
    """What every byte adds, and whether people would write it so."""
    ordinary = bytearray(len(value))
    if not value:
        return [], ordinary
    hexadecimal = _HEX_ONLY.fullmatch(value) is not None
    alphabet = 16 if hexadecimal else sum(size for pattern, size in _CLASSES if pattern.search(value))
    each = math.log2(max(2, min(alphabet, 3 * len(set(value)))))
    costs = [each] * len(value)

    def settle(start: int, end: int, cost: float) -> None:
        for index in range(start, end):
            costs[index] = min(costs[index], cost)
            ordinary[index] = 1

    for pattern in (_HEX_WORDS,) if hexadecimal else (_ALONE, _WORDS):
        for run in pattern.finditer(value):
            if len(run[0]) > 6 or pattern is not _WORDS or _reads_as_word(run[0]):
                settle(run.start(), run.end(), _WORD / len(run[0]))
    for run in _NUMBERS.finditer(value):
        settle(run.start(), run.end(), 7 / 4 if run[0][:2] in {b"19", b"20"} and len(run[0]) == 4 else math.log2(10))
    text, signs = _is_text(value), set()
    for index, byte in enumerate(value):
        if byte in signs or (byte >= 0x80 and text):  # letters beyond ASCII are words in other scripts, unless these are raw bytes
            settle(index, index + 1, 1.0)
        elif byte < 0x80 and not chr(byte).isalnum():
            signs.add(byte)
    _forget_runs(value.lower(), costs)
    return costs, ordinary


def _reads_as_word(run: bytes) -> bool:
    """Whether more than half of a short run's letter pairs are common in English or German."""
    plain = run.lower().translate(_LEET)
    usual = sum(pair in _PAIRS for pair in pairwise(plain))
    return 2 * usual > len(plain) - 1


def _forget_runs(low: bytes, costs: list[float]) -> None:
    """The third byte of a run (`aaa`, `abc`, `qwe`) and whatever repeats three bytes seen before add nothing."""
    easy, seen = False, set()
    for index in range(1, len(low)):
        pair = (low[index - 1], low[index])
        now = abs(pair[0] - pair[1]) <= 1 or pair in _NEAR
        if easy and now:
            costs[index] = 0.0
        easy = now
        if index >= 2:
            three = low[index - 2 : index + 1]
            if three in seen:
                costs[index] = 0.0
            seen.add(three)


def _inside(value: bytes) -> list[bytes]:
    """Text that was only written differently: percent signs, base64, hexadecimal."""
    forms = [unquote_to_bytes(value)] if b"%" in value else []
    if _HEX.fullmatch(value):
        forms.append(binascii.unhexlify(value))
    elif _BASE64.fullmatch(value):
        bare = value.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        bare = bare[: len(bare) - (len(bare) % 4 == 1)]
        forms.append(base64.b64decode(bare + b"=" * (-len(bare) % 4)))
    return [form for form in forms if form and _is_text(form)]


def _is_text(value: bytes) -> bool:
    try:
        text = value.decode("utf-8", "strict" if len(value) < MOST else "ignore")
    except UnicodeDecodeError:
        return False
    return all(c.isprintable() or c in "\r\n\t" for c in text)
