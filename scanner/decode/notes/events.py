"""JSON, JSON lines and YAML as one stream of events, in bounded memory; nothing is expanded, nothing is made of a tag."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from scanner.decode.limits import Stop
from scanner.model.content import Inside, Unseen

MAP, LIST, END, KEY, VALUE = "map", "list", "end", "key", "value"
Event = tuple[str, Any]  # (MAP | LIST | END, None), (KEY, text), (VALUE, text or number or None)
TEXT_MOST = 32 << 20  # bytes of one text, which is held
_YAML_MOST = 64 << 20
_STEP = 1 << 16
_KINDS = {
    "start_map": MAP, "start_array": LIST, "end_map": END, "end_array": END, "map_key": KEY,
    "string": VALUE, "number": VALUE, "boolean": VALUE, "null": VALUE,
}  # fmt: skip


class Repeated(list[Any]):
    """The values of a key that stands several times in one map."""


class Bytes(Protocol):
    """What can be read forwards."""

    def read(self, size: int, /) -> bytes: ...


def json_events(source: Bytes) -> Iterator[Event]:
    """One JSON value, or several one behind the other."""
    import ijson

    try:
        for name, value in ijson.basic_parse(_Short(source), multiple_values=True, buf_size=_STEP):
            yield _KINDS[name], value
    except ijson.IncompleteJSONError as problem:
        if "premature EOF" in str(problem) or "Incomplete" in str(problem):
            raise Stop("truncated", "it ends in the middle of a value") from None
        raise Stop("unreadable", "it is no JSON from some place on") from None
    except (ijson.JSONError, SystemError, ValueError):
        raise Stop("unreadable", "it is no JSON from some place on") from None


class _Short:
    """Ends the reading where a text grows too long to be held; also takes the byte order mark away."""

    def __init__(self, source: Bytes) -> None:
        self._source, self._open, self._first = source, 0, True

    def read(self, size: int = _STEP) -> bytes:
        data = self._source.read(size)
        if self._first and size:
            data, self._first = data.removeprefix(b"\xef\xbb\xbf"), False
        last = data.rfind(b'"')
        while last > 0 and data[last - 1] == 0x5C:  # in a text each quote has a backslash before it
            last = data.rfind(b'"', 0, last)
        self._open = self._open + len(data) if last < 0 else len(data) - last
        if self._open > TEXT_MOST:
            raise Stop("archive-too-large", f"a text in it is larger than {TEXT_MOST >> 20} MiB")
        return data


def json_line_events(source: Bytes) -> Iterator[Event | Unseen]:
    """JSON lines as the items of one list; a line that is damaged is told, and costs no other."""
    yield LIST, None
    for number, (line, whole) in enumerate(text_lines(source), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line, object_pairs_hook=_pairs) if whole else None
        except (ValueError, RecursionError):
            reason, detail = ("unreadable", "it is no JSON") if line.endswith(b"\n") else ("truncated", "it ends in the middle of a value")
            yield Unseen(reason, detail, Inside(record=f"line {number}"))
            yield VALUE, line.decode("utf-8", "replace")
            continue
        if whole:
            yield from events_of(value)
        else:
            yield Unseen("archive-too-large", f"it is larger than {TEXT_MOST >> 20} MiB", Inside(record=f"line {number}"))
    yield END, None


def text_lines(source: Bytes) -> Iterator[tuple[bytes, bool]]:
    """Each line, and whether it is all of it; of one that is too long only the beginning."""
    held = b""
    skipping = False
    while piece := source.read(_STEP):
        *ended, rest = piece.split(b"\n")
        for part in ended:
            if not skipping:
                yield held + part + b"\n", True
            held, skipping = b"", False
        if not skipping:
            held += rest
        if len(held) > TEXT_MOST:
            yield b"x", False
            held, skipping = b"", True
    if held:
        yield held, True


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    found = {}
    for key, value in pairs:
        if key not in found:
            found[key] = value
        elif isinstance(found[key], Repeated):
            found[key].append(value)
        else:
            found[key] = Repeated([found[key], value])
    return found


def events_of(value: Any) -> Iterator[Event]:
    """The events of a value that is held."""
    pending: list[tuple[str, Any]] = [("any", value)]
    while pending:
        kind, item = pending.pop()
        if kind != "any":
            yield kind, item
        elif isinstance(item, dict):
            yield MAP, None
            pending.append((END, None))
            for key, inner in reversed(item.items()):
                several = inner if isinstance(inner, Repeated) else [inner]
                for one in reversed(several):
                    pending += [("any", one), (KEY, key)]
        elif isinstance(item, list | tuple):
            yield LIST, None
            pending.append((END, None))
            pending += [("any", one) for one in reversed(item)]
        else:
            yield VALUE, item


def yaml_events(source: Bytes, hurry: Callable[[], None]) -> Iterator[Event]:
    """YAML, several documents as the items of one list; an alias stands for nothing, as what it means was read at its anchor."""
    data = b""
    while len(data) <= _YAML_MOST and (piece := source.read(_STEP * 64)):
        data += piece
    if len(data) > _YAML_MOST:
        raise Stop("archive-too-large", f"it is larger than {_YAML_MOST >> 20} MiB and can only be read whole")
    yield from yaml_text_events(data, hurry)


def yaml_text_events(data: bytes, hurry: Callable[[], None] = lambda: None) -> Iterator[Event]:
    """The same for bytes that are held."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        yield from _from_yaml(yaml.parse(data.decode("utf-8-sig", "replace"), Loader=loader), hurry)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        if mark is not None and mark.index >= len(data) - 2:
            raise Stop("truncated", "it ends in the middle of a value") from None
        raise Stop("unreadable", "it is no YAML from some place on") from None


def _from_yaml(events: Iterable[Any], hurry: Callable[[], None]) -> Iterator[Event]:
    import yaml

    wants: list[bool | None] = []  # of each open collection: whether a key comes next; None for a list
    for number, event in enumerate(events):
        if number % 4096 == 0:
            hurry()
        if isinstance(event, yaml.CollectionEndEvent):
            wants.pop()
            yield END, None
        elif isinstance(event, yaml.NodeEvent):
            is_key, plain = bool(wants) and wants[-1] is True, not isinstance(event, yaml.CollectionStartEvent)
            value = event.value if isinstance(event, yaml.ScalarEvent) else None
            if wants and wants[-1] is not None:
                wants[-1] = not is_key
            if is_key and plain:
                yield KEY, "*" if value is None else value
            elif plain:
                yield VALUE, value
            else:
                if is_key:
                    yield KEY, "?"
                is_map = isinstance(event, yaml.MappingStartEvent)
                yield (MAP if is_map else LIST), None
                wants.append(True if is_map else None)
