"""Where content comes from and the bytes themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """What the user named, once its kind is known."""

    id: str  # "t1", "t2" in the order named
    surface: str  # git | tree | logs | screenshots | notes | oci | stdin
    uri: str
    head: str | None = None  # commit id that HEAD resolves to
    scope: str = "all-objects"  # all-objects | staged | range A..B | tree | files


@dataclass(frozen=True, slots=True)
class Origin:
    """Where content was seen."""

    target: str  # Target.id
    surface: str
    path: str | None = None  # printable (canon.text)
    object: str | None = None  # Git object id in hex
    field: str | None = None  # commit-message, author, ref-name, config, …; None for file content


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of byte offsets."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was not looked at, and why."""

    origin: Origin
    reason: str  # one of REASONS
    detail: str = ""  # one sentence for a person; never content


REASONS = frozenset({
    "shallow-clone", "missing-object", "corrupt-object", "partial-clone", "submodule", "lfs-missing",
    "encrypted-archive", "archive-too-deep", "archive-too-large", "truncated", "timeout", "unreadable",
    "illegible-image", "no-ocr-engine", "unsupported-format", "grafts", "changed-while-reading", "tool-error",
})  # fmt: skip
