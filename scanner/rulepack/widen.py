"""A pattern -> looser patterns, to see whether a rule's misses notice."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\\x[0-9A-Fa-f]{2}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{[0-9]+(?:,[0-9]*)?\}|.", re.S)
_BOUNDARIES = frozenset({r"\b", r"\A", r"\z", "^", "$"})
_COUNT = re.compile(r"\{([0-9]+)")
_ANY_LETTER = r"0-9A-Za-z_\-"


def widened(pattern: str) -> dict[str, str]:
    """The pattern without one kind of its strictness, by the name of that kind; a kind that it does not have is left out."""
    tokens = _TOKEN.findall(pattern)
    looser = {
        "where it ends": "".join("" if token in _BOUNDARIES else token for token in tokens),
        "how long it is": "".join(map(_any_length, tokens)),
        "its characters": "".join(map(_any_letter, tokens)),
        "its case": "(?i)" + pattern,
    }
    return {name: loose for name, loose in looser.items() if loose != pattern}


def _any_length(piece: str) -> str:
    """Half as many, or any number more."""
    count = _COUNT.match(piece)
    return f"{{{(int(count[1]) + 1) // 2},}}" if count else piece


def _any_letter(piece: str) -> str:
    """A class, and what tokens are mostly made of."""
    if piece == r"\d":
        return f"[{_ANY_LETTER}]"
    return f"(?:{piece}|[{_ANY_LETTER}])" if piece[0] == "[" and piece[1] != "^" else piece
