"""A release's assertion from policy to what is signed."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from importlib import metadata
from pathlib import Path

from scanner import __version__
from scanner.attest.statement import Evidence, Tool
from scanner.errors import LeaksealError
from scanner.model.report import Run
from scanner.pipeline.engines import engine
from scanner.pipeline.run import Judging, leaves, read_all, reported
from scanner.pipeline.scanned import Known
from scanner.pipeline.workers import Died, Pool
from scanner.release.surfaces import Release, Stand, stand, stands

_LIBRARIES = ("cryptography", "detect-secrets", "dulwich", "gitpython", "google-re2", "hyperscan", "isal", "pyyaml")


Resumed = Callable[[Release, Tool, Stand], Known | None]
Tried = Mapping[str, bool]  # by reader: whether its synthetic secret was found


def attest(release: Release, tried: Callable[[], Tried], resumed: Resumed = lambda release, tool, before: None) -> Evidence:
    """Try the readers, scan every surface that the policy requires, and look a second time; raises KeyboardInterrupt if interrupted.

    `resumed` is told what there is to read, and may know some of it already.
    """
    trial = _trial(release, tried)
    try:
        program, before = tool(), stand(release)
        known = resumed(release, program, before)
        done = read_all(before.requests, release.settings, release.judging, excluded=release.excluded, known=known)
        if any(one.interrupted for one in done):
            raise KeyboardInterrupt
        canaries = _outcome(trial)
    finally:
        trial.stop()
    report = reported(done, release.settings, release.judging, Run(f"leakseal {__version__}"), excluded=release.excluded)
    return Evidence(
        report=report, leaves=leaves(done, release.settings), policy=release.policy, tool=program, config=release.config, git=before.git,
        canaries=canaries, files=before.files, changed=before.changes(stands(release)), expiries=_expiries(release.judging),
    )  # fmt: skip


def _trial(release: Release, tried: Callable[[], Tried]) -> Pool[None, Tried]:
    """The readers, tried in a process of their own while there is something else to do, where more than one may run."""
    engine(release.settings.rules, release.settings.cache, release.settings.engine)  # made before the processes part
    return Pool(lambda _: tried(), [None], 1, apart=release.settings.workers > 1 and sys.platform == "linux")


def _outcome(trial: Pool[None, Tried]) -> Tried:
    """What came of it; nothing was tried where that process died."""
    return next((found for _, found in trial.results() if not isinstance(found, Died)), {})


def self_scan(release: Release, *written: bytes) -> None:
    """Raises LeaksealError if a rule finds something in what is about to be written."""
    searcher = engine(release.settings.rules, release.settings.cache, release.settings.engine)
    rules = sorted({hit.rule.id for data in written for hit in searcher.find(data)})
    if rules:
        hint = "please report this; nothing was written"
        raise LeaksealError(f"what was to be signed looks like a secret to: {', '.join(rules)}", hint=hint)


def tool() -> Tool:
    """This program: its version, a digest over its files, and the libraries it stands on."""
    digest, here = hashlib.sha256(), Path(__file__).parent.parent
    for path in sorted(path for path in here.rglob("*") if path.is_file() and path.suffix in (".py", ".json", ".yaml", ".txt")):
        digest.update(str(path.relative_to(here)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return Tool(__version__, f"sha256:{digest.hexdigest()}", tuple(_versions()))


def _versions() -> Iterator[tuple[str, str]]:
    for name in _LIBRARIES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue


def _expiries(judging: Judging) -> dict[str, date]:
    return {entry.id: entry.expires for entry in judging.suppressions}
