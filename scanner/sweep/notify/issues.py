"""One issue in the forge for each open finding: filed, kept up to date, closed with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scanner.sweep.forge.forges import Forge
from scanner.sweep.notify import words
from scanner.sweep.notify.night import Notice

LABEL = "leakseal"
MOST = 50  # new issues in one night: a first sweep must not bury a team


@dataclass(frozen=True, slots=True)
class Filed:
    """How many issues were filed, changed, closed, and left for another night."""

    filed: int = 0
    changed: int = 0
    closed: int = 0
    left: int = 0

    @property
    def sentence(self) -> str:
        """It in words."""
        said = f"issues: {self.filed} filed, {self.changed} changed, {self.closed} closed"
        return f"{said}, {self.left} left for another night" if self.left else said


def settle(forge: Forge, repository: str, notices: Sequence[Notice], *, most: int = MOST) -> Filed:
    """Make the issues of a repository say what is open; asking twice changes nothing the second time."""
    there = {words.marked(one.body): one for one in forge.issues(repository, LABEL)}
    filed = changed = closed = left = 0
    wanted = {words.mark(one.key): one for one in notices}
    for mark, notice in wanted.items():
        title, body, issue = words.title(notice), words.body(notice), there.get(mark)
        if issue is None:
            if filed >= most:
                left += 1
                continue
            forge.file(repository, title, body, LABEL)
            filed += 1
        elif not issue.open or issue.title != title or issue.body.replace("\r\n", "\n").strip() != body.strip():
            forge.change(repository, issue.number, title=title, body=body, open_=True)
            changed += 1
    for mark, issue in sorted(there.items()):
        if mark and mark not in wanted and issue.open:
            forge.change(repository, issue.number, title=issue.title, body=words.gone(issue.body), open_=False)
            closed += 1
    return Filed(filed, changed, closed, left)
