"""How tests have real programs make what is read, and how they make it themselves where no program does."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.decode.conftest import need


def out(*words: str | Path, data: bytes = b"", cwd: Path | None = None) -> bytes:
    """What a program writes to its standard output; the test is skipped where it is not installed."""
    need(str(words[0]))
    return subprocess.run([str(word) for word in words], input=data, cwd=cwd, capture_output=True, check=True).stdout


def tree(at: Path, files: dict[str, bytes]) -> Path:
    """These files, below a folder."""
    for name, data in files.items():
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_bytes(data)
    return at
