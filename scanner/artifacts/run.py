"""One artifact, all checks: what it is, its digests, who signed it, what it was built from, and what stands in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from scanner import __version__
from scanner.artifact import binding as bindings
from scanner.artifact.binding import Binding, Member, Tree
from scanner.artifact.check import INCOMPLETE, LEAKS, Book
from scanner.artifact.package import same_version, version_of_tag
from scanner.artifacts import trust
from scanner.artifacts.asked import Asked, Place, contents, disagreement
from scanner.artifacts.members import Reading
from scanner.errors import UsageError
from scanner.model.content import Unseen
from scanner.model.report import Report, Run
from scanner.pipeline.run import Excluded, Judging, Request, read_all, reported, veil
from scanner.pipeline.scanned import Scanned
from scanner.pipeline.settings import Settings
from scanner.report import plain
from scanner.sources.git import trees
from scanner.sources.git.environ import environment
from scanner.sources.git.layout import discover


@dataclass(frozen=True, slots=True)
class Bench:
    """How contents are read and judged, as for a scan."""

    settings: Settings = field(repr=False)
    judging: Judging
    excluded: Excluded = lambda path: None


@dataclass(frozen=True, slots=True)
class Source:
    """The commit that an artifact is compared with."""

    tree: Tree
    algorithm: str
    tags: tuple[str, ...]

    def reading(self, bench: Bench) -> Reading:
        """How members are hashed to be found in it."""
        return Reading(bench.settings.limits, self.algorithm, self.tree.large)


def source_of(asked: Asked) -> Source | None:
    """The commit that `--source REPO@REVISION` names; raises UsageError, also where it is another than the commit that is expected."""
    if asked.source is None:
        return None
    place, _, revision = asked.source.rpartition("@") if "@" in asked.source else (asked.source, "", "HEAD")
    layout = discover(Path(place))
    env = environment(trust_owner=asked.trust_owner, root=layout.root)
    found = trees.files(layout, env, revision or "HEAD")
    if asked.commit is not None and asked.commit != found.commit:
        hint = "name the same one in --source and --commit"
        raise UsageError("the commit to compare with is another than the one that is expected", hint=hint)
    tree = Tree(found.commit, found.blobs, found.kept, found.submodules, frozenset(size for size in found.sizes if size > 1 << 20))
    return Source(tree, "sha1" if layout.hash_size == 20 else "sha256", found.tags)


# -- checks that files and images have in common --------------------------------------------------------------------------------


def note_places(book: Book, places: Sequence[Place], digests: dict[str, str]) -> None:
    """Check 3."""
    problem = next(filter(None, (disagreement(place, digests) for place in places)), "")
    if places:
        book.note("expected", problem, f"{len(places)} places name it by its digest")


def note_version(book: Book, asked: Asked, said: Sequence[str], source: Source | None) -> None:
    """Check 5: what is said in the artifact, against the version and the tag that are expected."""
    if asked.tag is not None and source is not None and asked.tag not in source.tags:
        book.note("version", f"the tag {asked.tag} does not stand for commit {source.tree.commit}", "")
    if asked.version is None and asked.tag is None:
        return
    if not said:
        book.note("version", "nothing in it says which version it is", "", INCOMPLETE)
    for version in said:
        if asked.version is not None and not same_version(version, asked.version):
            book.note("version", f"it says that it is {version}, and {asked.version} is expected", "")
        if asked.tag is not None and not version_of_tag(asked.tag, version):
            book.note("version", f"it says that it is {version}, and the tag is {asked.tag}", "")
    book.note("version", "", f"it is {', '.join(said)}")


def note_provenance(book: Book, asked: Asked, digests: tuple[str, ...], attached: Sequence[bytes] = ()) -> trust.Judged | None:
    """Checks 8 to 17, if there must be a provenance."""
    if not asked.wants_provenance:
        return None
    files = [*(contents(path, "provenance") for path in asked.provenance), *attached]
    found = trust.judged(files, asked.trust, asked.expected(digests), asked.now)
    book.add(trust.asked_for(found))
    return found


def note_binding(book: Book, asked: Asked, found: Binding, unseen: Sequence[Unseen]) -> None:
    """Check 19."""
    if found.unbound > asked.nowhere_most:
        nowhere, renamed = found.counts["nowhere"], found.counts["renamed"]
        more = f", and {renamed:,} have another name there" if renamed else ""
        book.note("binding", f"{nowhere:,} files are not from commit {found.commit}{more}", "")
    if compiled := found.counts["bytecode"]:
        book.note("binding", f"{compiled:,} files of compiled Python cannot be compared with their sources", "", INCOMPLETE)
    if unseen:
        book.note("binding", f"not every file in it could be read and compared: {unseen[0].detail}", "", INCOMPLETE)
    if found.more:
        book.note("binding", "it has more files than are compared", "", INCOMPLETE)
    total = sum(found.counts.values())
    book.note("binding", "", f"{total:,} files, {found.counts['source']:,} of them from commit {found.commit}")


def bound(members: Iterator[Member | Unseen], source: Source, packaging: str, asked: Asked) -> tuple[Binding, list[Unseen]]:
    """The binding, and the first of what could not be read."""
    lost: list[Unseen] = []

    def readable() -> Iterator[Member]:
        for one in members:
            if not isinstance(one, Unseen):
                yield one
            elif len(lost) < 10:
                lost.append(one)

    return bindings.bind(readable(), source.tree, packaging, asked.declared), lost


# -- the content ---------------------------------------------------------------------------------------------------------------


def scanned(path: Path, shown: str, bench: Bench) -> list[Scanned]:
    """What a scan of a file or a layout sees, which is named otherwise; raises KeyboardInterrupt if it did not come to its end."""
    done = read_all([Request(str(path))], bench.settings, bench.judging, excluded=bench.excluded)
    if any(one.interrupted for one in done):
        raise KeyboardInterrupt
    return [replace(one, target=replace(one.target, uri=shown)) for one in done]


def note_scan(book: Book, done: Sequence[Scanned], bench: Bench) -> Report:
    """Checks 20 and 21."""
    report = reported(done, bench.settings, bench.judging, Run(f"leakseal {__version__}"), excluded=bench.excluded)
    book.note("secrets", f"{plain.count(len(report.open), 'secret')} found in it" if report.open else "", "no secret was found", LEAKS)
    total = sum(coverage.objects for _, coverage in report.coverage)
    lack = f"{plain.count(len(report.gaps), 'thing')} in it could not be read"
    book.note("coverage", "" if report.complete else lack, f"{plain.count(total, 'object')} read", INCOMPLETE)
    return report


def veiling(texts: Iterator[str], done: Sequence[Scanned], bench: Bench) -> Callable[[str], str]:
    """What takes out of a text the secrets that stand in it, or in the artifact."""
    return veil(set(texts), bench.settings, done).text


__all__ = ["Bench", "Source", "bound", "note_binding", "note_places", "note_provenance", "note_scan", "note_version",
           "scanned", "source_of", "veiling"]  # fmt: skip
