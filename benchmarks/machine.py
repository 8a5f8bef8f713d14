"""What the measurements were made on."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path

from benchmarks.peers import Installed
from scanner import __version__


def about(peers: Mapping[str, Installed], cores: int) -> dict[str, str]:
    """Cores, processor, and the versions of everything that ran."""
    found = {
        "Cores used": f"{cores} of {os.cpu_count()}",
        "Processor": _processor(),
        "System": platform.system(),
        "Python": platform.python_version(),
        "Git": subprocess.run(("git", "version"), capture_output=True, text=True, check=True).stdout.split()[2],
        "leakseal": __version__,
    }
    return found | {name: one.version for name, one in sorted(peers.items())}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
