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


def read(rule: str, text: str | bytes) -> Parsed | None:
    """The first finding of the rule in the text."""
    data = text.encode() if isinstance(text, str) else text
    for candidate in candidates(rule, data):
        parsed = PARSERS[rules()[rule]["parser"]](candidate)
        if parsed is not None:
            return inside(parsed, candidate.window)
    return None


def inside(parsed: Parsed, window: bytes) -> Parsed:
    """The same, if its spans lie in the window and within each other."""
    assert parsed.secret.end <= len(window)
    assert parsed.value
    if parsed.span is not None:
        assert parsed.span.start <= parsed.secret.start <= parsed.secret.end <= parsed.span.end <= len(window)
    return parsed


def parts(rule: str, text: str | bytes) -> dict[str, str | int] | None:
    """The public parts of the first finding."""
    parsed = read(rule, text)
    return None if parsed is None else dict(parsed.parts)
