"""Git LFS: pointers in the history and the content that they stand for (git-lfs spec, pointer file v1)."""

from __future__ import annotations

import re
from pathlib import Path

_POINTER = re.compile(rb"\Aversion https://git-lfs\.github\.com/spec/v1\n(?:ext-\S+ \S+\n)*oid sha256:([0-9a-f]{64})\n")
MOST = 1024  # bytes of a pointer, by the specification


def pointed(data: bytes) -> str | None:
    """The SHA-256 of the content that a pointer file stands for, or None for anything else."""
    match = _POINTER.match(data)
    return match[1].decode() if match else None


def lfs_path(common_dir: Path, oid: str) -> Path:
    """Where the content stands when it was fetched."""
    return common_dir / "lfs" / "objects" / oid[:2] / oid[2:4] / oid
