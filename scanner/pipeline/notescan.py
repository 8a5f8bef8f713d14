"""An export of notes: a file, an archive or a folder; every record is an object, and so is every file that records bring along."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from scanner import canon
from scanner.decode.content import Content, Pieces, member
from scanner.decode.limits import Budget, Stop
from scanner.decode.notes.bundle import File, bundle_form, files_in
from scanner.decode.notes.census import Census, Lost
from scanner.decode.notes.documents import Layout, layout_of, notes_of
from scanner.decode.notes.render import Named, Note
from scanner.decode.peel import flaw
from scanner.model.content import WHOLE, Inside, Origin, Target, Unseen
from scanner.model.evidence import Match
from scanner.notemaps import shipped
from scanner.pipeline.engines import engine
from scanner.pipeline.examine import streamed
from scanner.pipeline.files import counted
from scanner.pipeline.noteplace import Value, decoded, in_file, owned, told
from scanner.pipeline.noterefs import References
from scanner.pipeline.opened import Opened, examined, flowed
from scanner.pipeline.scanned import Scanned
from scanner.pipeline.settings import Settings
from scanner.pipeline.tally import Tally
from scanner.sources.files import Changed, Oversize, large_file, listing, read_file

_GAPS_MOST = 100  # told one by one for each reason; of the others only how many they are
_FOREIGN = b".git"
_ELSEWHERE = "a file that a record names is kept at an address, and not in the export"
_ABSENT = "a file that a record names is not in the export"


@dataclass(slots=True)
class _Document:
    """A file of the export on its way: its names, and where it stands."""

    content: Content
    origin: Origin
    outer: str  # the bundle or folder that its names are looked up in
    path: str  # in there
    inside: Inside = WHOLE
    steps: tuple[str, ...] = ()
    known: set[Value] = field(default_factory=set, repr=False)


class NoteScan:
    """Reads one target of the surface `notes`."""

    def __init__(self, id: str, settings: Settings, *, alone: bool = False) -> None:
        """`alone`: no file that a text links to belongs to what is read."""
        self._id, self._settings, self._alone = id, settings, alone
        self._mappings = (*settings.mappings, *shipped())
        self._engine = engine(settings.rules, settings.cache, settings.engine)
        self._tally = Tally(id, "notes", leaves=settings.leaves)
        self._matches: list[Match] = []
        self._files: list[tuple[str, str, list[Match], list[tuple[Origin, Unseen, bool]]]] = []  # until it is known whose they are
        self._references = References()
        self._census = Census()
        self._told: Counter[str] = Counter()
        self._more: Counter[tuple[str, bool]] = Counter()  # (reason, whether they are objects) of what is not told one by one
        self._cut = False
        self._single: str | None = None  # the one file that was named

    def run(
        self, path: Path, uri: str, excluded: Callable[[str], str | None], chosen: Callable[[str], bool] = lambda path: True
    ) -> Scanned:
        """Everything in a file or a folder."""
        self._single = None if path.is_dir() else canon.text(os.fsencode(path.name))

        def read() -> None:
            for name in [b""] if self._single is not None else self._listed(path, excluded, chosen):
                self._file(os.path.join(os.fsencode(path), name) if name else os.fsencode(path), name or os.fsencode(path.name))

        return self._watched(read, uri)

    def stream(self, pieces: Iterable[bytes]) -> Scanned:
        """An export from standard input."""
        self._single = "-"
        with closing(Content(Pieces(pieces), Budget(self._settings.limits))) as content:
            return self._watched(lambda: self._opened(content, Origin(self._id, "notes", path="-"), "-"), "-")

    def _watched(self, read: Callable[[], None], uri: str) -> Scanned:
        self._settings.progress.start(uri)
        interrupted = False
        try:
            read()
        except KeyboardInterrupt:
            interrupted = True
            self._gap(Origin(self._id, "notes"), Unseen("truncated", "the run was interrupted before its end"))
        finally:
            self._settings.progress.stop()
        self._end()
        target = Target(self._id, "notes", uri, None, "tree" if self._single is None else "files")
        return Scanned(target, self._tally, self._matches, [], interrupted)

    def _listed(self, root: Path, excluded: Callable[[str], str | None], chosen: Callable[[str], bool]) -> list[bytes]:
        files = []
        for item in listing(root):
            shown = canon.text(item.path)
            if item.refused:
                said = Unseen("unreadable", f"the folder cannot be listed: {item.refused}")
                self._gap(Origin(self._id, "notes", path=shown), said, counted=False)
            elif item.path.split(b"/")[0] == _FOREIGN or not chosen(shown):
                continue
            elif excluded(shown):
                self._tally.skip(shown)
            else:
                files.append(item.path)
        return sorted(files)

    def _file(self, full: bytes, path: bytes) -> None:
        """One file of the target, whatever it is."""
        shown = canon.text(path)
        origin = Origin(self._id, "notes", path=shown)
        limits = self._settings.limits
        try:
            try:
                data = read_file(full)
                if data is None:
                    self._gap(origin, Unseen("unreadable", "it is neither a file nor a link"))
                    return
                self._opened(Content(data, Budget(limits, len(data))), origin, shown)
            except Oversize:
                with large_file(full) as (file, size):
                    limits = replace(limits, seconds=max(limits.seconds, size >> 20))  # an export may be the work of years
                    self._opened(Content(file, Budget(limits, size), size=size), origin, shown)
        except Changed:
            self._gap(origin, Unseen("changed-while-reading", "it was written to while it was read"))
        except OSError as problem:
            self._gap(origin, Unseen("unreadable", f"it cannot be read: {problem.strerror}"))

    def _opened(self, content: Content, origin: Origin, path: str) -> None:
        form = bundle_form(content)
        if form is None:
            self._document(_Document(content, origin, "", path), named=self._single is not None)
            return
        self._references.file("", path)
        for item in files_in(content, form):
            if isinstance(item, Unseen):
                self._gap(origin.at(item.inside), replace(item, inside=WHOLE))
            else:
                self._document(self._member(item, origin, path), named=self._single is not None and item.inside.member is None)

    @staticmethod
    def _member(item: File, origin: Origin, path: str) -> _Document:
        name = item.inside.member
        if name is None:
            return _Document(item.content, origin, "", path.rpartition(".")[0] or path, item.inside, item.steps)
        outer, _, inner = f"{path}!{name}".rpartition("!")
        return _Document(item.content, origin, outer, inner, item.inside, item.steps)

    def _document(self, one: _Document, *, named: bool) -> None:
        self._references.file(one.outer, one.path)
        layout = layout_of(one.content.head, one.path, self._mappings, pages=True, named=named)
        if layout is None:
            self._plain(one)
            return
        try:
            for note in notes_of(one.content, one.path, layout, self._census):
                if isinstance(note, Unseen):
                    self._gap(one.origin.at(note.inside.within(one.inside)), replace(note, inside=WHOLE))
                else:
                    self._note(note, one)
        except Exception as problem:
            self._damaged(one, problem, layout)

    def _note(self, note: Note, one: _Document) -> None:
        done = told(self._engine, note, one.origin, one.inside, one.steps, self._settings.limits)
        self._matches += done.matches
        one.known |= done.values
        for unseen in done.unseen:
            self._gap(one.origin.at(unseen.inside), replace(unseen, inside=WHOLE), counted=False)
        if note.counted and note.whole:
            self._tally.expected += 1
            where = one.origin.at(one.inside).path
            self._tally.read(1, done.octets, [("record", "", done.octets, f"{where}#{note.id}" if note.id else where)])
        else:
            self._tally.read(0, done.octets)
        self._settings.progress.advance(int(note.counted), done.octets)
        if note.files or note.media:
            self._attached(note, one)

    def _attached(self, note: Note, one: _Document) -> None:
        """The files that a record brings along, and those that it names."""
        hashes = set()
        at = one.origin.at(Inside(member=one.inside.member, record=note.id or None))
        for file in note.files:
            if file.data:
                data = decoded(file.data)
                if data is None:
                    self._gap(at, Unseen("unreadable", "a file of this record is no base64"))
                    continue
                hashes.add(hashlib.md5(data, usedforsecurity=False).hexdigest())
                self._embedded(note, file, data, one)
            elif file.address and not file.path:
                self._gap(at, Unseen("missing-object", _ELSEWHERE))
        for _ in set(note.media) - hashes:
            self._gap(at, Unseen("missing-object", "a file that the text of this record shows is not in it"))
        if self._alone:
            return
        self._references.names(note, (file for file in note.files if file.path and not file.data), at, one.outer, one.path)

    def _embedded(self, note: Note, file: Named, data: bytes, one: _Document) -> None:
        inside = replace(member(file.name or "attachment").within(one.inside), record=note.id or None)
        done = examined(self._engine, data, self._settings.limits)
        found = in_file(done.found, one.origin, inside, (*one.steps, "base64"))
        self._matches += (replace(match, author=note.author, date=note.date) for match in found)
        gaps = [(one.origin.at(unseen.inside.within(inside)), unseen, own) for unseen, own in counted(done.unseen)]
        self._count(done, len(data), one.origin.at(inside).path, gaps)

    def _plain(self, one: _Document) -> None:
        """A file that is no record: it belongs to the record that names it, or stands for itself."""
        done, broken = Opened(), None
        try:
            if one.content.is_held:
                data = one.content.whole()
                done, size = examined(self._engine, data, self._settings.limits), len(data)
            else:
                flowed(self._engine, one.content, done)
                size = one.content.weight
        except (Changed, OSError):
            raise
        except Exception as problem:
            broken, size = flaw(problem), one.content.taken
            done.unseen.append(broken)
        gaps = [(one.origin.at(unseen.inside.within(one.inside)), unseen, own) for unseen, own in counted(done.unseen)]
        matches = list(in_file(done.found, one.origin, one.inside, one.steps))
        if matches or gaps:
            self._files.append((one.outer, one.path, matches, gaps))
        self._tally.expected += 1
        self._tally.read(done.read, size, [("file", "", size, one.origin.at(one.inside).path)] if done.read else ())
        self._settings.progress.advance(1, size)

    def _damaged(self, one: _Document, problem: Exception, layout: Layout) -> None:
        """A document that was not read to its end: a gap, and all of its bytes are searched as they are."""
        if isinstance(problem, Changed | OSError) and not isinstance(problem, Stop):
            raise problem
        said = flaw(problem)
        inside = getattr(problem, "inside", WHOLE).within(one.inside)
        self._cut = self._cut or said.reason == "truncated"
        detail = f"{layout.mapping.title}: {said.detail}"
        self._gap(one.origin.at(inside), Unseen(said.reason, detail))
        try:
            found = streamed(self._engine, one.content.kept())
            fresh = [seen for seen in found if not self._seen(seen.hit.rule.id, seen.hit.value, one.known)]
        except Exception:
            return
        self._matches += in_file(fresh, one.origin, one.inside, one.steps)

    @staticmethod
    def _seen(rule: str, value: bytes, known: set[Value]) -> bool:
        """Whether a secret was found in a record already, where it may stand without the escapes that the document needs."""
        return any(rule == other and (value in had or had in value) for other, had in known)

    def _count(self, done: Opened, octets: int, path: str | None, gaps: list[tuple[Origin, Unseen, bool]]) -> None:
        self._tally.expected += 1
        self._tally.read(done.read, octets, [("file", "", octets, path)] if done.read else ())
        for origin, unseen, own in gaps:
            self._tell(origin, unseen, own=own)

    def _end(self) -> None:
        """Whose the files are, which are not there, and which records are not."""
        owners, missing = self._references.joined()
        for outer, path, matches, gaps in self._files:
            owner = owners.get((outer, path))
            self._matches += (owned(match, owner) for match in matches)
            for origin, unseen, own in gaps:
                self._tell(replace(origin, record=owner.record) if owner else origin, unseen, own=own)
        for owner in missing:
            self._gap(owner.origin, Unseen("missing-object", _ABSENT))
        if forgotten := self._references.forgotten:
            self._gap(Origin(self._id, "notes"), Unseen("truncated", f"{forgotten:,} names of files were not looked up"), counted=False)
        for lost in self._census.lost(cut=self._cut):
            self._lost(lost)
        for (reason, own), more in sorted(self._more.items()):
            self._tally.gap(Origin(self._id, "notes"), reason, f"and {more:,} more for this reason", counted=own, objects=more)

    def _lost(self, lost: Lost) -> None:
        self._tally.expected += lost.objects
        origin = Origin(self._id, "notes", path=self._single).at(lost.unseen.inside)
        self._tally.gap(origin, lost.unseen.reason, lost.unseen.detail, objects=lost.objects)

    def _gap(self, origin: Origin, unseen: Unseen, *, counted: bool = True) -> None:
        """An object that was not read, or (not `counted`) a part of one that was."""
        self._tally.expected += counted
        self._tell(origin, unseen, own=counted)

    def _tell(self, origin: Origin, unseen: Unseen, *, own: bool) -> None:
        self._told[unseen.reason] += 1
        if self._told[unseen.reason] > _GAPS_MOST:
            self._more[unseen.reason, own] += 1
        else:
            self._tally.gap(origin, unseen.reason, unseen.detail, counted=own)
