"""A reading that is put together piece by piece, each of which knows which bytes of the content it was made from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from scanner.decode.content import Part
from scanner.decode.offsets import Offsets, Run
from scanner.model.content import WHOLE, Inside, Span

_UNIT = 1 << 62


class Mapped:
    """Gathers such pieces; findings in them are placed in the lines of the content."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._runs: list[Run] = []
        self._size = 0
        self._end = 0
        self._records: list[tuple[int, Inside]] = []

    def copy(self, data: bytes, was: int) -> None:
        """Bytes as they stand in the content from there on."""
        if data:
            self._add(data, Run(self._size, was), was + len(data))

    def make(self, data: bytes, was: int, took: int) -> None:
        """Bytes that were made of so many bytes of the content."""
        if data:
            self._add(data, Run(self._size, was, max(1, took), _UNIT), was + took)

    def mark(self, inside: Inside) -> None:
        """What follows stands there."""
        self._records.append((self._size, inside))

    def ends_with(self, tail: bytes) -> bool:
        """Whether the last piece ends so; true of nothing at all."""
        return not self._pieces or self._pieces[-1].endswith(tail)

    def part(self, step: str) -> Iterator[Part]:
        """The reading, if there is anything in it."""
        data = b"".join(self._pieces)
        if data.strip():
            records = self._records
            locate = (lambda span: _at(span, records)) if records else None
            yield Part(data, WHOLE, step, Offsets(self._runs, self._end), locate)

    def _add(self, data: bytes, run: Run, end: int) -> None:
        last = self._runs[-1] if self._runs else None
        if last is None or run.took != 1 or run.made != 1 or last.made != 1 or last.was - last.at != run.was - run.at:
            self._runs.append(run)
        self._pieces.append(data)
        self._size += len(data)
        self._end = max(self._end, end)


def _at(span: Span, records: list[tuple[int, Inside]]) -> Inside:
    place = bisect_right(records, max(span.start, span.end - 1), key=lambda record: record[0])
    return records[place - 1][1] if place else WHOLE
