"""A command line as words: quotes removed, lines joined at backslashes; also as a list of strings, `["redis-cli", "-a", …]`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from scanner.model.content import Span

# `\n"` ends a command that stands in a program's string.
_WORD = re.compile(
    rb"(?:[ \t]|\\\r?\n)*((?:'[^'\n]{0,512}'|\"(?:[^\"\\\n]|\\.){0,512}\"|\\(?!n[\"'])[^\r\n]|[^\s'\"\\;&|()<>`#]|(?<!\s)#){1,512})",
    re.DOTALL,
)
_PIECE = re.compile(rb"'([^']*)'|\"((?:[^\"\\]|\\.)*)\"|\\(.)|([^'\"\\]+)", re.DOTALL)
_ITEM = re.compile(rb"[\"'][ \t]{0,4},\s{0,40}[\"']((?:[^\"'\\\r\n]|\\.){0,512})(?=[\"'])")
_ONE_QUOTE = re.compile(rb"'[^'\n]{0,1024}'|\"(?:[^\"\\\n]|\\.){0,1024}\"", re.DOTALL)
_IN_DOUBLE = re.compile(rb"\\([\"\\$`])")
_FILLED_IN = re.compile(rb"[$`]")
_MOST = 48


@dataclass(frozen=True, slots=True)
class Word:
    """One word with its quotes removed, where its inside stands, and whether a shell would leave it as it is."""

    value: bytes = field(repr=False)
    span: Span
    literal: bool

    def rest(self, start: int) -> Word:
        """The word without its first bytes, which had no quotes: `secret` of `-psecret`, and of `--password='secret'`."""
        first, last, value = self.span.start + start, self.span.end, self.value[start:]
        if last - first == len(value) + 2:
            first, last = first + 1, last - 1
        return Word(value, Span(min(first, last), last), self.literal)


def words(data: bytes, start: int) -> list[Word]:
    """The words from `start`, which is the end of the command's name, to the end of the command."""
    if _ITEM.match(data, start):
        return _items(data, start)
    found: list[Word] = []
    while len(found) < _MOST and (match := _WORD.match(data, start)):
        found.append(_word(data, *match.span(1)))
        start = match.end()
    return found


def word_at(data: bytes, start: int) -> Word | None:
    """The word that begins at `start`; one in quotes may stand in a list."""
    quoted = _ONE_QUOTE.match(data, start)
    if quoted and data[quoted.end() : quoted.end() + 1] in (b"", b" ", b"\t", b"\r", b"\n", b",", b")", b"]", b";"):
        return _word(data, *quoted.span())
    return next(iter(words(data, start)), None)


def _items(data: bytes, start: int) -> list[Word]:
    found: list[Word] = []
    while len(found) < _MOST and (item := _ITEM.match(data, start)):
        found.append(Word(_IN_DOUBLE.sub(rb"\1", item[1]), Span(*item.span(1)), not _FILLED_IN.search(item[1])))
        start = item.end()
    return found


def _word(data: bytes, first: int, last: int) -> Word:
    raw = data[first:last]
    if _ONE_QUOTE.fullmatch(raw):
        inside = raw[1:-1]
        single = raw[:1] == b"'"
        value = inside if single else _IN_DOUBLE.sub(rb"\1", inside)
        return Word(value, Span(first + 1, last - 1), single or not _FILLED_IN.search(inside))
    value, literal = b"", True
    for piece in _PIECE.finditer(raw):
        bare, double, escaped, plain = piece.groups(b"")
        literal = literal and _FILLED_IN.search(double + plain) is None
        value += bare + _IN_DOUBLE.sub(rb"\1", double) + escaped + plain
    return Word(value, Span(first, last), literal)
