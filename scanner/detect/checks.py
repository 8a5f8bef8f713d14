"""What a rule can ask of a candidate before it counts: each check is pure, quick, and never raises."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Any

from scanner.detect.candidate import Candidate
from scanner.detect.checksums import crc_token, jwt, luhn, random_bytes, tail_crc, unbase64, unjson
from scanner.detect.coins import base58check, bech32, strkey
from scanner.detect.identifier import identifier
from scanner.detect.placeholder import placeholder
from scanner.detect.words import LONGEST, entropy, strength

Check = Callable[[Candidate, str], bool]

_UUID = re.compile(rb"[\"'{]?[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}[\"'}]?\Z")
_HEX = re.compile(rb"(?:0[xX])?[0-9a-fA-F]+\Z")
_LETTER = re.compile(rb"[A-Za-z]")
_DIGIT = re.compile(rb"[0-9]")


def _mixed(candidate: Candidate, _: str) -> bool:
    value = candidate.value
    return _LETTER.search(value) is not None and _DIGIT.search(value) is not None


def _min_digits(candidate: Candidate, least: str) -> bool:
    return len(_DIGIT.findall(candidate.value)) >= int(least)


def _base64_prefix(candidate: Candidate, prefix: str) -> bool:
    plain = unbase64(candidate.value)
    return plain is not None and plain.startswith(prefix.encode())


def _base64_json(candidate: Candidate, key: str) -> bool:
    document = unjson(unbase64(candidate.value))
    return isinstance(document, dict) and (not key or key in document)


@lru_cache(1 << 12)
def _pattern(text: str) -> Any:
    import re2

    from scanner.detect.prefilter import latin1

    return re2.compile(text.encode(), latin1(re2))


def _unless_line(candidate: Candidate, pattern: str) -> bool:
    window, start = candidate.window, candidate.secret.start - len(candidate.line_before)
    end = window.find(b"\n", candidate.secret.end)
    return _pattern(pattern).search(window[start : end if end >= 0 else len(window)]) is None


def _unless_match(candidate: Candidate, pattern: str) -> bool:
    return _pattern(pattern).search(candidate.window[candidate.span.start : candidate.span.end]) is None


@cache
def _filters() -> tuple[tuple[Callable[[str], bool], ...], Callable[[str], bool]]:
    from detect_secrets.filters import heuristic  # its import takes longer than a whole hook may

    by_value = (heuristic.is_sequential_string, heuristic.is_templated_secret, heuristic.is_prefixed_with_dollar_sign)
    return by_value, heuristic.is_indirect_reference


def doubted(value: bytes, before: bytes) -> bool:
    """Whether detect-secrets' filters hold this for no secret: a sequence, a template, a reference to something else."""
    by_value, by_line = _filters()
    text = value[:LONGEST].decode("latin-1")
    return not text or any(doubt(text) for doubt in by_value) or by_line(before[-LONGEST:].decode("latin-1") + text)


CHECKS: Mapping[str, Check] = {
    "base58check": lambda c, alphabet: base58check(c.value, alphabet),
    "base64-json": _base64_json,
    "base64-prefix": _base64_prefix,
    "bech32": lambda c, _: bech32(c.value),
    "detect-secrets": lambda c, _: not doubted(c.value, c.line_before),
    "entropy": lambda c, least: entropy(c.value) >= float(least),
    "github-crc32": lambda c, _: crc_token(c.value),
    "jwt": lambda c, _: jwt(c.value),
    "luhn": lambda c, _: luhn(c.value),
    "min-digits": _min_digits,
    "mixed": _mixed,
    "not-hex": lambda c, _: not _HEX.match(c.value),
    "not-identifier": lambda c, _: not identifier(c.value),
    "not-placeholder": lambda c, _: not placeholder(c.value),
    "not-uuid": lambda c, _: not _UUID.match(c.value),
    "npm-crc32": lambda c, _: crc_token(c.value),
    "random-bytes": lambda c, _: random_bytes(c.value),
    "strength": lambda c, least: strength(c.value) >= float(least),
    "strkey": lambda c, _: strkey(c.value),
    "unless": lambda c, pattern: _pattern(pattern).search(c.value) is None,
    "unless-line": _unless_line,
    "unless-match": _unless_match,
    "tail-crc32": lambda c, _: tail_crc(c.value),
}

# What stands after the colon; checks that are not named here take nothing.
ARGUMENTS: Mapping[str, str] = {
    "base58check": r"(?:ripple)?",
    "base64-json": r"\S*",
    "base64-prefix": r".+",
    "entropy": r"[0-8](?:\.[0-9]{1,3})?",
    "min-digits": r"[0-9]{1,3}",
    "strength": r"[0-9]{1,3}(?:\.[0-9])?",
    "unless": r"[ -~]+",
    "unless-line": r"[ -~]+",
    "unless-match": r"[ -~]+",
}


def flaw(check: str) -> str | None:
    """What is wrong with a rule's `name:argument`, or None."""
    name, colon, argument = check.partition(":")
    if name not in CHECKS:
        return "there is no check of that name"
    if name not in ARGUMENTS:
        return f"`{name}` takes nothing after a colon" if colon else None
    if not re.fullmatch(ARGUMENTS[name], argument):
        return f"this is not what `{name}` takes after its colon"
    return _unread(argument) if name.startswith("unless") else None


def _unread(pattern: str) -> str | None:
    import re2

    try:
        _pattern(pattern)
    except re2.error:
        return "RE2 does not compile its pattern"
    return None
