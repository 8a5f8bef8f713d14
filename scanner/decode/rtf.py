"""Rich Text Format (1.9.1): the text, in the lines of the file; pictures and embedded objects as members."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scanner.decode.content import Content, Part
from scanner.decode.mapped import Mapped
from scanner.model.content import Inside

_TOKEN = re.compile(rb"\\([a-zA-Z]{1,32})(-?[0-9]{1,10})?[ ]?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.DOTALL)
_LETTERS = {
    b"par": b"\n", b"line": b"\n", b"tab": b"\t", b"cell": b"\t", b"row": b"\n", b"sect": b"\n", b"page": b"\n", b"emdash": b"\xe2\x80\x94",
    b"endash": b"\xe2\x80\x93", b"lquote": b"'", b"rquote": b"'", b"ldblquote": b'"', b"rdblquote": b'"', b"bullet": b"*",
}  # fmt: skip
_TABLES = frozenset(
    b"fonttbl colortbl stylesheet listtable listoverridetable rsidtbl themedata colorschememapping latentstyles datastore".split()
)
_HEXADECIMAL = {b"pict": "picture", b"objdata": "object"}
_NOT_HEX = re.compile(rb"[^0-9a-fA-F]+")


class _Group:
    """What holds until a brace closes."""

    __slots__ = ("kind", "skip", "uc")

    def __init__(self, kind: bytes = b"", skip: int = 0, uc: int = 1) -> None:
        self.kind, self.skip, self.uc = kind, skip, uc  # destination, letters to pass over, how many follow each \u


def read(content: Content) -> Iterator[Part]:
    """The text, then what is embedded."""
    data = content.whole()
    text, packed = Mapped(), list[tuple[bytes, list[bytes]]]()
    groups = [_Group()]
    for number, token in enumerate(_TOKEN.finditer(data)):
        if not number & 0xFFF:
            content.budget.hurry()
        now = groups[-1]
        if token[5]:
            _brace(token[5], groups)
        elif token[1]:
            _word(token, groups, text, packed)
        elif now.kind in _HEXADECIMAL and packed:
            packed[-1][1].append(token[0])
        elif now.kind not in _TABLES:
            _letters(token, now, text)
    yield from text.part("text")
    for number, (kind, pieces) in enumerate(packed, 1):
        digits = _NOT_HEX.sub(b"", b"".join(pieces))
        if len(digits) > 32:
            yield Part(_stripped(bytes.fromhex(digits[: len(digits) // 2 * 2].decode())), Inside(member=f"{_HEXADECIMAL[kind]} {number}"))


def _brace(brace: bytes, groups: list[_Group]) -> None:
    if brace == b"{":
        if len(groups) < 10_000:  # deeper groups share the destination of this one
            groups.append(_Group(groups[-1].kind, 0, groups[-1].uc))
    elif len(groups) > 1:
        groups.pop()


def _word(token: re.Match[bytes], groups: list[_Group], text: Mapped, packed: list[tuple[bytes, list[bytes]]]) -> None:
    word, now = token[1], groups[-1]
    number = int(token[2]) if token[2] else None
    if word in _TABLES:
        now.kind = word
    elif word in _HEXADECIMAL:
        now.kind = word
        packed.append((word, []))
    elif word == b"u" and number is not None and now.kind not in _TABLES:
        text.make(chr(number % 0x10000).encode("utf-8", "replace"), token.start(), len(token[0]))
        now.skip = now.uc
    elif word == b"uc" and number is not None:
        now.uc = max(0, min(number, 16))
    elif word == b"bin" and number:
        now.skip = 0  # raw bytes follow; they were searched as they are
    elif word in _LETTERS and now.kind not in _TABLES:
        text.make(_LETTERS[word], token.start(), len(token[0]))


def _letters(token: re.Match[bytes], now: _Group, text: Mapped) -> None:
    if token[3] or token[4]:
        if now.skip:
            now.skip -= 1
        elif token[3]:
            text.make(bytes.fromhex(token[3].decode()).decode("cp1252", "replace").encode(), token.start(), 4)
        elif token[4] in (b"\\", b"{", b"}", b"~", b"_"):
            text.make({b"~": b" ", b"_": b"-"}.get(token[4], token[4]), token.start(), 2)
        elif token[4] in (b"\n", b"\r"):
            text.make(b"\n", token.start(), 2)
    elif token[6]:
        skipped = min(now.skip, len(token[6]))
        now.skip -= skipped
        text.copy(token[6][skipped:], token.start() + skipped)


def _stripped(data: bytes) -> bytes:
    """An embedded object without the header that names its class (MS-OLEDS 2.2.4), where what follows is an OLE file."""
    at = data.find(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, 1024)
    return data[at:] if at > 0 else data
