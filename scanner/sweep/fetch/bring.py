"""Bringing what stands beside a mirror up to date: releases are listed whole, of what was said only what has changed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scanner import canon
from scanner.errors import LeaksealError
from scanner.sweep.fetch.held import Held, Lack, listed, reason_of, unit_of
from scanner.sweep.fetch.shelf import Shelf, Text
from scanner.sweep.fetch.source import Source
from scanner.sweep.forge.forges import Forge
from scanner.sweep.forge.hosted import ForgeError, Talk, Talks

_OVERLAP = timedelta(minutes=2)  # a change may take so long to be seen
_NAMES = {"releases": "releases", "issues": "issues", "pulls": "pull requests", "comments": "comments"}
_SAVED_EACH = 200  # texts
_LISTS = ("comments", "remarks", "reviews")
_PARTS_MOST = 1000
_LOOKED_MOST = 100  # of them in which something was found
_FAILED_MOST = 3  # of them that the forge tells nothing more of, before the rest is left for the next night


def brought(source: Source, mirror: Path, seconds: float, *, full: bool = False) -> Held:
    """What is there now; what could not be asked for is a lack, and what was known of it before stays."""
    shelf = Shelf(mirror, f"{source.url} {source.kind} {source.one.id}")
    held = Held(source, shelf)
    try:
        held.forge = source.forge()
    except LeaksealError as problem:
        held.lacks.append(Lack("notes", "", "unreadable", problem.message))
        return listed(held)
    bring = _Bringing(held, shelf, held.forge, source, time.monotonic() + seconds, full=full)
    if "releases" in source.wanted.what:
        bring.releases()
    if "issues" in source.wanted.what:
        bring.talks()
    for key in [key for key, one in shelf.texts.items() if unit_of(key) not in source.wanted.what]:
        shelf.forget(key)
    shelf.save()
    return listed(held)


class _Bringing:
    """One visit to a forge."""

    def __init__(self, held: Held, shelf: Shelf, forge: Forge, source: Source, until: float, *, full: bool) -> None:
        self._held, self._shelf, self._forge, self._source, self._until = held, shelf, forge, source, until
        if full:
            shelf.since = ""  # so that, if this does not come to its end, the next night begins at the beginning
        self._since = shelf.since
        self._seen: set[str] = set()  # keys of what was listed
        self._octets = sum(one.octets for one in shelf.texts.values())
        self._made = 0

    def releases(self) -> None:
        """Every release, with its notes and the names of its files; one that is gone is forgotten."""
        unit, seen = "releases", dict[str, Text]()
        if self._off(unit):
            return self._forget(unit, seen)
        with self._asking(unit, "tree", "releases") as whole:
            for release in self._forge.releases(self._source.one):
                key, shown = f"releases-{release.id}", f"releases/{canon.text(release.tag.encode('utf-8', 'replace'))}"
                text = self._put(key, shown, release.row)
                own = {asset.id for asset in release.assets}
                text.files = [(asset, "") for asset in release.assets] + [(one, "") for one, _ in text.files if one.id not in own]
                seen[key] = text
            whole.append(True)
        if whole:
            self._forget(unit, seen)
            self._shelf.texts = seen | self._shelf.texts  # in the order in which they are listed
        return None

    def talks(self) -> None:
        """What was said, and changed since it was last listed to its end; then what belongs to each of it."""
        complete, before, begun = True, True, datetime.now(UTC)
        for talks in self._forge.talks(self._source.one):
            if talks.instead and before:
                continue
            there = self._list(talks)
            before = there is not None
            complete = complete and there is not False
        if complete:
            if not self._since:
                self._forget("issues", self._seen)
            times = [time for key, one in self._shelf.texts.items() if unit_of(key) == "issues" and (time := _time(one.updated))]
            if times:  # none of them may be later than now: what changes until then would be passed over
                self._shelf.since = (min(max(times), begun) - _OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")
        if self._since and complete:  # else it may be the forge that shows nothing
            self._look_again()
        self._more()

    def _look_again(self) -> None:
        """Where something was found, whether it is still there: what is deleted is in no list of what has changed."""
        left = [key for key, one in sorted(self._shelf.texts.items()) if one.found and unit_of(key) == "issues"]
        for key in left[:_LOOKED_MOST]:
            one = self._shelf.texts[key]
            kind, _, number = one.shown.partition("/")
            with self._asking("comments", "notes", one.shown) as whole:
                row = self._forge.there(self._source.one, kind, int(number))
                if row is None:
                    self._shelf.forget(key)
                elif isinstance(told := row.get("comments"), int):
                    said = self._shelf.said(key)
                    if told < len(said.get("comments") or ()):
                        comments = self._forge.comments(self._source.one, int(number))
                        self._put(key, one.shown, {**said, "comments": comments})
                else:
                    one.asked = ""  # what is said to it is asked for as a whole
                whole.append(True)
            if not whole:
                return

    def _list(self, talks: Talks) -> bool | None:
        """True: the list was read to its end; False: a part of it; None: it is turned off."""
        if self._off(talks.unit):
            return None
        with self._asking(talks.unit, "notes", talks.unit) as whole:
            self._take_all(talks.ask(self._since))
            whole.append(True)
        return whole[0] if whole else False

    def _take_all(self, talks: Iterator[Talk]) -> None:
        """Each; parts of the same are put together first, as there may be thousands of them."""
        waiting: list[Talk] = []
        try:
            for talk in talks:
                if talk.row is not None:
                    self._take(talk)
                    continue
                waiting.append(talk)
                if len(waiting) == _PARTS_MOST:
                    self._take_parts(waiting)
        finally:
            self._take_parts(waiting)

    def _take_parts(self, waiting: list[Talk]) -> None:
        by_number: dict[int, dict[str, tuple[Mapping[str, Any], ...]]] = {}
        for talk in waiting:
            there = by_number.setdefault(talk.number, {})
            for name, rows in talk.parts.items():
                there[name] = (*there.get(name, ()), *rows)
        waiting.clear()
        for number, parts in by_number.items():
            self._take(Talk(number, parts=parts))

    def _take(self, talk: Talk) -> None:
        key = self._key(talk)
        anew = not self._since and key not in self._seen
        if anew and key in self._shelf.texts:
            self._shelf.texts[key] = replace(self._shelf.texts[key], asked="", cut=False)
        had = self._shelf.said(key) if key in self._shelf.texts and not anew else {}
        lists = {name: had[name] for name in _LISTS if isinstance(had.get(name), list)}
        row = {name: value for name, value in (talk.row or had or {"number": talk.number}).items() if name not in lists}
        if isinstance(row.get("comments"), int):
            del row["comments"]  # how many there are
        for name, rows in talk.parts.items():
            lists[name] = _joined(lists.get(name, []), rows)
        text = self._put(key, self._shown(key, talk), {**row, **lists})
        if talk.row is not None:
            text.updated = str(talk.row.get("updated_at") or "")
        self._seen.add(key)

    def _key(self, talk: Talk) -> str:
        """Where numbers count issues and pull requests together, one key is enough; GitLab counts each for itself."""
        return f"issues-{talk.kind if talk.kind == 'merge_requests' else 'talk'}-{talk.number}"

    def _shown(self, key: str, talk: Talk) -> str:
        had = self._shelf.texts.get(key)
        return f"{talk.kind}/{talk.number}" if talk.kind else had.shown if had else f"issues/{talk.number}"

    def _more(self) -> None:
        """Ask for what belongs to each that has changed: notes, reviews; what is left is asked for in the next night."""
        left = [key for key, one in sorted(self._shelf.texts.items()) if unit_of(key) == "issues" and one.asked != one.updated]
        failed = 0
        for number, key in enumerate(left):
            one = self._shelf.texts[key]
            kind, _, of = one.shown.partition("/")
            if self._forge.api.scarce and kind == "pulls":
                said = f"reviews of {len(left) - number:,} were not asked for: the forge has few questions left for this hour"
                self._held.lacks.append(Lack("notes", "pulls", "truncated", said))
                return
            with self._asking("comments", "notes", one.shown) as whole:
                more = self._forge.more(self._source.one, kind, int(of))
                updated = one.updated
                if more:
                    one = self._put(key, one.shown, {**self._shelf.said(key), **more})
                one.asked = updated
                whole.append(True)
            failed += not whole
            if failed == _FAILED_MOST:
                return

    def _put(self, key: str, shown: str, row: Mapping[str, Any]) -> Text:
        had = self._shelf.texts.get(key)
        if self._octets > self._source.wanted.most:
            raise ForgeError("there is more text than is fetched of one repository", reason="archive-too-large")
        if time.monotonic() > self._until:
            raise ForgeError("it took too long to list it", reason="timeout")
        one = self._shelf.put(key, shown, row, self._source.wanted.largest)
        one.files = [(asset, record) for said, record in _parts(row) for asset in self._forge.attached(self._source.one, said)]
        self._octets += one.octets - (had.octets if had else 0)
        self._made += 1
        if self._made % _SAVED_EACH == 0:
            self._shelf.save()
        return one

    @contextlib.contextmanager
    def _asking(self, unit: str, surface: str, shown: str) -> Iterator[list[bool | None]]:
        """What goes wrong with a list is a lack; that it is turned off is only said. The list that is given says how it went."""
        how: list[bool | None] = []
        try:
            yield how
        except ForgeError as problem:
            how.clear()
            off = problem.reason == "gone" or (problem.reason == "vanished" and not self._source.one.on(unit))
            if off and unit != "comments":
                how.append(None)
                self._say(unit)
            elif off and not any(unit_of(key) == "issues" for key in self._shelf.texts):
                how.append(True)  # nothing was said, so that nothing can have been said to it
            else:
                self._held.lacks.append(Lack(surface, shown, reason_of(problem.reason), f"{_NAMES[unit]}: {problem.message}"))

    def _off(self, unit: str) -> bool:
        if self._source.one.on(unit) is not False:
            return False
        self._say(unit)
        return True

    def _say(self, unit: str) -> None:
        self._held.notes.append(f"{_NAMES[unit]} are turned off at the forge")

    def _forget(self, unit: str, seen: Container[str]) -> None:
        for key in [key for key in self._shelf.texts if unit_of(key) == unit and key not in seen]:
            self._shelf.forget(key)


def _joined(had: Sequence[Mapping[str, Any]], fresh: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    by_id = {one.get("id"): one for one in (*had, *fresh)}
    return sorted(by_id.values(), key=lambda one: int(one.get("id") or 0))


def _parts(row: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Everything in a text that files may hang on, and the name of its record."""
    number = str(row.get("number") or row.get("iid") or "")
    yield dict(row), number
    for name in _LISTS:
        for part in row.get(name) or () if isinstance(row.get(name), list) else ():
            yield dict(part), f"{number}/{part.get('id')}"
            for inner in part.get("comments") or () if isinstance(part.get("comments"), list) else ():
                yield dict(inner), f"{number}/{part.get('id')}/{inner.get('id')}"


def _time(stamp: str) -> datetime | None:
    """A time that a forge gave, in UTC."""
    try:
        there = datetime.fromisoformat(stamp)
        return (there if there.tzinfo else there.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
