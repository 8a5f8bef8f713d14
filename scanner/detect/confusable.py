"""Text that was read off a picture, with letters taken for others, and spaces and line ends where there are none.

What is found in such a text as it stands counts as everywhere. Besides, other readings of it are tried, and in them only what a change
has brought about counts: a token whose rule says how it begins and how long it is (`ghp_` and 36 letters) is fitted to that shape; a
checksum is tried over the readings of a value, and says which of them is right; a misread keyword or address is put right. A rule that
knows neither a beginning nor a checksum gets no further readings than that, so that it is no less precise than in text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import combinations, islice, product
from typing import NamedTuple

from scanner.detect.candidate import Candidate
from scanner.detect.confirm import Check
from scanner.detect.engine import Engine
from scanner.detect.shape import Shape, shapes
from scanner.detect.words import entropy
from scanner.model.content import Span
from scanner.model.evidence import Hit

_ALIKE = (
    b"0OoQD", b"1lI|i!", b"5Ss", b"8B", b"2Zz", b"6Gb", b"9gq", b"-_~ ", b"cC", b"kK", b"pP", b"uU", b"vV", b"wW", b"xX", b"yY", b"jJ",
)  # fmt: skip
_CANON = bytearray(bytes(range(256)).lower())
for _group in _ALIKE:
    for _byte in _group:
        _CANON[_byte] = _group[0]
SKELETON = bytes(_CANON)  # letters that look alike become one
_OTHERS: Mapping[int, bytes] = {byte: bytes(b for b in group if b != byte) for group in _ALIKE for byte in group}

_PROOFS = ("github-crc32", "npm-crc32", "tail-crc32", "base58check", "bech32", "strkey", "jwt")
_READINGS_MOST = 4_000  # of one value
_CHANGES_MOST = 3  # letters of one value
_VALUE_MOST = 400  # bytes; a longer one has too many readings
_FITS_MOST = 200  # in one text
_SPACES_MOST = 4  # in one token
_CONTEXT = 400  # bytes around a token that are searched with it
_RANDOM = 3.2  # bits for each letter: what is no placeholder
_UNPROVEN = 0.5

_KEYWORDS = (
    b"password", b"passwd", b"passphrase", b"passwort", b"secret", b"token", b"apikey", b"api_key", b"api-key", b"access_key",
    b"secret_key", b"private_key", b"client_secret", b"credentials", b"authorization", b"bearer",
)  # fmt: skip
_SCHEMES = (
    b"postgresql", b"postgres", b"mysql", b"mariadb", b"mongodb", b"redis", b"rediss", b"amqp", b"amqps", b"https", b"http", b"ftp",
    b"sftp", b"ldap", b"ldaps", b"smtp", b"smtps", b"mssql", b"sqlserver", b"oracle", b"clickhouse", b"nats", b"ssh", b"imaps",
)  # fmt: skip
_BEGIN = re.compile(rb"(?<![0-9A-Za-z])[^\s]")
_WORD = re.compile(rb"[0-9A-Za-z|!]{5,14}")
_KEY_LATER = re.compile(rb"[\w.-]{0,20}[\"'\]]{0,2}[ \t]{0,3}[=:]")
_ADDRESS = re.compile(rb"([A-Za-z][0-9A-Za-z+.|!]{1,19}) ?: ?(/ ?/?) ?(?=[^\s/])")
_SPACED = re.compile(rb"(?<=[:/@.?=&]) (?=[^\s])|(?<=[^\s]) (?=[:/@.?=&][^\s])")
_USERINFO = re.compile(rb"[^\s/:@]{0,64}:[^\s/@]{1,128}@")
_LOGIN = re.compile(rb"[^\s/:@]{1,64} ?: ?[^\s@]{1,64}(?: [^\s@]{1,64}){0,3} ?@ ?")
_REST_MOST = 300  # bytes of an address


class Edit(NamedTuple):
    """These bytes of the text read so instead."""

    start: int
    end: int
    now: bytes


class Reading:
    """The text with some edits, and the way back."""

    def __init__(self, text: bytes, edits: Iterable[Edit], low: int = 0, high: int | None = None) -> None:
        parts, self._marks, self.changed = list[bytes](), [(0, low, True)], list[Span]()
        at, size = low, 0
        for edit in edits:
            kept = text[at : edit.start]
            parts += (kept, edit.now)
            size += len(kept)
            self.changed.append(Span(size, size + len(edit.now)))
            self._marks += ((size, edit.start, False), (size + len(edit.now), edit.end, True))
            size += len(edit.now)
            at = edit.end
        parts.append(text[at:high])
        self.data = b"".join(parts)

    def back(self, span: Span) -> Span:
        """A span of the reading as one of the text."""
        start = self._back(span.start)
        return Span(start, max(start, self._back(span.end - 1) + 1 if span.end > span.start else start))

    def _back(self, offset: int) -> int:
        at, was, same = next(mark for mark in reversed(self._marks) if mark[0] <= offset)
        return was + offset - at if same else was

    def touches(self, span: Span) -> bool:
        """Whether a span holds something that was changed."""
        return any(span.start <= change.end and change.start <= span.end and not _outside(change, span) for change in self.changed)


def _outside(change: Span, span: Span) -> bool:
    """Whether nothing was changed inside of the span, but only at its very end or beginning."""
    return (change.end <= span.start or change.start >= span.end) and not span.start < change.start < span.end


def readings(engine: Engine, text: bytes, wraps: tuple[Span, ...]) -> Iterator[Reading]:
    """Other readings of a text, each to be searched with `tolerant(engine)`; only what touches a change of theirs counts."""
    unwrapped = [Edit(wrap.start, wrap.end, b"") for wrap in wraps]
    if unwrapped:
        yield Reading(text, unwrapped)
    words = sorted({*_keywords(text), *_addresses(text)})
    if words := _apart(words):
        yield Reading(text, words)
        if unwrapped:
            yield Reading(text, _apart(sorted([*words, *unwrapped])))
    for edits, start, end in islice(_fitted(engine, text, wraps), _FITS_MOST):
        yield Reading(text, edits, max(0, start - _CONTEXT), end + _CONTEXT)


def _apart(edits: Iterable[Edit]) -> list[Edit]:
    """Without those that overlap an earlier one."""
    kept: list[Edit] = []
    for edit in edits:
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return kept


def _keywords(text: bytes) -> Iterator[Edit]:
    """Words such as `passw0rd` that name a value which follows."""
    known = {form.translate(SKELETON): word for word in _KEYWORDS for form in (word, word.upper())}
    for match in _WORD.finditer(text):
        found = match.group()
        meant = known.get(found.translate(SKELETON))
        if meant and found.lower() != meant and _KEY_LATER.match(text, match.end()):
            yield Edit(*match.span(), meant.upper() if sum(b < 97 for b in found) > len(found) // 2 else meant)


def _addresses(text: bytes) -> Iterator[Edit]:
    """Addresses with spaces in them, or with a misread scheme."""
    known = {word.translate(SKELETON): word for word in _SCHEMES}
    for match in _ADDRESS.finditer(text):
        scheme = match[1]
        meant = known.get(scheme.translate(SKELETON), scheme)
        rest = text[match.end() : match.end() + _REST_MOST].split(b"\n", 1)[0]
        if match[2] == b"/" and not _USERINFO.match(rest):
            continue
        if meant + b"://" != match.group():
            yield Edit(*match.span(), meant + b"://")
        if b"://" in match.group() and meant == scheme and b"@" not in rest:
            continue
        login = _LOGIN.match(rest) if not meant.startswith(b"http") else None
        for space in _SPACED.finditer(rest, login.end() if login else 0):
            yield Edit(match.end() + space.start(), match.end() + space.end(), b"")
        for at, byte in enumerate(login.group() if login and login.group().count(b" ") <= _SPACES_MOST else b""):
            if byte == 0x20:
                yield Edit(match.end() + at, match.end() + at + 1, b"")


def _fitted(engine: Engine, text: bytes, wraps: tuple[Span, ...]) -> Iterator[tuple[list[Edit], int, int]]:
    """Places where a token of a known shape stands, if some letters are read otherwise, with the changes that make it so."""
    known = _by_head(engine)
    plain = text.translate(SKELETON)
    breaks = {wrap.start: wrap for wrap in wraps}
    for at in (match.start() for match in _BEGIN.finditer(text)):
        for size, heads in known.items():
            for shape in heads.get(plain[at : at + size], ()):
                for lost in (False, True):
                    edits, end = fit(shape, text, at, breaks, lost=lost)
                    if edits:
                        yield edits, at, end


def fit(shape: Shape, text: bytes, at: int, breaks: Mapping[int, Span], *, lost: bool = False) -> tuple[list[Edit], int]:
    """The changes after which the text at this offset has the shape, and where it ends; no changes where it cannot be made to fit.

    A space is none, or with `lost` it is where an underscore was lost.
    """
    edits: list[Edit] = []
    spaces, begin = 0, at
    for chars, low, high in shape.steps:
        count = 0
        while count < high and at < len(text):
            byte = text[at]
            if byte in chars:
                at, count = at + 1, count + 1
                continue
            if count >= low:
                break
            other = next((b for b in _others(byte) if b in chars), None)
            if other is not None and (byte != 0x20 or lost or len(chars) == 1):
                edits.append(Edit(at, at + 1, bytes([other])))
                at, count = at + 1, count + 1
            elif text[at : at + 2] == b"rn" and ord("m") in chars:
                edits.append(Edit(at, at + 2, b"m"))
                at, count = at + 2, count + 1
            elif at in breaks or (byte == 0x20 and at > begin and spaces < _SPACES_MOST):
                end = breaks[at].end if at in breaks else at + 1
                edits.append(Edit(at, end, b""))
                at, spaces = end, spaces + 1
            else:
                return [], at
        if count < low:
            return [], at
    return (edits, at) if len(edits) - spaces <= 2 + shape.least // 8 else ([], at)


def _others(byte: int) -> bytes:
    """What a letter may really be; its other case comes last. Most spaces stand where an underscore was."""
    return b"_-" if byte == 0x20 else _OTHERS.get(byte, b"") + bytes([byte]).swapcase()


@lru_cache(maxsize=2)
def _by_head(engine: Engine) -> Mapping[int, Mapping[bytes, tuple[Shape, ...]]]:
    """The shapes of all rules by the length and the skeleton of what they begin with."""
    known: dict[int, dict[bytes, tuple[Shape, ...]]] = {}
    for shape in shapes(engine.rules.rules):
        head = shape.head.translate(SKELETON)
        table = known.setdefault(len(head), {})
        table[head] = (*table.get(head, ()), shape)
    return known


@lru_cache(maxsize=2)
def tolerant(engine: Engine) -> Engine:
    """The same rules for text from pictures: a checksum holds if it does for some reading of the value."""
    from scanner.detect.checks import CHECKS
    from scanner.detect.parsers import PARSERS

    def eased(check: Check) -> Check:
        return lambda candidate, argument: proven(check, candidate.value, argument) is not None or _looks_random(candidate.value)

    checks = {name: eased(check) if name in _PROOFS else check for name, check in CHECKS.items()}
    return Engine(engine.rules, checks, PARSERS, engine.sieve)


def settled(hit: Hit) -> Hit:
    """A hit with the value that its rule's checksum proves; where none does, it is less sure, as a letter is wrong."""
    from scanner.detect.checks import CHECKS

    proofs = [(name, argument) for name, _, argument in (check.partition(":") for check in hit.rule.checks) if name in _PROOFS]
    for name, argument in proofs:
        right = proven(CHECKS[name], hit.value, argument)
        if right is None:
            return replace(hit, confidence=hit.confidence * _UNPROVEN)
        if right != hit.value:
            return replace(hit, value=right)
    return hit


def proven(check: Check, value: bytes, argument: str) -> bytes | None:
    """The reading of a value with the fewest changes for which its checksum holds."""
    if len(value) > _VALUE_MOST:
        return value if _holds(check, value, argument) else None
    return next((reading for reading in islice(alike(value), _READINGS_MOST) if _holds(check, reading, argument)), None)


def alike(value: bytes) -> Iterator[bytes]:
    """The readings of a value, those with the fewest changes first."""
    yield value
    places = [at for at, byte in enumerate(value) if byte in _OTHERS and byte not in b"-_~ "]
    for changes in range(1, _CHANGES_MOST + 1):
        for chosen in combinations(places, changes):
            for letters in product(*(_letters(value[at]) for at in chosen)):
                made = bytearray(value)
                for at, letter in zip(chosen, letters, strict=True):
                    made[at] = letter
                yield bytes(made)


def _letters(byte: int) -> bytes:
    return bytes(other for other in _OTHERS[byte] if other not in b"|!~")


def _holds(check: Check, value: bytes, argument: str) -> bool:
    whole = Span(0, len(value))
    return check(Candidate(value, whole, whole, {"secret": value}), argument)


def _looks_random(value: bytes) -> bool:
    return entropy(value) >= _RANDOM
