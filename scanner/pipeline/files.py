"""One file of any size: searched, and opened where it holds others; what was not seen of it is a gap."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from io import BufferedReader
from typing import BinaryIO, cast

from scanner import canon
from scanner.decode.content import Content
from scanner.decode.limits import Budget, Limits
from scanner.detect.engine import Engine
from scanner.model.content import WHOLE, Unseen
from scanner.pipeline.examine import Placed
from scanner.pipeline.opened import Opened, examined, flowed
from scanner.pipeline.tally import Entry
from scanner.sources.files import Changed, Oversize, large_file, plain_file, read_file

_LOG = b"-wal"  # what SQLite adds to the name of a database


@dataclass(slots=True)
class Answer:
    """What a share of files came to."""

    objects: int = 0
    octets: int = 0
    found: list[tuple[bytes, Placed]] = field(default_factory=list, repr=False)
    gaps: list[tuple[bytes, Unseen, bool]] = field(default_factory=list)  # (path, what, whether it stands for the file itself)
    leaves: list[Entry] | None = None  # of the files that were read; None: nobody wants to know

    def take(self, path: bytes, done: Opened, octets: int, digest: Callable[[], str]) -> None:
        """One file was read; `digest` makes that of its content."""
        self.octets += octets
        if self.leaves is not None and done.read:
            self.leaves.append(("file", digest(), octets, canon.text(path)))
        self.found += ((path, seen) for seen in done.found)
        self.gaps += ((path, unseen, own) for unseen, own in counted(done.unseen))
        self.objects += done.read


def examine_file(engine: Engine, full: bytes, path: bytes, answer: Answer, limits: Limits) -> None:
    """Search one file, whatever its size; what could not be read is noted as a gap."""
    if full.endswith(_LOG):
        limits = replace(limits, beside=partial(_beside, full.removesuffix(_LOG)))
    try:
        data = read_file(full)
        if data is None:
            answer.gaps.append((path, Unseen("unreadable", "it is neither a file nor a link"), True))
        else:
            answer.take(path, examined(engine, data, limits), len(data), lambda: canon.digest(data))
    except Oversize:
        _large(engine, full, path, answer, limits)
    except Changed:
        answer.gaps.append((path, CHANGED, True))
    except OSError as problem:
        answer.gaps.append((path, refused(problem), True))


def _beside(path: bytes) -> BinaryIO | None:
    """The database that a log belongs to; it is searched for itself as well."""
    try:
        return plain_file(path)
    except OSError:
        return None


def _large(engine: Engine, full: bytes, path: bytes, answer: Answer, limits: Limits) -> None:
    done, octets, digest = Opened(), 0, ""
    try:
        with large_file(full) as (file, octets):
            flowed(engine, Content(file, Budget(limits, octets), size=octets), done)
            if answer.leaves is not None:
                file.seek(0)
                digest = f"sha256:{hashlib.file_digest(cast(BufferedReader, file), 'sha256').hexdigest()}"
    except Changed:
        done.unseen.append(CHANGED)
    except OSError as problem:
        done.unseen.append(refused(problem))
    answer.take(path, done, octets, lambda: digest)


def counted(unseen: Sequence[Unseen]) -> list[tuple[Unseen, bool]]:
    """Each, and whether it stands for the content itself in the count: the first about the content as a whole does."""
    own = next((one for one in unseen if one.inside == WHOLE), None)
    return [(one, one is own) for one in unseen]


def refused(problem: OSError) -> Unseen:
    """What is said of a file that cannot be opened."""
    return Unseen("unreadable", f"it cannot be read: {problem.strerror}")


CHANGED = Unseen("changed-while-reading", "it was written to while it was read")
