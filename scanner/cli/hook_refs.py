"""`leakseal hook pre-push` and `pre-receive`: what the pushed refs bring in."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.cli.hook import Asked, settle
from scanner.errors import ConfigError, LeaksealError, UnreadableError
from scanner.model.content import Target
from scanner.sources.git import narrow
from scanner.sources.git.catfile import CatFile, Missing
from scanner.sources.git.kinds import BLOB, Damaged

if TYPE_CHECKING:
    from scanner.config import Config
    from scanner.findings.suppressions import Suppression

Lines = Callable[[], list[bytes]]
_OID = re.compile(rb"[0-9a-f]{40}|[0-9a-f]{64}")
_REMOTE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]*")
_YAML_MOST = 4 << 20


def pre_push(asked: Asked, environ: Mapping[str, str], lines: Lines) -> int:
    """What the other side does not have of the refs that are pushed to it; by standard input, or by what pre-commit says."""
    env = narrow.told()
    by_pre_commit = environ.get("PRE_COMMIT") == "1"
    tips, theirs, refs = _from_pre_commit(environ, env) if by_pre_commit else _from_git(lines())
    if not tips:
        return 0
    remote = environ.get("PRE_COMMIT_REMOTE_NAME", "") if by_pre_commit else next(iter(asked.words), "")
    with CatFile(Path(), env) as slow:
        less = ["--not", *_tracking(remote, by_pre_commit), *(oid for oid in theirs if _has(slow, oid))]
    try:
        top: bytes | None = narrow.top(Path(), env)
    except UnreadableError:
        top = None  # a push from a bare repository
    return _scan(asked, "the push", "rewrite the commits that have it", env, tips, less, refs, top=top)


def pre_receive(asked: Asked, lines: Lines) -> int:
    """Everything that a push brings in that no ref of this repository has; deletions bring in nothing."""
    env = narrow.told()
    tips, _, refs = _received(lines())
    if not tips:
        return 0
    return _scan(asked, "the push", "rewrite the commits that have it and push again", env, tips, ["--not", "--all"], refs, forge=True)


def _scan(  # noqa: PLR0913 what two hooks differ in
    asked: Asked, stopped: str, remedy: str, env: Mapping[str, str], tips: Sequence[str], less: Sequence[str], refs: Sequence[bytes],
    *, top: bytes | None = None, forge: bool = False,
) -> int:  # fmt: skip
    from scanner.cli.hook_say import Speech, say
    from scanner.pipeline.ranged import RangeScan

    settings, engine = settle(Path(os.fsdecode(top)) if top is not None else None, asked)
    scanned = RangeScan("t1", Path(), env, engine).run(Target("t1", "git", ".", None, "new objects"), tips, less, refs)
    given = None
    if forge:
        settings, given = _pushed(settings, asked, env, tips) if scanned.matches else (settings, ())
    return say(Speech(stopped, remedy, kept=not forge), asked, settings, engine, top, [scanned], [], given if top is None else None)


# -- what is pushed ----------------------------------------------------------------------------------------------------


def _from_git(lines: Sequence[bytes]) -> tuple[list[str], list[str], list[bytes]]:
    """(new ids, ids that the other side has, ref names) of `LOCAL-REF LOCAL-ID REMOTE-REF REMOTE-ID` lines (githooks(5))."""
    tips, theirs, refs = [], [], []
    for line in lines:
        words = line.rsplit(b" ", 3)
        if len(words) != 4 or not _OID.fullmatch(words[1]) or not _OID.fullmatch(words[3]):
            raise LeaksealError("what Git told the hook cannot be understood, so nothing was checked", hint="see githooks(5), pre-push")
        if not words[1].strip(b"0"):
            continue  # a deletion
        tips.append(words[1].decode())
        if words[3].strip(b"0"):
            theirs.append(words[3].decode())
        else:
            refs.append(words[2])
    return sorted(set(tips)), sorted(set(theirs)), sorted(set(refs))


def _received(lines: Sequence[bytes]) -> tuple[list[str], list[str], list[bytes]]:
    """The same of `OLD-ID NEW-ID REF` lines (githooks(5), pre-receive)."""
    told = []
    for line in lines:
        words = line.split(b" ", 2)
        if len(words) != 3:
            raise LeaksealError("what Git told the hook cannot be understood, so nothing was checked", hint="see githooks(5), pre-receive")
        told.append(b" ".join([b"-", words[1], words[2], words[0]]))
    return _from_git(told)


def _from_pre_commit(environ: Mapping[str, str], env: Mapping[str, str]) -> tuple[list[str], list[str], list[bytes]]:
    """pre-commit reads standard input itself, and tells the first ref that is pushed; of a whole new history only its name."""
    last = environ.get("PRE_COMMIT_TO_REF") or environ.get("PRE_COMMIT_LOCAL_BRANCH") or "HEAD"
    tip = narrow.commit_of(Path(), env, last)
    if tip is None:
        raise LeaksealError("the commit that pre-commit names is not there, so nothing was checked", hint="run `git push` itself")
    first = environ.get("PRE_COMMIT_FROM_REF")
    theirs = narrow.commit_of(Path(), env, first) if first else None
    branch = environ.get("PRE_COMMIT_REMOTE_BRANCH")
    return [tip], [theirs] if theirs else [], [os.fsencode(branch)] if branch else []


def _tracking(remote: str, by_pre_commit: bool) -> list[str]:
    """What says that the other side has it: its remote-tracking refs. Another remote's do not, for it may be more private than this one."""
    if not remote and by_pre_commit:
        return ["--remotes"]  # run by hand, for no remote in particular
    return [f"--remotes={remote}"] if _REMOTE.fullmatch(remote) else []


def _has(slow: CatFile, oid: str) -> bool:
    try:
        slow.ask(oid)
    except (Missing, Damaged):
        return False
    return True


# -- what a forge goes by ----------------------------------------------------------------------------------------------


def _pushed(settings: Config, asked: Asked, env: Mapping[str, str], tips: Sequence[str]) -> tuple[Config, tuple[Suppression, ...]]:
    """Suppressions of the commits that are pushed and of HEAD, and their salt; a pusher's own rules, keys and exclusions do not count."""
    from dataclasses import replace

    from scanner import config, yamlnodes
    from scanner.findings import suppressions

    entries: dict[str, Suppression] = {}
    salt = None
    with CatFile(Path(), env) as slow:
        for name in ("HEAD", *tips):
            try:
                data = _small(slow, f"{name}:{suppressions.FILE.as_posix()}")
                entries |= suppressions.by_id(suppressions.parse(data, suppressions.FILE.as_posix())) if data is not None else {}
                if not asked.config and (data := _small(slow, f"{name}:{config.NAME}")) is not None:
                    salt = config.salt_in(yamlnodes.parse(data, config.NAME))
            except ConfigError:
                if name != "HEAD":  # what is there already must not stop the push that mends it
                    raise
    return replace(settings, salt=salt) if salt is not None else settings, tuple(entries[id] for id in sorted(entries))


def _small(slow: CatFile, name: str) -> bytes | None:
    try:
        kind, size, _ = slow.ask(name)
        return b"".join(slow.pieces()) if kind == BLOB and size <= _YAML_MOST else None
    except (Missing, Damaged):
        return None
