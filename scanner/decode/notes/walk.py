"""Events become records: each is let go as soon as it ends, so that an export of any size is read in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from scanner.decode.limits import Stop
from scanner.decode.notes.events import END, KEY, LIST, MAP, TEXT_MOST, VALUE, Event, Repeated
from scanner.model.content import Unseen
from scanner.notemaps import Kind, NoteMap, Paths

DEPTH_MOST = 200
_KEY_MOST = 200  # characters of a key that count for where something stands
_EACH = 64  # bytes that a value takes besides its text


@dataclass(slots=True)
class Record:
    """One record as it stands in an export, without the records in it; or, of no kind, what stands outside of all records."""

    kind: Kind | None
    value: dict[str, Any] = field(default_factory=dict, repr=False)
    number: int = 0  # of its kind, from 1
    owner: Record | None = None  # in which it stands
    key: str | None = None  # under which it stands in a map of records
    known: dict[str, str] = field(default_factory=dict)  # id, author and date, where they were in a part that was let go
    parts: list[Record] = field(default_factory=list, repr=False)  # told after it, as their names begin with its own
    size: int = 0
    whole: bool = True  # False: more of it follows, or it is cut off
    file: str = ""  # where the file is the record


@dataclass(slots=True)
class _Open:
    """A map or list that has not ended."""

    box: Any
    is_map: bool
    path: str  # from the record
    owner: Record
    record: Record | None = None  # that begins here
    key: str = ""


class Walker:
    """Cuts a stream of events into the records of a mapping."""

    def __init__(self, mapping: NoteMap, most: int = TEXT_MOST) -> None:
        self._mapping, self._most, self._held = mapping, most, 0
        self._places: dict[tuple[str, str], Kind] = {}
        for kind in mapping.kinds:
            for place in kind.at:
                owner, _, path = place.rpartition("/")
                self._places[owner, path] = kind
        self._starred = any("*" in path.split(".") for _, path in self._places)
        self._open: list[_Open] = []
        self._numbers: Counter[str] = Counter()
        self.outside = Record(None)
        self.cut: Record | None = None  # the innermost record that was open when reading ended too early

    def walk(self, events: Iterable[Event | Unseen]) -> Iterator[Record | Unseen]:
        """Every record, then what stands outside of them; raises Stop where the events do, after what was read is told."""
        try:
            for event in events:
                if isinstance(event, Unseen):
                    yield event
                    continue
                name, value = event
                if name == KEY:
                    frame = self._open[-1]
                    frame.key = value
                    frame.owner.size += len(value)
                    self._held += len(value)
                elif name == VALUE and self._open and self._open[-1].is_map and self._open[-1].key not in self._open[-1].box:
                    frame = self._open[-1]  # nearly every value
                    frame.box[frame.key] = value
                    self._count(frame.owner, value)
                elif name == END:
                    frame = self._open.pop()
                    if frame.record is not None:
                        yield from self._ended(frame.record)
                elif name in (MAP, LIST):
                    self._begin(is_map=name == MAP)
                else:
                    self._put(value)
                if self._held > self._most:
                    yield from self._let_go()
        except Stop:
            inner = next((frame.record for frame in reversed(self._open) if frame.record is not None), None)
            self.cut = inner
            yield from self._let_go()
            raise
        if self.outside.value:
            yield self.outside

    def _begin(self, *, is_map: bool) -> None:
        if len(self._open) >= DEPTH_MOST:
            raise Stop("archive-too-deep", f"it is nested deeper than {DEPTH_MOST} levels")
        above = self._open[-1] if self._open else None
        owner = above.owner if above else self.outside
        path = _below(above) if above else ""
        kind = self._kind(owner, path, above) if is_map else None
        if kind is not None:
            self._numbers[kind.name] += 1
            keyed = above is not None and above.is_map and self._starred
            record = Record(kind, number=self._numbers[kind.name], owner=owner, key=above.key if keyed and above else None)
            self._open.append(_Open(record.value, True, "", record, record))
            return
        self._count(owner, None)
        box: Any = {} if is_map else []
        if above is None and is_map:
            box = self.outside.value
        else:
            self._attach(box)
        self._open.append(_Open(box, is_map, path, owner))

    def _kind(self, owner: Record, path: str, above: _Open | None) -> Kind | None:
        name = owner.kind.name if owner.kind else ""
        if not path and not name:
            path = "$" if above is None else "."
        for place in (name, "*") if name else ("",):
            if kind := self._places.get((place, path)):
                return kind
            if self._starred and path not in ("$", "."):
                stem = path.rpartition(".")[0]
                if kind := self._places.get((place, f"{stem}.*" if stem else "*")):
                    return kind
        return None

    def _put(self, value: Any) -> None:
        self._count(self._open[-1].owner if self._open else self.outside, value)
        self._attach(value)

    def _count(self, owner: Record, value: Any) -> None:
        size = _EACH + (len(value) if isinstance(value, str) else 0)
        owner.size += size
        self._held += size

    def _attach(self, value: Any) -> None:
        above = self._open[-1] if self._open else None
        key = above.key if above else ""
        box: Any = above.box if above else self.outside.value
        if above and not above.is_map:
            box.append(value)
        elif key not in box:
            box[key] = value
        elif isinstance(box[key], Repeated):
            box[key].append(value)
        else:
            box[key] = Repeated([box[key], value])

    def _ended(self, record: Record) -> Iterator[Record]:
        if record.kind and record.kind.part and record.owner is not None and record.owner.kind:
            record.owner.parts.append(record)
            record.owner.size += record.size
            return
        self._held -= record.size
        yield from _with_parts(record)

    def _let_go(self) -> Iterator[Record]:
        """Everything that is held, unfinished as it is; what follows is put into new maps and lists of the same places."""
        for record in [self.outside, *(frame.record for frame in self._open if frame.record is not None)]:
            parts, record.parts = record.parts, []
            if record.value or parts:
                yield from _with_parts(replace(record, value=record.value, whole=False, parts=parts))
            if record.kind:
                for role in ("id", "author", "date"):
                    if role not in record.known and (text := first(record.value, record.kind.roles.get(role, ()))):
                        record.known[role] = text
            record.value, record.size = {}, 0
        self._held = 0
        above: list[_Open] = self._open
        self._open = []
        for frame in above:
            if frame.record is not None:
                frame.box = frame.record.value
            elif not self._open and frame.is_map:
                frame.box = self.outside.value
            else:
                frame.box = {} if frame.is_map else []
                self._attach(frame.box)
            self._open.append(frame)


def _with_parts(record: Record) -> Iterator[Record]:
    yield record
    for part in record.parts:
        yield from _with_parts(part)


def _below(frame: _Open) -> str:
    if not frame.is_map:
        return frame.path
    key = frame.key[:_KEY_MOST]
    return f"{frame.path}.{key}" if frame.path else key


def values(value: Any, path: str) -> Iterator[Any]:
    """Everything at a path of keys; lists on the way are gone through, `*` is any key."""
    head, dot, _ = path.partition(".")
    if head != "*" and isinstance(value, dict):  # most paths lead nowhere, or one step
        if head not in value:
            return iter(())
        if not dot:
            return iter((value[head],))
    found = [value]
    for part in path.split("."):
        found = [inner for one in found for outer in _spread(one) if isinstance(outer, dict) for inner in _get(outer, part)]
    return iter(found)


def _get(value: dict[str, Any], key: str) -> list[Any]:
    if key == "*":
        return list(value.values())
    return [value[key]] if key in value else []


def _spread(value: Any) -> list[Any]:
    return [inner for item in value for inner in _spread(item)] if isinstance(value, list) else [value]


def first(value: Any, paths: Paths) -> str | None:
    """The first plain value that stands at one of these paths, as text."""
    for path in paths:
        for found in values(value, path):
            for one in _spread(found):
                if isinstance(one, str | int | float | Decimal) and not isinstance(one, bool) and (text := str(one).strip()):
                    return text
    return None
