"""Parts that several patterns of a pack share: `%{name}` in a pattern stands for the pack's fragment of that name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_USE = re.compile(r"%\{([a-z][a-z0-9-]{0,40})\}")
MOST = 4096  # characters of a pattern once it is put together


def expand(text: str, fragments: Mapping[str, str], unknown: Callable[[str], str]) -> str:
    """The text with its fragments put in; a fragment does not name others."""
    return _USE.sub(lambda use: fragments[use[1]] if use[1] in fragments else unknown(use[1]), text)
