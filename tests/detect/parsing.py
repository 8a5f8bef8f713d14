"""Run one shipped rule over a text, as the engine does, and show what it read."""

from __future__ import annotations

from functools import cache
from typing import Any

import re2
import yaml

from scanner.detect.candidate import Candidate
from scanner.detect.parsers import PARSERS
from scanner.model.content import Span
from scanner.model.evidence import Parsed
from scanner.shipped import shipped

ROW = "row"  # an id for table rows: a test's name never holds a secret


@cache
def rules() -> dict[str, dict[str, Any]]:
    packs = sorted(shipped("rules").glob("*.yaml"))
    return {rule["id"]: rule for pack in packs for rule in yaml.safe_load(pack.read_text())["rules"]}


@cache
def compiled(pattern: str) -> Any:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(pattern.encode(), options)


def candidates(rule: str, data: bytes) -> list[Candidate]:
    """Every match of the rule's pattern round one of its anchors."""
    entry = rules()[rule]
    given = entry.get("anchor", entry["pattern"])
    found = []
    for anchor in [given] if isinstance(given, str) else given:
        for spot in compiled(anchor).finditer(data):
            start = max(0, spot.end() - entry.get("before", 256))
            window = data[start : spot.end() + entry.get("after", 256)]
            match = compiled(entry["pattern"]).search(window)
            while match and match.start() < spot.end() - start:
                if match.end() >= spot.end() - start:
                    spans = {name.decode(): match.span(number) for name, number in match.re.groupindex.items()}
                    groups = {name: window[a:b] for name, (a, b) in spans.items() if a >= 0}
                    found.append(Candidate(window, Span(*match.span()), Span(*spans["secret"]), groups))
                match = compiled(entry["pattern"]).search(window, match.start() + 1)
    return found


def parsed(parser: str, candidate: Candidate) -> tuple[Parsed, ...]:
    """Everything that a parser reads out of a candidate, each inside its window."""
    found = PARSERS[parser](candidate)
    every = found if isinstance(found, tuple) else (found,) if found else ()
    return tuple(inside(one, candidate.window) for one in every)


def read(rule: str, text: str | bytes) -> Parsed | None:
    """The first finding of the rule in the text."""
    data = text.encode() if isinstance(text, str) else text
    for candidate in candidates(rule, data):
        for found in parsed(rules()[rule]["parser"], candidate):
            return found
    return None


def inside(found: Parsed, window: bytes) -> Parsed:
    """The same, if its spans lie in the window and within each other."""
    assert found.secret.end <= len(window)
    assert found.value
    if found.span is not None:
        assert found.span.start <= found.secret.start <= found.secret.end <= found.span.end <= len(window)
    return found


def parts(rule: str, text: str | bytes) -> dict[str, str | int] | None:
    """The public parts of the first finding."""
    found = read(rule, text)
    return None if found is None else dict(found.parts)
