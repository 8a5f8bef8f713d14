"""Values between braces: JSON, also inside a string of JSON, YAML's flow style, HCL, and object literals of programs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.detect.structure.escapes import folded, unescaped
from scanner.detect.structure.scalar import Scalar
from scanner.model.content import Span

DEEPEST = 16  # a Secret with all its managed fields has eight
MOST = 2000
CUT, NOWHERE = -1, -2  # it lies before what was looked at; there is none
_CHUNK = 1024
_TOKEN = re.compile(rb"(?<!\\)(\\*+)([\"'])|[{}\[\]]")
_QUOTE = {b'"': re.compile(rb"(?<!\\)(\\*+)\""), b"'": re.compile(rb"(?<!\\)(\\*+)'"), b"`": re.compile(rb"()`")}
_SPACE = re.compile(rb"(?:[\s,;]|\\+[nrt]|#[^\n]*|//[^\n]*|/\*(?:[^*]|\*(?!/)){0,4096}\*/)*+")
_BARE_KEY = re.compile(rb"[A-Za-z_$.][\w$./-]{0,255}")
_SEPARATOR = re.compile(rb"\s*(?:=>|[:=])?")
_CLOSED = re.compile(rb"[ \t]*[,}\]:\n]")
_CALL = re.compile(rb"(?:base64encode|b64encode|jsonencode|yamlencode|tomap|sensitive|nonsensitive|toset|merge)\(\s*")
_BARE = re.compile(rb"[^,\n{}\[\]]*")
_BARE_INSIDE = re.compile(rb"[^,\n{}\[\]\\]*")  # in a string, a line ends in an escape
_HEREDOC = re.compile(rb"<<[-~]?([A-Za-z_]\w{0,31})[ \t]*\r?\n")
_TAG = re.compile(rb"(?:&\S{1,64}|!!?[a-z]{0,16})[ \t]+")
_EXTENDED = 8  # quotes inside the ${…} of one HCL string


def level(backslashes: int) -> int | None:
    """How often a text was put into a string, by the backslashes before its quotes: 0, 1, 3, 7."""
    return {0: 0, 1: 1, 3: 2, 7: 3}.get(backslashes)


def enclosing(data: bytes, at: int, key: bytes, depth: int = 0, quote: bytes = b'"', first: int = 0) -> int:
    """Where the `{` stands whose object directly holds the key that begins, quotes and all, at `at`; else CUT or NOWHERE."""
    closed, string_end = 0, -1  # `string_end`: of the string that we are in
    for token in _backwards(data, first, at):
        if token[2]:
            ends = _ends(len(token[1]), depth) if token[2] == quote else False
            if ends is None:
                return NOWHERE  # a quote of the text around: the object does not begin in this string
            if ends and string_end >= 0 and not closed and data[token.end() : string_end] == key:
                return NOWHERE  # the same key once more
            if ends:
                string_end = token.start() if string_end < 0 else -1
        elif string_end >= 0:
            continue
        elif token[0] in b"}]":
            closed += 1
            if closed > DEEPEST:
                return NOWHERE
        elif closed:
            closed -= 1
        else:
            return token.start() if token[0] == b"{" else NOWHERE
    return CUT if string_end < 0 else NOWHERE


def _backwards(data: bytes, first: int, end: int) -> Iterator[re.Match[bytes]]:
    """Quotes, brackets and braces before an offset, the nearest first."""
    while end > first:
        start = max(first, end - _CHUNK)
        while start > first and data[start - 1] == 0x5C and end - start < 2 * _CHUNK:
            start -= 1
        yield from reversed(list(_TOKEN.finditer(data, start, end)))
        end = start


def _ends(backslashes: int, depth: int) -> bool | None:
    """Whether a quote after so many backslashes begins or ends a string of this depth; None if it is one further out."""
    own = (1 << depth) - 1
    if backslashes < own:
        return None
    count, rest = divmod(backslashes - own, 1 << depth)
    return not rest and not count % 2


def read(data: bytes, at: int, end: int | None = None, depth: int = 0, once: bytes = b"") -> tuple[list[Scalar], int | None]:
    """The scalars of the object or list that begins at `at`, and where it ends; None if it is cut short, broken, or has a key again."""
    reader = _Reader(data, len(data) if end is None else end, depth, once)
    return reader.found, reader.value(at, (), at)


def members(data: bytes, at: int, key: bytes, depth: int = 0) -> list[Scalar]:
    """The scalars of an object from this key at `at` to its end, or to where it has the key again."""
    reader = _Reader(data, len(data), depth, key)
    reader.mapping(at, ())
    return reader.found


class _Reader:
    """Reads forward, never back; every method gives where it stopped, or None where it lost its way."""

    def __init__(self, data: bytes, end: int, depth: int, once: bytes = b"") -> None:
        self.data, self.end, self.found = data, end, list[Scalar]()
        self._once, self._met = once, False
        self._depth, self._marks = depth, b"\\" * ((1 << depth) - 1)
        self._word = _BARE_INSIDE if depth else _BARE

    def value(self, at: int, path: tuple[bytes, ...], key_at: int) -> int | None:
        """One value of any kind."""
        at = self._skip(at)
        while tag := _TAG.match(self.data, at, self.end):
            at = tag.end()
        while call := _CALL.match(self.data, at, self.end):
            at = call.end()
        if at >= self.end or len(path) > DEEPEST or len(self.found) >= MOST:
            return None
        head = self.data[at : at + 1]
        if head == b"{":
            return self.mapping(at + 1, path)
        if head == b"[":
            return self._sequence(at + 1, path)
        if self._quoted(at):
            return self._string(at, path, key_at)
        heredoc = _HEREDOC.match(self.data, at, self.end)
        return self._heredoc(heredoc, path, key_at) if heredoc else self._bare(at, path, key_at)

    def mapping(self, at: int, path: tuple[bytes, ...]) -> int | None:
        """Keys and values to the closing brace."""
        while True:
            at = self._skip(at)
            if self.data[at : at + 1] in (b"}", b")"):
                return at + 1
            if at >= self.end or (key := self._key(at)) is None:
                return None
            name, after = key
            if name == self._once and not path:
                if self._met:
                    return None
                self._met = True
            separator = _SEPARATOR.match(self.data, after, self.end)
            after = separator.end() if separator else after
            if not separator or separator[0].strip() == b"":
                opened = self._labels(after)
                if opened is None:
                    return None
                after = opened
            value_end = self.value(after, (*path, name), at)
            if value_end is None:
                return None
            at = value_end

    def _labels(self, at: int) -> int | None:
        """`provisioner "x" {`: where the brace of a block stands that has no sign before it."""
        for _ in range(4):
            at = self._skip(at)
            if self.data[at : at + 1] == b"{":
                return at
            found = self._text(at) if self._quoted(at) else None
            if found is None:
                return None
            at = found[1] + 1
        return None

    def _sequence(self, at: int, path: tuple[bytes, ...]) -> int | None:
        number = 0
        while True:
            at = self._skip(at)
            if self.data[at : at + 1] == b"]":
                return at + 1
            if at >= self.end or self.data[at : at + 1] == b"}":
                return None
            after = self.value(at, (*path, b"%d" % number), at)
            if after is None or after == at:
                return None
            at, number = after, number + 1

    def _key(self, at: int) -> tuple[bytes, int] | None:
        if self._quoted(at):
            found = self._text(at)
            return (found[0], found[1] + 1) if found else None
        bare = _BARE_KEY.match(self.data, at, self.end)
        return (bare[0], bare.end()) if bare else None

    def _quoted(self, at: int) -> bool:
        at += len(self._marks) if self.data.startswith(self._marks, at) else 0
        return self.data[at : at + 1] in (b'"', b"'", b"`") and (not self._marks or self.data[at - 1] == 0x5C)

    def _text(self, at: int) -> tuple[bytes, int, Span, str] | None:
        """The string that begins at `at`: its value, its last quote, its inside, its quote."""
        start = at + len(self._marks) + 1
        quote = self.data[start - 1 : start]
        doubled = -1
        for number, found in enumerate(_QUOTE[quote].finditer(self.data, start, self.end)):
            ends = _ends(len(found[1]), self._depth)
            if ends is None:
                return None
            if not ends and quote == b"'" and not self._depth:
                ends = _CLOSED.match(self.data, found.end(), self.end) is not None  # YAML escapes nothing there, programs do
            if not ends or found.start() == doubled:
                continue
            if quote == b"'" and self.data[found.end() : found.end() + 1] == quote:
                doubled = found.end()
                continue
            stop = found.end() - 1 - len(self._marks)
            raw = self.data[start:stop]
            if number < _EXTENDED and b"${" in raw and raw[raw.rfind(b"${") :].rstrip()[-1:] in (b"(", b",", b"[", b"?", b"="):
                continue  # "${lookup(var.names, "app")}"
            return self._said(raw, quote), found.end() - 1, Span(start, stop), quote.decode()
        return None

    def _said(self, raw: bytes, quote: bytes) -> bytes:
        if quote == b"`":
            return raw
        value = unescaped(raw, self._depth + 1) if quote == b'"' else unescaped(raw, self._depth).replace(b"''", b"'")
        return folded(value) if b"\n" in raw else value

    def _string(self, at: int, path: tuple[bytes, ...], key_at: int) -> int | None:
        found = self._text(at)
        if found is None:
            return None
        value, last, span, quote = found
        after = self._skip(last + 1)
        joined = self.data[after : after + 1] in (b"+", b"%", b".")  # a program makes the value of several parts
        if not joined:
            self.found.append(Scalar(path, value, span, key_at, quote))
            return after + 1 if self.data[after : after + 1] == b")" else last + 1
        bare = self._word.match(self.data, after, self.end)
        return bare.end() if bare else None

    def _heredoc(self, heredoc: re.Match[bytes], path: tuple[bytes, ...], key_at: int) -> int | None:
        last = re.compile(rb"\n[ \t]*" + re.escape(heredoc[1]) + rb"(?=\s|\Z|[,)])").search(self.data, heredoc.end() - 1, self.end)
        if last is None:
            return None
        span = Span(heredoc.end(), max(heredoc.end(), last.start()))
        self.found.append(Scalar(path, self.data[span.start : span.end], span, key_at, "<<"))
        return last.end()

    def _bare(self, at: int, path: tuple[bytes, ...], key_at: int) -> int | None:
        bare = self._word.match(self.data, at, self.end)
        if bare is None or bare.end() == at:
            return None
        text = bare[0].rstrip()
        self.found.append(Scalar(path, text, Span(at, at + len(text)), key_at))
        after = bare.end()
        opened = self.data[after : after + 1]
        if opened in (b"{", b"["):  # a call or a template: what it makes is not read
            nested = self.value(after, (*path, b"()"), after)
            return None if nested is None else self._rest(nested)
        return after

    def _rest(self, at: int) -> int:
        bare = self._word.match(self.data, at, self.end)
        return bare.end() if bare else at

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self.data, at, self.end)
        return found.end() if found else at
