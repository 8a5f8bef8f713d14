"""The lines around a finding with every secret in them masked, and a picture with its secrets painted over."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scanner import canon
from scanner.decode.limits import Limits
from scanner.detect.engine import Engine
from scanner.errors import LeaksealError
from scanner.findings.preview import guarded
from scanner.model.content import Box, Target
from scanner.model.evidence import Finding
from scanner.pipeline.redacted import Left, Torn, redacted
from scanner.pipeline.repaint import painted, repainted
from scanner.sources.git.catfile import CatFile, Missing
from scanner.sources.git.environ import environment
from scanner.sources.git.kinds import Damaged
from scanner.sources.git.layout import discover

MOST = 8 << 20  # bytes of a content that is read again
AROUND = 2  # lines on each side
_WIDE = 200
_OID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True, slots=True)
class Shown:
    """Lines around a finding: number, masked text, and whether the finding stands there."""

    lines: tuple[tuple[int, str, bool], ...] = ()
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Reads again what a report speaks of, to show it without its secrets."""

    engine: Engine = field(repr=False)
    targets: Sequence[Target]
    limits: Limits
    trust_owner: bool = False

    def lines(self, finding: Finding) -> Shown:
        """The lines around it; of what was decoded, packed or gone there are none."""
        at = finding.location
        if at.line is None or at.steps or at.field or at.box or "!" in (at.path or ""):
            return Shown(why_not="it stands in what was unpacked, or beside the content")
        data = self.content(finding)
        if data is None:
            return Shown(why_not="what it was found in cannot be read any more")
        try:
            text = b"".join(redacted(self.engine, [data]))
        except (Left, Torn):
            return Shown(why_not="not all of it could be read, so nobody knows what may be shown")
        lines = text.splitlines()
        first, last = max(1, at.line - AROUND), min(len(lines), (at.end_line or at.line) + AROUND, at.line + 4 * AROUND)
        here = range(at.line, (at.end_line or at.line) + 1)
        return Shown(tuple((number, _line(lines[number - 1]), number in here) for number in range(first, last + 1)))

    def name(self, finding: Finding) -> str:
        """What the target that it was found in is called."""
        target = self._target(finding)
        return target.uri if target else finding.target

    def _target(self, finding: Finding) -> Target | None:
        return next((one for one in self.targets if one.id == finding.target), None)

    def content(self, finding: Finding) -> bytes | None:
        """The content that it was found in, if that is still there and not too large."""
        target = self._target(finding)
        if target is None:
            return None
        try:
            if target.surface == "git" and _OID.fullmatch(finding.location.object or ""):
                return self._object(Path(target.uri), finding.location.object or "")
            return _file(Path(target.uri), finding.location.path)
        except (OSError, LeaksealError, ValueError):
            return None

    def _object(self, place: Path, oid: str) -> bytes | None:
        layout = discover(place)
        with CatFile(layout.root, environment(trust_owner=self.trust_owner, root=layout.root)) as git:
            try:
                _, size, _ = git.ask(oid)
                return b"".join(git.pieces()) if size <= MOST else None
            except (Missing, Damaged):
                return None

    def hidden(self, finding: Finding) -> bytes | None:
        """The picture that it was found in as PNG, everything that was found in it painted over."""
        data = self._picture(finding)
        try:
            return repainted(self.engine, data, "PNG", self.limits)[0] if data else None
        except LeaksealError:
            return None

    def shown(self, finding: Finding) -> bytes | None:
        """The picture as PNG with nothing but its pixels: for eyes that asked for it, and no file."""
        data = self._picture(finding)
        try:
            return painted(data, dict[str, list[Box]](), "PNG") if data else None
        except LeaksealError:
            return None

    def _picture(self, finding: Finding) -> bytes | None:
        at = finding.location
        return self.content(finding) if at.box and not at.page and "!" not in (at.path or "") else None


def _line(line: bytes) -> str:
    return guarded(canon.text(line[:4096]))[:_WIDE]


def _file(root: Path, path: str | None) -> bytes | None:
    """A file below what was scanned, without following links out of it."""
    place = root / path if path and root.is_dir() else root
    if path and (os.path.isabs(path) or ".." in Path(path).parts):
        return None
    if root.is_dir() and not place.resolve().is_relative_to(root.resolve()):
        return None
    handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        said = os.fstat(handle)
        return file.read(MOST) if stat.S_ISREG(said.st_mode) and said.st_size <= MOST else None
