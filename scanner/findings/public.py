"""The public beginning of a token, such as `ghp_`, read off the rule's own pattern."""

from __future__ import annotations

from functools import lru_cache

from scanner.model.rule import Rule

MOST = 12
_GROUP = "(?P<secret>"
_SPECIAL = frozenset("\\^$.|?*+()[]{}")
_CLASS_MOST = 8  # a larger class is the random part
_FORMS_MOST = 64


def public_prefix(rule: Rule, value: bytes) -> bytes:
    """The part of this secret that its rule spells out, up to a last `_`, `-` or `.`, or four letters; at least eight bytes stay hidden."""
    fits = [p for p in prefixes(rule.pattern) if value.startswith(p) and len(value) >= len(p) + 8]
    return max(fits, key=len, default=b"")


@lru_cache(maxsize=4096)
def prefixes(pattern: str) -> tuple[bytes, ...]:
    """Every public beginning that the pattern's group `secret` can have."""
    where = pattern.find(_GROUP)
    if where < 0:
        return ()
    found = {_cut(form) for form in _literals(pattern[where + len(_GROUP) :])}
    return tuple(sorted(p.encode("latin-1", "ignore") for p in found if p))


def _cut(form: str) -> str:
    """`\\0` stands before a character that one of a small class gave: such a one is public only before a separator."""
    plain = form.replace("\0", "")[:MOST]
    separated = plain[: max(plain.rfind(c) for c in "_-.") + 1]
    if separated.strip("_-."):
        return separated
    sure = form.split("\0", 1)[0]
    return sure[:4] if len(sure) >= 4 and sure[:4].isascii() and sure[:4].isalpha() else ""


def _literals(rest: str) -> list[str]:
    """What the pattern says literally from here on; one form for every alternative of a small class or group."""
    forms = [""]
    while rest and len(forms[0].replace("\0", "")) <= MOST:
        choices, length = _step(rest)
        if not choices or rest[length : length + 1] in {"?", "*", "+", "{", "|"} or len(forms) * len(choices) > _FORMS_MOST:
            break
        forms = [form + choice for form in forms for choice in choices]
        rest = rest[length:]
    return forms


def _step(rest: str) -> tuple[list[str], int]:
    """The next element's choices and its length in the pattern; no choices when it is not literal."""
    head = rest[0]
    if head == "\\" and len(rest) > 1 and not rest[1].isalnum():
        return [rest[1]], 2
    if head == "[":
        return _small_class(rest)
    if rest.startswith("(?:"):
        return _alternatives(rest)
    return ([], 0) if head in _SPECIAL else ([head], 1)


def _small_class(rest: str) -> tuple[list[str], int]:
    end = rest.find("]", 2)
    members = rest[1:end]
    if end < 0 or len(members) > _CLASS_MOST or not members.isalnum():
        return [], 0
    return ["\0" + member for member in members], end + 1


def _alternatives(rest: str) -> tuple[list[str], int]:
    end = rest.find(")")
    choices = rest[3:end].split("|")
    if end < 0 or any(c in _SPECIAL for choice in choices for c in choice):
        return [], 0
    return choices, end + 1
