"""Values that are plainly a piece of a program: a regular expression, a path, a colour, or the next word of a list."""

from __future__ import annotations

import re

from scanner.detect.assignment import Assignment

# What a password has by chance once in a million: groups, classes with a range or an escape, and escapes that are counted.
_EXPRESSION = re.compile(
    rb"\(\\?\?(?:[:=!>]|<[=!]|P?<\w{1,32}>|[aimsux]{1,6}[:)])"
    rb"|\[\^?(?:[^\]\s]{0,64}(?:a-z|A-Z|0-9|a-f|A-F)|\\{1,2}[wsdWSD])[^\]\s]{0,64}\\?\][{+*?)]"
    rb"|\\{1,2}[wsdWSD](?:\{\d{1,5}(?:,\d{0,5})?\}|[+*?])"
)
_COMPILES = re.compile(
    rb"(?:\bre2?\.(?:compile|match|search|fullmatch|sub|findall|finditer|split)|\bregexp\.(?:Must)?Compile|\b[Rr]eg[Ee]xp?(?:\.new)?"
    rb"|\bPattern\.compile|\bpreg_\w+)\([ \t]{0,4}[@rbRBuU]{0,2}\Z"
)
_PATH = re.compile(rb"/(?:etc|usr|var|run|opt|home|tmp|dev|proc|root|srv|mnt|bin|lib)/[\w./-]{1,200}\Z")
_PLACE = re.compile(rb"[\w./-]{1,200}\.[a-z]{1,5}:[0-9]{1,7}(?::[0-9]{1,5})?\Z")  # app/settings.py:12:7
_COLOUR = re.compile(rb"\\(?:x1[bB]|033|0?33|e|u001[bB])\[[0-9;]{0,20}m?\Z")
_CLOSED = re.compile(rb"[\"'`][)\]}]+[\"'`][ \t]{0,4},[ \t]{0,4}\Z")  # the string is over in which the name stands
_NEXT = re.compile(rb"[\"'`][ \t]{0,4},[ \t]{0,4}\Z")
_BEFORE = re.compile(rb"[\"'`][ \t]{0,4},[ \t]{0,4}[\"'`](?:[\w .\-]{1,24}[ .\-])?\Z")
_AFTER = re.compile(rb"[\"'`][ \t]{0,4}(?:,|[)\]}])")
_WORD = re.compile(rb"[A-Za-z][a-z]{2,23}(?:[-_ ][a-z0-9]{1,16}){0,3}\Z")


def is_code(found: Assignment) -> bool:
    """Whether the value is a piece of a program."""
    return (
        _EXPRESSION.search(found.value) is not None
        or _COMPILES.search(found.sign) is not None
        or _PATH.match(found.value) is not None
        or _PLACE.match(found.value) is not None
        or _COLOUR.match(found.value) is not None
        or _CLOSED.match(found.sign) is not None
        or (found.sign == b">" and found.before.endswith((b"(?P<", b"(?<")))
        or found.before.endswith(b"lambda ")
        or (found.name.endswith(b".") and _NEXT.match(found.sign) is not None)  # a sentence is over
        or _listed(found)
    )


def _listed(found: Assignment) -> bool:
    """`("password", "secret", "token", "value")`: three items at least, all in quotes, and this one a word; or `"/etc/passwd", "…"`."""
    if found.before.endswith(b"/etc/") and _NEXT.match(found.sign):
        return True
    if not found.quote or not _WORD.match(found.value) or not _NEXT.match(found.sign):
        return False
    return _BEFORE.search(found.before) is not None and _AFTER.match(found.after) is not None
