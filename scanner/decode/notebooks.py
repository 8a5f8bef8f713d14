"""Jupyter notebooks (nbformat): sources and outputs as text, pictures and other results as members."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from scanner.decode.content import HEAD, Content, Part, member
from scanner.decode.jsonread import String, strings, unescape
from scanner.decode.limits import Stop
from scanner.decode.mapped import Mapped
from scanner.model.content import Inside, Unseen

_SPACE = re.compile(rb"(?:\s|\\[nrt])+")


def fits(data: bytes) -> bool:
    """Whether a JSON object is a notebook: what it must have stands at its beginning, or at its end."""
    head, tail = data[:HEAD], data[-HEAD:]
    return b'"cells"' in head and (b'"nbformat"' in head or b'"nbformat"' in tail or b'"cell_type"' in head)


def read(content: Content) -> Iterator[Part | Unseen]:
    """All text, in the lines of the file; then what stands in it in base64."""
    data = content.whole()
    text, packed = Mapped(), list[tuple[str, String]]()
    before: tuple[object, ...] = ()
    try:
        for number, string in enumerate(strings(data)):
            if not number & 0xFFF:
                content.budget.hurry()
            path, cell = string.path, _cell(string)
            if cell and _is_packed(string):
                packed.append((cell, string))
            else:
                if path[:-1] != before or not path or not isinstance(path[-1], int):  # a text is written as a list of its lines
                    if not text.ends_with(b"\n"):
                        text.make(b"\n", string.start, 1)
                    text.mark(Inside(record=cell or None))
                unescape(data, string, text)
                before = path[:-1]
    except Stop as problem:
        yield from text.part("text")
        yield Unseen(problem.reason, problem.detail, Inside(field="cells"))
    else:
        yield from text.part("text")
    for cell, string in packed:
        yield from _unpacked(data, cell, string)


def _cell(string: String) -> str:
    """Which cell a string belongs to."""
    path = string.path
    if len(path) > 2 and path[0] == "cells" and isinstance(path[1], int):
        return f"cell {path[1] + 1}"
    return ""


def _is_packed(string: String) -> bool:
    """Whether it is a result, or an attachment, of a kind that is written in base64."""
    kind = next((key for key in reversed(string.path) if isinstance(key, str)), "")
    is_text = kind.startswith("text/") or kind.endswith(("json", "xml", "javascript"))
    return "/" in kind and not is_text and string.end - string.start > 32


def _unpacked(data: bytes, cell: str, string: String) -> Iterator[Part]:
    kind = next(key for key in reversed(string.path) if isinstance(key, str))
    letters = _SPACE.sub(b"", data[string.start : string.end])
    try:
        made = binascii.a2b_base64(letters)
    except binascii.Error:
        made = b""
    if made:
        where = "-".join(str(key + 1) if isinstance(key, int) else key for key in string.path[2:-1] if key != "data")
        yield Part(made, member(f"{cell} {where}.{kind.rpartition('/')[2]}"), "base64")
    else:
        yield Part(letters, Inside(record=cell))
