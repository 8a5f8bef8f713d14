"""One file of any size: searched, or a gap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from scanner.decode.opaque import opaque
from scanner.detect.engine import Engine
from scanner.pipeline.examine import Placed, placed, streamed
from scanner.sources.files import Changed, Oversize, read_file, stream_file


@dataclass(slots=True)
class Answer:
    """What a share of files came to."""

    objects: int = 0
    octets: int = 0
    found: list[tuple[bytes, Placed]] = field(default_factory=list, repr=False)
    gaps: list[tuple[bytes, str, str]] = field(default_factory=list)  # (path, reason, detail)


def examine_file(engine: Engine, full: bytes, path: bytes, answer: Answer) -> None:
    """Search one file, whatever its size; what could not be read is noted as a gap."""
    try:
        try:
            data = read_file(full)
        except Oversize:
            counted = Counted(stream_file(full))
            for seen in streamed(engine, counted):
                answer.found.append((path, seen))
            size, form = counted.size, opaque(counted.head)
        else:
            if data is None:
                answer.gaps.append((path, "unreadable", "it is neither a file nor a link"))
                return
            answer.found += ((path, seen) for seen in placed(engine, data))
            size, form = len(data), opaque(data)
    except Changed:
        answer.gaps.append((path, "changed-while-reading", "it was written to while it was read"))
        return
    except OSError as problem:
        answer.gaps.append((path, "unreadable", f"it cannot be read: {problem.strerror}"))
        return
    answer.octets += size
    if form:
        answer.gaps.append((path, "unsupported-format", seen_as(form)))
    else:
        answer.objects += 1


def seen_as(form: str) -> str:
    """The detail of a gap for content whose format hides what it holds."""
    return f"a {form}: its bytes were searched, what it holds was not"


class Counted:
    """Pieces that remember how many bytes went by, and the first of them."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces
        self.size, self.head = 0, b""

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.head = self.head or piece[:64]
            self.size += len(piece)
            yield piece
