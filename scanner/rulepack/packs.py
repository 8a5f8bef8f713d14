"""The pack files as they stand in their folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scanner.errors import RuleError
from scanner.rulepack.unchanged import ENDINGS

MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Pack:
    """One YAML file: the name that errors show, the name that does not depend on the machine, and its bytes."""

    path: str
    name: str
    data: bytes = field(repr=False)


def read_packs(folders: Iterable[Path]) -> tuple[Pack, ...]:
    """Every `*.yaml` and `*.yml` directly in the folders, by name; a folder may also be one file."""
    return tuple(pack for folder in folders for pack in _packs(folder))


def read_project(path: Path) -> Pack:
    """A project's configuration, for what it says about rules."""
    return _read(path, path.name)


def _packs(folder: Path) -> Iterator[Pack]:
    """The packs of a folder; one call tells which names are files, as a hook reads more than a hundred of them before anything else."""
    if folder.is_file():
        yield _read(folder, folder.name)
        return
    if not folder.is_dir():
        raise RuleError(f"{folder} is neither a folder of rule packs nor a rule pack", hint="check the path")
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if entry.name.endswith(ENDINGS) and entry.name not in ENDINGS and entry.is_file())
    for name in names:
        yield _read(folder / name, f"{folder.name}/{name}")


def _read(path: Path, name: str) -> Pack:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as problem:
        raise RuleError(f"the rule pack cannot be read: {problem.strerror}", file=str(path)) from problem
    if len(data) > MAX_BYTES:
        raise RuleError("the rule pack is larger than 1 MiB", hint="split it by vendor family", file=str(path))
    return Pack(str(path), name, data)
