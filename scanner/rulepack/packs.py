"""The pack files as they stand in their folders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from scanner.errors import RuleError

MAX_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Pack:
    """One YAML file: the name that errors show, the name that does not depend on the machine, and its bytes."""

    path: str
    name: str
    data: bytes = field(repr=False)


def read_packs(folders: Iterable[Path]) -> tuple[Pack, ...]:
    """Every `*.yaml` and `*.yml` directly in the folders, by name; a folder may also be one file."""
    return tuple(_read(path, folder) for folder in folders for path in _files(folder))


def read_project(path: Path) -> Pack:
    """A project's configuration, for what it says about rules."""
    return _read(path, path)


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise RuleError(f"{folder} is neither a folder of rule packs nor a rule pack", hint="check the path")
    return sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and path.is_file())


def _read(path: Path, folder: Path) -> Pack:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as problem:
        raise RuleError(f"the rule pack cannot be read: {problem.strerror}", file=str(path)) from problem
    if len(data) > MAX_BYTES:
        raise RuleError("the rule pack is larger than 1 MiB", hint="split it by vendor family", file=str(path))
    return Pack(str(path), path.name if path == folder else f"{folder.name}/{path.name}", data)
