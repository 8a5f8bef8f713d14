"""Files in the user's cache folder: written at once or not at all, read only when they are whole and our own."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from pathlib import Path

_MAGIC = b"leakseal-cache 1 "
_LIMIT = 64 << 20


def folder() -> Path | None:
    """The user's cache folder for Leakseal, or None when `LEAKSEAL_CACHE` is set to nothing."""
    chosen = os.environ.get("LEAKSEAL_CACHE")
    if chosen is not None:
        return Path(chosen) if chosen else None
    if sys.platform == "linux":  # what platformdirs answers here, without the milliseconds that importing it costs a hook
        base = os.environ.get("XDG_CACHE_HOME") or ""
        return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "leakseal"
    from platformdirs import user_cache_path

    return user_cache_path("leakseal")


def read(path: Path) -> bytes | None:
    """The payload of a cache file, or None if it is absent, damaged, or could have been written by somebody else."""
    try:
        fd = os.open(path, os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK")))
    except OSError:
        return None
    about = os.fstat(fd)
    if stat.S_ISDIR(about.st_mode):
        os.close(fd)
        return None
    with os.fdopen(fd, "rb") as file:
        ours = not hasattr(os, "getuid") or (about.st_uid == os.getuid() and not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
        if not ours or not stat.S_ISREG(about.st_mode) or about.st_size > _LIMIT:
            return None
        head, _, payload = file.read(_LIMIT).partition(b"\n")
    return payload if head == _MAGIC + hashlib.sha256(payload).hexdigest().encode() else None


def write(path: Path, payload: bytes) -> bool:
    """Put `payload` there atomically; False when the folder cannot be written, which is no error."""
    from scanner.wholefile import whole

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole(path) as file:
            file.write(_MAGIC + hashlib.sha256(payload).hexdigest().encode() + b"\n" + payload)
    except OSError:
        return False
    return True
