"""Which lines belong to a setting: the brackets round it, the lines of its indentation, its section; and what these are called."""

from __future__ import annotations

import re
from dataclasses import dataclass

REACH = 1400  # bytes on either side
_LINES = 30
_OPENERS, _CLOSERS = b"{[(", b"}])"
_BRACKET = re.compile(rb"([{}\[\]()])|\"(?:[^\"\\\n]|\\.){0,512}\"|'(?:[^'\\\n]|\\.){0,512}'")  # those in strings do not count
_SECTION = re.compile(rb"^[ \t]{0,8}\[{1,2}([\w.:\-/ \"]{1,64})\]{1,2}[ \t]{0,8}\r?$", re.MULTILINE)
_INDENT = re.compile(rb"[ \t]{0,64}(?:- {1,8}|\? )?")
_PARENT = re.compile(rb"[ \t]{0,64}(?:- {1,8})?[\"']?([A-Za-z_][\w.\-/]{0,79})[\"']?[ \t]{0,4}:")
_SKIPPED = re.compile(rb"[ \t]{0,64}(?:#|\r|\n|\Z|\{\{)")
_HEADING = 100  # bytes before an opening bracket that may name what is in it
_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Scope:
    """Stretches of the text, innermost first, and the names of what holds them."""

    stretches: tuple[tuple[int, int], ...]
    parents: tuple[str, ...]


def scope(data: bytes, at: int, *, indented: bool) -> tuple[Scope, Scope | None]:
    """What stands beside `at`, and what stands beside that."""
    low, high = max(0, at - REACH), min(len(data), at + REACH)
    opened = _opened(data, at, low)
    if opened and (not indented or not _below(data, opened[0], at)):
        return _brackets(data, at, opened, high)
    return _lines(data, at, low, high) if indented else (_section(data, at, low, high), None)


def _opened(data: bytes, at: int, low: int) -> list[int]:
    """The brackets that are open at `at`, innermost first."""
    found: list[int] = []
    depth = 0
    for bracket in reversed([one for one in _BRACKET.finditer(data, low, at) if one[1]]):
        if bracket[0] in _CLOSERS:
            depth += 1
        elif depth:
            depth -= 1
        else:
            found.append(bracket.start())
            if len(found) == _DEPTH:
                break
    return found


def _below(data: bytes, opener: int, at: int) -> bool:
    """Whether a bracket before an indented line has nothing to do with it: a line in between begins further left."""
    lines = data[_end(data, opener) : at].split(b"\n")
    own = _indent(data, _start(data, at))
    return any(line.strip() and not _SKIPPED.match(line) and len(line) - len(line.lstrip(b" \t")) < own for line in lines[1:-1])


def _indent(data: bytes, line: int) -> int:
    found = _INDENT.match(data, line)
    return found.end() - line if found else 0


def _brackets(data: bytes, at: int, opened: list[int], high: int) -> tuple[Scope, Scope | None]:
    parents = [_heading(data, opener) for opener in opened]
    inner = Scope(tuple(_level(data, opened[0] + 1, high)), tuple(parents))
    if len(opened) == 1:
        return inner, None
    return inner, Scope(tuple(_level(data, opened[1] + 1, high)), tuple(parents[1:]))


def _heading(data: bytes, opener: int) -> str:
    """What stands before an opening bracket on its line, or on the one before where it stands alone."""
    start = max(_start(data, opener), opener - _HEADING)
    text = data[start:opener]
    if not text.strip() and start:
        start = max(_start(data, start - 1), opener - _HEADING)
        text = data[start:opener]
    return text.decode("latin-1")


def _level(data: bytes, start: int, high: int) -> list[tuple[int, int]]:
    """The stretches from `start` to the bracket that closes it, without what stands in brackets of its own."""
    stretches: list[tuple[int, int]] = []
    depth = 0
    for bracket in _BRACKET.finditer(data, start, high):
        if not bracket[1]:
            continue
        if bracket[0] in _OPENERS:
            if not depth:
                stretches.append((start, bracket.end()))
            depth += 1
        elif depth:
            depth -= 1
            start = bracket.start()
        else:
            return [*stretches, (start, bracket.start())]
    return stretches if depth else [*stretches, (start, high)]


def _lines(data: bytes, at: int, low: int, high: int) -> tuple[Scope, Scope | None]:
    """The lines of a YAML document at the same indentation, and those of the one that holds them."""
    line = _start(data, at)
    inner, parent, names = _block(data, line, low, high)
    outer = None
    parents = [name for name in names if name]
    for _ in range(_DEPTH):
        if parent is None:
            break
        found, parent, names = _block(data, parent, low, high)
        outer = outer or found
        parents += [name for name in names if name]
    return Scope(tuple(inner), tuple(parents)), Scope(tuple(outer), tuple(parents[1:])) if outer else None


def _block(data: bytes, line: int, low: int, high: int) -> tuple[list[tuple[int, int]], int | None, list[str]]:
    """Lines indented as the one that begins at `line`, the line above them that is indented less, and its name."""
    own = _indent(data, line)
    stretches = [(line, _end(data, line))]
    parent, names = None, []
    item = _begins_item(data, line)
    at = line
    for _ in range(_LINES):
        if item or at <= low:
            break
        at = _start(data, at - 1)
        if at < low:
            break
        if _SKIPPED.match(data, at):
            continue
        indent = _indent(data, at)
        if indent == own:
            stretches.append((at, _end(data, at)))
            item = _begins_item(data, at)
        elif indent < own:
            parent = at
            break
    if item:  # `- host: x` belongs to a list; its parent is further up and further left
        parent = _left_of(data, at, low)
    if parent is not None:
        named = _PARENT.match(data, parent)
        names = [named[1].decode()] if named else []
    return [*stretches, *_following(data, line, own, high)], parent, names


def _following(data: bytes, line: int, own: int, high: int) -> list[tuple[int, int]]:
    stretches = []
    at = line
    for _ in range(_LINES):
        at = _end(data, at) + 1
        if at >= high:
            break
        if _SKIPPED.match(data, at):
            continue
        indent = _indent(data, at)
        if indent < own or (indent == own and _begins_item(data, at)):
            break
        if indent == own:
            stretches.append((at, min(_end(data, at), high)))
    return stretches


def _begins_item(data: bytes, line: int) -> bool:
    return data[line : line + 64].lstrip(b" \t").startswith(b"- ")


def _left_of(data: bytes, line: int, low: int) -> int | None:
    dash = _dash(data, line)
    at = line
    for _ in range(2 * _LINES):
        if at <= low:
            return None
        at = _start(data, at - 1)
        if at < low:
            return None
        if _SKIPPED.match(data, at) or data[at : at + 64].lstrip(b" \t").startswith(b"-"):
            continue
        if _dash(data, at) <= dash:
            return at
    return None


def _dash(data: bytes, line: int) -> int:
    text = data[line : line + 80]
    return len(text) - len(text.lstrip(b" \t"))


def _section(data: bytes, at: int, low: int, high: int) -> Scope:
    """The lines between two [section] headers, at most thirty either way."""
    start, end = low, high
    parents: tuple[str, ...] = ()
    for header in _SECTION.finditer(data, low, high):
        if header.end() <= at:
            start, parents = header.end(), (header[1].decode(),)
        elif header.start() > at:
            end = header.start()
            break
    return Scope(((_back(data, at, start), _forth(data, at, end)),), parents)


def _back(data: bytes, at: int, low: int) -> int:
    for _ in range(_LINES):
        found = data.rfind(b"\n", low, at)
        if found < 0:
            return low
        at = found
    return at


def _forth(data: bytes, at: int, high: int) -> int:
    for _ in range(_LINES):
        found = data.find(b"\n", at, high)
        if found < 0:
            return high
        at = found + 1
    return at


def _start(data: bytes, at: int) -> int:
    return data.rfind(b"\n", 0, at) + 1


def _end(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return end if end >= 0 else len(data)
