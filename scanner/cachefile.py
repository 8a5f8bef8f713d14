"""Files in the user's cache folder: written at once or not at all, read only when they are whole and our own."""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MAGIC = b"leakseal-cache 1 "
_LIMIT = 64 << 20
_HEAD = len(_MAGIC) + 64 + 1


def folder() -> Path | None:
    """The user's cache folder for Leakseal, or None when `LEAKSEAL_CACHE` is set to nothing."""
    from pathlib import Path

    name = place()
    return Path(name) if name else None


def place() -> str | None:
    """Its name, without the milliseconds that pathlib and platformdirs cost a hook."""
    chosen = os.environ.get("LEAKSEAL_CACHE")
    if chosen is not None:
        return chosen or None
    if sys.platform == "linux":  # what platformdirs answers here
        base = os.environ.get("XDG_CACHE_HOME") or ""
        return (base if base.startswith("/") else os.path.expanduser("~/.cache")) + "/leakseal"  # noqa: PTH111
    from platformdirs import user_cache_dir

    return user_cache_dir("leakseal")


def read(path: str | Path, *, whole: bool = False) -> bytes | None:
    """The payload of a cache file, or None if it is absent, damaged, or could have been written by somebody else.

    With `whole`, who asks can tell by the payload itself whether it is damaged.
    """
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
        head, payload = file.read(_HEAD), file.read(_LIMIT)
    if not head.startswith(_MAGIC) or not head.endswith(b"\n"):
        return None
    return payload if whole or head[len(_MAGIC) : -1] == hashlib.sha256(payload).hexdigest().encode() else None


def write(at: str | Path, payload: bytes) -> bool:
    """Put `payload` there atomically; False when the folder cannot be written, which is no error."""
    from pathlib import Path

    from scanner.wholefile import whole

    path = Path(at)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole(path) as file:
            file.write(_MAGIC + hashlib.sha256(payload).hexdigest().encode() + b"\n" + payload)
    except OSError:
        return False
    return True
