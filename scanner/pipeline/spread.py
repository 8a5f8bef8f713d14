"""Files that a pattern names, such as `build/**/*.log`, where no shell has spread it out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scanner import canon, globs
from scanner.sources.files import listing

_MAGIC = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Spread:
    """The files below a folder that a pattern covers, itself or by a folder above them."""

    folder: Path
    glob: str

    def covers(self, path: str) -> bool:
        """Whether this path, as named below the folder, is meant."""
        return globs.covers(self.glob, path) or globs.covers(f"{self.glob}/**", path)

    def found(self) -> bool:
        """Whether the pattern names anything at all."""
        return any(self.covers(canon.text(item.path)) for item in listing(self.folder) if not item.refused)


def spread_of(name: str) -> Spread | None:
    """What a name with `*`, `?`, `[…]` or `**` in it stands for; None for a name without, and where there is no such folder."""
    parts = name.rstrip("/").split("/")
    first = next((at for at, part in enumerate(parts) if _MAGIC & set(part)), None)
    if first is None:
        return None
    folder = Path("/".join(parts[:first]) or ("/" if name.startswith("/") else "."))
    return Spread(folder, "/".join(parts[first:])) if folder.is_dir() else None
