"""One entry of a pack -> a rule; whatever is wrong with it is said with file and line."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from scanner.errors import RuleError
from scanner.model.rule import KINDS, SEVERITIES, Rule, Sample
from scanner.rulepack.anchor import UNBOUNDED, WIDEST, apart, derive, width
from scanner.rulepack.core import core
from scanner.rulepack.nodes import Fields, nearest, quoted
from scanner.rulepack.pieces import whole

SPECIFICITY = {"private-key": 90, "pull-secret": 80, "dsn": 75, "token": 70, "password": 30, "other": 20}
RULE_KEYS = (
    "id", "title", "kind", "severity", "pattern", "anchor", "needs", "requires", "beside", "checks", "parser", "before", "after",
    "specificity", "confidence", "least", "advice", "references", "hits", "misses",
)  # fmt: skip
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_SLACK = 16  # bytes around a match that `\b`, `^` and what stands next to it may look at
_NEEDS_REACH = 128  # where a needed word may stand when the pack does not say
_PAIR_REACH = 320  # the same for the other half of a pair, a few lines away
_MOST_WINDOW = 64 << 10
_PIECE = 8  # characters of a pattern that an error may repeat


@dataclass(frozen=True, slots=True)
class Known:
    """What a rule may name: checks and parsers, and what else could be wrong with a check's argument or an anchor."""

    checks: Collection[str]
    parsers: Collection[str]
    check_flaw: Callable[[str], str | None] = lambda check: None
    anchor_flaw: Callable[[str], str | None] = lambda anchor: None
    proved: Collection[str] = ()  # files whose anchors need not be tried one by one


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule as it stands in a file, and what the file says about all of its rules."""

    node: yaml.Node
    path: str
    pack: str  # the path's part that does not depend on the machine
    family: str
    references: tuple[str, ...]
    pieces: Mapping[str, str] = field(default_factory=dict)
    public: bool = True  # its format is documented somewhere


def id_of(entry: Fields) -> str:
    """The id that an entry has."""
    name = entry.text("id")
    if not _ID.match(name):
        entry.fail("id", "this is not an id", "use small letters, digits and single hyphens")
    return name


def build(entry: Fields, source: Entry, known: Known) -> Rule:
    """The rule that an entry's values make."""
    name = id_of(entry)
    entry.what = f"rule `{name}`"  # in quotes, or an id that ends in `-key` would hush what follows it
    kind = _one_of(entry, "kind", KINDS)
    pattern = _pattern(entry, source.pieces)
    anchors = _anchors(entry, pattern, source.pieces, known)
    needs = tuple(text.lower() for text, _ in entry.texts("needs"))
    requires, beside = _partners(entry, "requires", source.pieces), _partners(entry, "beside", source.pieces)
    before, after = _window(entry, pattern, _PAIR_REACH if requires or beside else _NEEDS_REACH if needs else 0)
    return Rule(
        id=name,
        family=source.family,
        title=entry.text("title"),
        kind=kind,
        severity=_one_of(entry, "severity", SEVERITIES),
        pattern=pattern,
        anchors=anchors,
        width=max(width(anchor)[1] for anchor in anchors),
        needs=needs,
        requires=requires,
        beside=beside,
        checks=_checks(entry, known),
        parser=_one_of(entry, "parser", known.parsers) if "parser" in entry else None,
        before=before,
        after=after,
        reach=_reach(pattern),
        core=core(pattern),
        specificity=entry.whole("specificity", 0, 100) if "specificity" in entry else SPECIFICITY[kind],
        confidence=entry.number("confidence", 0, 1) if "confidence" in entry else 0.9,
        least=entry.number("least", 0, 1) if "least" in entry else 0.0,
        advice=entry.text("advice"),
        references=_references(entry, source.references, needed=source.public),
        hits=_samples(entry, "hits"),
        misses=_samples(entry, "misses"),
        file=source.pack,
        line=entry.line,
    )


def _one_of(entry: Fields, name: str, known: Collection[str]) -> str:
    word = entry.text(name)
    if word not in known:
        entry.fail(name, f"unknown {name}{quoted(word, known)}", nearest(word, known))
    return word


def _checks(entry: Fields, known: Known) -> tuple[str, ...]:
    file = entry.where("checks")
    for check, line in entry.texts("checks"):
        name = check.partition(":")[0]
        if name not in known.checks:
            message = f"{entry.what}: unknown check{quoted(name, known.checks)}"
            raise RuleError(message, hint=nearest(name, known.checks), file=file, line=line)
        if flaw := known.check_flaw(check):
            raise RuleError(f"{entry.what}: check `{name}`: {flaw}", file=file, line=line)
    return tuple(check for check, _ in entry.texts("checks"))


def _pattern(entry: Fields, pieces: Mapping[str, str]) -> str:
    pattern = _whole(entry, "pattern", entry.text("pattern"), pieces)
    compiled = _compile(entry, "pattern", pattern)
    if b"secret" not in compiled.groupindex:
        entry.fail("pattern", "the pattern has no group `secret`", "name the part that must not leak: (?P<secret>…)")
    return pattern


def _whole(entry: Fields, name: str, pattern: str, pieces: Mapping[str, str]) -> str:
    try:
        return whole(pattern, pieces)
    except ValueError as problem:
        entry.fail(name, f"in its {name} {problem}", "write (?&name) for a piece of docs/rules.md")


def _compile(entry: Fields, name: str, pattern: str) -> Any:
    import re2

    if not pattern.isascii():
        entry.fail(name, f"`{name}` has a character outside ASCII", "patterns see bytes: write \\xNN")
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.log_errors = False
    try:
        return re2.compile(pattern.encode(), options)
    except re2.error as problem:
        reason = problem.args[0] if problem.args else ""
        shown, _, piece = (reason.decode("latin-1") if isinstance(reason, bytes) else str(reason)).partition(": ")
        shown += f": {piece}" if 0 < len(piece) < _PIECE else ""  # RE2 may repeat the whole pattern
        entry.fail(name, f"RE2 does not compile the {name}: {shown}", "RE2 has no look-around and no back-references")


def _anchors(entry: Fields, pattern: str, pieces: Mapping[str, str], known: Known) -> tuple[str, ...]:
    given = tuple((_whole(entry, "anchor", text, pieces), line) for text, line in entry.texts("anchor"))
    if not given:
        try:
            given = ((derive(pattern), entry.at("pattern")),)
        except ValueError as problem:
            entry.fail("pattern", f"no anchor can be derived: {problem}", "write an `anchor:` of at most 512 bytes")
    for anchor, _ in given:
        _compile(entry, "anchor" if "anchor" in entry else "pattern", anchor)
        _bounded(entry, anchor)
        if entry.file not in known.proved and (flaw := known.anchor_flaw(anchor)):
            entry.fail("anchor", f"the prefilter does not take the anchor: {flaw}")
    return tuple(one for anchor, _ in given for one in apart(anchor))


def _bounded(entry: Fields, anchor: str) -> None:
    try:
        least, most = width(anchor)
    except ValueError as problem:
        entry.fail("anchor", f"the anchor cannot be read: {problem}")
    if most > WIDEST:
        shown = "without bound" if most >= UNBOUNDED else f"up to {most} bytes wide"
        entry.fail("anchor", f"the anchor is {shown}", f"bound its repetitions so that it stays within {WIDEST} bytes")
    if least == 0:
        entry.fail("anchor", "the anchor matches nothing at all", "give it a fixed part")


def _partners(entry: Fields, name: str, pieces: Mapping[str, str]) -> tuple[str, ...]:
    """Patterns of the other half; their groups tell which part of it that is."""
    patterns = tuple(_whole(entry, name, text, pieces) for text, _ in entry.texts(name))
    for pattern in patterns:
        groups = set(_compile(entry, name, pattern).groupindex)
        if not groups or b"secret" in groups:
            hint = "name the other half: (?P<user>…), or (?P<_id>…) to hide it"
            entry.fail(name, f"`{name}` needs a named group that is not `secret`", hint)
    return patterns


def _reach(pattern: str) -> int:
    """The most bytes that the pattern can match; 0 if there is no most, or if it cannot be told."""
    try:
        most = width(pattern)[1]
    except ValueError:
        return 0
    return most if most < UNBOUNDED else 0


def _window(entry: Fields, pattern: str, near: int) -> tuple[int, int]:
    usual = min(max((_reach(pattern) or UNBOUNDED) + _SLACK, near), WIDEST)
    before = entry.whole("before", 0, _MOST_WINDOW) if "before" in entry else usual
    after = entry.whole("after", 0, _MOST_WINDOW) if "after" in entry else usual
    return before, after


def _references(entry: Fields, default: tuple[str, ...], *, needed: bool) -> tuple[str, ...]:
    references = tuple(text for text, _ in entry.texts("references")) or default
    if needed and not references:
        entry.fail("references", "there are no references", "say where the format is documented, here or at the top of the file")
    for reference in references:
        if not reference.startswith(("https://", "http://")):
            entry.fail("references", "a reference is not a web address")
    return references


def _samples(entry: Fields, name: str) -> tuple[Sample, ...]:
    file = entry.where(name)
    samples = tuple(Sample(text, line, "" if file == entry.file else file) for text, line in entry.texts(name))
    if not samples:
        entry.fail(name, f"there is no sample under `{name}`", f"add one under `{name}:`")
    return samples
