"""Passwords, tokens and keys that only their names tell: an assignment is read, and a learned score says how sure it is."""

from __future__ import annotations

import re

from scanner.detect.assignment import read
from scanner.detect.candidate import Candidate
from scanner.detect.checks import doubted
from scanner.detect.code import is_code
from scanner.detect.nkeys import public
from scanner.detect.placeholder import placeholder
from scanner.detect.score import score
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_SHORTEST = 4
_TELLS = 8  # a shorter value may be made of a few letters over and over by chance
_LEAST_ASKED, _SURE = 0.3, 0.7  # between these a second opinion is asked: there it turns away some false ones and no true ones
# What costs no second look: constants, calls, templates, and hashes of passwords.
_PLAIN = re.compile(
    rb".*(?:\.\.\.|\xe2\x80\xa6)\Z|-?0[xX][0-9a-fA-F]{1,8}\Z|[A-Za-z_][\w.:]*\(|\$[{(]|\{\{|<[^>]*>\Z|\*+\Z|[xX.\-_?]+\Z|\$(?:2[abxy]|[156]|5y|argon2\w*|pbkdf2[\w-]*|scrypt)\$"
)
_AUTHOR = re.compile(rb"(?i)author(?!i)")
# Keys by which something is found, such as the attributes of a Jira backup: not keys that open anything.
_FINDS = re.compile(
    rb"(?i)(?:property|module|plugin|feature|issue|component|entity|sort|primary|foreign|partition|idempotency|translation|category|parent)"
    rb"[_. -]?key\Z"
)


def credential(candidate: Candidate) -> Parsed | None:
    """`name = "value"`: the pattern begins in the name, and its group `secret` begins where the value does."""
    found = read(candidate.window, candidate.span.start, candidate.secret.start)
    if found is None or unlikely(found.value) or _AUTHOR.search(found.name) or _FINDS.search(found.name) or is_code(found):
        return None
    sure = score(found)
    if sure >= _LEAST_ASKED and len(found.value) >= _TELLS and placeholder(found.value):
        return None
    if _LEAST_ASKED <= sure < _SURE and doubted(found.value, found.name + found.sign):
        return None
    shown = (("name", found.name.decode("latin-1")),)
    return Parsed(found.span, found.value, shown, Span(min(found.begin, found.span.start), found.span.end), sure)


def unlikely(value: bytes) -> bool:
    """Whether no score is needed to see that this is none."""
    return len(value) < _SHORTEST or _PLAIN.match(value) is not None or public(value)
