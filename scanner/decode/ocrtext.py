"""Words with boxes become the text that a person reads: lines in order, with their indentation, and the way back to the boxes."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from scanner.decode.ocr import Word
from scanner.model.content import Box, Inside, Span

_INDENT_MOST = 60
_LONG = 10  # characters of a line whose slope says how the page is turned
_LEGIBLE = 0.6  # a word that the engine is less sure of was not read
_TOKEN_END, _TOKEN_START = re.compile(rb"[^\s]{6,}\Z"), re.compile(rb"[\w+/=.:@%&~!*-]")
_SMALLEST = 8  # pixels; what is printed smaller nobody can read
_NEAR = 3  # lines above and below that say how far there is room
_NUMBERED = 4  # lines that count up
_WIDE_ENOUGH = 16  # characters of a line that may have been wrapped


@dataclass(frozen=True, slots=True)
class Line:
    """Words that stand on one line, left to right, with the page's slope taken out of `middle`."""

    words: tuple[Word, ...] = field(repr=False)
    middle: float
    high: float

    @property
    def left(self) -> int:
        """Where it begins."""
        return self.words[0].box[0]

    @property
    def right(self) -> int:
        """Where it ends."""
        return max(word.box[0] + word.box[2] for word in self.words)


class Laid:
    """The text of one page."""

    def __init__(self, words: Iterable[Word]) -> None:
        self._boxes: list[tuple[int, int, Box]] = []  # where each word begins and ends in the text
        kept = [word for word in words if word.text.strip()]
        self.sure = _sureness(kept)
        judged = [word for word in kept if word.box[3] >= _SMALLEST]
        self.doubtful = sum(word.sure < _LEGIBLE for word in judged)
        self.count = len(judged)
        self._wide = _width(kept)
        lines = _without_numbers(_lines(kept))
        self.text, self.wraps = self._write(lines)
        self._starts = [start for start, _, _ in self._boxes]
        self._ends = [end for _, end, _ in self._boxes]

    def locate(self, span: Span) -> Inside:
        """The box around all characters of a span."""
        first, last = bisect_right(self._ends, span.start), bisect_left(self._starts, max(span.end, span.start + 1))
        boxes = [_cut(*self._boxes[n], span) for n in range(first, min(last, first + 10_000))]
        return Inside(box=_union(boxes)) if boxes else Inside()

    def _write(self, lines: Sequence[Line]) -> tuple[bytes, tuple[Span, ...]]:
        """The text, and the line ends in it that may only be where a long line was wrapped."""
        out, wraps, size = [], list[Span](), 0
        margin = min((line.left for line in lines), default=0)
        for number, line in enumerate(lines):
            above = lines[number - 1] if number else None
            edge = max(near.right for near in lines[max(0, number - _NEAR) : number + _NEAR])
            indent = b" " * min(_INDENT_MOST, round((line.left - margin) / self._wide))
            data = self._one(line, size + len(indent) + (above is not None))
            if above is not None:
                out.append(b"\n")
                if self._goes_on(above, line, edge) and _TOKEN_END.search(out[-2]) and _TOKEN_START.match(data):
                    wraps.append(Span(size, size + 1 + len(indent)))
                size += 1
            out.append(indent + data)
            size += len(out[-1])
        return b"".join(out), tuple(wraps)

    def _one(self, line: Line, at: int) -> bytes:
        out, before = bytearray(), None
        for word in line.words:
            if before is not None:
                gap = (word.box[0] - before.box[0] - before.box[2]) / self._wide
                same = word.line is not None and word.line == before.line
                out += b" " * (1 if same else max(1, min(_INDENT_MOST, round(gap))))
            data = word.text.encode("utf-8", "replace")
            self._boxes.append((at + len(out), at + len(out) + len(data), word.box))
            out += data
            before = word
        return bytes(out)

    def _goes_on(self, above: Line, line: Line, edge: int) -> bool:
        """Whether the upper line reaches as far as there is room, and the lower one begins where lines begin."""
        room = 2.5 * self._wide
        long = above.right - above.left > _WIDE_ENOUGH * self._wide
        near = line.middle - above.middle < 3 * max(above.high, line.high)
        return long and near and above.right >= edge - room and line.left <= above.left + room


def _sureness(words: Sequence[Word]) -> float:
    """How sure the engine is of a page: by letters, as a long word counts for more."""
    letters = sum(len(word.text) for word in words)
    return round(sum(word.sure * len(word.text) for word in words) / letters, 2) if letters else 1.0


def _width(words: Sequence[Word]) -> float:
    """Pixels of a usual character."""
    return max(1.0, median([word.box[2] / len(word.text) for word in words] or [8.0]))


def _lines(words: Sequence[Word]) -> list[Line]:
    """Words by line, whether the engine says so or not; pieces that stand on one height are one line."""
    pieces: dict[object, list[Word]] = {}
    for number, word in enumerate(words):
        pieces.setdefault(("line", word.line) if word.line is not None else ("word", number), []).append(word)
    slope = _slope(pieces.values())
    rows: list[list[tuple[float, float, list[Word]]]] = []
    for middle, high, piece in sorted(((*_height(piece, slope), piece) for piece in pieces.values()), key=_place):
        row = rows[-1] if rows else []
        if row and abs(middle - median([m for m, _, _ in row])) < 0.5 * min(high, median([h for _, h, _ in row])):
            row.append((middle, high, piece))
        else:
            rows.append([(middle, high, piece)])
    return [_line(row) for row in rows]


def _without_numbers(lines: list[Line]) -> list[Line]:
    """The lines without the numbers that an editor puts before them: what is wrapped or indented goes on below them."""
    firsts = ((at, line.words[0].text) for at, line in enumerate(lines))
    numbers = {at: int(text) for at, text in firsts if text.isdecimal() and len(text) < 7}
    counted = sum(numbers.get(at - 1) == number - 1 or numbers.get(at + 1) == number + 1 for at, number in numbers.items())
    if counted < _NUMBERED or counted * 2 < len(lines):
        return lines
    found = (replace(line, words=line.words[1:]) if at in numbers else line for at, line in enumerate(lines))
    return [line for line in found if line.words]


def _place(piece: tuple[float, float, list[Word]]) -> tuple[float, int]:
    return piece[0], piece[2][0].box[0]


def _line(row: list[tuple[float, float, list[Word]]]) -> Line:
    ordered = sorted(row, key=lambda piece: piece[2][0].box[0])
    words = tuple(word for _, _, piece in ordered for word in piece)
    return Line(words, median([middle for middle, _, _ in row]), max(high for _, high, _ in row))


def _slope(pieces: Iterable[list[Word]]) -> float:
    """How many pixels lines fall for each pixel that they go to the right."""
    slopes = []
    for piece in pieces:
        first, last = piece[0].box, piece[-1].box
        across = last[0] + last[2] / 2 - first[0] - first[2] / 2
        if len(piece) > 1 and across > 0 and sum(len(word.text) for word in piece) >= _LONG:
            slopes.append((last[1] + last[3] / 2 - first[1] - first[3] / 2) / across)
    found = median(slopes) if slopes else 0.0
    return found if abs(found) < 0.3 else 0.0


def _height(piece: list[Word], slope: float) -> tuple[float, float]:
    """The middle of a piece of a line with the slope taken out, and how high it is."""
    middle = median([word.box[1] + word.box[3] / 2 - slope * (word.box[0] + word.box[2] / 2) for word in piece])
    return middle, max(1.0, median([word.box[3] for word in piece]))


def _cut(start: int, end: int, box: Box, span: Span) -> Box:
    """The part of a word's box in which these of its bytes stand, with a pixel to spare."""
    x, y, wide, high = box
    size = max(1, end - start)
    low, top = max(span.start, start) - start, min(span.end, end) - start
    left, right = wide * low // size, -(-wide * top // size)
    left, right = max(0, left - (low > 0)), min(wide, right + (top < size))
    return x + left, y, max(1, right - left), max(1, high)


def _union(boxes: Sequence[Box]) -> Box:
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top
