"""Words of a shell command: without their quotes, and with the place of what is inside."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from scanner.model.content import Span

# `\n"` ends a command that stands in a program's string.
_WORD = re.compile(
    rb"(?:[ \t]|\\\r?\n|`\r?\n)*((?:'[^'\n]{0,1024}'|\"(?:[^\"\\\n]|\\.){0,1024}\"|\\(?!n(?:[\"']|\Z))[^\n]"
    rb"|[^\s'\"\\;&|()<>`]){1,1024})",
    re.DOTALL,
)
_ITEM = re.compile(rb"\s*,?\s*(?:\"((?:[^\"\\\n]|\\.){0,1024})\"|'([^'\n]{0,1024})')")
_PIECE = re.compile(rb"'[^']*'|\"(?:[^\"\\]|\\.)*\"|(?:[^'\"\\]|\\.)+", re.DOTALL)
_UNQUOTED = re.compile(rb"\\(.)", re.DOTALL)
_ESCAPED = re.compile(rb"\\([\"\\$`])")
_OPENING = re.compile(rb"(?<!\\)\"|(?<![\w\\])'|'(?!\w)")
_LINE = 2048
_EXPANDED = re.compile(rb"\$(?=[\w({@*?!-])|`")
_CONTINUED = (b"\\", b"`", b"^")
_SHORT = 2  # "-p"


@dataclass(frozen=True, slots=True)
class Word:
    """One shell word, and where its inside stands."""

    value: bytes = field(repr=False)
    span: Span
    literal: bool  # the shell would leave it as it is


def words(data: bytes, start: int, limit: int = 64) -> list[Word]:
    """The words from `start` to the end of the command; also of a command given as a list of strings."""
    if data[start : start + 1] in (b'"', b"'") and data[start + 1 : start + 2] == b",":
        return _items(data, start + 2, limit)
    found: list[Word] = []
    end = _string_end(data, start)
    while len(found) < limit and (match := _WORD.match(data, start, end)):
        found.append(_word(match[1], match.start(1)))
        start = match.end()
    return found


def _word(raw: bytes, at: int) -> Word:
    """A word with its quotes removed as the shell does it; of one that is quoted as a whole, the span is what is inside."""
    pieces, literal = [], True
    for piece in _PIECE.findall(raw):
        if piece[:1] == b"'":
            pieces.append(piece[1:-1])
            continue
        literal = literal and not _EXPANDED.search(piece)
        pieces.append(_ESCAPED.sub(rb"\1", piece[1:-1]) if piece[:1] == b'"' else _UNQUOTED.sub(rb"\1", piece))
    edge = 1 if len(pieces) == 1 and raw[:1] in (b"'", b'"') and len(raw) >= _SHORT else 0
    return Word(b"".join(pieces), Span(at + edge, at + len(raw) - edge), literal)


def _string_end(data: bytes, start: int) -> int:
    """Where the string of a program ends that the command stands in: sh "docker login …"."""
    line = max(data.rfind(b"\n", 0, start) + 1, start - _LINE)
    quotes = _OPENING.findall(data, line, start)
    for quote in (b'"', b"'"):
        if quotes.count(quote) % 2:
            end = data.find(quote, start, start + _LINE)
            return end if end >= 0 else len(data)
    return len(data)


def _items(data: bytes, start: int, limit: int) -> list[Word]:
    """`["docker", "login", "-p", "…"]`: no shell reads these."""
    found: list[Word] = []
    while len(found) < limit and (match := _ITEM.match(data, start)):
        group = 1 if match[1] is not None else 2
        value = re.sub(rb"\\(.)", rb"\1", match[group])
        found.append(Word(value, Span(*match.span(group)), not value.startswith(b"$")))
        start = match.end()
    return found


def options(
    data: bytes, found: list[Word], valued: Collection[bytes], short: Collection[bytes] = (b"-p", b"-u")
) -> tuple[dict[bytes, Word], list[Word]]:
    """Options by name, from `--name value`, `--name=value` and `-pvalue`; and the words that are neither."""
    named: dict[bytes, Word] = {}
    plain: list[Word] = []
    waiting: bytes | None = None
    for word in found:
        if waiting is not None:
            named[waiting], waiting = word, None
        elif b"=" in word.value and (word.value.startswith(b"--") or word.value.partition(b"=")[0] in valued):
            name, _, value = word.value.partition(b"=")
            named[name] = _behind(word, len(name) + 1, value, data)
        elif word.value in valued:
            waiting = word.value
        elif word.value[:_SHORT] in short and len(word.value) > _SHORT and word.value[1:2] != b"-":
            named[word.value[:_SHORT]] = _behind(word, _SHORT, word.value[_SHORT:], data)
        elif not word.value.startswith(b"-"):
            plain.append(word)
    return named, plain


def _behind(word: Word, skip: int, value: bytes, data: bytes) -> Word:
    """The part of a word behind an option's name; `--password='x'` has quotes of its own inside."""
    start = min(word.span.start + skip, word.span.end)
    quote = data[start : start + 1]
    if quote in (b"'", b'"') and word.span.end - start >= _SHORT and data[word.span.end - 1 : word.span.end] == quote:
        return Word(value, Span(start + 1, word.span.end - 1), word.literal)
    return Word(value, Span(start, word.span.end), word.literal)


def command_start(data: bytes, at: int) -> int:
    """Where the command begins that has a word at `at`: back over lines that end in a sign that they go on."""
    start = data.rfind(b"\n", 0, at) + 1
    while start > 1 and data[max(0, start - 3) : start - 1].rstrip(b"\r")[-1:] in _CONTINUED and at - start < 4096:
        start = data.rfind(b"\n", 0, start - 1) + 1
    return start
