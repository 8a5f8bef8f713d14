"""Mail (RFC 5322, MIME) and mailboxes of it: headers as they read, bodies decoded, attachments as members; read line by line."""

from __future__ import annotations

import binascii
import email.parser
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from email.message import Message
from typing import IO

from scanner.decode.content import HEAD, STEP, Content, Part, Pieces, member
from scanner.decode.formats import recognise
from scanner.decode.marked import Marked, shown
from scanner.model.content import Inside, Unseen

_LINE_MOST = 1 << 16  # a longer line is read in pieces
_HEADERS_MOST = 1 << 20
_FIELD_MOST = 8192  # of a header that is taken apart; longer ones are searched as they are
_NESTED_MOST = 100  # multiparts in multiparts
_IN_MEMORY = 1 << 20
_TEXT_MOST = 16 << 20
_FIELD = re.compile(rb"([!-9;-~]{1,100}):[ \t]?")
_TELLING = frozenset({b"from", b"to", b"date", b"subject", b"received", b"message-id", b"mime-version", b"return-path", b"content-type"})
_ENVELOPE = re.compile(rb"From [^\r\n]{1,200}[0-9]:[0-9]{2}[^\r\n]{0,40}\r?\n")
_FOLD, _BETWEEN = re.compile(r"\r?\n[ \t]"), re.compile(r"\?=[ \t]{1,100}=\?")
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\s]{0,1000})\?=")
_PLAIN = ("us-ascii", "ascii", "utf-8", "utf8", "iso-8859-1", "iso-8859-15", "windows-1252", "latin-1", "latin1", "unknown-8bit", "")


def fits(data: bytes) -> bool:
    """Whether a content begins with the headers of a message, three at least that mail has."""
    names = set()
    for line in data[:HEAD].split(b"\n"):
        if line[:1] in (b" ", b"\t"):
            continue
        match = _FIELD.match(line)
        if match is None:
            break
        names.add(match[1].lower())
    return len(names & _TELLING) >= 3


def read(content: Content) -> Iterator[Part | Unseen]:
    """One message."""
    yield from _Reader(content).parts()


def mbox(content: Content) -> Iterator[Part]:
    """The messages of a mailbox, one after the other; what stands between them is read with the envelopes."""
    lines, envelopes, number = _Lines(content), Marked(Inside(field="envelope")), 0
    while line := lines.take():
        number += 1
        yield from envelopes.add(line)
        pieces = _one(lines)
        yield Part(Pieces(pieces), Inside(member=f"message {number}"))
        for _ in pieces:  # what was let go
            pass
    yield from envelopes.rest()


class _Lines:
    """A content line by line, with a look at the next; a line that is too long comes in pieces."""

    def __init__(self, content: Content) -> None:
        self._content, self._data, self._at = content, b"", 0
        self._next: bytes | None = None

    def peek(self) -> bytes:
        """The next line, which stays; empty at the end."""
        if self._next is None:
            self._next = self._read()
        return self._next

    def take(self) -> bytes:
        """The next line."""
        line, self._next = self.peek(), None
        return line

    def _read(self) -> bytes:
        while True:
            end = self._data.find(b"\n", self._at, self._at + _LINE_MOST) + 1
            if not end and len(self._data) - self._at >= _LINE_MOST:
                end = self._at + _LINE_MOST
            if end:
                line, self._at = self._data[self._at : end], end
                return line
            more = self._content.read(STEP)
            self._data, self._at = self._data[self._at :] + more, 0
            if not more:
                line, self._data = self._data, b""
                return line


def _one(lines: _Lines) -> Iterator[bytes]:
    """One message of a mailbox, to the next line that begins another."""
    blank, taken, size = False, list[bytes](), 0
    while line := lines.peek():
        if blank and line.startswith(b"From ") and _ENVELOPE.match(line):
            break
        taken.append(lines.take())
        blank, size = not line.strip(), size + len(line)
        if size > _LINE_MOST:
            yield b"".join(taken)
            taken, size = [], 0
    yield b"".join(taken)


class _Leaf:
    """What a header announced, and the body as it comes."""

    def __init__(self, headers: Message, number: int) -> None:
        self.headers, self.number = headers, number
        self.body: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 it is closed when it was read


class _Reader:
    """Reads a message without holding it: what is open are boundaries, and one body on disk under no name."""

    def __init__(self, content: Content) -> None:
        self._content, self._lines = content, _Lines(content)
        self._open: list[bytes] = []
        self._number = 0

    def parts(self) -> Iterator[Part | Unseen]:
        """Headers and bodies in order."""
        more = True
        while more:
            self._number += 1
            headers = self._headers()
            yield from _told(headers, self._number)
            boundary = _boundary(headers)
            if boundary and len(self._open) >= _NESTED_MOST:
                yield Unseen("archive-too-deep", f"more than {_NESTED_MOST} parts within parts", Inside(field="body"))
                boundary = b""
            if boundary:
                self._open.append(boundary)
            leaf = _Leaf(headers, self._number)
            try:
                more = self._body(leaf)
                if not boundary:
                    yield from _decoded(leaf)
            finally:
                leaf.body.close()

    def _headers(self) -> Message:
        taken, size, field = list[bytes](), 0, 0
        while size < _HEADERS_MOST and (line := self._lines.peek()):
            if self._delimiter(line) is not None or not (line[:1] in (b" ", b"\t") or _FIELD.match(line)):
                break
            field = len(line) + (field if line[:1] in (b" ", b"\t") else 0)
            size += len(line)
            self._lines.take()
            if field <= _FIELD_MOST:
                taken.append(line)
        if not self._lines.peek().strip():
            self._lines.take()
        return email.parser.BytesHeaderParser().parsebytes(b"".join(taken))

    def _body(self, leaf: _Leaf) -> bool:
        """Everything to the next delimiter that begins a part; whether there was one."""
        before = b""  # the line end before a delimiter belongs to it
        ended = False
        while line := self._lines.take():
            found = self._delimiter(line)
            if found is None:
                leaf.body.write(before if not ended else b"")
                before = line
                continue
            depth, last = found
            if not ended:
                leaf.body.write(before.removesuffix(b"\n").removesuffix(b"\r"))
                before, ended = b"", True
            del self._open[depth if last else depth + 1 :]
            if not last:
                return True
        if not ended:
            leaf.body.write(before)
        return False

    def _delimiter(self, line: bytes) -> tuple[int, bool] | None:
        """Which open multipart a line delimits, and whether it ends it."""
        if not line.startswith(b"--") or not self._open:
            return None
        name = line[2:].rstrip()
        for depth in range(len(self._open) - 1, -1, -1):
            if name == self._open[depth]:
                return depth, False
            if name == self._open[depth] + b"--":
                return depth, True
        return None


def _boundary(headers: Message) -> bytes:
    if headers.get_content_maintype() != "multipart":
        return b""
    boundary = headers.get_boundary()
    return boundary.encode("ascii", "replace")[:200] if boundary else b""


def _told(headers: Message, number: int) -> Iterator[Part]:
    """The headers as a person reads them, where that differs from how they are written."""
    marked = Marked()
    for name, value in headers.raw_items():
        written = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(str(value), "utf-8", "replace")
        text = _words(written.decode("utf-8", "replace"))
        if text.encode() != written:
            yield from marked.add(f"{name}: {text}\n", Inside(field=f"header {shown(name)}"))
    yield from marked.rest()


def _words(value: str) -> str:
    """A header's value without folds, its encoded words decoded (RFC 2047)."""
    value = _FOLD.sub(" ", value)
    if "=?" not in value:
        return value
    return _WORD.sub(_word, _BETWEEN.sub("?==?", value))


def _word(match: re.Match[str]) -> str:
    charset, code, text = match[1].partition("*")[0], match[2], match[3].encode("ascii", "replace")
    try:
        data = _letters(text + b"=" * (-len(text) % 4)) if code in "bB" else binascii.a2b_qp(text, header=True)
        return data.decode(charset, "replace")
    except (LookupError, ValueError):
        return match[0]


def _decoded(leaf: _Leaf) -> Iterator[Part]:
    """A body; nothing where it stands in the message as it is, and was searched there."""
    headers = leaf.headers
    code = str(headers.get("Content-Transfer-Encoding", "")).strip().lower()
    leaf.body.seek(0)
    body: IO[bytes] = leaf.body
    if code in _CODES:
        body = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 it is closed below
        _CODES[code](leaf.body, body)
        body.seek(0)
    name = _name(headers)
    with body:
        head = body.read(HEAD)
        body.seek(0)
        charset = (headers.get_content_charset() or "").lower() if headers.get_content_maintype() == "text" else ""
        if not name and body is leaf.body and charset in _PLAIN and recognise(head) is None:
            return
        inside = member(name) if name else Inside(field="body") if _is_text(headers) else member(f"part {leaf.number}")
        if charset not in _PLAIN:
            yield Part(_recoded(body.read(_TEXT_MOST), charset), inside)
            return
        yield Part(body, inside)


def _is_text(headers: Message) -> bool:
    return headers.get_content_type() in ("text/plain", "text/html", "text/enriched", "text/markdown", "text/calendar")


def _name(headers: Message) -> str:
    """The name of an attachment."""
    try:
        name = headers.get_filename()
    except (LookupError, ValueError):  # an encoding that nobody knows
        name = "attachment"
    return _words(str(name)) if name else ""


def _recoded(data: bytes, charset: str) -> bytes:
    try:
        return data.decode(charset, "replace").encode("utf-8", "replace")
    except (LookupError, ValueError):
        return data


def _base64(source: IO[bytes], into: IO[bytes]) -> None:
    """Letter by letter, as mail is: what is no letter of base64 is passed over."""
    left = b""
    while piece := source.read(STEP):
        left += _NOT_BASE64.sub(b"", piece)
        whole = len(left) // 4 * 4
        into.write(_letters(left[:whole]))
        left = left[whole:]
    into.write(_letters(left + b"=" * (-len(left) % 4)) if len(left) > 1 else b"")


_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")  # padding too: a body may be made of several


def _letters(data: bytes) -> bytes:
    return binascii.a2b_base64(data)


def _quoted(source: IO[bytes], into: IO[bytes]) -> None:
    while line := source.readline(_LINE_MOST):
        into.write(binascii.a2b_qp(line))


def _uuencode(source: IO[bytes], into: IO[bytes]) -> None:
    while line := source.readline(_LINE_MOST):
        if not line.startswith((b"begin ", b"end")):
            try:
                into.write(binascii.a2b_uu(line))
            except binascii.Error:
                continue


_CODES: Mapping[str, Callable[[IO[bytes], IO[bytes]], None]] = {
    "base64": _base64, "quoted-printable": _quoted, "x-uuencode": _uuencode, "uuencode": _uuencode, "x-uue": _uuencode,
}  # fmt: skip
