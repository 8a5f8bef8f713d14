"""Rules and allowlists of gitleaks and betterleaks (TOML) as a rule pack of ours, and what of them could not be carried over."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scanner.errors import UsageError
from scanner.exchange.pathglobs import globs_of
from scanner.exchange.regexes import adapted, groups, plain
from scanner.exchange.shapes import shape

MOST = 8 << 20
_RULE_KEYS = frozenset({
    "id", "description", "regex", "secretGroup", "entropy", "keywords", "path", "tags", "allowlist", "allowlists", "required", "skipReport",
})  # fmt: skip
_ALLOW_KEYS = frozenset({"description", "regexes", "regexTarget", "stopwords", "paths", "commits", "condition", "targetRules"})
_TOP_KEYS = frozenset({"title", "description", "minVersion", "extend", "rules", "allowlist", "allowlists"})
_TARGETS = {"": "unless", "secret": "unless", "match": "unless-match", "line": "unless-line"}
_LITERAL = re.compile(r"[\w+/=.:@-]{6,}")
_NEAR = 1024  # bytes around a match in which a keyword must stand; gitleaks wants it anywhere in the same piece of a file
_REFERENCE = "https://github.com/gitleaks/gitleaks#configuration"


@dataclass(slots=True)
class Imported:
    """The rules as entries of a pack, paths that are left out, and what was lost: (which rule or list, what, why)."""

    rules: list[dict[str, Any]] = field(default_factory=list)
    paths: list[tuple[str, str]] = field(default_factory=list)  # glob, reason
    lost: list[tuple[str, str]] = field(default_factory=list)  # where, what
    hidden: Callable[[str], bool] = lambda text: False  # whether a text looks like a secret

    def secret(self, text: str, where: str) -> bool:
        """Whether a word of an allowlist looks like a secret; people write down there what they have lost."""
        if not (_LITERAL.fullmatch(text) and self.hidden(text)):
            return False
        self.lose(where, "a word that looks like a secret is not written down again: accept it with `leakseal accept`")
        return True

    def lose(self, where: str, what: str) -> None:
        """Note something that could not be carried over."""
        self.lost.append((where, what))


def read(data: bytes, taken: Collection[str] = (), hidden: Callable[[str], bool] = lambda text: False) -> Imported:
    """What a configuration says; ids that are `taken` get another ending, and what is `hidden` is not written down again."""
    if len(data) > MOST:
        raise UsageError(f"the configuration is larger than {MOST >> 20} MiB", hint="split it")
    try:
        top = tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise UsageError("the configuration is not TOML", hint="give a .gitleaks.toml or .betterleaks.toml") from None
    found = Imported(hidden=hidden)
    for key in sorted(set(top) - _TOP_KEYS):
        found.lose("configuration", f"`{key}` is not known")
    _extend(_table(top.get("extend")), found)
    lists = [_table(one) for one in (*_list(top.get("allowlists")), *([top["allowlist"]] if "allowlist" in top else []))]
    for one in lists:
        for key in sorted(set(one) - _ALLOW_KEYS):
            found.lose("global allowlist", f"`{key}` is not known")
        found.paths += _paths(one, "global allowlist", found)
    if any(one.get("regexes") or one.get("stopwords") for one in lists):
        found.lose("global allowlist", "its regexes and stopwords hold for the imported rules, and not for those that ship with Leakseal")
    for number, rule in enumerate(_list(top.get("rules")), 1):
        _rule(_table(rule), number, lists, {*taken, *(made["id"] for made in found.rules)}, found)
    return found


def render(found: Imported, title: str) -> str:
    """The rule pack; JSON's texts are YAML's."""
    lines = ["# Imported by `leakseal import rules`.", f"family: {json.dumps(title)}", "references:", f"  - {_REFERENCE}", "rules:"]
    for rule in found.rules:
        for number, (key, value) in enumerate(rule.items()):
            lines.append(f"{'  - ' if number == 0 else '    '}{key}: {json.dumps(value)}")
    return "\n".join(lines) + "\n"


def _extend(extend: Mapping[str, Any], found: Imported) -> None:
    if extend.get("useDefault"):
        found.lose("extend.useDefault", "the tool's own rules are not carried over; the rules that ship with Leakseal take their place")
    for key in ("path", "url"):
        if extend.get(key):
            found.lose(f"extend.{key}", "another file is not followed; import it by itself")
    for name in _list(extend.get("disabledRules")):
        found.lose("extend.disabledRules", f"{name}: disable the rule of ours that finds the same, with `rules.disable`")


def _rule(rule: Mapping[str, Any], number: int, shared: list[Mapping[str, Any]], taken: Collection[str], found: Imported) -> None:
    told = str(rule.get("id") or rule.get("description") or f"rule {number}")
    if found.hidden(told):
        told = f"rule {number}"
    name = re.sub(r"[^a-z0-9]+", "-", told.lower()).strip("-")[:100] or f"rule-{number}"
    if name in taken:
        name = next(f"{name}-{count}" for count in range(2, 10**6) if f"{name}-{count}" not in taken)
    if name != told:
        found.lose(told, f"is called {name} here")
    for key in sorted(set(rule) - _RULE_KEYS):
        found.lose(told, f"`{key}` is not known")
    try:
        pattern = _pattern(rule, told, found)
        checks = [*_entropy(rule, told, found), *_allowed(rule, told, shared, found)]
        needs = sorted({str(word).lower() for word in _list(rule.get("keywords")) if str(word) and not found.secret(str(word), told)})
        hits = _samples(pattern, needs)
    except ValueError as problem:
        found.lose(told, f"the rule is not carried over: {problem}")
        return
    if rule.get("path"):
        found.lose(told, "`path`: the rule looks in every file here")
    for key in ("required", "skipReport"):
        if rule.get(key):
            found.lose(told, f"`{key}`: the rule speaks for itself here")
    made: dict[str, Any] = {
        "id": name, "title": _title(rule, told, name, found), "kind": _kind(name), "severity": "high",
        "pattern": pattern,
    }  # fmt: skip
    if needs:
        made |= {"needs": needs, "before": _NEAR, "after": _NEAR}
    made |= {"checks": checks} if checks else {}
    advice = "Imported from another scanner: rotate it where it was issued, and say here how."
    found.rules.append({**made, "advice": advice, "hits": hits, "misses": ["{lower:3} {lower:5}", "{word:6} = {digit:3}"]})


def _title(rule: Mapping[str, Any], told: str, name: str, found: Imported) -> str:
    text = " ".join(str(rule.get("description") or told).split())[:200]
    if not found.hidden(text):
        return text
    found.lose(name, "its description looks as if it held a secret, and is not written down again")
    return f"Imported rule {name}"


def _pattern(rule: Mapping[str, Any], told: str, found: Imported) -> str:
    text = rule.get("regex")
    if not isinstance(text, str) or not text:
        raise ValueError("it has no regex; files are not findings here")
    if _LITERAL.fullmatch(text) and found.hidden(text):
        raise ValueError("its regex is a value that looks like a secret: accept or rotate that")
    group = rule.get("secretGroup", 0)
    if type(group) is not int or group < 0:
        raise ValueError("its secretGroup is no number")
    there = groups(text)
    if group == 0 and there == 1:
        group = 1
    elif group == 0 and there > 1:
        found.lose(told, f"it has {there} groups and no `secretGroup`: the whole match counts as the secret")
    return adapted(text, group)


def _entropy(rule: Mapping[str, Any], told: str, found: Imported) -> Iterator[str]:
    least = rule.get("entropy", 0)
    if isinstance(least, int | float) and 0 < least <= 8:
        yield f"entropy:{min(least, 8.0):.3f}".rstrip("0").rstrip(".")
    elif least:
        found.lose(told, "`entropy` is no number from 0 to 8")


def _allowed(rule: Mapping[str, Any], told: str, shared: list[Mapping[str, Any]], found: Imported) -> Iterator[str]:
    """Checks that say what its allowlists, and those of all rules, pass over."""
    own = [_table(one) for one in (*_list(rule.get("allowlists")), *([rule["allowlist"]] if "allowlist" in rule else []))]
    for one in own:
        for text in _list(one.get("paths")):
            found.lose(told, f"an allowlist's path, {_short(text)}: a path belongs to no single rule here")
    for one in [*own, *(one for one in shared if not one.get("targetRules") or rule.get("id") in _list(one["targetRules"]))]:
        yield from _checks(one, told, found, own=one in own)


def _checks(one: Mapping[str, Any], told: str, found: Imported, *, own: bool) -> Iterator[str]:
    if own:
        for key in sorted(set(one) - _ALLOW_KEYS):
            found.lose(told, f"`{key}` of an allowlist is not known")
        if one.get("commits"):
            found.lose(told, "an allowlist's commits: accept the values with `leakseal accept`")
    parts = sum(bool(one.get(key)) for key in ("regexes", "stopwords", "paths", "commits"))
    if str(one.get("condition", "")).upper() in ("AND", "&&") and parts > 1:
        found.lose(told, "an allowlist whose conditions must all hold")
        return
    check = _TARGETS.get(str(one.get("regexTarget", "")))
    for text in _list(one.get("regexes")):
        if found.secret(str(text), told):
            continue
        try:
            if check is None:
                raise ValueError("its regexTarget is not known")
            yield f"{check}:{plain(str(text))}"
        except ValueError as problem:
            found.lose(told, f"an allowlist's regex: {problem}")
    said = [str(word) for word in _list(one.get("stopwords"))]
    words = sorted({word.lower() for word in said if word.isascii() and word.isprintable() and not found.secret(word, told)})
    for start in range(0, len(words), 200):
        yield "unless:(?i)(?:" + "|".join(re.escape(word) for word in words[start : start + 200]) + ")"


def _paths(one: Mapping[str, Any], where: str, found: Imported) -> Iterator[tuple[str, str]]:
    """Excluded paths of a list that speaks of all rules."""
    if one.get("commits"):
        found.lose(where, "commits: accept the values with `leakseal accept`")
    if one.get("targetRules") and one.get("paths"):
        found.lose(where, "paths for some rules only: a path belongs to no single rule here")
        return
    reason = " ".join(str(one.get("description") or "imported from gitleaks").split())[:200]
    for text in _list(one.get("paths")):
        globs = globs_of(str(text))
        if not globs:
            found.lose(where, f"the path {_short(text)} cannot be written as a pattern of ours")
        yield from ((glob, reason) for glob in globs)


def _samples(pattern: str, needs: list[str]) -> list[str]:
    grown = shape(pattern)
    missing = not any(word in grown.lower() for word in needs) and needs
    word = needs[0].replace("{", "{{").replace("}", "}}") if missing else ""
    return [f"{word} {grown}", f"{word}\n{grown}\n", f"# {word} {grown} "] if missing else [grown, f"{grown}\n", f" {grown} "]


def _kind(name: str) -> str:
    if "private-key" in name:
        return "private-key"
    return "password" if "password" in name or "passwd" in name else "token"


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:59] + "…"
