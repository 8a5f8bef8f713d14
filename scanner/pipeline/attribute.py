"""For the secrets of a repository: the oldest commit that has each, where in it, and how far it has spread."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Protocol

from scanner import canon
from scanner.detect.engine import Engine
from scanner.findings.judge import allowance
from scanner.findings.locate import Lines
from scanner.model.content import Origin, Span
from scanner.model.evidence import Match
from scanner.pipeline.examine import Placed, moved, placed, with_places
from scanner.pipeline.gitread import NAME
from scanner.pipeline.sightings import Key, Secret, file_match, matched
from scanner.sources.git.catfile import CatFile, Missing
from scanner.sources.git.history import History, Introduction
from scanner.sources.git.kinds import BLOB, COMMIT, TAG, WHOLE_LIMIT, Damaged

_FIELDS = {COMMIT: "commit-message", TAG: "tag-message"}
_HEADER = re.compile(rb"(author|committer|tagger|tag|gpgsig)[ -]")
_LOOKS = 50  # places that are looked at before the whole content is searched again


class Who(Protocol):
    """Knows who made a commit."""

    def commit(self, id: str) -> tuple[str, str] | None: ...


class Attribution:
    """Turns the secrets of one target into matches; reads the few contents it needs once more."""

    def __init__(
        self, target: str, engine: Engine, history: History, slow: CatFile, people: Who, staged: Mapping[str, bytes],
        tips: Collection[bytes] = (),
    ) -> None:  # fmt: skip
        self.target, self.engine, self.history, self.slow, self.people = target, engine, history, slow, people
        self.staged = staged  # blob id -> path in the index
        self.tips = tips  # objects that refs stand for
        self._contents: dict[bytes, bytes] = {}  # the last one read: findings often share it

    def match(self, key: Key, secret: Secret) -> Match:
        """The one place that is told: a blob by its oldest commit, else a commit or tag, else a path name, else a file."""
        for kind, tell in ((BLOB, self._blob), (COMMIT, self._text), (TAG, self._text), (NAME, self._name)):
            ids = secret.where.get(kind)
            if ids:
                found = tell(key, secret, ids, kind)
                return replace(found, line_text=_allowing(secret, found))
        return file_match(secret)

    def _origin(self, path: str | None = None, object: str | None = None, field: str | None = None) -> Origin:
        return Origin(self.target, "git", path, object, field)

    # -- blobs ---------------------------------------------------------------------------------------------------------

    def _blob(self, key: Key, secret: Secret, ids: set[bytes], _kind: int) -> Match:
        oid = min(ids, key=self._age)
        introduced = [found for found in (self.history.of.get(i.hex()) for i in ids) if found]
        here = self.history.of.get(oid.hex())
        path = here.path if here else self.staged.get(oid.hex())
        field = None
        if here is None and path is not None:
            field = "index"
        elif here is not None and here.note:
            field = "note"
        origin = self._origin(path=canon.text(path) if path is not None else None, object=oid.hex(), field=field)
        match = matched(secret.large.get(oid) or self._again(key, oid, secret), origin, secret)
        paths = {canon.text(p) for found in introduced for p in found.paths}
        return replace(
            match, commit=here.commit if here else None, author=here.author if here else None, date=(here.date or None) if here else None,
            reachable=here.reachable if here else path is not None or oid in self.tips,
            commits=sum(found.commits for found in introduced) or None,
            paths=tuple(sorted(paths | set(match.paths)))[:50],
        )  # fmt: skip

    def _age(self, oid: bytes) -> tuple[bool, bool, int, bytes]:
        """Sorts what a ref leads to first, then the oldest."""
        found = self.history.of.get(oid.hex())
        if found is None:
            return (True, oid.hex() not in self.staged, 0, oid)
        return (not found.reachable, False, -self.history.order.get(found.commit, 0), oid)

    def _again(self, key: Key, oid: bytes, secret: Secret) -> Placed:
        if oid not in self._contents:
            self._contents = {oid: self._content(oid)}
        data = self._contents[oid]
        return self._near(key, data) or _same(key, placed(self.engine, data)) or _nowhere(secret)

    def _near(self, key: Key, data: bytes) -> Placed | None:
        """The secret's first place in a content, where it is written as it is: only its surroundings are searched."""
        at, margin = data.find(key[1]), self.engine.margin
        for _ in range(_LOOKS):
            if at < 0:
                return None
            left = max(0, at - margin)
            for hit in self.engine.find(data[left : at + len(key[1]) + margin]):
                if (hit.rule.id, hit.value) == key:
                    return with_places(data, [moved(hit, left)])[0]
            at = data.find(key[1], at + 1)
        return None

    def _content(self, oid: bytes) -> bytes:
        try:
            _, size, _ = self.slow.ask(oid.hex())
            return b"".join(self.slow.pieces()) if size <= WHOLE_LIMIT else b""
        except (Missing, Damaged):
            return b""

    # -- commits, tags, names ------------------------------------------------------------------------------------------

    def _text(self, key: Key, secret: Secret, ids: set[bytes], kind: int) -> Match:
        order = self.history.order
        oid = max(ids, key=lambda i: (i.hex() in order, order.get(i.hex(), 0), i))
        data = self._content(oid)
        seen = _same(key, placed(self.engine, data)) or _nowhere(secret)
        start, field = _field(data, seen.hit.secret.start, kind)
        span = Span(max(0, seen.hit.span.start - start), max(0, seen.hit.span.end - start))
        seen = seen._replace(place=Lines(data[start:]).place(span))
        who = self.people.commit(oid.hex()) if kind == COMMIT else None
        match = matched(seen, self._origin(object=oid.hex(), field=field), secret)
        return replace(
            match, commit=oid.hex() if kind == COMMIT else None, author=who[0] if who else None, date=who[1] if who else None,
            reachable=oid.hex() in order and self.history.reachable(oid.hex()) if kind == COMMIT else oid in self.tips or None,
            commits=len(ids) if kind == COMMIT else None,
        )  # fmt: skip

    def _name(self, key: Key, secret: Secret, ids: set[bytes], _kind: int) -> Match:
        known = sorted((i for i in (self.history.named.get(name) for name in ids) if i), key=self._introduced)
        here = known[0] if known else None
        name = min(ids)
        seen = _same(key, placed(self.engine, name)) or _nowhere(secret)
        path = canon.text(here.path if here else name)
        match = matched(seen, self._origin(path=path, field="path-name"), secret)
        return replace(
            match, line=None, end_line=None, column=None, end_column=None,
            commit=here.commit if here else None, author=here.author if here else None, date=(here.date or None) if here else None,
            reachable=here.reachable if here else False, commits=sum(i.commits for i in known) or None,
        )  # fmt: skip

    def _introduced(self, found: Introduction) -> tuple[bool, int]:
        return (not found.reachable, -self.history.order.get(found.commit, 0))


def _same(key: Key, found: list[Placed]) -> Placed | None:
    return next((seen for seen in found if (seen.hit.rule.id, seen.hit.value) == key), None)


def _nowhere(secret: Secret) -> Placed:
    """For content that cannot be read a second time: the secret without a line."""
    return Placed(replace(secret.hit, span=Span(0, 0), secret=Span(0, 0)), b"", Lines(b"").place(Span(0, 0)))


def _field(data: bytes, offset: int, kind: int) -> tuple[int, str]:
    """(where the field's text starts, its name) for an offset in a commit or tag object."""
    body = data.find(b"\n\n")
    if body < 0 or offset > body:
        return max(0, body + 2), _FIELDS[kind]
    start = data.rfind(b"\n", 0, offset) + 1
    name = _HEADER.match(data, start)
    return start, name[1].decode() if name else "header"


def _allowing(secret: Secret, found: Match) -> bytes:
    """The line that an allowance is looked for on: those in the work tree decide, if it has the secret."""
    lines = [seen.place.text for origin, seen in secret.files if origin.field is None]
    unwaived = [line for line in lines if allowance(secret.hit.rule.id, line.decode("utf-8", "replace")) is None]
    return (unwaived or lines or [found.line_text])[0]
