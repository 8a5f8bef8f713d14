"""Less than a whole repository: the index, one commit's files, a range, or what is younger than a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from scanner.decode.limits import Limits
from scanner.detect.engine import Engine
from scanner.errors import UsageError
from scanner.model.content import Target
from scanner.pipeline.engines import engine
from scanner.pipeline.scanned import Scanned
from scanner.pipeline.settings import Settings
from scanner.sources.git import narrow
from scanner.sources.git.environ import environment
from scanner.sources.git.layout import discover


@dataclass(frozen=True, slots=True)
class Narrow:
    """What of a repository is meant: `way` is staged, tree, range or since, `words` is what was said of the last two."""

    way: str
    words: str = ""


def scan_narrowed(id: str, path: Path, uri: str, only: Narrow, settings: Settings, excluded: Callable[[str], str | None]) -> Scanned:
    """That part of a repository; the target's scope says which."""
    root = discover(path).root
    env = environment(trust_owner=settings.trust_owner)
    search = engine(settings.rules, settings.cache, settings.engine)
    if only.way in ("staged", "tree"):
        from scanner.pipeline.staged import FileScan

        scan = FileScan(id, root, env, search, excluded, settings.limits)
        with scan.slow:
            return scan.staged(uri) if only.way == "staged" else scan.tree(uri, _head(root, env))
    return _ranged(id, root, env, search, uri, only, settings.limits)


def _ranged(id: str, root: Path, env: Mapping[str, str], search: Engine, uri: str, only: Narrow, limits: Limits) -> Scanned:
    from scanner.pipeline.ranged import RangeScan

    head = narrow.commit_of(root, env, "HEAD")
    if only.way == "range":
        first, last = narrow.ends(root, env, only.words)
        target = Target(id, "git", uri, head, f"range {first}..{last}")
        return RangeScan(id, root, env, search, limits).run(target, [last], ["--not", first])
    since = _day(only.words)
    target = Target(id, "git", uri, head, f"since {since:%Y-%m-%dT%H:%M:%SZ}")
    return RangeScan(id, root, env, search, limits).run(target, [], ["--all", f"--since={int(since.timestamp())} +0000"])


def _head(root: Path, env: Mapping[str, str]) -> str:
    commit = narrow.commit_of(root, env, "HEAD")
    if commit is None:
        raise UsageError("the repository has no commit yet, so there is no tree", hint="use --staged")
    return commit


def _day(words: str) -> datetime:
    try:
        day = datetime.fromisoformat(words)
    except ValueError:
        raise UsageError("--since is not a date", hint="write it as 2026-01-31 or 2026-01-31T12:00:00Z; without a zone it is UTC") from None
    return day.astimezone(UTC) if day.tzinfo else day.replace(tzinfo=UTC)
