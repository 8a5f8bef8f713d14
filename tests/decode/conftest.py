"""What the tests of decoders share: a way to peel a content, and limits that are soon reached."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from scanner.decode.content import Content, Readable
from scanner.decode.formats import recognise
from scanner.decode.limits import Budget, Limits
from scanner.decode.peel import Chunk, peel
from scanner.model.content import Unseen


@dataclass(slots=True)
class Peeled:
    """Everything that came out of a content, by member."""

    chunks: list[tuple[str | None, tuple[str, ...], bytes]] = field(default_factory=list)
    unseen: list[Unseen] = field(default_factory=list)

    @property
    def members(self) -> dict[str | None, bytes]:
        """The content of each member; the last one, where several have a name."""
        return {name: data for name, _, data in self.chunks}

    @property
    def gaps(self) -> list[tuple[str, str | None]]:
        """The reason and the member of everything that was not seen."""
        return [(one.reason, one.inside.member) for one in self.unseen]


class Clock:
    """A clock that ticks when it is looked at."""

    def __init__(self, step: float = 0.0) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now


class Short:
    """A Readable that never gives as much as it is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int, /) -> bytes:
        most = max(1, size // 2 + 1) if size else 0
        data, self._data = self._data[:most], self._data[most:]
        return data


LIMITS = replace(Limits(), clock=Clock())


@pytest.fixture
def peeled() -> Callable[..., Peeled]:
    """Peels bytes, or a Readable of them, under these limits."""

    def peel_all(data: bytes, limits: Limits = LIMITS, *, stream: bool = False) -> Peeled:
        source: bytes | Readable = Short(data) if stream else data
        content = Content(source, Budget(limits, None if stream else len(data)))
        form = recognise(content.head)
        assert form is not None
        found = Peeled()
        for chunk in peel(content, form):
            if isinstance(chunk, Chunk):
                whole = chunk.data if isinstance(chunk.data, bytes) else b"".join(chunk.data)
                found.chunks.append((chunk.at.inside.member, chunk.at.steps, whole))
            else:
                found.unseen.append(chunk)
        content.close()
        return found

    return peel_all


@pytest.fixture
def peeled_fields() -> Callable[..., dict[str | None, bytes]]:
    """The text of each metadata field in a content."""

    def fields(data: bytes, *, stream: bool = False) -> dict[str | None, bytes]:
        content = Content(Short(data) if stream else data, Budget(LIMITS, len(data)))
        form = recognise(content.head)
        assert form is not None
        found: dict[str | None, bytes] = {}
        for chunk in peel(content, form):
            if isinstance(chunk, Chunk):
                found[chunk.at.inside.field] = chunk.data if isinstance(chunk.data, bytes) else b"".join(chunk.data)
        return found

    return fields


def need(*tools: str) -> None:
    """Skip the test where one of these programs is not installed."""
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"needs {tool}")
