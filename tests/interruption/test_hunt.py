"""A few random moments of a few commands; `python -m tests.interruption.hunt` tries every command at a hundred."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interruption.hunt import hunt


@pytest.mark.parametrize("name", ["scan-tree", "sweep"])
def test_an_interruption_at_any_moment_leaves_nothing_behind(tmp_path: Path, name: str) -> None:
    assert hunt(name, 2, seed=1, folder=tmp_path, warm=False, say=False) == {}
