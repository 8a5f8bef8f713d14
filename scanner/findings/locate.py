"""Offsets become lines and columns."""

from __future__ import annotations

from dataclasses import dataclass, field

from scanner.model.content import Span

LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Place:
    """Where a span stands, as an editor counts: from 1, columns in characters, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: bytes = field(repr=False)  # the line where it begins, at most `limit` bytes around it


def line_ends(data: bytes) -> int:
    """How many lines end in this content: LF, CRLF and CR each end one."""
    carriage = data.count(b"\r")
    return data.count(b"\n") + (carriage - data.count(b"\r\n") if carriage else 0)


def place(data: bytes, span: Span, limit: int = LIMIT) -> Place:
    """The place of a span in a content that is read whole."""
    return Lines(data).place(span, limit)


def place_at(
    window: bytes, span: Span, offset: int, lines_before: int, *, columns_before: int = 0, limit: int = LIMIT
) -> Place:
    """The place of a span in streamed content, of which `window` begins at `offset`, after so many line ends and characters of its line.

    The span is counted from the content's beginning. A window must not begin between the CR and the LF of one line end.
    """
    return Lines(window, lines_before, columns_before).place(Span(span.start - offset, span.end - offset), limit)


class Lines:
    """Places in one content; spans that come in order cost one pass together, however long the lines are."""

    def __init__(self, data: bytes, lines_before: int = 0, columns_before: int = 0) -> None:
        self._data = data
        self._first = (0, lines_before, columns_before, 0)
        self._mark = self._first  # offset, lines ended before it, characters of its line before it, where its line begins

    def place(self, span: Span, limit: int = LIMIT) -> Place:
        """The place of a span; offsets beyond the content count as its end."""
        data = self._data
        start, end = min(span.start, len(data)), min(span.end, len(data))
        here = self._advance(self._mark if self._mark[0] <= start else self._first, start)
        if start == 0 or data[start - 1] < 0x80 or data[start : start + 1] < b"\x80":
            self._mark = here  # between two characters, so that counting may go on from here
            there = self._advance(here, end)
        else:
            there = self._advance(self._first, end)
        return Place(here[1] + 1, here[2] + 1, there[1] + 1, there[2] + 1, _line_around(data, here[3], start, end, limit))

    def _advance(self, mark: tuple[int, int, int, int], to: int) -> tuple[int, int, int, int]:
        """The same four numbers at a later offset."""
        data = self._data
        offset, lines, columns, begin = mark
        stop = to - 1 if to > offset and data[to - 1 : to + 1] == b"\r\n" else to  # between CR and LF the line has not ended
        ended = line_ends(data[offset:stop])
        if ended:
            last = max(data.rfind(b"\n", offset, stop), data.rfind(b"\r", offset, stop)) + 1
            return to, lines + ended, len(data[last:to].decode("utf-8", "replace")), last
        return to, lines, columns + len(data[offset:to].decode("utf-8", "replace")), begin


def _line_around(data: bytes, begin: int, start: int, end: int, limit: int) -> bytes:
    """The line from `begin` on, around `start`; of a construct that is too long for the limit, the middle is left out."""
    quarter = limit // 4
    before = data[max(begin, start - quarter) : start]
    line = _until_line_end(data[start : start + limit - len(before)])
    if end - start > limit - 2 * quarter and not line_ends(data[start:end]):
        return before + line[:quarter] + _until_line_end(data[end : end + 2 * quarter])
    return before + line


def _until_line_end(data: bytes) -> bytes:
    return data.split(b"\n", 1)[0].split(b"\r", 1)[0]
