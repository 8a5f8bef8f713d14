"""Some targets -> one Report: the only place where matches become findings."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from scanner.decode.marks import BETWEEN
from scanner.errors import UnreadableError, UsageError
from scanner.findings.establish import establish, learn
from scanner.findings.mask import Mask
from scanner.findings.seal import Seal
from scanner.findings.suppressions import Suppression, by_id, tally
from scanner.globs import holders
from scanner.model.content import Gap, Origin
from scanner.model.evidence import Finding, Leaf, Match
from scanner.model.report import Coverage, Report, Run
from scanner.pipeline.engines import engine
from scanner.pipeline.examine import hits
from scanner.pipeline.narrowed import Narrow
from scanner.pipeline.scanned import Known, Scanned, lost
from scanner.pipeline.settings import Settings
from scanner.pipeline.spread import spread_of
from scanner.sources.git.layout import is_repository

Excluded = Callable[[str], str | None]  # why a path is left out, or None
GLOBBED = ("logs", "screenshots", "notes")  # surfaces whose files may be named by a pattern


@dataclass(frozen=True, slots=True)
class Request:
    """What the user named: a path or "-", and the surface if he said so."""

    name: str
    surface: str | None = None
    only: Narrow | None = None  # less than the whole of a repository


@dataclass(frozen=True, slots=True)
class Judging:
    """What turns matches into findings: the seal, the accepted ones, and the day."""

    seal: Seal
    suppressions: tuple[Suppression, ...]
    today: date
    inline: Collection[str] | None = None  # surfaces on which what is allowed beside a secret counts; None: on all

    def heeds(self, surface: str) -> bool:
        """Whether `leakseal: allow` counts on that surface."""
        return self.inline is None or surface in self.inline


def scan(
    requests: Sequence[Request], settings: Settings, judging: Judging, run: Run, *,
    excluded: Excluded = lambda path: None, standard_input: Iterable[bytes] = (), gaps_allowed: bool = False,
) -> tuple[Report, bool]:  # fmt: skip
    """The report, and whether the run was interrupted before its end; raises UsageError for a target that is not there."""
    done = read_all(requests, settings, judging, excluded=excluded, standard_input=standard_input)
    interrupted = any(one.interrupted for one in done)
    report = reported(done, settings, judging, run, gaps_allowed=gaps_allowed, excluded=excluded)
    return report, interrupted


def read_all(
    requests: Sequence[Request], settings: Settings, judging: Judging, *,
    excluded: Excluded = lambda path: None, standard_input: Iterable[bytes] = (), known: Known | None = None, first: int = 1,
) -> list[Scanned]:  # fmt: skip
    """What was seen and not seen of each target, with plaintext; fewer than were asked for if the run was interrupted.

    Targets are numbered from `first` on.
    """
    kinds = [(request, _kind(request, settings)) for request in requests]
    settings = replace(settings, foresee=judging.seal.foresee if len(kinds) == 1 else settings.foresee)
    done: list[Scanned] = []
    for number, (request, kind) in enumerate(kinds, first):
        if done and done[-1].interrupted:
            break
        if known and (before := known.find(number, request)):
            done.append(before)
            continue
        try:
            done.append(_scan_one(f"t{number}", request, kind, settings, excluded, standard_input, judging))
            if known:
                known.keep(number, request, done[-1])
        except UnreadableError as problem:
            if len(kinds) == 1:
                raise
            done.append(lost(f"t{number}", request.name, _surface(request, kind), problem, leaves=settings.leaves))
    return done


def leaves(done: Sequence[Scanned], settings: Settings) -> list[Leaf]:
    """Every leaf that was noted, its path without the secrets that a rule finds in it; after `reported`, which may note more."""
    noted = [leaf for one in done for leaf in one.tally.leaves or ()]
    mask = veil({leaf.path for leaf in noted}, settings, done)
    return [leaf if leaf.path is None else leaf._replace(path=mask.text(leaf.path)) for leaf in noted]


def _kind(request: Request, settings: Settings) -> str:
    """How it is read: `stdin`, `registry`, `git`, `notes`, `oci`, `tree`, or `glob` for the files of a folder that a pattern names."""
    if request.name == "-":
        return "stdin"
    if request.surface is None and request.name.startswith("docker://"):
        return "registry"
    path = Path(request.name)
    if not path.exists():
        if request.surface in GLOBBED and (spread := spread_of(request.name)) and spread.found():
            return "glob"
        raise UsageError(f"there is nothing at {request.name}", hint="name a repository, a folder, a file, or - for standard input")
    if request.surface == "git" or (request.surface is None and path.is_dir() and is_repository(path)):
        return "git"
    if request.surface is None and _is_image(path):
        return "oci"
    if request.surface is None and request.only is None:
        from scanner.pipeline.noteknown import is_export

        return "notes" if is_export(path, settings.mappings, settings.limits) else "tree"
    return "notes" if request.surface == "notes" else "tree"


def _surface(request: Request, kind: str) -> str:
    fixed = {"git": "git", "notes": "notes", "oci": "oci", "registry": "oci"}
    return fixed.get(kind) or request.surface or ("stdin" if kind == "stdin" else "tree")


def _is_image(path: Path) -> bool:
    """Whether it is an OCI layout, or a tar archive of container images."""
    from scanner.pipeline.imagescan import is_archive, is_layout

    return is_layout(path) if path.is_dir() else is_archive(path)


def _scan_one(
    id: str, request: Request, kind: str, settings: Settings, excluded: Excluded, standard_input: Iterable[bytes], judging: Judging
) -> Scanned:  # fmt: skip
    from scanner.pipeline.treescan import scan_tree

    surface = _surface(request, kind)
    if request.only is not None:
        from scanner.pipeline.narrowed import scan_narrowed

        if kind != "git":
            raise UsageError("only a Git repository can be narrowed", hint=f"leave out --{request.only.way}, or name a repository")
        return scan_narrowed(id, Path(request.name), request.name, request.only, settings, excluded)
    if kind == "stdin" and surface != "notes":
        from scanner.pipeline.streamscan import scan_stream

        return scan_stream(id, standard_input, settings, surface, judging)
    if request.surface == "logs":
        from scanner.pipeline.logscan import scan_logs

        shown, spread = _shown(request.name, settings), spread_of(request.name) if kind == "glob" else None
        if spread:
            return scan_logs(id, spread.folder, shown, settings, excluded, spread.covers)
        return scan_logs(id, Path(request.name), shown, settings, excluded)
    if kind == "stdin":
        from scanner.pipeline.notescan import NoteScan

        return NoteScan(id, settings).stream(standard_input)
    shown = _shown(request.name, settings)
    if kind == "git":
        from scanner.pipeline.gitscan import GitScan

        return GitScan(id, Path(request.name), settings).run(shown)
    if kind == "registry":
        from scanner.pipeline.pulled import scan_reference

        return scan_reference(id, request.name, settings)
    if kind == "oci" and Path(request.name).is_dir():
        from scanner.pipeline.imagescan import scan_layout

        return scan_layout(id, Path(request.name), shown, settings, excluded)
    spread = spread_of(request.name) if kind == "glob" else None
    if surface == "notes":
        from scanner.pipeline.notescan import NoteScan

        notes = NoteScan(id, settings)
        if spread:
            return notes.run(spread.folder, shown, excluded, spread.covers)
        return notes.run(Path(request.name), shown, excluded)
    if spread:
        return scan_tree(id, spread.folder, shown, surface, settings, excluded, spread.covers)
    return scan_tree(id, Path(request.name), shown, surface, settings, excluded)


def reported(
    done: Sequence[Scanned], settings: Settings, judging: Judging, run: Run, *,
    gaps_allowed: bool = False, excluded: Excluded = lambda path: None,
) -> Report:  # fmt: skip
    """Seals every match; plaintext is gone when this returns and `done` is let go."""
    matches = [match for one in done for match in one.matches]
    mask = veil(_names(done, judging), settings, done)
    judging.seal.fingerprints([match.hit.value for match in matches])
    accepted = by_id(judging.suppressions)
    findings = [
        _waived(establish(match, judging.seal, mask, accepted, judging.today, inline=judging.heeds(match.origin.surface)), excluded)
        for match in matches
    ]
    findings += settings.live.kept if settings.live else ()
    coverage: dict[str, Coverage] = {}
    for one in done:
        _add(coverage, one.tally.surface, one.tally.coverage())
    return Report(
        targets=tuple(replace(one.target, uri=mask.text(one.target.uri)) for one in done),
        rules_digest=settings.rules.digest,
        rules_count=len(settings.rules.rules),
        findings=tuple(sorted(_once(findings), key=_order)),
        coverage=tuple(sorted(coverage.items())),
        gaps=tuple(sorted((_masked(gap, mask) for one in done for gap in one.tally.gaps), key=_gap_order)),
        run=run,
        suppressions=tally(judging.suppressions, findings, judging.today),
        gaps_allowed=gaps_allowed,
        notes=tuple(sorted({note for one in done for note in one.notes})),
    )  # fmt: skip


def _waived(finding: Finding, excluded: Excluded) -> Finding:
    """A secret in a repository that only ever stood on excluded paths is accepted for the reason that the configuration gives."""
    paths = sorted({path for path in (finding.location.path, *finding.paths) if path})
    if finding.surface != "git" or finding.disposition == "accepted" or not paths or finding.location.field not in (None, "index"):
        return finding
    reasons = [_why_excluded(path, excluded) for path in paths]
    if not all(reasons):
        return finding
    return replace(finding, disposition="accepted", acceptance=f"excluded path: {reasons[0]}")


def _why_excluded(path: str, excluded: Excluded) -> str | None:
    """Why a path is left out, by itself or because of the file that holds it."""
    return next((reason for name in holders(path) if (reason := excluded(name))), None)


def veil(names: Iterable[str | None], settings: Settings, done: Sequence[Scanned] = ()) -> Mask:
    """What hides the secrets that were seen, or stand in these names."""
    mask = Mask()
    for match in (*(match for one in done for match in one.matches), *_in_names(names, settings)):
        learn(match, mask)
    return mask


def _shown(name: str, settings: Settings) -> str:
    """A target's name without the secrets in it."""
    return veil([name], settings).text(name)


def _names(done: Sequence[Scanned], judging: Judging) -> Iterable[str | None]:
    """What the report names: a secret is masked there even if no content that was read has it."""
    names: set[str | None] = {text for one in done for text in (one.target.uri, one.target.scope)}
    places = [gap.origin for one in done for gap in one.tally.gaps] + [match.origin for one in done for match in one.matches]
    names |= {text for at in places for text in (at.path, at.record, at.field)}
    names |= {text for one in done for match in one.matches for text in (match.author, *match.paths)}
    return names | {text for entry in judging.suppressions for text in (entry.owner, entry.reason, entry.ticket)}


def _in_names(names: Iterable[str | None], settings: Settings) -> list[Match]:
    data = BETWEEN.join(sorted(name.encode("utf-8", "surrogateescape") for name in names if name))
    searcher = engine(settings.rules, settings.cache, settings.engine)
    return [Match(hit, Origin("", "names"), data[hit.span.start : hit.span.end]) for hit in hits(searcher, data)]


def _once(findings: Iterable[Finding]) -> list[Finding]:
    """One finding for a secret and place, even if two readings of the place saw it."""
    kept: dict[object, Finding] = {}
    for finding in findings:
        kept.setdefault(_where(finding), finding)
    return list(kept.values())


def _where(finding: Finding) -> tuple[object, ...]:
    at = finding.location
    return (finding.id, finding.target, at.path, at.line, at.column, at.field, at.object, at.record, at.page, at.box)


def _order(finding: Finding) -> tuple[object, ...]:
    place = finding.location
    return (finding.surface, finding.target, place.path or "", place.line or 0, place.column or 0, finding.rule, finding.id)


def _gap_order(gap: Gap) -> tuple[str, ...]:
    origin = gap.origin
    return (origin.surface, origin.target, origin.path or "", origin.object or "", gap.reason, gap.detail, origin.record or "")


def _masked(gap: Gap, mask: Mask) -> Gap:
    at = gap.origin
    origin = replace(at, path=mask.maybe(at.path), field=mask.maybe(at.field), record=mask.maybe(at.record))
    return replace(gap, origin=origin, detail=mask.text(gap.detail))


def _add(coverage: dict[str, Coverage], surface: str, more: Coverage) -> None:
    had = coverage.get(surface, Coverage())
    counts = ("objects", "bytes", "scanned", "skipped", "unreadable", "truncated", "opaque")
    coverage[surface] = Coverage(**{name: getattr(had, name) + getattr(more, name) for name in counts})


__all__ = ["Judging", "Match", "Request", "leaves", "read_all", "reported", "scan", "veil"]
