"""Outlook messages (MS-OXMSG): properties as text, bodies, attachments, and messages in messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from scanner.decode.content import Part, member
from scanner.decode.marked import Marked
from scanner.model.content import Inside

_PROPERTY = "__substg1.0_"
_ATTACHMENT, _RECIPIENT = "__attach_version1.0_#", "__recip_version1.0_#"
_NAMES = {
    "0037": "subject", "1000": "body", "007D": "headers", "0C1A": "sender", "0C1F": "sender address", "0E04": "to", "0E03": "cc",
    "0E02": "bcc", "0070": "topic", "1035": "message id", "3001": "name", "3003": "address", "39FE": "address", "3707": "file name",
}  # fmt: skip
_HTML, _RTF, _DATA = "10130102", "10090102", "37010102"
_FILE_NAMES = ("3707001F", "3707001E", "3704001F", "3704001E", "3001001F", "3001001E")
# What every compressed text may refer to before it says anything itself (MS-OXRTFCP 2.1.2.1).
_KNOWN = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArial"
    rb"Times New RomanCourier{\colortbl\red0\green0\blue0" b"\r\n" rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)  # fmt: skip
_TEXT_MOST = 16 << 20


def fits(names: Sequence[Sequence[str]]) -> bool:
    """Whether the streams of an OLE file are those of a message."""
    return any(list(name) == ["__properties_version1.0"] for name in names)


def read(names: Sequence[Sequence[str]], stream: Callable[[Sequence[str]], bytes]) -> Iterator[Part]:
    """Texts with their names, then bodies and attachments."""
    marked = Marked()
    known = {tuple(name) for name in names}
    for name in names:
        if not name[-1].startswith(_PROPERTY):
            continue
        tag, where = name[-1].removeprefix(_PROPERTY).split("-")[0], _inside(name)
        if tag.endswith(("001F", "001E")):
            text = _text(stream(name), tag)
            yield from marked.add(text + "\n", Inside(member=where, field=_NAMES.get(tag[:4], f"property {tag[:4]}")))
    yield from marked.rest()
    for name in names:
        tag, where = name[-1].removeprefix(_PROPERTY), _inside(name)
        if tag == _HTML:
            yield Part(stream(name), Inside(member=where, field="body"))
        elif tag == _RTF:
            yield Part(unpacked(stream(name)), Inside(member=where, field="body"))
        elif tag == _DATA and len(name) > 1 and name[-2].startswith(_ATTACHMENT):
            yield Part(stream(name), member(_file_name(name, known, stream)).within(Inside(member=where)))


def _inside(name: Sequence[str]) -> str | None:
    """The messages in messages that lead to a property."""
    numbers = [part.removeprefix(_ATTACHMENT) for part, below in pairwise(name) if below == _PROPERTY + "3701000D"]
    return "!".join(f"message {int(number, 16) + 1 if _is_hex(number) else number}" for number in numbers) or None


def _is_hex(text: str) -> bool:
    return bool(text) and all(letter in "0123456789abcdefABCDEF" for letter in text)


def _file_name(name: Sequence[str], known: set[tuple[str, ...]], stream: Callable[[Sequence[str]], bytes]) -> str:
    for tag in _FILE_NAMES:
        path = (*name[:-1], _PROPERTY + tag)
        if path in known:
            return _text(stream(path), tag)
    return name[-2].removeprefix("__")


def _text(data: bytes, tag: str) -> str:
    return data.decode("utf-16-le" if tag.endswith("F") else "cp1252", "replace").rstrip("\0")


def unpacked(data: bytes) -> bytes:
    """A compressed RTF text (MS-OXRTFCP), as far as it goes."""
    if data[8:12] == b"MELA":
        return data[16:]
    if data[8:12] != b"LZFu":
        return b""
    window, made = bytearray(4096), bytearray()
    window[: len(_KNOWN)] = _KNOWN
    put, at = len(_KNOWN), 16
    while at < len(data) and len(made) < _TEXT_MOST:
        flags, at = data[at], at + 1
        for bit in range(8):
            if not flags >> bit & 1:
                piece, at = data[at : at + 1], at + 1
            else:
                token, at = int.from_bytes(data[at : at + 2], "big"), at + 2
                start, length = token >> 4, (token & 15) + 2
                if start == put % 4096:
                    return bytes(made)
                piece = b""
                for step in range(length):  # it may refer to what it is making
                    letter = window[(start + step) % 4096]
                    window[(put + step) % 4096] = letter
                    piece += bytes([letter])
            for letter in piece:
                window[put % 4096] = letter
                put += 1
            made += piece
            if at >= len(data):
                break
    return bytes(made)
