"""The other half of a pair: an id near its secret, a user near a password."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

from scanner.detect.prefilter import latin1
from scanner.model.content import Span
from scanner.model.rule import Rule

Half = Mapping[str, tuple[int, int]]  # a partner's groups, and where they stand in the window
_MOST = 64  # matches that are looked at
_BOUNDARY = re.compile(rb"\n(?=[ \t\r]{0,64}(?:\n|-[ \t]|\[))|[{}]")


class Partners:
    """What a rule requires, or takes, beside its secret."""

    def __init__(self, rule: Rule) -> None:
        import re2

        asked = [*((pattern, True) for pattern in rule.requires), *((pattern, False) for pattern in rule.beside)]
        self._patterns = [(re2.compile(pattern.encode(), latin1(re2)), required) for pattern, required in asked]

    def find(self, window: bytes, secret: Span) -> list[Half] | None:
        """The match of each pattern that belongs to the secret, or None if one that is required is missing."""
        found: list[Half] = []
        for pattern, required in self._patterns:
            half = _nearest(pattern, window, secret)
            if half:
                found.append(half)
            elif required:
                return None
        return found


def _nearest(pattern: Any, window: bytes, secret: Span) -> Half:
    """The groups of the last match before the secret or of the first one after it."""
    before = after = None
    for match in islice(pattern.finditer(window), _MOST):
        if match.start() >= secret.end:
            after = match
            break
        before = match if match.end() <= secret.start else before
    turned = before and after and _apart(window[secret.end : after.start()]) < _apart(window[before.end() : secret.start])
    best = after if turned else before or after
    groups = {name.decode(): best.span(group) for name, group in pattern.groupindex.items()} if best else {}
    return {name: place for name, place in groups.items() if place[0] >= 0}


def _apart(between: bytes) -> tuple[int, int]:
    """How many ends of a section, an item or an object stand between, and how many lines: the id usually stands first."""
    return len(_BOUNDARY.findall(between)), between.count(b"\n")
