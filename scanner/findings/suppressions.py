"""Accepted findings: `.leakseal/suppressions.yaml`, one block each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from scanner import canon, globs
from scanner.findings.seal import finding_id
from scanner.model import report
from scanner.model.evidence import Finding

if TYPE_CHECKING:
    from scanner.yamlnodes import Node

FILE = Path(".leakseal/suppressions.yaml")
VERSION = 2
ANYWHERE = "anywhere"  # the scope of an entry that is about its value, wherever that stands
NO_TICKET = "none recorded"  # what an entry of version 1 without a ticket says in version 2
VERDICTS = ("accepted", "false-positive")
_KEYS = ("id", "fingerprint", "rule", "verdict", "owner", "reason", "ticket", "expires", "scope")
_OLD_KEYS = ("id", "fingerprint", "rule", "owner", "reason", "expires", "ticket", "path")
_OLD_NEEDED = _OLD_KEYS[:6]
_ID = re.compile(r"[0-9a-f]{16}")
_FINGERPRINT = re.compile(r"[a-z0-9-]{1,30}(?::[0-9a-f]{8})?:[0-9a-f]{32,64}")
_HEAD = "# Findings that somebody accepted. `leakseal accept` writes here; delete a block to have its finding reported again.\n"


@dataclass(frozen=True, slots=True)
class Suppression:
    """One accepted finding: which one, who answers for it, why, and until when."""

    id: str
    fingerprint: str
    rule: str
    owner: str
    reason: str
    expires: date  # the last day on which it counts
    ticket: str = NO_TICKET
    scope: str = ANYWHERE  # or a glob: accepted on these paths and nowhere else
    verdict: str = VERDICTS[0]

    def covers(self, rule: str, fingerprint: str, paths: Iterable[str]) -> bool:
        """Whether this entry speaks of that finding, everywhere it was seen."""
        return self.rule == rule and self.fingerprint == fingerprint and self.reaches(paths)

    def reaches(self, paths: Iterable[str]) -> bool:
        """Whether all these paths lie in its scope; a member of an archive lies where the archive lies."""
        seen = tuple(paths)
        if self.scope == ANYWHERE:
            return True
        return bool(seen) and all(any(globs.covers(self.scope, name) for name in globs.holders(path)) for path in seen)


def load(path: Path) -> tuple[Suppression, ...]:
    """The entries of a file, sorted by id; none when there is no such file."""
    if not path.exists() and not path.is_symlink():
        return ()
    from scanner import yamlnodes

    return _read(yamlnodes.load(path))


def parse(data: bytes, file: str = str(FILE)) -> tuple[Suppression, ...]:
    """The entries of a file's content, sorted by id."""
    from scanner import yamlnodes

    return _read(yamlnodes.parse(data, file))


def is_old(path: Path) -> bool:
    """Whether a file is of a version that is read, and no longer written."""
    if not path.exists():
        return False
    from scanner import yamlnodes

    root = yamlnodes.load(path)
    version = dict(root.entries).get("version")
    return version is not None and version.number(1, VERSION) < VERSION


def render(entries: Iterable[Suppression]) -> str:
    """The file: sorted by id, a block and an empty line each, so that two branches that accept different findings merge by themselves."""
    blocks = []
    for entry in sorted(entries, key=lambda e: e.id):
        lines = [f"{key}: {_scalar(key, getattr(entry, key))}" for key in _KEYS]
        blocks.append("  - " + "\n    ".join(lines) + "\n")
    return f"{_HEAD}version: {VERSION}\nsuppressions:{'' if blocks else ' []'}\n" + "\n".join(blocks)


def save(path: Path, entries: Iterable[Suppression]) -> None:
    """Write the file whole or not at all."""
    from scanner.wholefile import whole

    path.parent.mkdir(parents=True, exist_ok=True)
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
    with whole(path, mode, sync=True) as file:
        file.write(render(entries).encode())


def by_id(entries: Iterable[Suppression]) -> dict[str, Suppression]:
    """The entries as `establish` wants them."""
    return {entry.id: entry for entry in entries}


def tally(entries: Sequence[Suppression], findings: Iterable[Finding], today: date) -> report.Suppressions:
    """How many entries hold for a finding of this run, hold for none, or have run out; and the digest of what they say."""
    accepted = {f.id for f in findings if f.disposition == "accepted"}
    expired = [e for e in entries if e.expires < today]
    used = [e for e in entries if e.expires >= today and e.id in accepted]
    return report.Suppressions(len(used), len(entries) - len(used) - len(expired), len(expired), digest(entries) if entries else None)


def digest(entries: Iterable[Suppression]) -> str:
    """The same for the same acceptances, however the file is laid out."""
    blocks = [{key: str(getattr(entry, key)) for key in _KEYS} for entry in entries]
    return canon.digest(canon.canonical(sorted(blocks, key=lambda block: block["id"])))


def _read(root: Node) -> tuple[Suppression, ...]:
    if root.kind == "none":
        return ()
    top = root.mapping(("version", "suppressions"), ("version", "suppressions"))
    read = _old_entry if top["version"].number(1, VERSION) == 1 else _entry
    found: dict[str, Suppression] = {}
    for node in top["suppressions"].elements():
        entry = read(node)
        if entry.id in found:
            raise node.error("the same finding is accepted twice", "keep one of the two blocks")
        found[entry.id] = entry
    return tuple(found[id] for id in sorted(found))


def _entry(node: Node) -> Suppression:
    keys = node.mapping(_KEYS, _KEYS)
    id, fingerprint, rule = _which(keys)
    scope, verdict = keys["scope"].text(globs.MOST).removeprefix("./"), keys["verdict"].text(40)
    if scope != ANYWHERE and (flaw := globs.flaw(scope)):
        raise keys["scope"].error(f"{flaw[0]}; a scope is `{ANYWHERE}` or a path", flaw[1])
    if verdict not in VERDICTS:
        raise keys["verdict"].error(f"one of {', '.join(VERDICTS)} is expected here")
    said = {key: keys[key].text() for key in ("owner", "reason", "ticket")}
    return Suppression(id, fingerprint, rule, **said, expires=keys["expires"].day(), scope=scope, verdict=verdict)


def _old_entry(node: Node) -> Suppression:
    """An entry of version 1, where ticket and path could be left out, and a path was no pattern."""
    keys = node.mapping(_OLD_KEYS, _OLD_NEEDED)
    ticket = keys["ticket"].text() if "ticket" in keys else NO_TICKET
    scope = re.sub(r"([*?\[])", r"[\1]", keys["path"].text()) if "path" in keys else ANYWHERE
    return Suppression(*_which(keys), keys["owner"].text(), keys["reason"].text(), keys["expires"].day(), ticket, scope)


def _which(keys: dict[str, Node]) -> tuple[str, str, str]:
    """Id, fingerprint and rule, which must belong together."""
    id, fingerprint, rule = keys["id"].text(), keys["fingerprint"].text(), keys["rule"].text(120)
    if not _ID.fullmatch(id):
        raise keys["id"].error("16 hexadecimal digits are expected here", "copy the finding's id from the report")
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise keys["fingerprint"].error("this is no fingerprint", "copy it from the report; never write the secret here")
    if id != finding_id(rule, fingerprint):
        raise keys["id"].error("id, rule and fingerprint do not belong together", "run `leakseal accept` again for this finding")
    return id, fingerprint, rule


def _scalar(key: str, value: str | date) -> str:
    """Ids and dates as they are; everything else in double quotes, where no character means anything."""
    if isinstance(value, date):
        return value.isoformat()
    if key in ("fingerprint", "verdict") or (key == "rule" and re.fullmatch(r"[a-z][a-z0-9.-]*", value)):
        return value
    return '"' + "".join(_escaped(c) for c in value) + '"'


def _escaped(c: str) -> str:
    if c in '"\\':
        return "\\" + c
    return c if c.isprintable() else f"\\U{ord(c):08x}"
