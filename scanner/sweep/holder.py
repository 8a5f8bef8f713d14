"""Who a sweep is, so that another one can tell whether it is still there."""

from __future__ import annotations

import os
import platform
import secrets
from pathlib import Path


def this_process() -> str:
    """Machine, its start, process, the process's start, and a number: never the same twice."""
    return f"{platform.node()} {_boot()} {os.getpid()} {_started(os.getpid())} {secrets.token_hex(4)}"


def is_dead(holder: str) -> bool:
    """Whether a sweep on this machine is gone for sure; of other machines nothing is known."""
    words = holder.split(" ")
    if len(words) != 5 or words[0] != platform.node() or not words[2].isdigit():
        return False
    return words[1] != _boot() or _started(int(words[2])) != words[3]


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return "-"


def _started(pid: int) -> str:
    """When a process began, in the kernel's ticks; empty if there is none."""
    try:
        after = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if after[0] in "ZX" else after[19]
