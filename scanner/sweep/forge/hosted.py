"""What a forge says of its repositories, in one vocabulary for all kinds of forges."""

from __future__ import annotations

from dataclasses import dataclass, field

from scanner.errors import LeaksealError


class ForgeError(LeaksealError):
    """A forge does not answer, or not with what was asked for; `reason` is a word for the summary."""

    def __init__(self, message: str, *, hint: str = "", reason: str = "unreadable") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Account:
    """Whose repositories are wanted: an organisation, a user or a group, and the token to ask with."""

    kind: str  # gitea | github | gitlab
    url: str  # of the forge, without a path of its API
    owner: str
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Hosted:
    """One repository; `id` is the forge's own number, which a new name does not change."""

    id: str
    name: str  # owner/name, as people write it
    url: str  # to clone from, without credentials
    archived: bool = False
    fork: bool = False
    empty: bool = False
    private: bool = True
    wiki: str = ""  # to clone from; it need not exist
    page: str = ""  # for people
    branch: str = ""  # the default one


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue that was filed about a finding."""

    number: int
    open: bool
    title: str
    body: str = field(repr=False)
