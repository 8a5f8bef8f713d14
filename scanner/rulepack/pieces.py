"""Pieces of patterns that many rules share, written `(?&name)` in a pack."""

from __future__ import annotations

import re

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


def whole(pattern: str) -> str:
    """The pattern with its pieces in place; ValueError for a name that there is none of."""
    if not PIECES.keys() >= set(_PIECE.findall(pattern)):
        raise ValueError(f"is a piece that there is not; known are {', '.join(sorted(PIECES))}")
    return _PIECE.sub(lambda match: PIECES[match[1]], pattern)
