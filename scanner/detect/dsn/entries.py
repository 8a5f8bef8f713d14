"""Names and values as they stand in settings, documents and code: `DB_HOST=x`, `"host": "x"`, `host => 'x'`, `<host>x</host>`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Entry:
    """A name with a value, and where the raw value stands."""

    name: str
    value: bytes = field(repr=False)  # with quotes and escapes undone
    start: int  # where the name begins
    first: int
    last: int
    sign: str  # what stands between: ":", "=", "(", ">", " "
    quote: str = ""  # round the value


_NAME = rb"([A-Za-z_][A-Za-z0-9_.\-]{0,79})"
_QUOTED = (
    rb"(?:[bBrRuUfFlL@$]{0,2}(?:\"((?:[^\"\\\r\n]|\\.){0,512})\"|'((?:[^'\\\r\n]|\\.|''){0,512})'|`([^`\r\n]{0,512})`)"
    rb"|\\{1,3}[\"']([^\"'\\\r\n]{0,512})\\{1,3}[\"'])"
)
_QUOTES = ('"', "'", "`", "\\")
_SIGN = rb"(:[ \t]{0,4}[&A-Za-z][\w.&]{0,24}\??[ \t]{0,4}=(?![=>])|=>|:=|\?=|==?|:)"  # the first is `: str =`
_ASSIGNED = (  # DB_HOST=x, "host": "x", :host => 'x', ["host"] = "x", host: str = "x"
    rb"(?<![A-Za-z0-9_.])" + _NAME + rb"(?:\\{0,3}[\"'`\])]){0,3}[ \t]{0,16}" + _SIGN + rb"[ \t]{0,16}"
    rb"(?:" + _QUOTED + rb"|([^\s\"'`<>,;\[\](){}][^\s\"'`<>]{0,511})?)"
)  # fmt: skip
_CALLED = rb"(?:\.(?:set|with)?|->)([A-Za-z]\w{0,40})\([ \t]{0,4}" + _QUOTED + rb"[ \t]{0,4}\)"  # .setHost("x"), .host("x")
_PUT = (
    rb"\([ \t]{0,4}\\?[\"']" + _NAME + rb"\\?[\"'][ \t]{0,4},[ \t]{0,4}" + _QUOTED + rb"[ \t]{0,4}\)"
)  # define('DB_HOST', 'x'), withEnv("DB_HOST", "x")
_ELEMENT = (  # <host>x</host>, <property name="host">x</property>
    rb"<(?:" + _NAME + rb"|[A-Za-z][\w:\-]{0,40}[ \t][^<>\r\n]{0,80}?\bname=[\"']" + _NAME + rb"[\"'][^<>\r\n]{0,80})>([^<\r\n]{1,512})</"
)  # fmt: skip
_DOCKER = rb"\b(?:ENV|ARG|setenv|SetEnv)[ \t]{1,4}" + _NAME + rb"[ \t]{1,4}(?:" + _QUOTED + rb"|([^\s\"'`=]{1,512}))"  # ENV DB_HOST x
_ENTRY = re.compile(b"|".join((_ASSIGNED, _CALLED, _PUT, _ELEMENT, _DOCKER)))


@dataclass(frozen=True, slots=True)
class Shape:
    """The groups of one alternative: its name, the first of its four quoted values, its bare value, and its sign if that is fixed."""

    name: int
    quoted: int
    bare: int
    sign: str = ""


_SIGN_GROUP = 2
_SHAPES = (Shape(1, 3, 7), Shape(8, 9, 0, "("), Shape(13, 14, 0, "("), Shape(18, 0, 20, ">"), Shape(19, 0, 20, ">"), Shape(21, 22, 26, " "))
_IN_CODE = re.compile(rb"[ \t]{0,4}[,;)}\]]|\s{0,40}[)}\]]")  # what stands behind an argument or an item
_ESCAPES = re.compile(rb"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_TOLD = {b"n": b"\n", b"t": b"\t", b"r": b"\r"}
_CUT = re.compile(rb",(?=[A-Za-z_][\w.\-]{0,60}=)|;(?=\Z)|&&|\|\||\)(?=[;,)]*\Z)|[,\](](?=\Z)|(?<!\})\}(?=\Z)|\\n|\\(?=\Z)")
_NAMED = frozenset({"name", "key"})  # - name: DB_HOST, value: x
_HOLDS = frozenset({"Environment", "env", "environment"})
_APART = 120


def entries(data: bytes, low: int, high: int, last: int | None = None) -> list[Entry]:
    """Every name with a value in data[low:high], up to the first that begins after `last`; `name: K` before `value: V` is one."""
    found: list[Entry] = []
    for entry in _entries(data, low, high):
        if last is not None and entry.start > last:
            break
        before = found[-1] if found else None
        if before and before.value and _belong(before, entry):
            name = before.value.decode("latin-1")
            found[-1] = Entry(name, entry.value, before.start, entry.first, entry.last, entry.sign, entry.quote)
        else:
            found.append(entry)
    return found


def _belong(before: Entry, entry: Entry) -> bool:
    return entry.name.lower() == "value" and before.name.lower() in _NAMED and entry.start - before.last < _APART


def entry_at(data: bytes, start: int, high: int) -> Entry | None:
    """The name that begins at `start`, with its value."""
    found = _ENTRY.match(data, start, high)
    return _entry(data, found) if found else None


def _entries(data: bytes, low: int, high: int) -> Iterator[Entry]:
    at = low
    while found := _ENTRY.search(data, at, high):
        entry = _entry(data, found)
        if entry.name in _HOLDS and entry.sign == "=" and entry.first > found.start():
            at = entry.first  # Environment=DB_HOST=x
            continue
        yield entry
        at = max(entry.last, found.start() + 1) if not entry.quote else found.end()


def _entry(data: bytes, found: re.Match[bytes]) -> Entry:
    shape = next(one for one in _SHAPES if found[one.name] is not None)
    name, start = found[shape.name].decode(), found.start(shape.name)
    if name.startswith("D") and "." in name and data[start - 1 : start] == b"-":  # java -Dspring.datasource.password=…
        name, start = name[1:], start + 1
    sign = shape.sign or ("=" if found[_SIGN_GROUP].endswith((b"=", b"=>")) else ":")
    for number, quote in enumerate(_QUOTES, shape.quoted) if shape.quoted else ():
        if found[number] is not None:
            first, last = found.span(number)
            plain = _plain(data[first:last], quote, code=sign == "(" or _IN_CODE.match(data, found.end(number) + 1) is not None)
            return Entry(name, plain, start, first, last, sign, quote)
    if not shape.bare or found[shape.bare] is None:
        return Entry(name, b"", start, found.end(), found.end(), sign)
    first, last = found.span(shape.bare)
    cut = _CUT.search(data, first, last) if sign != ">" and data[first : first + 2] != b"${" else None
    last = cut.start() if cut else last
    return Entry(name, data[first:last], start, first, last, sign)


def _plain(raw: bytes, quote: str, *, code: bool) -> bytes:
    """Without escapes; in single quotes, a shell and YAML have no backslashes, and programs two of them."""
    if quote == '"':
        return _ESCAPES.sub(_unescaped, raw)
    if quote != "'":
        return raw
    if b"''" in raw and not code:
        return raw.replace(b"''", b"'")  # YAML, SQL
    return re.sub(rb"\\([\\'])", rb"\1", raw) if code else raw


def _unescaped(escape: re.Match[bytes]) -> bytes:
    sign = escape[1]
    if len(sign) > 1:
        return chr(int(sign[1:], 16)).encode("utf-8", "replace")
    return _TOLD.get(sign, sign if not sign.isalnum() else b"\\" + sign)
