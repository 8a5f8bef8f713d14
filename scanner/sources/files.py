"""Regular files below a folder, read without following links and without trusting that they stay as they are."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

WHOLE_LIMIT = 32 << 20


@dataclass(frozen=True, slots=True)
class Listed:
    """A file by its path relative to the root, as bytes, or a folder that could not be listed."""

    path: bytes
    size: int = 0
    refused: str = ""


class Changed(Exception):
    """The file was written to while it was read."""


def listing(root: Path) -> Iterator[Listed]:
    """Every file below `root`, in no particular order; links and special files are listed like files, never followed."""
    top = os.fsencode(root)
    pending = [b""]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(os.path.join(top, folder) if folder else top) as entries:
                for entry in entries:
                    path = folder + b"/" + entry.name if folder else entry.name
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(path)
                    else:
                        yield Listed(path, entry.stat(follow_symlinks=False).st_size)
        except OSError as problem:
            yield Listed(folder, refused=problem.strerror or "it cannot be listed")


def read_file(path: bytes) -> bytes | None:
    """The content of a file, or the target of a link; None for what is neither. Raises OSError, Changed or Oversize."""
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        if os.path.islink(path):
            return os.readlink(path)
        raise
    try:
        before = os.fstat(fd)
        if not stat.S_ISREG(before.st_mode):
            return None
        if before.st_size > WHOLE_LIMIT:
            raise Oversize
        data = os.read(fd, before.st_size + 1)
        while len(data) < before.st_size and (more := os.read(fd, before.st_size + 1 - len(data))):
            data += more
        _unchanged(before, os.fstat(fd), len(data))
        return data
    finally:
        os.close(fd)


def digest_of(path: bytes) -> tuple[str, int]:
    """`sha256:` and the digest of a file's content, or of a link's target, and its size in bytes; raises OSError."""
    if os.path.islink(path):
        target = os.readlink(path)
        return f"sha256:{hashlib.sha256(target).hexdigest()}", len(target)
    with open(path, "rb", opener=_no_follow) as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}", os.fstat(file.fileno()).st_size


class Oversize(Exception):
    """The file is larger than may be held whole: stream it."""


@contextmanager
def large_file(path: bytes) -> Iterator[tuple[BinaryIO, int]]:
    """A large file to read, and its size; raises OSError, and Changed at the end if it is not what it was."""
    with open(path, "rb", opener=_no_follow) as file:
        before = os.fstat(file.fileno())
        yield file, before.st_size
        _unchanged(before, os.fstat(file.fileno()), before.st_size)


def plain_file(path: bytes) -> BinaryIO:
    """A regular file of any size to read; raises OSError for what is none."""
    file = open(path, "rb", buffering=0, opener=_no_follow)  # noqa: SIM115 who reads it closes it
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(None, "it is no regular file")
    return cast(BinaryIO, file)


def _no_follow(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _unchanged(before: os.stat_result, after: os.stat_result, size: int) -> None:
    if size != before.st_size or (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        raise Changed
