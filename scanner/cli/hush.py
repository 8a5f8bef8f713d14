"""Keeps secrets out of what the command line itself says: a person may have typed one where a path or an option belongs."""

from __future__ import annotations

import re

from scanner import cachefile
from scanner.findings.mask import LEAST, STARS
from scanner.findings.preview import guarded

_ODD = re.compile(r"\S*[0-9A-Z@:]\S*")  # every known format has a digit, a capital or a separator of URLs


def hushed(text: str) -> str:
    """The text without what a rule finds in it, is named like a secret, or looks random."""
    return guarded(known_hidden(text))


def known_hidden(text: str) -> str:
    """The text without what the shipped rules find in it."""
    if not any(len(word[0]) >= LEAST for word in _ODD.finditer(text)):
        return text
    data = text.encode("utf-8", "surrogateescape")
    try:
        spans = _spans(data)
    except Exception:  # a broken installation must still be able to say so
        return text
    for start, end in reversed(spans):
        data = data[:start] + STARS.encode() + data[end:]
    return data.decode("utf-8", "surrogateescape")


def _spans(data: bytes) -> list[tuple[int, int]]:
    from scanner import config
    from scanner.cli.options import rules
    from scanner.pipeline.engines import engine

    found = engine(rules(config.Config()), cachefile.folder()).find(data)
    spans: list[tuple[int, int]] = []
    for start, end in sorted((hit.secret.start, hit.secret.end) for hit in found):
        if not spans or start >= spans[-1][1]:
            spans.append((start, end))
    return spans
