"""Content -> hits: the prefilter says where, the rule's own pattern, checks and parser decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scanner.detect.candidate import Candidate
from scanner.detect.overlap import settle
from scanner.detect.prefilter import Prefilter, latin1, prefilter
from scanner.model.content import Span
from scanner.model.evidence import Hit, Parsed
from scanner.model.rule import Rule, Ruleset

_MEMO_ENTRIES = 40_000
_MEMO_BYTES = 12 << 20
_TRIES = 16  # pattern matches that are looked at around one spot

Check = Callable[[Candidate, str], bool]
Parser = Callable[[Candidate], Parsed | None]


class Engine:
    """Searches contents for the rules of a set. Not safe for threads; cheap to make once the prefilter is cached."""

    def __init__(self, rules: Ruleset, checks: Mapping[str, Check], parsers: Mapping[str, Parser], sieve: Prefilter) -> None:
        self.rules = rules
        self.sieve = sieve
        self._rules: list[_Confirmer] = []
        for rule in rules.rules:
            self._rules += [_Confirmer(rule, checks, parsers)] * len(rule.anchors)
        self.reach = max(((r.before, r.after) for r in rules.rules), default=(0, 0), key=sum)
        self._memo: dict[tuple[str, bytes, int], tuple[_Relative, ...]] = {}
        self._memo_bytes = 0

    @property
    def margin(self) -> int:
        """Bytes of context on either side of a spot that can decide about it."""
        return max((max(r.before, r.after) for r in self.rules.rules), default=0) + 1

    def find(self, data: bytes | memoryview, low: int = 0, high: int | None = None) -> tuple[Hit, ...]:
        """Hits whose anchor ends in `low` < offset <= `high`; overlaps are settled, offsets are into `data`."""
        spots = self.sieve.spots(data)
        if not spots:
            return ()
        high = len(data) if high is None else high
        found: dict[tuple[str, int, int], Hit] = {}
        for number, end in spots:
            if low < end <= high or end == low == 0:
                self._confirm(self._rules[number], data, end, found)
        return settle(found.values())

    def _confirm(self, confirmer: _Confirmer, data: bytes | memoryview, end: int, found: dict[tuple[str, int, int], Hit]) -> None:
        rule = confirmer.rule
        start = max(0, end - rule.before)
        window = bytes(data[start : end + rule.after])
        key = (rule.id, window, end - start)
        results = self._memo.get(key)
        if results is None:
            if len(self._memo) >= _MEMO_ENTRIES or self._memo_bytes >= _MEMO_BYTES:
                self._memo.clear()
                self._memo_bytes = 0
            results = self._memo[key] = confirmer.confirm(window, end - start)
            self._memo_bytes += len(window)
        for span, secret, value, parts in results:
            hit = Hit(rule, _shift(span, start), _shift(secret, start), value, parts, rule.confidence)
            found[rule.id, hit.secret.start, hit.secret.end] = hit


_Relative = tuple[Span, Span, bytes, tuple[tuple[str, str | int], ...]]


def _shift(span: Span, by: int) -> Span:
    return Span(span.start + by, span.end + by)


class _Confirmer:
    """One rule's exact decision about a window; its pattern is compiled when it is first needed."""

    def __init__(self, rule: Rule, checks: Mapping[str, Check], parsers: Mapping[str, Parser]) -> None:
        self.rule = rule
        self._checks = [(checks[name], argument) for name, _, argument in (c.partition(":") for c in rule.checks)]
        self._parser = parsers[rule.parser] if rule.parser else None
        self._pattern: Any = None
        self._groups: Mapping[str, int] = {}

    def confirm(self, window: bytes, end: int) -> tuple[_Relative, ...]:
        """What the rule finds in a window whose anchor ends at `end`."""
        if self.rule.needs:
            lowered = window.lower()
            if not any(need.encode() in lowered for need in self.rule.needs):
                return ()
        at = 0
        for _ in range(_TRIES):
            match = self._compiled().search(window, at)
            if match is None or match.start() >= max(end, 1):
                break
            if match.end() >= end and (found := self._judge(window, match)):
                return (found,)
            at = match.start() + 1
        return ()

    def _judge(self, window: bytes, match: Any) -> _Relative | None:
        spans = {name: match.span(number) for name, number in self._groups.items()}
        if spans["secret"][0] < 0:
            return None
        groups = {name: window[a:b] for name, (a, b) in spans.items() if a >= 0}
        candidate = Candidate(window, Span(*match.span()), Span(*spans["secret"]), groups)
        if not all(check(candidate, argument) for check, argument in self._checks):
            return None
        if self._parser is None:
            shown = tuple((n, v.decode("utf-8", "replace")) for n, v in sorted(groups.items()) if n != "secret")
            return candidate.span, candidate.secret, candidate.value, shown
        parsed = self._parser(candidate)
        if parsed is None:
            return None
        return parsed.span or candidate.span, parsed.secret, parsed.value, parsed.parts

    def _compiled(self) -> Any:
        if self._pattern is None:
            import re2

            self._pattern = re2.compile(self.rule.pattern.encode(), latin1(re2))
            self._groups = {name.decode(): number for name, number in self._pattern.groupindex.items()}
        return self._pattern


def engine(rules: Ruleset, cache: Path | None, kind: str = "auto") -> Engine:
    """The engine for these rules with the shipped checks and parsers."""
    from scanner.detect.checks import CHECKS
    from scanner.detect.parsers import PARSERS

    return Engine(rules, CHECKS, PARSERS, prefilter(anchors(rules.rules), cache, kind))


def anchors(rules: Iterable[Rule]) -> Sequence[str]:
    """The anchors of all rules in the order that the engine numbers them."""
    return [anchor for rule in rules for anchor in rule.anchors]
