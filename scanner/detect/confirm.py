"""One rule's exact decision: its own pattern around an anchor's end, then its checks, then its parser."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from scanner import examples
from scanner.detect.candidate import Candidate
from scanner.detect.pairs import Partners
from scanner.detect.prefilter import latin1
from scanner.detect.trace import Result, Taken
from scanner.model.content import Span
from scanner.model.evidence import Parsed
from scanner.model.rule import Rule

Check = Callable[[Candidate, str], bool]
Parser = Callable[[Candidate], Parsed | tuple[Parsed, ...] | None]

_TRIES = 16  # pattern matches that are looked at around one spot
_ANYWHERE = 64  # the same in a whole text
_ALL = 1 << 30
_NEAR = 4096  # bytes; a window that reaches back further is there for the parser, and the pattern begins where its anchor does


class Confirmer:
    """A rule ready to decide about windows; its pattern is compiled, and its checks are looked up, when it is first asked."""

    _checks: tuple[tuple[Check, str], ...] = ()
    _parser: Parser | None = None
    _partners: Partners | None = None
    _pattern: Any = None
    _groups: Mapping[str, int]

    def __init__(self, rule: Rule, checks: Mapping[str, Check], parsers: Mapping[str, Parser]) -> None:
        self.rule = rule
        self._back = rule.reach or (rule.width if rule.before > _NEAR else _ALL)  # bytes before an anchor's end where a match can begin
        self._known = checks, parsers

    def confirm(self, window: bytes, end: int) -> tuple[Result, ...]:
        """What the rule finds in a window whose anchor ends at `end`."""
        if self.rule.needs:
            lowered = window.lower()
            if not any(need.encode() in lowered for need in self.rule.needs):
                return ()
        reach = self.rule.reach
        at, stop = max(0, end - self._back), end + reach if reach else len(window)  # no match round `end` lies further off
        if self.rule.core and _core(self.rule.core).search(window, at, stop) is None:
            return ()
        pattern = self._compiled()
        for _ in range(_TRIES):
            match = pattern.search(window, at, stop)
            if match is None:
                break
            span = Span(*match.span())
            if span.start >= max(end, 1):
                break
            if span.end >= end and (judged := self._judge(window, match, span)):
                found, taken = judged
                usual = self.rule.confidence
                sure = [one for one in found if (usual if one.confidence is None else one.confidence) >= self.rule.least]
                partners = tuple((start - end, stop - end, hidden) for start, stop, hidden in taken)
                return tuple(_result(one, span, end, partners) for one in sure)  # less sure: it was read, and it is none
            at = span.start + 1
        return ()

    def anywhere(self, text: bytes) -> bool:
        """Whether the rule finds something in a short text wherever its pattern matches, whatever its anchors say."""
        at = 0
        for _ in range(_ANYWHERE):
            match = self._compiled().search(text, at)
            if match is None:
                return False
            start = max(0, match.start() - self.rule.before)
            results = self.confirm(text[start : match.end() + self.rule.after], match.end() - start)
            if any(result.confidence != 0 for result in results):  # without any: it is sure to be no secret
                return True
            at = match.start() + 1
        return False

    def _judge(self, window: bytes, match: Any, span: Span) -> tuple[tuple[Parsed, ...], list[Taken]] | None:
        """What a match of the pattern comes to, and what is taken beside it."""
        spans = {name: match.span(number) for name, number in self._groups.items()}
        if spans["secret"][0] < 0:
            return None
        secret = Span(*spans["secret"])
        groups = {name: window[a:b] for name, (a, b) in spans.items() if a >= 0}
        candidate = Candidate(window, span, secret, groups)
        if not all(check(candidate, argument) for check, argument in self._checks) and not examples.known(candidate.value):
            return None
        taken = {name: spans[name] for name in groups if name[0] == "_"}
        if self._partners:
            halves = self._partners.find(window, secret)
            if halves is None:
                return None
            for half in halves:
                groups.update((name, window[a:b]) for name, (a, b) in half.items() if name not in groups)
                taken.update(half)
        if found := self._read(candidate):
            return found, [(a, b, window[a:b] if name[0] == "_" else b"") for name, (a, b) in sorted(taken.items())]
        return None

    def _read(self, candidate: Candidate) -> tuple[Parsed, ...]:
        if self._parser is None:
            groups = sorted(candidate.groups.items())
            shown = ((n, v) for n, v in groups if n != "secret" and n[0] != "_" and candidate.value not in v)
            return (Parsed(candidate.secret, candidate.value, tuple((n, v.decode("utf-8", "replace")) for n, v in shown)),)
        found = self._parser(candidate)
        if found is None and examples.known(candidate.value):
            return (Parsed(candidate.secret, candidate.value),)
        return found if isinstance(found, tuple) else (found,) if found else ()

    def _compiled(self) -> Any:
        if self._pattern is None:
            import re2

            checks, parsers = self._known
            rule = self.rule
            self._checks = tuple((checks[name], argument) for name, _, argument in (c.partition(":") for c in rule.checks))
            self._parser = parsers[rule.parser] if rule.parser else None
            self._partners = Partners(rule) if rule.requires or rule.beside else None
            self._pattern = re2.compile(rule.pattern.encode(), latin1(re2))
            self._groups = {name.decode(): number for name, number in self._pattern.groupindex.items()}
        return self._pattern


@cache
def _core(text: str) -> re.Pattern[bytes]:
    """Many rules have the same, and it is compiled sooner than a pattern."""
    return re.compile(text.encode())


def _result(found: Parsed, match: Span, end: int, partners: tuple[Taken, ...]) -> Result:
    """What was read, by offsets from the anchor's end."""
    span, secret = found.span or match, found.secret
    place = span.start - end, span.end - end, secret.start - end, secret.end - end
    return Result(*place, found.value, found.parts, found.confidence, found.severity, partners)
