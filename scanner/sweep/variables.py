"""Tokens and passwords, which an inventory names by the environment variable that they stand in."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from scanner.errors import LeaksealError
from scanner.yamlnodes import Node

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


class Unset(LeaksealError):
    """A variable that is named and has no value."""

    reason = "password"


def variable(node: Node) -> str:
    """The name of a variable; raises ConfigError where it is none, as a token itself is."""
    if not _VARIABLE.fullmatch(node.text(100)):
        raise node.error("the name of an environment variable is expected here", "name the variable, not what is in it")
    return node.text(100)


def value(name: str, environ: Mapping[str, str] = os.environ) -> str:
    """What stands in a variable; raises Unset."""
    found = environ.get(name, "").strip()
    if not found:
        raise Unset(f"the environment variable {name} is not set", hint="set it, or take what needs it out of the inventory")
    return found
