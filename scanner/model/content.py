"""Where content comes from and the bytes themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace

Box = tuple[int, int, int, int]  # x, y, width, height in pixels of the original picture


@dataclass(frozen=True, slots=True)
class Inside:
    """Where in a content something stands, besides its line: in which member, metadata field, record, page, box."""

    member: str | None = None  # printable; "inner.zip!app.env" for a member of a member
    field: str | None = None  # "exif.UserComment"
    record: str | None = None
    page: int | None = None
    box: Box | None = None
    reachable: bool | None = None  # in a layer of a container image: whether the image shows it
    date: str | None = None  # what the content itself says of the time, as a line of a log does

    def within(self, outer: Inside) -> Inside:
        """The same place, seen from outside of `outer`."""
        if outer == WHOLE:
            return self
        member = self.member if outer.member is None else outer.member if self.member is None else f"{outer.member}!{self.member}"
        return Inside(
            member, self.field or outer.field, self.record or outer.record,
            outer.page if self.page is None else self.page, self.box or outer.box,
            outer.reachable if self.reachable is None or outer.reachable is False else self.reachable, self.date or outer.date,
        )  # fmt: skip


WHOLE = Inside()


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
    record: str | None = None
    page: int | None = None
    box: Box | None = None

    def at(self, inside: Inside) -> Origin:
        """The origin of what stands there inside of this."""
        if inside == WHOLE:
            return self
        path = self.path if inside.member is None else f"{self.path or ''}!{inside.member}"
        return replace(self, path=path, field=inside.field or self.field, record=inside.record, page=inside.page, box=inside.box)


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


@dataclass(frozen=True, slots=True)
class Unseen:
    """Something in a content that was not looked at: a Gap, once the content's origin is known."""

    reason: str  # one of REASONS
    detail: str = ""
    inside: Inside = WHOLE


REASONS = frozenset({
    "shallow-clone", "missing-object", "corrupt-object", "partial-clone", "submodule", "lfs-missing",
    "encrypted-archive", "archive-too-deep", "archive-too-large", "truncated", "timeout", "unreadable",
    "illegible-image", "no-ocr-engine", "unsupported-format", "grafts", "changed-while-reading", "tool-error",
})  # fmt: skip
