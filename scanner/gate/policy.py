"""What the gate asks of evidence: how fresh it must be, and which builders may publish. The key `gate` of `.leakseal/gate.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scanner.yamlnodes import Node

_DAYS = ("backup-days", "drill-days", "checks-days", "artifact-days")
_LISTS = ("builders", "build-types", "built")
_FLAGS = ("artifact-required", "ask-registry")


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """Limits, in days, and names."""

    backup_days: int = 7
    drill_days: int = 180
    checks_days: int = 180
    artifact_days: int = 7
    builders: tuple[str, ...] = ()  # none: any
    build_types: tuple[str, ...] = ()  # of provenance; none: any
    parameters: tuple[tuple[str, str], ...] = ()  # what a build may be given from outside: dotted name, value
    built: tuple[str, ...] = ()  # patterns of files in an artifact that the build makes
    nowhere_most: int = 0  # files in an artifact that may come from nowhere
    artifact_required: bool = False  # the word of a runbook about its image does not suffice
    ask_registry: bool = False  # what a tag stands for now


def load(path: Path) -> GatePolicy:
    """The limits in a policy file, or the usual ones."""
    from scanner import yamlnodes

    node = dict(yamlnodes.load(path).entries).get("gate") if path.is_file() else None
    if node is None:
        return GatePolicy()
    keys = node.mapping((*_DAYS, *_FLAGS, *_LISTS, "nowhere-most", "parameters"))
    days = {name.replace("-", "_"): keys[name].number(1, 3660) for name in _DAYS if name in keys}
    builders, kinds, built = (tuple(one.text() for one in keys[name].elements()) if name in keys else () for name in _LISTS)
    return GatePolicy(
        **days, builders=builders, build_types=kinds, built=built,
        nowhere_most=keys["nowhere-most"].number(0, 10**6) if "nowhere-most" in keys else 0,
        parameters=tuple(sorted((name, one.text(2000)) for name, one in keys["parameters"].entries)) if "parameters" in keys else (),
        artifact_required="artifact-required" in keys and _flag(keys["artifact-required"]),
        ask_registry="ask-registry" in keys and _flag(keys["ask-registry"]),
    )  # fmt: skip


def _flag(node: Node) -> bool:
    if node.text(5) not in ("true", "false"):
        raise node.error("true or false is expected here")
    return node.scalar == "true"
