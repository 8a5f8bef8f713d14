"""What the output is written on: a terminal of some width, or a pipe or file."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TextIO


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that may be shown: everything that was found in it is painted over, or somebody asked for it as it is."""

    data: bytes  # PNG
    width: int  # pixels
    height: int

    @classmethod
    def png(cls, data: bytes) -> Picture:
        """Of a PNG, which says its size in its first chunk."""
        width, height = struct.unpack(">II", data[16:24])
        return cls(data, width, height)


@dataclass(frozen=True, slots=True)
class Page:
    """How wide it is, whether it takes escape codes and colour, and where a path can be opened."""

    width: int | None = None  # columns; None: a pipe or file, nothing is wrapped or cut
    escapes: bool = False  # bold, links, moving the cursor
    color: bool = False
    encoding: str = "utf-8"
    links: Mapping[str, str] = field(default_factory=dict)  # target id -> address that a path is appended to; `{commit}` is filled in
    pictures: Mapping[tuple[str, str], Picture] = field(default_factory=dict)  # by target id and path; only HTML shows them

    @property
    def dot(self) -> str:
        """What stands between parts of a line."""
        return "·" if self.encoding.lower().replace("-", "") in ("utf8", "utf16", "utf32") else "-"


PIPED = Page()


def page_of(stream: TextIO, environ: Mapping[str, str], *, no_color: bool = False, links: Mapping[str, str] | None = None) -> Page:
    """What `stream` is; NO_COLOR (not empty), TERM=dumb and COLUMNS are honoured."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    if not stream.isatty():
        return Page(encoding=encoding, links=links or {})
    escapes = environ.get("TERM", "") not in ("", "dumb", "unknown")
    color = escapes and not no_color and not environ.get("NO_COLOR")
    return Page(_width(environ), escapes, color, encoding, links or {})


def _width(environ: Mapping[str, str]) -> int:
    from shutil import get_terminal_size

    columns = environ.get("COLUMNS", "")
    wanted = int(columns) if columns.isascii() and columns.isdigit() and len(columns) <= 4 else 0
    return max(40, wanted or get_terminal_size().columns)
