"""The pictures of a report's findings, painted over, for a page that shows them."""

from __future__ import annotations

import re
from pathlib import Path

import click

from scanner import cachefile
from scanner.cli.options import Project, looking
from scanner.decode.formats import recognise
from scanner.decode.limits import Limits
from scanner.detect.engine import Engine
from scanner.errors import UnreadableError
from scanner.model.evidence import Finding
from scanner.model.report import Report
from scanner.pipeline.engines import engine
from scanner.pipeline.repaint import PICTURES, repainted
from scanner.report.page import Picture
from scanner.report.plain import count

MOST = 100  # pictures of one page
LARGEST = 32 << 20  # bytes of one that is read
ROOM = 48 << 20  # bytes of all that a page holds
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def painted(found: Report, chosen: Project, *, named: bool) -> dict[tuple[str, str], Picture]:
    """By target and path: each picture that has findings, painted over; says on standard error how many could not be had."""
    wanted = {(one.target, one.location.path or ""): one for one in found.findings if one.location.box}
    if not wanted:
        return {}
    places = {target.id: Path(target.uri) for target in found.targets}
    limits = Limits(looking=looking(chosen, named=named, mode="always"))
    searcher = engine(chosen.rules, cachefile.folder())
    made: dict[tuple[str, str], Picture] = {}
    room = ROOM
    for key, finding in list(wanted.items())[:MOST]:
        picture = _painted(searcher, _data(finding, places.get(finding.target)), limits)
        if picture and len(picture.data) <= room:
            made[key] = picture
            room -= len(picture.data)
    missing = len(wanted) - len(made)
    if missing:
        click.echo(f"{count(missing, 'picture')} of {len(wanted):,} could not be embedded: gone, too large, or not to be masked", err=True)
    return made


def _painted(searcher: Engine, data: bytes | None, limits: Limits) -> Picture | None:
    form = recognise(data) if data else None
    if data is None or form is None or form.name not in PICTURES:
        return None
    try:
        made, _ = repainted(searcher, data, "PNG", limits)
    except UnreadableError:
        return None
    return Picture.png(made)


def _data(finding: Finding, place: Path | None) -> bytes | None:
    """The picture as it stands in the object store or below the target, if it is still there; never from anywhere else."""
    at = finding.location
    if place is None or at.path is None or at.page not in (None, 1):
        return None
    if finding.surface == "git" and at.object and _ID.fullmatch(at.object):
        return _object(place, at.object)
    file = place if place.is_file() else place / at.path
    try:
        if not file.resolve().is_relative_to(place.resolve()) or not file.is_file() or file.stat().st_size > LARGEST:
            return None
        return file.read_bytes()
    except (OSError, ValueError):
        return None


def _object(place: Path, id: str) -> bytes | None:
    from scanner.sources.git.catfile import CatFile, Missing
    from scanner.sources.git.environ import environment
    from scanner.sources.git.kinds import Damaged

    try:
        with CatFile(place, environment()) as git:
            _, size, _ = git.ask(id)
            return b"".join(git.pieces()) if size <= LARGEST else None
    except (Missing, Damaged, OSError):
        return None
