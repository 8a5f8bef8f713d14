"""The values of a Secret, wherever its `kind` stands among its keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from scanner.detect.candidate import Candidate
from scanner.detect.checksums import unbase64
from scanner.detect.kubernetes import content
from scanner.detect.kubernetes.judge import Verdict, judged
from scanner.detect.password import public_parts
from scanner.detect.structure import block, flow
from scanner.detect.structure.scalar import QUOTED, Scalar, named
from scanner.model.content import Span
from scanner.model.evidence import Parsed

_LEAD = re.compile(rb"(\\{0,7})([\"'])\Z")
_BEFORE = re.compile(rb"([^\s\\]|\\(?=[\"']))(?:\s|\\+[nrt])*\Z")
_AFTER = re.compile(rb"\\{0,7}[\"']?(?:\s|\\+[nrt])*+(.)", re.DOTALL)
_ESCAPED_LINES = re.compile(rb"\\n(?=[ \w\"'-])")
_BARE_REACH = 1024  # bytes before a `kind` without quotes: nothing tells a second one on the way back
_TOP = frozenset({b"apiVersion", b"kind", b"metadata", b"type", b"immutable", b"status"})
_DATA = (b"data", b"stringData", b"encryptedData")
_LITERAL = re.compile(rb"\A\{\{-?\s*(?:b64enc\s+)?([\"`])([^\"`]+)\1\s*(?:\|\s*(?:b64enc|quote|squote|toString)\s*)*-?\}\}\Z")
_CALLOUT = re.compile(rb"[ \t]+<\d{1,2}>\Z")
_TEMPLATED_NAME = re.compile(rb"\{\{|\$\{|\$\(")


def values(candidate: Candidate) -> tuple[Parsed, ...]:
    """Every value of a Secret (or SealedSecret) by its key; those that are no secrets with a confidence of zero."""
    scalars, literal = _scalars(candidate)
    known = named(scalars)
    found: list[Parsed] = []
    for scalar in scalars:
        where = next((n for n in range(len(scalar.path) - 2, -1, -1) if scalar.path[n] in _DATA), None)
        if where is None or where != len(scalar.path) - 2:
            continue
        if where and scalar.path[where] != b"encryptedData" and not _listed(scalar.path[:where]):
            continue
        if scalar.style not in QUOTED and literal:
            continue  # null, or a variable of a program
        about = _about(known, scalar.path[:where])
        found.append(_told(scalar, scalar.path[where], about, candidate.window))
    return tuple(found)


def _listed(path: Sequence[bytes]) -> bool:
    """A SecretList has its Secrets under `items`, without their kind."""
    return len(path) == 2 and path[0] == b"items"


def _about(known: dict[tuple[bytes, ...], Scalar], prefix: tuple[bytes, ...]) -> list[tuple[str, bytes | str | int | None]]:
    def said(name: bytes) -> bytes | None:
        scalar = known.get((*prefix, b"metadata", name))
        return scalar.value if scalar and not _TEMPLATED_NAME.search(scalar.value) else None

    return [("namespace", said(b"namespace")), ("name", said(b"name") or said(b"generateName"))]


def _told(scalar: Scalar, field: bytes, about: Iterable[tuple[str, bytes | str | int | None]], window: bytes) -> Parsed:
    span, value = scalar.span, scalar.value
    if callout := _CALLOUT.search(value) if not scalar.style else None:  # of AsciiDoc
        span, value = Span(span.start, span.end - len(callout[0])), value[: callout.start()]
    encoded = field == b"data"
    if template := _LITERAL.match(value) if scalar.style not in ("|", ">") else None:
        at = window.find(template[2], span.start, span.end)
        span, value, encoded = (Span(at, at + len(template[2])), template[2], False) if at >= 0 else (span, value, False)
    verdict = None if field == b"encryptedData" else verdict_of(scalar.key, value, encoded)
    construct = Span(min(scalar.at, span.start), span.end)
    if verdict is None:
        return Parsed(span, value or b"-", (), construct, confidence=0.0)
    shown = public_parts([*about, ("key", scalar.key)], verdict.value)
    return Parsed(span, verdict.value, (*shown, *verdict.parts), construct, verdict.confidence, verdict.severity)


def verdict_of(key: bytes, value: bytes, encoded: bool) -> Verdict | None:
    """What a value is, with its base64 undone where it has one; some write it plainly under `data` all the same."""
    plain = unbase64(value)
    if plain is None or not (encoded or content.is_text(plain)):
        return judged(key, value)
    if not encoded:
        return judged(key, value) if judged(key, plain) else None  # twice
    if not content.is_text(plain) and judged(key, value) is None:
        return None  # `changeme` is base64 as well
    return judged(key, plain)


def _scalars(candidate: Candidate) -> tuple[list[Scalar], bool]:
    """The scalars of the object around the match, and whether only what is quoted in it is a literal."""
    data = candidate.window
    at = max(0, data.find(b"kind", candidate.span.start))  # behind an escaped line's end
    quoted = _LEAD.search(data, max(0, at - 8), at)
    key_at = quoted.start() if quoted else at
    depth = flow.level(len(quoted[1])) if quoted else 0
    before = _BEFORE.search(data, max(0, key_at - 512), key_at)
    after = _AFTER.match(data, candidate.secret.end)
    assigned = b"=" in data[at : candidate.secret.start]
    braced = (before and before[1] in b"{,") or (after and after[1] in b",}") or assigned
    if braced and depth is not None:
        first = 0 if quoted else max(0, key_at - _BARE_REACH)
        start = flow.enclosing(data, key_at, b"kind", depth, quoted[2] if quoted else b'"', first)
        if start == flow.NOWHERE or (start == flow.CUT and first):
            return [], False
        whole = start != flow.CUT
        scalars = flow.read(data, start, depth=depth, once=b"kind")[0] if whole else flow.members(data, key_at, b"kind", depth)
        return scalars, bool(quoted) or assigned or depth > 0
    return _in_block(data, key_at), False


def _in_block(data: bytes, key_at: int) -> list[Scalar]:
    line = data.rfind(b"\n", 0, key_at) + 1
    end = data.find(b"\n", key_at)
    end = len(data) if end < 0 else end
    if _ESCAPED_LINES.search(data, line, end):  # a manifest in a string: `\n` becomes a line's end of the same length
        data = data[:line] + data[line:end].replace(b"\\n", b" \n") + data[end:]
    scalars = block.mapping(data, key_at)
    if any(scalar.path[0] in _DATA for scalar in scalars if scalar.path):
        return scalars
    column = key_at - line
    return [_orphan(scalar) if _lost(data, scalar, key_at, column) else scalar for scalar in scalars]


def _lost(data: bytes, scalar: Scalar, key_at: int, column: int) -> bool:
    """`data` sorts before `kind`: of a long one, the beginning may lie outside of the window, and its keys stand deeper without it."""
    if len(scalar.path) != 1 or scalar.path[0] in _TOP or scalar.at > key_at:
        return False
    return scalar.at - data.rfind(b"\n", 0, scalar.at) - 1 > column


def _orphan(scalar: Scalar) -> Scalar:
    return replace(scalar, path=(b"data", *scalar.path))
