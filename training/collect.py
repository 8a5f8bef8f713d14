"""Text -> the assignments that the generic rules read in it, whatever the score says of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from scanner.cli.options import known
from scanner.detect.assignment import Assignment, read
from scanner.detect.candidate import Candidate
from scanner.detect.checks import CHECKS
from scanner.detect.credential import unlikely
from scanner.detect.engine import Engine, anchors
from scanner.detect.parsers import PARSERS
from scanner.detect.prefilter import prefilter
from scanner.model.content import Span
from scanner.model.evidence import Parsed
from scanner.model.rule import Ruleset
from scanner.rulepack.load import load
from scanner.shipped import shipped


@dataclass(frozen=True, slots=True)
class Read:
    """An assignment, and where its value stands in the text."""

    found: Assignment
    span: Span


class Collector:
    """The rules that ask the score, with everybody let in; and the others, which do not."""

    def __init__(self) -> None:
        rules = load([shipped("rules")], known=known()).rules
        scored = [replace(rule, least=0.0) for rule in rules if rule.parser == "credential"]
        self._seen: list[Assignment] = []
        self._scored = self._engine(scored)
        self._others = self._engine([rule for rule in rules if rule.parser != "credential"])

    def _engine(self, rules: list) -> Engine:
        parsers = {**PARSERS, "credential": self._keep}
        return Engine(Ruleset(tuple(rules), ""), CHECKS, parsers, prefilter(anchors(rules), None))

    def _keep(self, candidate: Candidate) -> Parsed | None:
        found = read(candidate.window, candidate.span.start, candidate.secret.start)
        if found is None or unlikely(found.value):
            return None
        self._seen.append(found)
        return Parsed(found.span, found.value, (("number", len(self._seen) - 1),), None, 1.0)

    def candidates(self, text: bytes) -> Iterator[Read]:
        """What the score would be asked about."""
        for hit in self._scored.find(text):
            yield Read(self._seen[int(dict(hit.parts)["number"])], hit.secret)

    def others(self, text: bytes) -> tuple[Span, ...]:
        """The secrets that other rules find."""
        return tuple(hit.secret for hit in self._others.find(text))
