"""The names of a table's columns, in the order in which its rows have them, from the statement that made it."""

from __future__ import annotations

import re
from collections.abc import Iterator

_MOST = 1 << 16
_TOKEN = re.compile(r"\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|'[^']*'|--[^\n]*|[^\W\d][\w$]*|\d+|[^\s\w]")
_CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"})


def columns(sql: str) -> list[str]:
    """The columns; those of the primary key first where the table has no row numbers."""
    names, key = list[str](), list[str]()
    definitions = list(_definitions(sql[:_MOST]))
    for terms in definitions:
        first = terms[0].upper()
        if first in _CONSTRAINTS:
            words = [word.upper() for word in terms]
            if "PRIMARY" in words:
                key = [_bare(word) for word in terms[words.index("PRIMARY") + 2 :] if word not in "()," and not _is_order(word)]
            continue
        names.append(_bare(terms[0]))
        if "PRIMARY" in (word.upper() for word in terms):
            key = [names[-1]]
    if not re.search(r"(?i)without\s{1,20}rowid", sql[-400:]):
        return names
    key = [name for name in key if name in names]
    return [*key, *(name for name in names if name not in key)]


def _is_order(word: str) -> bool:
    return word.upper() in ("ASC", "DESC")


def _definitions(sql: str) -> Iterator[list[str]]:
    """The terms of each definition between the outer parentheses."""
    depth, terms = 0, list[str]()
    for match in _TOKEN.finditer(sql):
        word = match[0]
        if word.startswith("--"):
            continue
        if word == "(":
            depth += 1
            if depth == 1:
                continue
        elif word == ")":
            depth -= 1
            if depth == 0:
                break
        if depth == 1 and word == ",":
            if terms:
                yield terms
            terms = []
        elif depth:
            terms.append(word)
    if terms:
        yield terms


def _bare(word: str) -> str:
    return word[1:-1] if len(word) > 1 and word[0] in "\"`['" else word
