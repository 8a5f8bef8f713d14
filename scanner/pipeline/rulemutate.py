"""Rules made worse on purpose: where no miss is found then, the misses prove nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from scanner.detect.checks import CHECKS
from scanner.detect.confirm import Confirmer
from scanner.detect.parsers import PARSERS
from scanner.errors import RuleError
from scanner.model.rule import Rule
from scanner.pipeline.rulesamples import SEEDS, placed
from scanner.rulepack.widen import widened

_ACCEPT_ALL = frozenset({"aws-secret"})  # parsers that only tell more


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule without one of the things that hold it back."""

    lost: str  # a check, `needs`, the parser, a kind of strictness of the pattern
    rule: Rule


@dataclass(frozen=True, slots=True)
class Toothless:
    """What a rule could lose without that one of its misses is found."""

    rule: Rule
    lost: str
    hint: str


def toothless(rule: Rule, seeds: Sequence[int] = tuple(SEEDS)) -> Iterator[Toothless]:
    """Everything that holds the rule back and that none of its misses needs.

    Of a pattern's strictness one kind is enough, and none where a parser decides.
    """
    texts = _quiet(rule, [text for sample in rule.misses for seed in seeds for text in _texts(sample.shape, seed)])
    for mutant in _without(rule):
        if not _bitten(mutant.rule, texts):
            yield Toothless(rule, mutant.lost, f"add a miss that only {mutant.lost} keeps quiet, or do without it")
    loose = [] if rule.parser else list(_loosened(rule))
    if loose and not any(_bitten(mutant.rule, texts) for mutant in loose):
        kinds = ", ".join(mutant.lost for mutant in loose)
        yield Toothless(rule, "its pattern's strictness", f"add a miss that is almost a hit; loosened one by one were {kinds}")


def noticed(rule: Rule, seeds: Sequence[int] = tuple(SEEDS)) -> dict[str, bool]:
    """For each kind of strictness of the rule's pattern, whether one of its misses needs it."""
    texts = _quiet(rule, [text for sample in rule.misses for seed in seeds for text in _texts(sample.shape, seed)])
    return {mutant.lost: _bitten(mutant.rule, texts) for mutant in _loosened(rule)}


def _without(rule: Rule) -> Iterator[Mutant]:
    for check in rule.checks:
        yield Mutant(f"the check `{check}`", replace(rule, checks=tuple(other for other in rule.checks if other != check)))
    if rule.needs:
        yield Mutant("`needs`", replace(rule, needs=()))
    if rule.requires:
        yield Mutant("`requires`", replace(rule, requires=()))
    if rule.parser and rule.parser not in _ACCEPT_ALL:
        yield Mutant(f"the parser `{rule.parser}`", replace(rule, parser=None))


def _loosened(rule: Rule) -> Iterator[Mutant]:
    for lost, pattern in widened(rule.pattern).items():
        yield Mutant(lost, replace(rule, pattern=pattern, reach=0, core=""))


def _bitten(mutant: Rule, texts: Iterable[bytes]) -> bool:
    confirmer = Confirmer(mutant, CHECKS, PARSERS)
    return any(confirmer.anywhere(text) for text in texts)


def _quiet(rule: Rule, texts: Iterable[bytes]) -> list[bytes]:
    """The texts in which the rule as it is finds nothing, whatever its anchors say."""
    confirmer = Confirmer(rule, CHECKS, PARSERS)
    return [text for text in texts if not confirmer.anywhere(text)]


@cache
def _texts(shape: str, seed: int) -> tuple[bytes, ...]:
    try:
        return tuple(placed(shape, seed).values())
    except (RuleError, KeyError, ValueError, IndexError, OverflowError):
        return ()  # `rules check` says that it does not grow
