"""SVG pictures: their texts as a person reads them, however they are split, and the pictures that are embedded in them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes
from xml.parsers import expat

from scanner.decode.content import STEP, Content, Part
from scanner.decode.limits import Stop
from scanner.decode.offsets import Offsets, Run
from scanner.model.content import Inside, Unseen

_BEGIN = re.compile(rb"(?:\xef\xbb\xbf)?\s{0,200}(?:<\?xml|<!--|<!DOCTYPE|<svg)", re.IGNORECASE)
_ROOT = re.compile(rb"<(?:[A-Za-z][\w.-]{0,40}:)?svg[\s>/]")
_DEPTH_MOST, _TEXT_MOST, _PIECES_MOST = 1_000, 16 << 20, 1_000_000
_ENTITY_MOST, _ENTITIES_MOST = 1_000, 200
_BREAKS = ("text", "title", "desc", "p", "div", "br", "tspan", "style", "script", "metadata")


def fits(data: bytes) -> bool:
    """Whether XML is a picture: the first element is `svg`, behind a declaration and comments."""
    if not _BEGIN.match(data):
        return False
    bare = re.sub(rb"<!--.*?-->", b"", data[:STEP], flags=re.DOTALL)
    first = re.search(rb"<[A-Za-z]", bare)
    return first is not None and _ROOT.match(bare, first.start()) is not None


def read(content: Content) -> Iterator[Part | Unseen]:
    """The text, then what is embedded."""
    walk = _Walk()
    problem: Stop | None = None
    try:
        for piece in content.pieces():
            content.budget.hurry()
            walk.parser.Parse(piece, False)
        walk.parser.Parse(b"", True)
    except Stop as stop:
        problem = stop
    except (expat.ExpatError, ValueError, LookupError):
        problem = Stop("unreadable", "its XML is damaged; what came before was read")
    back = Offsets(walk.runs, content.taken) if content.is_held and walk.runs else None
    yield Part(b"".join(walk.texts), Inside(field="svg.text"), back=back)
    for link in walk.links:
        yield from _embedded(link)
    if problem:
        raise problem


class _Walk:
    """Collects texts and links; no entity grows, and none is fetched."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []
        self.runs: list[Run] = []  # where each text stands in the file
        self.links: list[str] = []
        self._size = self._deep = self._entities = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.CommentHandler = self._text
        self.parser.EntityDeclHandler = self._entity

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._deep += 1
        if self._deep > _DEPTH_MOST:
            raise Stop("archive-too-deep", f"it is nested deeper than {_DEPTH_MOST:,} elements")
        local = name.rpartition(":")[2]
        if local != "tspan" and local in _BREAKS:
            self._text("\n")
        elif local == "tspan" and ({"x", "y", "dy"} & attributes.keys()):
            self._text("\n" if "dy" in attributes or "y" in attributes else " ")
        for key, value in sorted(attributes.items()):
            if key.rpartition(":")[2] in ("href", "src") and value[:5].lower() == "data:":
                self.links.append(value)
            elif key.rpartition(":")[2] in ("label", "title", "docname", "export-filename", "aria-label"):
                self._text(f"\n{value}\n")

    def _end(self, name: str) -> None:
        self._deep -= 1
        if name.rpartition(":")[2] in _BREAKS and name.rpartition(":")[2] != "tspan":
            self._text("\n")

    def _text(self, text: str) -> None:
        if self._size > _TEXT_MOST or len(self.texts) > _PIECES_MOST:
            raise Stop("archive-too-large", f"it has more than {_TEXT_MOST >> 20} MiB of text")
        data = text.encode("utf-8", "replace")
        self.runs.append(Run(self._size, max(0, self.parser.CurrentByteIndex)))
        self.texts.append(data)
        self._size += len(data)

    def _entity(self, _n: str, _p: bool, value: str | None, _b: str | None, _s: str | None, _i: str | None, _t: str | None) -> None:
        self._entities += 1
        if value is not None and ("&" in value or "%" in value or len(value) > _ENTITY_MOST or self._entities > _ENTITIES_MOST):
            raise Stop("archive-too-large", "it declares entities that would grow")


def _embedded(link: str) -> Iterator[Part | Unseen]:
    """A data URL (RFC 2397)."""
    head, _, body = link.partition(",")
    data = unquote_to_bytes(body)
    if head.rstrip().lower().endswith(";base64"):
        try:
            data = base64.b64decode(b"".join(data.split()) + b"==")
        except (ValueError, binascii.Error):
            yield Unseen("unreadable", "a picture that is embedded in it is damaged", Inside(field="svg.href"))
            return
    yield Part(data, Inside(field="svg.href"))
