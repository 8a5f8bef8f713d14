"""XML as events, of untrusted documents: no entity of theirs grows, nothing is fetched, and depth and size are bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple
from xml.parsers import expat

from scanner.decode.limits import Stop

_DEPTH_MOST = 2_000
_ENTITY_MOST = 1_000  # characters; drawing programs declare their namespaces as entities, which are short
_ENTITIES_MOST = 100
_BUFFER = 1 << 16
_GREW = "archive-too-large"


class Event(NamedTuple):
    """What comes next: an element that starts or ends, text, or a comment."""

    kind: str  # start | end | text | comment | pi
    name: str = ""  # local name of the element
    text: str = ""
    attributes: dict[str, str] = {}  # by their names as written  # noqa: RUF012 never written to

    def get(self, name: str, default: str = "") -> str:
        """An attribute by its local name."""
        for key, value in self.attributes.items():
            if local(key) == name:
                return value
        return default


def local(name: str) -> str:
    """A name without its prefix: what a prefix stands for differs between the versions of a format."""
    return name.rpartition(":")[2] if ":" in name else name


def events(pieces: Iterable[bytes]) -> Iterator[Event]:
    """The events of a document in order; raises Stop at what is no XML any more, or tries to grow."""
    parser, queue = _parser()
    try:
        for piece in pieces:
            for start in range(0, len(piece), _BUFFER):
                parser.Parse(piece[start : start + _BUFFER], False)
                yield from queue
                queue.clear()
        parser.Parse(b"", True)
    except Stop:
        yield from queue
        raise
    except (expat.ExpatError, ValueError, LookupError):
        yield from queue
        raise Stop("unreadable", "its XML is damaged") from None
    yield from queue


def _parser() -> tuple[expat.XMLParserType, list[Event]]:
    parser, queue = expat.ParserCreate(), list[Event]()
    depth = entities = 0
    parser.buffer_text, parser.buffer_size = True, _BUFFER

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEPTH_MOST:
            raise Stop("archive-too-deep", f"its XML is nested deeper than {_DEPTH_MOST:,} elements")
        queue.append(Event("start", local(name), attributes=attributes))

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        queue.append(Event("end", local(name)))

    def entity(_n: str, _p: bool, value: str | None, _b: str | None, _s: str | None, _i: str | None, _t: str | None) -> None:
        nonlocal entities
        entities += 1
        if value is not None and ("&" in value or "%" in value or len(value) > _ENTITY_MOST or entities > _ENTITIES_MOST):
            raise Stop(_GREW, "its XML declares entities that would grow")
        queue.append(Event("comment", text=value or ""))

    parser.StartElementHandler, parser.EndElementHandler, parser.EntityDeclHandler = start, end, entity
    parser.CharacterDataHandler = _into(queue, "text")
    parser.CommentHandler = _into(queue, "comment")
    parser.ProcessingInstructionHandler = lambda target, data: queue.append(Event("pi", target, data))
    return parser, queue


def _into(queue: list[Event], kind: str) -> Callable[[str], None]:
    def add(text: str) -> None:
        queue.append(Event(kind, text=text))

    return add
