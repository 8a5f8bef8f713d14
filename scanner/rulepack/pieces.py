"""Pieces of patterns that many rules share, written `(?&name)`: those of every pack, and a pack's own `pieces:`."""

from __future__ import annotations

import re
from collections.abc import Mapping

PIECES = {
    # From a vendor's name to the name of the field: ACME_API_, acme: {api, Acme(user, api_
    "near": r"""[\w.\t\r\n "'()\[{:>=,-]{0,24}""",
    # From a field's name to its value, with quotes: = => := ?= ||, a typed `: str =`, a call, an argument, XML, a value in the next line.
    "is": (
        r"""[\\"'\])]{0,3}[ \t]{0,4}"""
        r"""(?:=>|[:?]?=|[|?]{2}|:[ \t]?[Ss]tr(?:ing)?[ \t]?=|[:,(> \t]|value=|</key>\s{0,20}<string>|\r?\n[ \t]{0,16}value:)"""
        r"""[ \t\\"'`]{0,4}"""
    ),
}
_PIECE = re.compile(r"\(\?&([^)]*)\)")


MOST = 4096  # characters of a pattern once it is put together


def whole(pattern: str, own: Mapping[str, str]) -> str:
    """The pattern with its pieces in place; ValueError for a name that there is none of, or if it grows too long."""
    known = {**PIECES, **own}
    if not known.keys() >= set(_PIECE.findall(pattern)):
        raise ValueError(f"is a piece that there is not; known are {', '.join(sorted(known))}")
    text = _PIECE.sub(lambda match: known[match[1]], pattern)
    if len(text) > MOST:
        raise ValueError(f"are more than {MOST} characters")
    return text
