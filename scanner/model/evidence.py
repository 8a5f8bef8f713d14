"""What was seen: a Match still holds plaintext, a Finding never does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from scanner.model.content import Gap, Origin, Span
from scanner.model.rule import Rule


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser read out of a match: the secret's own bytes, where they stand, and the parts that may be shown."""

    secret: Span  # relative to the text that the parser was given
    value: bytes = field(repr=False)  # the secret decoded (percent-encoding, quotes, base64 undone); what is fingerprinted
    parts: tuple[tuple[str, str | int], ...] = ()  # scheme, user, host, port, database, registry … never the secret
    span: Span | None = None  # the whole construct, if larger than the pattern's match
    confidence: float | None = None  # 0 to 1; None: the rule's own
    severity: str | None = None  # one of SEVERITIES; None: the rule's own


@dataclass(frozen=True, slots=True)
class Partner:
    """The other half of a pair, which is no finding of its own: a key's id, a user."""

    span: Span
    hidden: bytes = field(default=b"", repr=False)  # what must not be shown either; empty if it may be


@dataclass(frozen=True, slots=True)
class Hit:
    """A confirmed occurrence in one content, by offsets."""

    rule: Rule
    span: Span  # the whole construct (a DSN, a key block)
    secret: Span  # the part that must not leak
    value: bytes = field(repr=False)
    parts: tuple[tuple[str, str | int], ...] = ()
    confidence: float = 0.9
    steps: tuple[str, ...] = ()  # how the content was decoded before it was found: ("utf-16le",)
    severity: str | None = None  # one of SEVERITIES; None: the rule's own
    partners: tuple[Partner, ...] = ()
    text: bytes | None = field(default=None, repr=False)  # the construct as it reads, where the content has it encoded
    inner: Span | None = None  # the secret in `text`


@dataclass(frozen=True, slots=True)
class Match:
    """A hit, where it was seen, and its surroundings: the last type that holds plaintext."""

    hit: Hit
    origin: Origin
    text: bytes = field(repr=False)  # the construct, exactly hit.span of the content
    line_text: bytes = field(default=b"", repr=False)  # the line where it begins, at most 4 KiB, for inline allowances
    line: int | None = None  # 1-based
    end_line: int | None = None
    column: int | None = None  # 1-based, in characters of the decoded line
    end_column: int | None = None  # exclusive
    commit: str | None = None
    author: str | None = None
    date: str | None = None  # ISO 8601, UTC
    reachable: bool | None = None
    occurrences: int = 1  # distinct contents and places that have it
    commits: int | None = None  # commits that introduce it
    paths: tuple[str, ...] = ()  # every path that had it, sorted, at most 50


@dataclass(frozen=True, slots=True)
class Location:
    """Where a finding is, as a person would name it."""

    path: str | None = None
    line: int | None = None
    end_line: int | None = None
    column: int | None = None
    end_column: int | None = None
    object: str | None = None
    commit: str | None = None
    author: str | None = None
    date: str | None = None
    field: str | None = None
    reachable: bool | None = None
    record: str | None = None
    page: int | None = None
    box: tuple[int, int, int, int] | None = None
    steps: tuple[str, ...] = ()


OFFERED = 90  # days of an acceptance, where a command is proposed for one


@dataclass(frozen=True, slots=True)
class Finding:
    """A secret that was seen, without the secret."""

    id: str
    rule: str
    kind: str
    title: str
    severity: str
    confidence: float
    fingerprint: str
    surface: str
    target: str
    location: Location
    occurrences: int
    commits: int | None
    paths: tuple[str, ...]
    parsed: tuple[tuple[str, str | int], ...]
    preview: str
    disposition: str  # open | accepted | expired-acceptance | example
    advice: str
    acceptance: str | None = None  # "inline" or the owner and reason of the suppression that accepts it


class Leaf(NamedTuple):
    """One thing that was counted on a surface, and what became of it; no content."""

    surface: str
    kind: str  # blob | tree | commit | tag | file | meta | record | gap
    id: str = ""  # a Git object's id, else `sha256:` and the digest of the content; empty where that was not read
    size: int = 0  # bytes
    status: str = "scanned"  # scanned | skipped | a Gap's reason
    path: str | None = None  # for whoever keeps the list; no part of the tree


__all__ = ["Finding", "Gap", "Hit", "Leaf", "Location", "Match", "Parsed", "Partner"]
