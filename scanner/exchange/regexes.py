"""A regular expression of Go, which is RE2's language, written as our rules want it: one named group, flags in groups, no named classes."""

from __future__ import annotations

import re

_CLASSES = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "digit": "0-9", "lower": "a-z", "upper": "A-Z", "xdigit": "0-9A-Fa-f", "word": "0-9A-Za-z_",
    "space": r"\t\n\v\f\r ", "blank": r"\t ", "punct": r"!-/:-@\[-`{-~",
}  # fmt: skip
_FLAGS = re.compile(r"\(\?((?:[ims]{1,3})?(?:-[ims]{1,3})?)\)")
_GROUP = re.compile(r"\((?:\?P?<[A-Za-z_][A-Za-z0-9_]*>|(?!\?))")
_OTHER = re.compile(r"\(\?(?:[ims]{0,3}(?:-[ims]{1,3})?:)")
_ESCAPE = re.compile(r"\\(?:[pP](?:\{[^}]*\}|.)|x\{[^}]*\}|.)", re.DOTALL)
_NAMED = re.compile(r"\[:(\^?)([a-z]{1,8}):\]")


def groups(pattern: str) -> int:
    """How many groups take part of what is matched."""
    return _rewritten(pattern, -1)[1]


def adapted(pattern: str, group: int) -> str:
    """The pattern with its group of this number (0: all of it) named `secret`, and no other named; ValueError if that cannot be."""
    body, seen = _rewritten(pattern, group)
    if group > seen:
        raise ValueError(f"it has no group {group}")
    return body if group else f"(?P<secret>{body})"


def plain(pattern: str) -> str:
    """The same without any named group, for what is only looked for."""
    return _rewritten(pattern, -1)[0]


def _rewritten(pattern: str, group: int) -> tuple[str, int]:
    """The pattern, and how many groups it has; a flag that is set in a group holds to the group's end."""
    if not pattern.isascii():
        raise ValueError("it has characters outside ASCII")
    made: list[str] = []
    flags: list[list[str]] = [[]]
    seen = at = 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            text, at = _escape(pattern, at)
        elif sign == "[":
            text, at = _bracket(pattern, at)
        elif sign == "(":
            if found := _FLAGS.match(pattern, at):
                flags[-1].append(found[1])
                text = f"(?{found[1]}:"
            elif found := _GROUP.match(pattern, at):
                seen += 1
                flags.append([])
                text = "(?P<secret>" if seen == group else "(?:"
            elif found := _OTHER.match(pattern, at):
                flags.append([])
                text = found[0]
            else:
                raise ValueError("it has a kind of group that is not carried over")
            at = found.end()
        elif sign == ")":
            if len(flags) < 2:
                raise ValueError("its groups do not add up")
            text, at = ")" * (len(flags.pop()) + 1), at + 1
        elif sign == "|":
            text, at = ")" * len(flags[-1]) + "|" + "".join(f"(?{one}:" for one in flags[-1]), at + 1
        else:
            text, at = sign, at + 1
        made.append(text)
    if len(flags) != 1:
        raise ValueError("its groups do not add up")
    return "".join(made) + ")" * len(flags[0]), seen


def _bracket(pattern: str, at: int) -> tuple[str, int]:
    """A class from its `[` on."""
    made, at = "[", at + 1
    if pattern.startswith("^", at):
        made, at = "[^", at + 1
    first = True
    while at < len(pattern):
        sign = pattern[at]
        if sign == "]" and not first:
            return made + "]", at + 1
        first = False
        if sign == "\\":
            text, at = _escape(pattern, at)
        elif named := _NAMED.match(pattern, at):
            if named[1] or named[2] not in _CLASSES:
                raise ValueError("it has a named class that is not known")
            text, at = _CLASSES[named[2]], named.end()
        else:
            text, at = f"\\{sign}" if sign in "[]&~|" else sign, at + 1
        made += text
    raise ValueError("a class in it does not end")


def _escape(pattern: str, at: int) -> tuple[str, int]:
    found = _ESCAPE.match(pattern, at)
    if found is None:
        raise ValueError("it ends in a backslash")
    text = found[0]
    if text == "\\z":
        return "$", found.end()
    if text[1] in "pPQEC" or text.startswith("\\x{"):
        raise ValueError(f"it has {text[:2]}, which patterns over bytes do not have")
    return text, found.end()
