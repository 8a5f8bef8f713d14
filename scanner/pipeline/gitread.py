"""Hops 1 to 5 for a share of a repository, in a worker process: what goes back is matches and offsets, never contents."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from scanner.decode.content import Content, Pieces
from scanner.decode.formats import recognise
from scanner.decode.limits import Budget
from scanner.decode.marks import BETWEEN
from scanner.decode.text import WIDTH
from scanner.detect.engine import Engine
from scanner.detect.overlap import open_ones
from scanner.detect.trace import Trace
from scanner.findings.locate import Lines
from scanner.model.content import WHOLE, Unseen
from scanner.model.evidence import Hit
from scanner.pipeline import files
from scanner.pipeline.engines import engine
from scanner.pipeline.examine import WINDOW, Placed, hits, tell, with_places
from scanner.pipeline.opened import Opened, Text, flowed, held
from scanner.pipeline.reread import Aside, reread
from scanner.pipeline.settings import Settings
from scanner.pipeline.tally import Entry
from scanner.sources.git.delta import copies
from scanner.sources.git.kinds import BLOB, COMMIT, TAG, TREE, Damaged
from scanner.sources.git.lfs import MOST, pointed
from scanner.sources.git.references import References
from scanner.sources.git.store import Batch, Large, Lineage, Read, Store, Unread

FILES = "files"  # Batch.way of tracked files; the others are the store's
_WORTH = 16384  # bytes of content below which a search costs less than knowing what is new
WORDS = {COMMIT: "commit", TREE: "tree", BLOB: "blob", TAG: "tag"}
_BAD_NAMES_MOST = 100
NAME = 5  # the kind of a path component, beside Git's own four


@dataclass(slots=True)
class Sight:
    """One secret in a share: an example of it, and in which objects it stands, by kind."""

    hit: Hit
    where: dict[int, set[bytes]] = field(default_factory=dict)


@dataclass(slots=True)
class Answer:
    """What a share came to."""

    objects: int = 0
    octets: int = 0
    secrets: dict[tuple[str, bytes], Sight] = field(default_factory=dict, repr=False)
    large: list[tuple[bytes, Placed]] = field(default_factory=list, repr=False)  # (object, hit) that is not looked for again
    files: list[tuple[bytes, Placed]] = field(default_factory=list, repr=False)  # (path, hit)
    unread: list[Unread] = field(default_factory=list)
    not_files: list[tuple[bytes, Unseen, bool]] = field(default_factory=list)  # (path, what of it, whether that stands for the file)
    opaque: list[tuple[bytes, Unseen, bool]] = field(default_factory=list)  # (object, the same of it)
    lfs: list[tuple[bytes, str]] = field(default_factory=list)  # (pointer's object, SHA-256 of the content)
    named: set[bytes] = field(default_factory=set)
    submodules: set[tuple[bytes, bytes]] = field(default_factory=set)
    commits: list[bytes] = field(default_factory=list)
    leaves: list[Entry] = field(default_factory=list)
    shaded: set[bytes] = field(default_factory=set)  # objects in which a rule was sure that what it saw is no secret
    trees: set[bytes] = field(default_factory=set)  # trees with a name in which there is a secret

    def again(self) -> set[bytes]:
        """The objects of which there is more to tell than that they were read."""
        stands = (ids for sight in self.secrets.values() for kind, ids in sight.where.items() if kind != NAME)
        told = (*(one[0] for one in self.opaque), *(one[0] for one in self.lfs), *(one[0] for one in self.large))
        return self.trees.union(told, *stands)


class GitReader:
    """Reads and searches batches of one repository; every process makes its own engine when it is first asked."""

    def __init__(self, store: Store, settings: Settings, tracked: list[bytes]) -> None:
        self.store, self.tracked, self.limits, self.leaves = store, tracked, settings.limits, settings.leaves
        self._rules, self._cache, self._kind = settings.rules, settings.cache, settings.engine
        self._remember = settings.remember
        self._bad_names: set[bytes] = set()
        self._engine: Engine | None = None
        self._references: References | None = None
        self._traces: list[tuple[int, Trace | None]] = []  # of the bases on the way to the object just read, by depth

    @property
    def engine(self) -> Engine:
        """This process's engine."""
        if self._engine is None:
            self._engine = engine(self._rules, self._cache, self._kind)
        return self._engine

    def __call__(self, batch: Batch) -> Answer:
        answer = Answer()
        if batch.way == FILES:
            for path in self.tracked[batch.start : batch.stop]:
                self._file(answer, path)
            return answer
        try:
            return self._objects(answer, batch)
        except BaseException:
            self._references = None  # it has taken note of what nobody was told
            raise

    def _objects(self, answer: Answer, batch: Batch) -> Answer:
        self._traces.clear()  # their ranks are those of another pack
        references = self._references = self._references or References(self.store.size)
        known_names = set(references.names)
        references.named.clear()
        references.submodules.clear()
        references.commits.clear()
        for item in self.store.read(batch):
            if isinstance(item, Unread):
                answer.unread.append(item)
                continue
            closed = self.engine.closed
            self._object(answer, references, item)
            if self.engine.closed != closed:
                answer.shaded.add(item.oid)
        references.settle()
        self._names(answer, sorted(references.names - known_names))
        bad = {name for sight in answer.secrets.values() for name in sight.where.get(NAME, ())}
        if self._remember and bad:
            self._bad_names |= bad
            for item in self.store.read(batch):
                if isinstance(item, Read) and item.kind == TREE and isinstance(item.data, bytes) and self._has_bad_name(item.data):
                    answer.trees.add(item.oid)
        answer.named, answer.submodules, answer.commits = set(references.named), set(references.submodules), list(references.commits)
        return answer

    def _object(self, answer: Answer, references: References, item: Read) -> None:
        oid, kind, data, lineage = item
        if isinstance(data, Large):
            self._large(answer, oid, kind, data)
            return
        if kind == TREE:
            if not references.tree(data):
                answer.unread.append(Unread(oid, "corrupt-object", "a tree that does not parse"))
                return
            if self._bad_names and self._has_bad_name(data):
                answer.trees.add(oid)
        else:
            text = Text(self.engine, Budget(self.limits, len(data)))
            found = self._hits(data, lineage, text.aside)
            form = recognise(data) if kind == BLOB else None
            if form or text.aside.enclosed or text.aside.unseen:
                tell(text.aside, Lines(data))
                done = text.done(with_places(data, found))
                self._opened(answer, oid, held(self.engine, data, form, self.limits, done) if form else done, len(data), kind=kind)
            else:
                for hit in found:
                    _see(answer, hit, kind, oid)
                self._whole(answer, oid, kind, len(data))
            if kind in (COMMIT, TAG):
                references.commit_or_tag(oid, kind, data)
            elif form is None and len(data) <= MOST and (content := pointed(data)):
                answer.lfs.append((oid, content))
            return
        self._whole(answer, oid, kind, len(data))

    def _whole(self, answer: Answer, oid: bytes, kind: int, size: int) -> None:
        """An object was read to its end, and understood."""
        answer.objects += 1
        answer.octets += size
        if self.leaves:
            answer.leaves.append((WORDS[kind], oid.hex(), size, None))

    def _has_bad_name(self, tree: bytes) -> bool:
        """Whether a tree has a name in which there is a secret; where there are very many of those, every tree is taken to have one."""
        return len(self._bad_names) > _BAD_NAMES_MOST or any(b" %b\0" % name in tree for name in self._bad_names)

    def _hits(self, data: bytes, lineage: Lineage | None, aside: Aside) -> tuple[Hit, ...]:
        """The hits of a content; where it is a delta against one just searched, only what is new is searched."""
        if lineage is None or len(data) > WINDOW:
            return hits(self.engine, data, aside)
        rank, parent, depth, delta, base = lineage
        traces = self._traces
        del traces[depth:]
        traces += [(-1, None)] * (depth - len(traces))
        known = traces[depth - 1][1] if depth and traces[depth - 1][0] == parent else None
        if known is not None and delta is not None and base is not None and len(data) >= _WORTH:
            trace = self.engine.trace(data, known, copies(delta, base, data))
        else:
            trace = self.engine.trace(data)
        traces.append((rank, trace if self.engine.keeps(trace) else None))
        if trace.nul:
            return hits(self.engine, data, aside)
        return open_ones(reread(self.engine, data, sorted(trace.marks), self.engine.known(trace), aside))

    def _large(self, answer: Answer, oid: bytes, kind: int, data: Large) -> None:
        done, unread = Opened(), None
        try:
            flowed(self.engine, Content(Pieces(data.pieces), Budget(self.limits, data.size)), done)
        except Damaged:
            unread = Unread(oid, "corrupt-object", "its bytes do not make an object")
        except OSError as problem:
            unread = Unread(oid, "unreadable", f"it cannot be read: {problem.strerror}")
        if unread is None and kind != BLOB:  # nobody writes trees and commits of this size but to hide something
            unread = Unread(oid, "truncated", "it is too large for its kind; its bytes were searched, its parts were not")
        if unread is not None:
            answer.unread.append(unread)
            done.unseen = [one for one in done.unseen if one.inside != WHOLE]
        self._opened(answer, oid, done, data.size, kind=kind, again=False, read=unread is None)

    def _opened(
        self, answer: Answer, oid: bytes, done: Opened, size: int, *, kind: int = BLOB, again: bool = True, read: bool = True
    ) -> None:  # fmt: skip
        """What came of a content; `again` says whether its own bytes can be read once more to tell where in them something stands."""
        for seen in done.found:
            _see(answer, seen.hit, kind, oid)
            if not again or seen.inside != WHOLE or (seen.hit.steps and seen.hit.steps[0] not in WIDTH):
                answer.large.append((oid, seen))
        answer.opaque += ((oid, unseen, own) for unseen, own in files.counted(done.unseen))
        if read and done.read:
            self._whole(answer, oid, kind, size)
        else:
            answer.octets += size

    def _names(self, answer: Answer, names: list[bytes]) -> None:
        text = BETWEEN.join(names)
        for hit in hits(self.engine, text) if text else ():
            start = text.rfind(BETWEEN, 0, hit.secret.start)
            start = 0 if start < 0 else start + len(BETWEEN)
            end = text.find(BETWEEN, start)
            _see(answer, hit, NAME, text[start : end if end >= 0 else len(text)])

    def _file(self, answer: Answer, path: bytes) -> None:
        share = files.Answer(leaves=[] if self.leaves else None)
        files.examine_file(self.engine, os.path.join(os.fsencode(self.store.layout.work_tree or ""), path), path, share, self.limits)
        answer.objects += share.objects
        answer.octets += share.octets
        answer.files += share.found
        answer.leaves += share.leaves or ()
        answer.not_files += share.gaps


def _see(answer: Answer, hit: Hit, kind: int, oid: bytes) -> None:
    sight = answer.secrets.setdefault((hit.rule.id, hit.value), Sight(hit))
    sight.where.setdefault(kind, set()).add(oid)
