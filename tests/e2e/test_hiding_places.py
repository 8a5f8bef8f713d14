"""Every secret of the corpus is found where it is hidden, in one scan."""

from __future__ import annotations

from pathlib import Path

from scanner import config
from scanner.cli.options import rules
from scanner.pipeline.settings import Settings
from scanner.pipeline.treescan import scan_tree
from tests.e2e.hiding import Place, write


def _missed(place: Place, seen: list[tuple[str, tuple[str, ...]]]) -> str:
    if not seen:
        return "not found"
    path, steps = seen[0]
    if not path.startswith(place.name + place.member):
        return f"found at {path}"
    if place.step and not any(step.split("@")[0] == place.step for step in steps):
        return f"found by {steps}"
    return ""


def _places(secret: bytes, found: dict[bytes, list[tuple[str, tuple[str, ...]]]]) -> list[tuple[str, tuple[str, ...]]]:
    """Where it was found; in a keystore it is a part of the key that was found."""
    return found.get(secret) or [place for value, places in found.items() if secret in value for place in places]


def test_every_hiding_place_is_found_and_named(tmp_path: Path) -> None:
    home = tmp_path / "corpus"
    home.mkdir()
    corpus = write(home)
    assert len(corpus) >= 150
    done = scan_tree("t1", home, "corpus", "tree", Settings(rules(config.Config()), tmp_path / "cache", workers=1), lambda path: None)
    found: dict[bytes, list[tuple[str, tuple[str, ...]]]] = {}
    for match in done.matches:
        found.setdefault(match.hit.value, []).append((match.origin.path or "", match.hit.steps))
    missed = {place.name: why for place in corpus if (why := _missed(place, _places(place.secret, found)))}
    assert missed == {}
    assert [gap for gap in done.tally.gaps if gap.reason not in ("no-ocr-engine", "unsupported-format")] == []
