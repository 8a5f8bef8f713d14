"""The ruleset from the user's cache, because reading YAML is too slow for a hook."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scanner import __version__, cachefile
from scanner.model.rule import Rule, Ruleset
from scanner.rulepack.packs import Pack, read_packs, read_project
from scanner.rulepack.unchanged import FORMAT

if TYPE_CHECKING:
    from scanner.rulepack.build import Known

_SAMPLES = ("hits", "misses")
_NAMES = tuple(field.name for field in fields(Rule) if field.name not in _SAMPLES)
_TEXT_TUPLES = ("anchors", "needs", "requires", "beside", "checks", "references")
_PUTS = tuple(getattr(Rule, name).__set__ for name in _NAMES)
_TUPLES = tuple(name in _TEXT_TUPLES for name in _NAMES)
_PUT_SAMPLES = tuple(getattr(Rule, name).__set__ for name in _SAMPLES)


def load_cached(
    folders: Sequence[Path], disable: Collection[str] = (), cache_dir: Path | None = None,
    *, project: Path | None = None, known: Callable[[], Known],
) -> Ruleset:  # fmt: skip
    """What `load` answers, without samples, from the cache if nothing has changed; `known` is asked only if something has."""
    packs = read_packs(folders)
    own = read_project(project) if project else None
    if cache_dir is None:
        return _fresh(packs, disable, own, known())
    name = key(packs, disable, own)
    ruleset = kept(cache_dir, name)
    if ruleset is None:
        ruleset = _fresh(packs, disable, own, known())
        cachefile.write(_file(cache_dir, name), store(ruleset))
    return ruleset


def kept(cache_dir: str | Path, name: str) -> Ruleset | None:
    """The ruleset that was kept under this key."""
    stored = cachefile.read(_file(cache_dir, name))
    return restore(stored) if stored is not None else None


def _file(cache_dir: str | Path, name: str) -> str:
    return f"{cache_dir}/rules-{name[:32]}.json"


def key(packs: Sequence[Pack], disable: Collection[str], project: Pack | None = None) -> str:
    """SHA-256 over everything that decides what the packs and the project mean; every part is preceded by its length."""
    parts = [f"{FORMAT} {__version__}".encode(), " ".join(_NAMES).encode(), *(name.encode() for name in sorted(disable))]
    parts += [b"packs", b"own" if project else b""]
    for pack in (*packs, *([project] if project else [])):
        parts += [pack.name.encode("utf-8", "surrogateescape"), pack.data]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return digest.hexdigest()


def store(ruleset: Ruleset) -> bytes:
    """A ruleset without samples as JSON."""
    rows = [[getattr(rule, name) for name in _NAMES] for rule in ruleset.rules]
    return json.dumps({"digest": ruleset.digest, "rules": rows}, separators=(",", ":")).encode()


def restore(data: bytes) -> Ruleset | None:
    """What `store` wrote, or None if it is anything else."""
    try:
        document = json.loads(data)
        return Ruleset(tuple(_rule(row) for row in document["rules"]), str(document["digest"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _rule(row: list[Any]) -> Rule:
    """A rule by its slots: its own `__init__` looks up each name, which for a thousand rules is what a hook would wait for most."""
    if len(row) != len(_NAMES):
        raise ValueError("another number of fields")
    rule = Rule.__new__(Rule)
    for put, tuples, value in zip(_PUTS, _TUPLES, row, strict=True):
        put(rule, tuple(value) if tuples else value)
    for put in _PUT_SAMPLES:
        put(rule, ())
    return rule


def _fresh(packs: Sequence[Pack], disable: Collection[str], project: Pack | None, known: Known) -> Ruleset:
    from dataclasses import replace

    from scanner.rulepack.load import load_packs

    ruleset = load_packs(packs, disable, project, known=known)
    return Ruleset(tuple(replace(rule, hits=(), misses=()) for rule in ruleset.rules), ruleset.digest)
