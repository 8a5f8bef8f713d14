"""Rule packs -> Ruleset; whatever is wrong with a pack is said with its line."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from scanner import canon
from scanner.errors import RuleError
from scanner.model.rule import Rule, Ruleset
from scanner.rulepack.build import RULE_KEYS, Entry, Known, build, id_of
from scanner.rulepack.nodes import Fields, compose, nearest, quoted
from scanner.rulepack.packs import Pack, read_packs
from scanner.rulepack.project import Choices, Problems, choices, each, over

MAX_RULES = 5000
PACK_KEYS = ("family", "references", "pieces", "rules")
SILENT_FIELDS = ("hits", "misses", "file", "line", "reach", "core")  # samples, where a rule stands, what follows from its pattern


@dataclass(frozen=True, slots=True)
class Read:
    """A rule, the file that it stands in, and where the project changed it, if it did."""

    rule: Rule
    path: str
    change: tuple[str, int] | None = None


def load(folders: Sequence[Path], disable: Collection[str] = (), project: Pack | None = None, *, known: Known) -> Ruleset:
    """All rules of the packs in the folders and of the project, as it changed them, but the disabled ones."""
    return load_packs(read_packs(folders), disable, project, known=known)


def load_packs(packs: Sequence[Pack], disable: Collection[str] = (), project: Pack | None = None, *, known: Known) -> Ruleset:
    """The same from packs that were read."""
    said = choices(project)
    rules: dict[str, Rule] = {}
    places: dict[str, str] = {}
    for read in _rules(packs, project, said, known, None):
        rule = read.rule
        if rule.id in rules:
            raise RuleError(f"rule `{rule.id}` is already defined in {places[rule.id]}", file=read.path, line=rule.line)
        rules[rule.id] = rule
        places[rule.id] = f"{read.path}:{rule.line}"
        if len(rules) > MAX_RULES:
            raise RuleError(f"more than {MAX_RULES} rules", file=read.path, line=rule.line)
    for name in sorted(disable):
        if name not in rules:
            raise _unknown("disabled", name, rules, project, dict(said.disabled).get(name, 0))
    kept = tuple(rules[name] for name in sorted(rules) if name not in disable)
    return Ruleset(kept, digest(kept))


def survey(packs: Sequence[Pack], project: Pack | None, known: Known) -> tuple[list[Read], list[RuleError]]:
    """Every rule of the packs and the project that can be read, and what is wrong with each of the others."""
    problems: list[RuleError] = []
    try:
        said = choices(project, problems)
    except RuleError as problem:
        return [], [problem]
    return list(_rules(packs, project, said, known, problems)), problems


def digest(rules: Sequence[Rule]) -> str:
    """One digest of everything that decides about a finding: not samples, not where a rule stands."""
    names = [field.name for field in fields(Rule) if field.name not in SILENT_FIELDS]
    return canon.digest(canon.canonical([{name: getattr(rule, name) for name in names} for rule in rules]))


def _rules(packs: Sequence[Pack], project: Pack | None, said: Choices, known: Known, problems: Problems) -> Iterator[Read]:
    changes = dict(said.changes)
    named: set[str] = set()

    def read(entry: Entry) -> Read:
        fields = Fields(entry.node, entry.path, "the rule", RULE_KEYS)
        name = id_of(fields)
        named.add(name)
        change = changes.get(name)
        rule = build(over(change, fields) if change else fields, entry, known)
        return Read(rule, entry.path, (change.file, change.line) if change else None)

    def refuse(name: str) -> None:
        raise _unknown("changed", name, named, project, changes[name].line)

    for entries in each(packs, _entries, problems):
        yield from each(entries, read, problems)
    yield from each(said.added, read, problems)
    list(each([name for name in changes if name not in named], refuse, problems))


def _entries(pack: Pack) -> list[Entry]:
    top = Fields(compose(pack.data, pack.path), pack.path, "the rule pack", PACK_KEYS)
    family, references = top.text("family"), tuple(text for text, _ in top.texts("references"))
    pieces = top.table("pieces")
    return [Entry(node, pack.path, pack.name, family, references, pieces) for node in top.mappings("rules")]


def _unknown(done: str, name: str, known: Collection[str], project: Pack | None, line: int) -> RuleError:
    message = f"rule{quoted(name, known)} cannot be {done}, there is none of that name"
    return RuleError(message, hint=nearest(name, known), file=project.path if project and line else "", line=line)
