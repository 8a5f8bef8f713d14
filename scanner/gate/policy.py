"""What the gate asks of evidence: how fresh it must be, and which builders may publish. The key `gate` of `.leakseal/gate.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_DAYS = ("backup-days", "drill-days", "checks-days")


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """Limits, in days, and names."""

    backup_days: int = 7
    drill_days: int = 180
    checks_days: int = 180
    builders: tuple[str, ...] = ()  # none: any


def load(path: Path) -> GatePolicy:
    """The limits in a policy file, or the usual ones."""
    from scanner import yamlnodes

    node = dict(yamlnodes.load(path).entries).get("gate") if path.is_file() else None
    if node is None:
        return GatePolicy()
    keys = node.mapping((*_DAYS, "builders"))
    builders = tuple(one.text() for one in keys["builders"].elements()) if "builders" in keys else ()
    return GatePolicy(builders=builders, **{name.replace("-", "_"): keys[name].number(1, 3660) for name in _DAYS if name in keys})
