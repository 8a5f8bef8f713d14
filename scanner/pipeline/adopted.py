"""What another scanner was told to pass over, found again by ours: a place in a file becomes a value, and the value its fingerprint."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Protocol

from scanner.detect.engine import Engine
from scanner.errors import UnreadableError
from scanner.findings.seal import Seal, finding_id
from scanner.pipeline.examine import Placed, placed
from scanner.sources.files import Changed, Oversize, read_file
from scanner.sources.git.catfile import CatFile, Missing
from scanner.sources.git.kinds import BLOB, Damaged

FOUND, SILENT, OTHER, GONE, SEVERAL = "found", "not-reported", "changed", "gone", "several-values"
_MOST = 16 << 20  # bytes of a file that is looked into
# What detect-secrets takes for a value: a quoted text, what stands behind `=` or `:`, a word, the password of a URL, a key's first line.
_VALUES = tuple(re.compile(pattern) for pattern in (
    rb'"([^"\r\n]{1,4096})"', rb"'([^'\r\n]{1,4096})'", rb"`([^`\r\n]{1,4096})`",
    rb"[=:]>?[ \t]{0,16}([^\s\"'`][^\r\n]{0,4095})", rb"[=:]>?[ \t]{0,16}([^\s\"'`;,)]{1,4096})",
    rb"([A-Za-z0-9+/=_-]{4,})", rb"([^\s\"'`]{4,4096})", rb"://[^\s:/@]{0,256}:([^\s@/]{1,512})@",
    rb"(BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?)", rb"(PuTTY-User-Key-File-2)",
))  # fmt: skip


class Told(Protocol):
    """One finding of theirs."""

    @property
    def path(self) -> str: ...

    @property
    def line(self) -> int | None: ...

    @property
    def end_line(self) -> int | None: ...

    @property
    def commit(self) -> str | None: ...

    @property
    def digest(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Adopted:
    """What became of one of their findings: with our rules and fingerprints if we report it as well."""

    number: int  # in the order given
    kind: str  # found | not-reported | changed | gone | several-values
    ours: tuple[tuple[str, str], ...] = ()  # rule, fingerprint

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of our findings."""
        return tuple(finding_id(rule, print) for rule, print in self.ours)


@dataclass(frozen=True, slots=True)
class Finder:
    """What finds values: our rules and seal, and the SHA-1 of what their scanner takes for a secret in a line."""

    engine: Engine
    seal: Seal
    theirs: Callable[[str], Collection[str]]


def adopt(told: Sequence[Told], root: Path, env: Mapping[str, str], finder: Finder) -> list[Adopted]:
    """Each of their findings looked up below `root`: in the file as it stands, or in the commit that they name."""
    numbered = sorted(enumerate(told), key=lambda pair: (pair[1].commit or "", pair[1].path))
    answers: list[Adopted] = []
    with CatFile(root, env) as git:
        for (commit, path), group in groupby(numbered, key=lambda pair: (pair[1].commit, pair[1].path)):
            data = _in_commit(git, commit, path) if commit else _in_file(root, path)
            answers += _in_content(data, list(group), finder)
    return sorted(answers, key=lambda answer: answer.number)


def _in_content(data: bytes | None, group: Sequence[tuple[int, Told]], finder: Finder) -> Iterator[Adopted]:
    if data is None:
        yield from (Adopted(number, GONE) for number, _ in group)
        return
    seen = placed(finder.engine, data)
    spans = _spans(data, {one.digest for _, one in group if one.digest}, seen, finder.theirs)
    for number, one in group:
        if one.digest is not None:
            places = spans.get(one.digest, ())
            hits = [hit for hit in seen if any(hit.hit.span.start < end and start < hit.hit.span.end for start, end in places)]
            missing = SILENT if places else OTHER
        else:
            low, high = one.line or 0, one.end_line or one.line or 0
            hits = [hit for hit in seen if hit.place.line <= high and low <= hit.place.end_line]
            missing = SILENT
        ours = tuple(sorted({(hit.hit.rule.id, finder.seal.fingerprint(hit.hit.value)) for hit in hits if hit.hit.confidence}))
        if one.digest is None and len({print for _, print in ours}) > 1:
            yield Adopted(number, SEVERAL, ours)  # a line alone does not say which of them was meant
        else:
            yield Adopted(number, FOUND if ours else missing, ours)


def _spans(
    data: bytes, digests: set[str], seen: Iterable[Placed], theirs: Callable[[str], Collection[str]]
) -> dict[str, list[tuple[int, int]]]:
    """Where values with these digests stand."""
    found: dict[str, list[tuple[int, int]]] = {}
    if not digests:
        return found
    for pattern in _VALUES:
        for match in pattern.finditer(data):
            value = match[1]
            for text in {value, value.strip(), value.strip().rstrip(b",;")}:
                if (digest := _sha1(text)) in digests:
                    found.setdefault(digest, []).append(match.span(1))
    for hit in seen:
        known = {_sha1(hit.hit.value), _sha1(hit.text), *theirs(hit.place.text.decode("utf-8", "replace"))}
        for digest in known & digests:
            found.setdefault(digest, []).append((hit.hit.span.start, hit.hit.span.end))
    return found


def _sha1(text: bytes) -> str:
    """As detect-secrets makes it of a text in UTF-8; only ever compared, and let go."""
    return hashlib.sha1(text, usedforsecurity=False).hexdigest()


def _in_file(root: Path, path: str) -> bytes | None:
    """A file below the root; nothing of what leads out of it."""
    full = os.path.realpath(os.path.join(root, path))
    if not full.startswith(os.path.realpath(root) + os.sep) or "\0" in path:
        return None
    try:
        if os.path.getsize(full) > _MOST:
            return None
        return read_file(os.fsencode(full))
    except (OSError, Changed, Oversize):
        return None


def _in_commit(git: CatFile, commit: str, path: str) -> bytes | None:
    if "\n" in path or "\0" in path:
        return None
    try:
        kind, size, _ = git.ask(f"{commit}:{path}")
        return b"".join(git.pieces()) if kind == BLOB and size <= _MOST else None
    except (Missing, Damaged, OSError, UnreadableError):
        return None
