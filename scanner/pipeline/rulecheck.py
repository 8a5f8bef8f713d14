"""Rule packs put to the test: can they be read, do they find their own samples, and do their anchors pass over ordinary text?"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from scanner import examples
from scanner.detect.engine import Engine, engine
from scanner.errors import RuleError
from scanner.model.evidence import Hit
from scanner.model.rule import Rule, Ruleset, Sample
from scanner.pipeline.rulesamples import COMMON, SEEDS, bare, common, placed
from scanner.rulepack.build import Known
from scanner.rulepack.load import Read, digest, survey
from scanner.rulepack.neutral import corpus
from scanner.rulepack.packs import Pack
from scanner.rulepack.sample import grow

BROADEST = 400  # spots in a megabyte of any neutral text; our own packs stay below 100
LEAST_HITS, LEAST_MISSES = 3, 2


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a rule, where, and what to do; never with what a sample grew into."""

    file: str
    line: int
    message: str
    hint: str = ""
    column: int = 0  # 0: not known

    def __str__(self) -> str:
        column = f":{self.column}" if self.column else ""
        where = f"{self.file}:{self.line}{column}: " if self.line else f"{self.file}: " if self.file else ""
        return where + self.message


@dataclass(frozen=True, slots=True)
class Measure:
    """How often the anchors of the rules occur in one kind of neutral text, and how fast it was searched."""

    kind: str
    size: int
    spots: tuple[tuple[str, float], ...]  # rule id, spots per megabyte; most first
    sieved: float  # seconds of the prefilter alone
    searched: float  # seconds of the whole search


@dataclass(slots=True)
class Checked:
    """What a check came to."""

    rules: list[Rule]
    reads: dict[str, Read] = field(default_factory=dict)  # by rule id
    problems: list[Problem] = field(default_factory=list)
    samples: int = 0
    measures: list[Measure] = field(default_factory=list)


def check(
    packs: Sequence[Pack], others: Sequence[Pack] = (), *, known: Known, project: Pack | None = None, kind: str = "auto",
    seeds: Iterable[int] = SEEDS, texts: Callable[[], Iterable[tuple[str, bytes]]] = corpus, mutate: bool = False,
) -> Checked:  # fmt: skip
    """Check the rules of `packs` beside those of `others`; samples and anchors are only tried when everything can be read.

    A project changes rules of both; its own ones are checked where there are no others.
    """
    checked, beside = _read(packs, others, project, known)
    if checked.problems:
        return checked
    rules = tuple(sorted([*checked.rules, *beside], key=lambda rule: rule.id))
    together = engine(Ruleset(rules, digest(rules)), None, kind)
    for rule in checked.rules:
        alone = engine(Ruleset((rule,), ""), None, kind)
        trial = _Trial(checked.reads[rule.id], alone, together, tuple(seeds))
        checked.problems += trial.problems()
        checked.samples += trial.samples
        if mutate:
            checked.problems += _unnoticed(checked.reads[rule.id])
    ours = {rule.id: checked.reads[rule.id] for rule in checked.rules}
    checked.problems += _careless(together, ours)
    for name, text in texts():
        if text:
            checked.measures.append(measure(together, name, text))
            checked.problems += _broad(checked.measures[-1], ours)
    checked.problems = sorted(set(checked.problems), key=lambda p: (p.file, p.line, p.message))
    return checked


def measure(searcher: Engine, kind: str, text: bytes) -> Measure:
    """Count and time one kind of text."""
    owners = [rule.id for rule in searcher.rules.rules for _ in rule.anchors]
    begun = time.perf_counter()
    spots = searcher.sieve.spots(text)
    sieved = time.perf_counter()
    searcher.find(text)
    searched = time.perf_counter()
    found = Counter(owners[number] for number, _ in spots)
    rates = sorted(((rule, count * 1e6 / len(text)) for rule, count in found.items()), key=lambda item: (-item[1], item[0]))
    return Measure(kind, len(text), tuple(rates), sieved - begun, searched - sieved)


def _read(packs: Sequence[Pack], others: Sequence[Pack], project: Pack | None, known: Known) -> tuple[Checked, list[Rule]]:
    reads, problems = survey([*others, *packs], project, replace(known, proved={pack.path for pack in others}))
    ours = {pack.path for pack in packs} | ({project.path} if project and not others else set())
    checked = Checked([], problems=[_problem(problem) for problem in problems if problem.file in ours])
    beside: list[Rule] = []
    for read in reads:
        rule = read.rule
        first = checked.reads.setdefault(rule.id, read)
        if first is read:
            (checked.rules if read.path in ours else beside).append(rule)
        elif read.path in ours:
            message = f"rule `{rule.id}` is already defined in {first.path}:{first.rule.line}"
            checked.problems.append(Problem(read.path, rule.line, message, "give it another id"))
    return checked, beside


def _problem(error: RuleError) -> Problem:
    return Problem(error.file, error.line, error.message.removeprefix(error.where), error.hint, error.column)


def _broad(measured: Measure, reads: dict[str, Read]) -> Iterator[Problem]:
    for name, rate in measured.spots:
        if rate > BROADEST and name in reads:
            message = f"rule `{name}`: its anchors occur {rate:,.0f} times in a megabyte of {measured.kind}, {BROADEST} are allowed"
            yield Problem(*_at(reads[name]), message, "begin the anchor with fixed text of at least four bytes")


def _careless(together: Engine, reads: dict[str, Read]) -> Iterator[Problem]:
    """Rules that take for a secret what stands in every repository."""
    for what, shape in COMMON.items():
        for name in sorted({hit.rule.id for seed in SEEDS for hit in together.find(common(shape, seed))} & set(reads)):
            hint = "ask for the vendor's prefix in the pattern, or for its name nearby with `needs`"
            yield Problem(*_at(reads[name]), f"rule `{name}`: finds {what} that could be anybody's", hint)


def _at(read: Read, sample: Sample | None = None) -> tuple[str, int]:
    """Where to look for what is wrong with a rule: at the sample, or where the project changed the rule."""
    if sample and sample.file:
        return sample.file, sample.line
    if read.change:
        return read.change
    return read.path, (sample.line if sample else 0) or read.rule.line


def _unnoticed(read: Read) -> Iterator[Problem]:
    from scanner.pipeline.rulemutate import toothless

    for missing in toothless(read.rule):
        message = f"rule `{read.rule.id}`: without {missing.lost} its misses are still not found"
        yield Problem(*_at(read, read.rule.misses[-1]), message, missing.hint)


class _Trial:
    """One rule's own samples, sought by the rule alone and by all rules together."""

    def __init__(self, read: Read, alone: Engine, together: Engine, seeds: tuple[int, ...]) -> None:
        self.read, self.rule, self._alone, self._together, self._seeds = read, read.rule, alone, together, seeds
        self.samples = 0

    def problems(self) -> Iterator[Problem]:
        """One for each sample that is missing or not what it says."""
        yield from self._too_few()
        for word, samples, flaw in (("hit", self.rule.hits, self._unfound), ("miss", self.rule.misses, self._found)):
            for number, sample in enumerate(samples, 1):
                self.samples += 1
                said = self._try(sample, flaw)
                if said:
                    message, hint = said
                    yield Problem(*_at(self.read, sample), f"rule `{self.rule.id}`: {word} {number} {message}", hint)

    def _too_few(self) -> Iterator[Problem]:
        """Where no hit stands in three kinds of text, or nearly everything could be found without being noticed."""
        hits, misses = ({sample.shape for sample in samples} for samples in (self.rule.hits, self.rule.misses))
        if len(hits) < LEAST_HITS and not any(map(_is_bare, hits)):
            hint = "add lines as they stand in an environment file, in YAML and in code, or a hit that is the token alone"
            yield self._lacking(self.rule.hits, f"{LEAST_HITS} hits are needed where none is a bare token, there are {len(hits)}", hint)
        if len(misses) < LEAST_MISSES:
            hint = "add what almost looks like it: too short, a placeholder, the public half, the variable's name"
            yield self._lacking(self.rule.misses, f"{LEAST_MISSES} misses are needed, there is {len(misses)}", hint)

    def _lacking(self, samples: Sequence[Sample], message: str, hint: str) -> Problem:
        return Problem(*_at(self.read, samples[-1] if samples else None), f"rule `{self.rule.id}`: {message}", hint)

    def _try(self, sample: Sample, flaw: Callable[[bytes], tuple[str, str] | None]) -> tuple[str, str] | None:
        for seed in self._seeds:
            try:
                texts = placed(sample.shape, seed)
            except RuleError as problem:
                return f"does not grow: {problem.message}", problem.hint
            except (KeyError, ValueError, IndexError, OverflowError):
                return "does not grow: its argument is not understood", "see the shapes in docs/rules.md"
            for place, text in texts.items():
                if said := flaw(text):
                    return f"{said[0]} in {place} (seed {seed})", said[1]
        return None

    def _unfound(self, text: bytes) -> tuple[str, str] | None:
        own = self._alone.find(text)
        if not own:
            return "is not found", "see that its anchor and pattern match it, its needed words stand near, and its checks accept it"
        found = self._together.find(text)
        if not any(_speaks_for(hit, seen, self.rule) for hit in found for seen in own):
            return "is taken by a rule that is not more specific", "raise its `specificity`, or let the two patterns exclude each other"
        return None

    def _found(self, text: bytes) -> tuple[str, str] | None:
        if any(hit.rule.id == self.rule.id and not examples.known(hit.value) for hit in self._together.find(text)):
            return "is found", "make the pattern or the checks stricter, or move the sample to `hits:`"
        return None


def _is_bare(shape: str) -> bool:
    try:
        return bare(grow(shape, 0))
    except (RuleError, KeyError, ValueError, IndexError, OverflowError):
        return False  # that it does not grow is told elsewhere


def _speaks_for(hit: Hit, own: Hit, rule: Rule) -> bool:
    if hit.rule.id == rule.id:
        return True
    covers = any(span.start < own.secret.end and own.secret.start < span.end for span in (hit.span, hit.secret))
    return covers and hit.rule.specificity > rule.specificity


__all__ = ["BROADEST", "Checked", "Measure", "Problem", "check", "measure"]
