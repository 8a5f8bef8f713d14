"""One value of a structured text, with the way to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from scanner.model.content import Span

QUOTED = ('"', "'", "`", "|", ">", "<<")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value as a program would read it, and where it is written, without its quotes."""

    path: tuple[bytes, ...]
    value: bytes = field(repr=False)
    span: Span
    at: int  # where its key begins
    style: str = ""  # one of QUOTED, or nothing for a bare word

    @property
    def key(self) -> bytes:
        """The last step of its path."""
        return self.path[-1] if self.path else b""


def named(scalars: Iterable[Scalar]) -> dict[tuple[bytes, ...], Scalar]:
    """The first value at each path."""
    found: dict[tuple[bytes, ...], Scalar] = {}
    for scalar in scalars:
        found.setdefault(scalar.path, scalar)
    return found
