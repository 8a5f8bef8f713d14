"""Where the rule packs and hooks that come with Leakseal are: in the wheel, else in the checkout."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_HERE = os.path.dirname(os.path.realpath(__file__))  # noqa: PTH120 a hook does without pathlib


def shipped(name: str) -> Path:
    """The folder `name` ("rules", "hooks") as installed."""
    from pathlib import Path

    return Path(place(name))


def place(name: str) -> str:
    """The name of that folder."""
    inside = f"{_HERE}/_shipped/{name}"
    return inside if os.path.isdir(inside) else f"{_HERE.rpartition(os.sep)[0]}/{name}"  # noqa: PTH112
