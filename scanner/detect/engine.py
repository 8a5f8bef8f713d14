"""Content -> hits: the prefilter says where, each rule decides what."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from scanner.detect.confirm import Check, Confirmer, Parser
from scanner.detect.overlap import open_ones, settle
from scanner.detect.prefilter import HyperscanPrefilter, Prefilter, Spot, anchor_flaw, prefilter
from scanner.detect.trace import MOST, Result, Spotted, Stretch, Trace, inherited, stretches
from scanner.errors import RuleError
from scanner.model.content import Span
from scanner.model.evidence import Hit, Partner
from scanner.model.rule import Rule, Ruleset

_MEMO_ENTRIES = 40_000
_MEMO_BYTES = 12 << 20


class Looked(NamedTuple):
    """What one look at a content came to: hits, also of what is sure to be no secret, and the marks of text that is encoded."""

    hits: tuple[Hit, ...]
    marks: list[Spot]  # (mark's number, offset where it ends), sorted


_NOTHING = Looked((), [])


class Engine:
    """Searches contents for the rules of a set. Not safe for threads; cheap to make once the prefilter is cached."""

    def __init__(self, rules: Ruleset, checks: Mapping[str, Check], parsers: Mapping[str, Parser], sieve: Prefilter) -> None:
        self.rules = rules
        self.sieve = sieve
        self.margin = max((max(r.before, r.after) for r in rules.rules), default=0) + 1  # context that can decide about a spot
        self._width = max((r.width for r in rules.rules), default=0) + 1  # what decides whether an anchor ends at an offset
        self._rules: list[Confirmer] = []
        for rule in rules.rules:
            self._rules += [Confirmer(rule, checks, parsers)] * len(rule.anchors)
        self._first_mark = len(self._rules)  # what the sieve numbers from here on is no rule's anchor
        self._before = [confirmer.rule.before for confirmer in self._rules]
        self._after = [confirmer.rule.after for confirmer in self._rules]
        self._memo: dict[tuple[int, bytes, int], tuple[Result, ...]] = {}
        self._memo_bytes = 0
        self.closed = 0  # hits so far of which a rule was sure that they are no secrets

    def find(self, data: bytes, low: int = 0, high: int | None = None) -> tuple[Hit, ...]:
        """Hits whose anchor ends in `low` < offset <= `high`; overlaps are settled, offsets are into `data`."""
        return open_ones(self.read(data, low, high))

    def read(self, data: bytes, low: int = 0, high: int | None = None) -> tuple[Hit, ...]:
        """The same, and what is sure to be no secret, for who has more of the content to search."""
        return self.look(data, low, high).hits

    def look(self, data: bytes, low: int = 0, high: int | None = None) -> Looked:
        """What `read` says, and the marks that end in `low` < offset <= `high`: the sieve looks for both at once."""
        spots = self.sieve.spots(data)
        if not spots:
            return _NOTHING
        high, marks = len(data) if high is None else high, []
        if spots[-1][0] >= self._first_mark:
            cut = bisect_left(spots, (self._first_mark, 0))
            marks = [(number - self._first_mark, end) for number, end in spots[cut:] if low < end <= high]
            del spots[cut:]
        return Looked(self._settled((end, number, self._outcome(number, data, end)) for number, end in spots if low < end <= high), marks)

    def trace(self, data: bytes, base: Trace | None = None, copies: Sequence[tuple[int, int, int]] = ()) -> Trace:
        """Every spot of a content; what is copied from the base is not searched again."""
        if base is None or not copies:
            found, marks = self._spotted(data, data, 0, 0, len(data))
            return Trace(len(data), 0 in data, found, marks)
        nul = base.nul and 0 in data
        found, marks = list[Spotted](), list[Spot]()
        ends = base.ends() if base.spots else []
        for stretch in stretches(len(data), base.size, copies, self._width):
            if stretch.copy is None:
                window = data[max(0, stretch.low - self._width) : stretch.high + 1]
                nul = nul or 0 in window
                shift = max(0, stretch.low - self._width)
                more, fresh = self._spotted(data, window, shift, stretch.low, stretch.high)
                found += more
                marks += fresh
            else:
                marks += base.marked(stretch)
                found += self._moved(data, base, ends, stretch) if ends else ()
        return Trace(len(data), nul, found, marks)

    def _spotted(self, data: bytes, window: bytes, shift: int, low: int, high: int) -> tuple[list[Spotted], list[Spot]]:
        """The spots and the marks of a window that begins at `shift`, which end in `low` < offset <= `high` of the content."""
        spots = sorted((end + shift, number) for number, end in self.sieve.spots(window))
        spots = [spot for spot in spots if low < spot[0] <= high]
        marks = [(number - self._first_mark, end) for end, number in spots if number >= self._first_mark]
        return [(end, number, self._outcome(number, data, end)) for end, number in spots if number < self._first_mark], marks

    def hits(self, trace: Trace) -> tuple[Hit, ...]:
        """The hits of a traced content."""
        return open_ones(self.known(trace))

    def known(self, trace: Trace) -> tuple[Hit, ...]:
        """The same, and what is sure to be no secret."""
        return self._settled(trace.spots)

    def keeps(self, trace: Trace) -> bool:
        """Whether a trace is small enough to be kept for the contents made from it."""
        return len(trace.spots) + len(trace.marks) <= MOST

    def _moved(self, data: bytes, base: Trace, ends: list[int], stretch: Stretch) -> Iterable[Spotted]:
        """The base's spots in an inherited stretch; decided again where the window reaches out of the copy."""
        copy = stretch.copy
        if copy is None:
            return
        start, length, source = copy
        shift, stop = start - source, start + length
        first = start == source == 0
        last = stop == len(data) and source + length == base.size
        for was, number, results in inherited(base, ends, stretch):
            end = was + shift
            inside = (first or end - self._before[number] >= start) and (last or end + self._after[number] <= stop)
            yield end, number, results if inside else self._outcome(number, data, end)

    def _settled(self, spots: Iterable[Spotted]) -> tuple[Hit, ...]:
        found: dict[tuple[str, int, int], Hit] = {}
        for end, number, results in [spot for spot in spots if spot[2]]:
            for result in results:
                rule = self._rules[number].rule
                secret = Span(end + result.secret_start, end + result.secret_end)
                found[rule.id, secret.start, secret.end] = Hit(
                    rule, Span(end + result.start, end + result.end), secret, result.value, result.parts,
                    rule.confidence if result.confidence is None else result.confidence, severity=result.severity,
                    partners=tuple(Partner(Span(end + start, end + stop), hidden) for start, stop, hidden in result.partners),
                )  # fmt: skip
        settled = settle(found.values()) if found else ()
        self.closed += sum(not hit.confidence for hit in settled)
        return settled

    def _outcome(self, number: int, data: bytes, end: int) -> tuple[Result, ...]:
        """What the rule says about the window around a spot; versions of a file repeat their lines, so it is asked once for each window."""
        start = max(0, end - self._before[number])
        window = data[start : end + self._after[number]]
        key = (number, window, end - start)
        results = self._memo.get(key)
        if results is None:
            if len(self._memo) >= _MEMO_ENTRIES or self._memo_bytes >= _MEMO_BYTES:
                self._memo.clear()
                self._memo_bytes = 0
            results = self._memo[key] = self._rules[number].confirm(window, end - start)
            self._memo_bytes += len(window)
        return results


class Late(Mapping[str, Any]):
    """A table that is imported when something is first looked up in it: most commits hold nothing that has to be checked."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def _table(self) -> Mapping[str, Any]:
        table: Mapping[str, Any] = getattr(import_module(self._module), self._name)
        return table

    def __getitem__(self, key: str) -> Any:
        return self._table()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table())

    def __len__(self) -> int:
        return len(self._table())


def engine(
    rules: Ruleset, cache: Path | None, kind: str = "auto", marks: Sequence[str] = (), thin: int = 0,
    gates: Mapping[int, str] | None = None, made: HyperscanPrefilter | None = None,
) -> Engine:  # fmt: skip
    """The engine for these rules with the shipped checks and parsers.

    `marks` are patterns whose places it tells besides; of the last `thin` of them only some, where they stand close together.
    `gates` has, by a mark's number, what must stand wherever the mark is. `made` is a prefilter at hand, which may be another one.
    """
    checks, parsers = Late("scanner.detect.checks", "CHECKS"), Late("scanner.detect.parsers", "PARSERS")
    try:
        own = anchors(rules.rules)
        sieve = prefilter([*own, *marks], cache, kind, thin, {len(own) + number: gate for number, gate in (gates or {}).items()}, made)
    except RuleError as problem:
        raise _refused(rules) or problem from None
    return Engine(rules, checks, parsers, sieve)


def _refused(rules: Ruleset) -> RuleError | None:
    """The first rule with an anchor that the prefilter does not take by itself."""
    for rule in rules.rules:
        if flaw := next(filter(None, map(anchor_flaw, rule.anchors)), None):
            return RuleError(f"rule `{rule.id}`: the prefilter does not take the anchor: {flaw}", file=rule.file, line=rule.line)
    return None


def anchors(rules: Iterable[Rule]) -> Sequence[str]:
    """The anchors of all rules in the order that the engine numbers them."""
    return [anchor for rule in rules for anchor in rule.anchors]
